/**
 * An organization to be measured: sessions spread over owners, organization-wide default Private, and a caller who is no
 * administrator and sees them all through the role above every owner.
 */
import { grantSession } from '../../src/access/grants.js';
import type { Database } from '../../src/store/database.js';

/** Owners of the sessions, evenly. */
export const OWNERS = 200;
const BOSS = 100_001;

export interface Organization {
  readonly callerId: string;
  readonly token: string;
}

async function one<T extends object>(db: Database, sql: string, values: readonly unknown[] = []): Promise<T> {
  const [row] = await db.query<T>(sql, values);
  if (row === undefined) throw new Error(sql);
  return row;
}

/** Fills a migrated database whose first start has made the organization and its profiles. */
export async function fillOrganization(
  db: Database,
  url: string,
  rows: number,
  adminToken: string,
): Promise<Organization> {
  const profile = await one<{ id: string }>(db, `SELECT id FROM so_profile WHERE name = 'Chat Agent'`);
  const role = async (name: string, above: string | null) =>
    (
      await one<{ id: string }>(
        db,
        'INSERT INTO so_user_role (name, parent_role_id) VALUES ($1, $2) RETURNING id',
        [name, above],
      )
    ).id;
  const above = await role('Above', null);
  const below = await role('Below', above);
  const users = (first: number, count: number, roleId: string) =>
    db.query(
      `INSERT INTO so_user (id, username, "username__key", name, "name__key", profile_id, user_role_id, is_active)
       SELECT new_id('005', n, '9'), 'user' || n || '@bench', 'USER' || n || '@BENCH', 'User ' || n, 'USER ' || n, $3, $4, true
         FROM generate_series($1::int, $1::int + $2::int - 1) AS n`,
      [first, count, profile.id, roleId],
    );
  await users(1, OWNERS, below);
  await users(BOSS, 1, above);
  await db.query(
    `INSERT INTO principal (id, kind, name, name_key)
     SELECT id, 'User', name, "name__key" FROM so_user ON CONFLICT DO NOTHING`,
  );
  await db.query(
    `INSERT INTO so_live_agent_session (owner_id, name, created_date, created_by_id, last_modified_date,
            last_modified_by_id, system_modstamp, agent_id, login_time, logout_time, time_in_online_status,
            time_in_away_status, time_in_chats, time_idle, time_at_capacity, chat_req_assigned, chat_req_engaged,
            chat_req_declined, chat_req_timed_out, num_flag_raised, num_flag_lowered_agent, num_flag_lowered_supervisor)
     SELECT u, lpad(n::text, 8, '0'), t, u, t, u, t, u, t, t + interval '1 hour', 3000 + n % 977, 600, 1800 + n % 53,
            (n::bigint * 7919 % 30000)::int, 60, n % 30, n % 20, n % 5, n % 3, n % 2, 0, 0
       FROM generate_series(1, $1::int) AS n,
            LATERAL (SELECT new_id('005', 1 + n::bigint * 7919 % $2::int, '9') AS u,
                            '2024-01-01T00:00:00Z'::timestamptz + n * interval '37 s' AS t) AS made`,
    [rows, OWNERS],
  );
  // Manual shares of others, as an organization has them: the branch for them is no empty table.
  await db.query(
    `INSERT INTO so_live_agent_session_share (parent_id, user_or_group_id, access_level, row_cause)
     SELECT id, new_id('005', 1 + (random() * 1000)::int, '9'), 'Read', 'Manual'
       FROM so_live_agent_session TABLESAMPLE SYSTEM (2) ON CONFLICT DO NOTHING`,
  );
  await db.query('VACUUM ANALYZE');
  await db.query(`INSERT INTO sharing_job (cause, requested_at) VALUES ('bench', (SELECT floor_now()))`);
  const response = await fetch(`${url}/services/data/v60.0/sobjects/FloorObjectSetting`, {
    method: 'POST',
    headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({ SobjectType: 'LiveAgentSession', InternalSharingModel: 'Private' }),
  });
  if (response.status !== 201) throw new Error(await response.text());
  for (;;) {
    const sql = 'SELECT count(*) AS open FROM sharing_job WHERE finished_at IS NULL';
    if ((await one<{ open: number }>(db, sql)).open === 0) break;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await db.query('CHECKPOINT').catch(() => undefined);
  const { id: callerId } = await one<{ id: string }>(db, `SELECT new_id('005', $1, '9') AS id`, [BOSS]);
  return { callerId, token: await tokenOf(db, callerId) };
}

export async function tokenOf(db: Database, userId: string): Promise<string> {
  const organizationId = (await one<{ id: string }>(db, 'SELECT id FROM so_organization')).id;
  return (await grantSession(db, { userId, organizationId, clientId: null, withRefreshToken: false }))
    .accessToken;
}

export const adminTokenOf = async (db: Database): Promise<string> =>
  tokenOf(
    db,
    (
      await one<{ id: string }>(
        db,
        `SELECT u.id FROM so_user u JOIN so_profile p ON p.id = u.profile_id
          WHERE p.name = 'System Administrator' AND u.is_active ORDER BY u.id LIMIT 1`,
      )
    ).id,
  );
