/**
 * QueueUpdate: visitors who asked for it learn their place in the queue as it changes (live-agent-chat.md §8.3, §13.7).
 * Places are compared from time to time, not at every step of the floor: a long queue moves by one each time an agent is
 * free, and telling a thousand visitors must not hold up the next offer. Acceptance itself tells place 0 (engaging.ts).
 */
import type { Queryable } from '../store/database.js';
import type { FloorContext } from './context.js';
import type { VisitorMessage } from './floor.js';

/** Posts QueueUpdate to every visitor whose place changed since it was told. Any process may, several at once too. */
export async function tellQueue(context: Pick<FloorContext, 'db' | 'waiters' | 'wakeups'>): Promise<void> {
  const rows = await context.db.query<{ session_id: string }>(
    'SELECT session_id FROM queue_updates() AS t (session_id)',
    [],
    'floor.queueUpdates',
  );
  const away = context.waiters.wake(rows.map(({ session_id }) => session_id));
  if (away.length > 0) context.wakeups.send({ visitors: away });
}

/** The place of a request that nobody has accepted yet. */
export async function placeOf(db: Queryable, chatId: number): Promise<number> {
  const [row] = await db.query<{ ahead: number }>(
    `SELECT count(*) AS ahead FROM chat o JOIN chat c ON c.id = $1
      WHERE o.state IN ('waiting', 'offered') AND (o.requested_at, o.id) < (c.requested_at, c.id)
        AND o.button_id IS NOT DISTINCT FROM c.button_id AND o.target_user_id IS NOT DISTINCT FROM c.target_user_id`,
    [chatId],
    'floor.placeOf',
  );
  return (row?.ahead ?? 0) + 1;
}

/** From now on changes of this request's place are told. */
export async function followPlace(db: Queryable, chatId: number, position: number): Promise<void> {
  await db.query(
    'INSERT INTO queue_place (chat_id, position) VALUES ($1, $2)',
    [chatId, position],
    'floor.followPlace',
  );
}

/** The last one of a request: somebody accepted it. */
export const ACCEPTED: VisitorMessage = {
  type: 'QueueUpdate',
  message: { position: 0, estimatedWaitTime: 0 },
};
