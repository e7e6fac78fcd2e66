/** Whether a button or an agent can take a request now (live-agent-chat.md §7, §8.3), and how long it may take. */
import type { Queryable } from '../store/database.js';
import type { Button } from './configuration.js';

/**
 * agent: somebody qualified is Online with room · queue: the queue has room · otherwise the request is refused, for
 * want of an agent or of room in the queue.
 */
export type Room = 'agent' | 'queue' | 'noAgent' | 'noQueue';

interface ButtonLoad {
  routable: boolean;
  online: number;
  queued: number;
}

/** What a new request to this button would find; users of `except` do not count among its agents. */
export async function roomOf(db: Queryable, button: Button, except: readonly string[] = []): Promise<Room> {
  const [load] = await db.query<ButtonLoad>(
    // the counts decide only where nobody has room; elsewhere 0
    `SELECT r.routable,
       CASE WHEN NOT r.routable THEN (SELECT count(DISTINCT s.login_id) FROM login_skill s
         WHERE s.skill_id = ANY ($2) AND s.online AND NOT s.user_id = ANY ($3)) ELSE 0 END AS online,
       CASE WHEN NOT r.routable THEN (SELECT count(*) FROM chat c
         WHERE c.state = 'waiting' AND c.button_id = $1 AND c.target_user_id IS NULL) ELSE 0 END AS queued
     FROM (SELECT EXISTS (SELECT FROM login_skill s
             WHERE s.skill_id = ANY ($2) AND s.routable AND NOT s.user_id = ANY ($3)) AS routable) r`,
    [button.id, button.skillIds, except],
    'floor.roomOf',
  );
  if (!load) throw new Error('no answer about a button');
  if (load.routable) return 'agent';
  if (!button.hasQueue) return 'noAgent';
  const limits = [button.overallQueueLength, perAgentLimit(button, load.online)].filter(
    (limit) => limit !== null,
  );
  return load.queued < Math.min(...limits, Number.POSITIVE_INFINITY) ? 'queue' : 'noQueue';
}

function perAgentLimit(button: Button, online: number): number | null {
  return button.perAgentQueueLength === null ? null : button.perAgentQueueLength * online;
}

/** Whether a request straight to this user could be offered now. */
export async function agentHasRoom(db: Queryable, userId: string): Promise<boolean> {
  const [row] = await db.query<{ room: boolean }>(
    'SELECT EXISTS (SELECT FROM login WHERE user_id = $1 AND ended_at IS NULL AND routable) AS room',
    [userId],
    'floor.agentHasRoom',
  );
  return row?.room ?? false;
}

/** Estimated wait of a new request, whole seconds; −1 unknown. */
export async function estimatedWaitSeconds(db: Queryable, buttonId: string): Promise<number> {
  const [row] = await db.query<{ average_ms: number }>(
    'SELECT average_ms FROM button_wait WHERE button_id = $1',
    [buttonId],
    'floor.estimatedWait',
  );
  return row ? Math.max(0, Math.round(row.average_ms / 1000)) : -1;
}
