/**
 * Everything a refused call could have changed: a hash over the rows of every table but those of sessions and counters,
 * which every call touches.
 */
import type { Queryable } from '../../src/store/database.js';

/** Written by calls that change nothing (last use of a session, log-in attempts, nodes, cursors), or in the background. */
const TOUCHED_BY_READING =
  /^(?:access_token|access_node|refresh_token|recently_viewed|query_cursor.*|api_usage|floor_node|search_.*|test_.*)$/;

/** Table name to a hash of its rows; equal before and after means nothing changed. */
export async function fingerprint(db: Queryable): Promise<Readonly<Record<string, string>>> {
  const tables = await db.query<{ name: string }>(
    `SELECT table_name AS name FROM information_schema.tables
      WHERE table_schema = 'public' AND table_type = 'BASE TABLE' ORDER BY table_name`,
  );
  const hashes: Record<string, string> = {};
  for (const { name } of tables) {
    if (TOUCHED_BY_READING.test(name)) continue;
    const [row] = await db.query<{ hash: string }>(
      `SELECT count(*) || ':' || coalesce(md5(string_agg(t::text, chr(10) ORDER BY t::text)), '') AS hash FROM "${name}" AS t`,
    );
    hashes[name] = row?.hash ?? '';
  }
  return hashes;
}
