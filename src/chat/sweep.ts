/**
 * What any surviving process does for those that died (DECISIONS 3): takes their sockets away, marks logins without a
 * socket as lost, and ends logins whose contact is older than the grace, at that contact.
 */
import type { FloorContext } from './context.js';
import { floorWork } from './floor-work.js';
import { closeLogin, isPastGrace, loseLogin } from './presence.js';

/** A process that has not written for this many flush intervals is dead. */
export const NODE_LIFE_FLUSHES = 3;

const BATCH = 500;

/** To be called after a good flush of contacts; `now` is that flush's time. */
export async function sweep(
  context: FloorContext,
  now: number,
  callers: { prepare(userId: string): Promise<void> },
): Promise<void> {
  const { goodSince } = context.contacts;
  const nodeLifeMs = NODE_LIFE_FLUSHES * context.settings.contactFlushMs;
  if (goodSince === undefined || now - goodSince <= nodeLifeMs) return;
  await loseOrphans(context, nodeLifeMs);
  if (now - goodSince <= context.settings.graceMs) return;
  const silent = await context.db.query<{ id: number; user_id: string }>(
    `SELECT l.id, l.user_id FROM login l JOIN login_contact c ON c.login_id = l.id
      WHERE l.ended_at IS NULL AND c.contact_at < (SELECT floor_now()) - $1 * interval '1 ms'
      ORDER BY l.id LIMIT ${BATCH}`,
    [context.settings.graceMs],
    'floor.silentLogins',
  );
  for (const { id, user_id } of silent) {
    await callers.prepare(user_id);
    await floorWork(context, async (work) => {
      const login = await work.login(id);
      if (!login || login.endedAt !== null || !isPastGrace(context, login, work.now)) return;
      await closeLogin(work, login, 'lost', 'system');
    });
  }
}

/** Logins whose sockets were all on processes that are gone. */
async function loseOrphans(context: FloorContext, nodeLifeMs: number): Promise<void> {
  const orphans = await context.db.query<{ login_id: number }>(
    `WITH gone AS (
       DELETE FROM login_connection c WHERE NOT EXISTS (
         SELECT FROM floor_node n WHERE n.id = c.node_id
           AND n.alive_at >= (SELECT floor_now()) - $1 * interval '1 ms')
       RETURNING c.id
     )
     SELECT l.id AS login_id FROM login l
      WHERE l.ended_at IS NULL AND l.connected AND NOT EXISTS (
        SELECT FROM login_connection c WHERE c.login_id = l.id AND c.id NOT IN (SELECT id FROM gone))
      ORDER BY l.id LIMIT ${BATCH}`,
    [nodeLifeMs],
    'floor.orphans',
  );
  for (const { login_id } of orphans) {
    await floorWork(context, async (work) => {
      const [connection] = await work.tx.query<{ id: string }>(
        'SELECT id FROM login_connection WHERE login_id = $1 LIMIT 1',
        [login_id],
        'floor.anyConnection',
      );
      const login = await work.login(login_id);
      if (!connection && login?.endedAt === null && login.connected) loseLogin(work, login);
    });
  }
}
