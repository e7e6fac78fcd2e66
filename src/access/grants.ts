/**
 * Giving and taking tokens: a new session for a user whose credentials were checked, a refresh token for clients that
 * ask, a new session for a refresh token, and revocation. A family is one log-in and all tokens that came of it.
 */
import { randomUUID } from 'node:crypto';
import type { Database, Queryable } from '../store/database.js';
import { raiseEpoch, settleRights } from './epoch.js';
import { hashToken, isTokenText, newAccessToken, newRefreshToken } from './tokens.js';

/** A refresh token unused for so long is dead. */
const REFRESH_IDLE_DAYS = 90;
/** How long after its first use a rotated refresh token is still taken: an answer may get lost on the way. */
const ROTATION_GRACE_SECONDS = 30;

export interface Grant {
  readonly accessToken: string;
  /** Only when asked for; a refresh gives one when the client rotates them. */
  readonly refreshToken: string | undefined;
  readonly userId: string;
  /** Epoch milliseconds. */
  readonly issuedAt: number;
}

export interface GrantRequest {
  readonly userId: string;
  readonly organizationId: string;
  /** null: SOAP login(). */
  readonly clientId: string | null;
  readonly withRefreshToken: boolean;
}

async function insertAccessToken(
  db: Queryable,
  request: Omit<GrantRequest, 'withRefreshToken'>,
  family: string | null,
): Promise<{ accessToken: string; issuedAt: number }> {
  const accessToken = newAccessToken(request.organizationId);
  const [row] = await db.query<{ issued_at: number }>(
    `INSERT INTO access_token (hash, user_id, client_id, family, created_at, last_used_at)
     SELECT $1, $2, $3, $4, t.now, t.now FROM (SELECT floor_now() AS now) AS t RETURNING created_at AS issued_at`,
    [hashToken(accessToken), request.userId, request.clientId, family],
    'access.issue',
  );
  if (row === undefined) throw new Error('the new session was not stored');
  return { accessToken, issuedAt: row.issued_at };
}

async function insertRefreshToken(
  db: Queryable,
  { userId, clientId, family }: { userId: string; clientId: string; family: string },
): Promise<string> {
  const refreshToken = newRefreshToken();
  await db.query(
    `INSERT INTO refresh_token (hash, family, user_id, client_id, created_at)
     VALUES ($1, $2, $3, $4, (SELECT floor_now()))`,
    [hashToken(refreshToken), family, userId, clientId],
  );
  return refreshToken;
}

/** A new session of a user who has just proved who they are. */
export async function grantSession(db: Database, request: GrantRequest): Promise<Grant> {
  const { userId, clientId, withRefreshToken } = request;
  if (!withRefreshToken || clientId === null) {
    return { ...(await insertAccessToken(db, request, null)), refreshToken: undefined, userId };
  }
  return db.tx(async (tx) => {
    const family = randomUUID();
    const refreshToken = await insertRefreshToken(tx, { userId, clientId, family });
    return { ...(await insertAccessToken(tx, request, family)), refreshToken, userId };
  });
}

export type RefreshResult =
  | { readonly kind: 'ok'; readonly grant: Grant }
  | { readonly kind: 'refused'; readonly reason: 'expired' | 'inactive' };

interface RefreshRow {
  readonly family: string;
  readonly user_id: string;
  readonly is_active: boolean;
  readonly idle: boolean;
  readonly replayed: boolean;
}

/**
 * A new session for a refresh token of this client. Where the client rotates them the token is used up and a new one
 * given; a used-up token that comes back later was stolen or copied, and its whole family ends.
 */
export async function refreshSession(
  db: Database,
  request: { refreshToken: string; clientId: string; organizationId: string; rotates: boolean },
): Promise<RefreshResult> {
  const { refreshToken, clientId, organizationId, rotates } = request;
  if (!isTokenText(refreshToken)) return { kind: 'refused', reason: 'expired' };
  const hash = hashToken(refreshToken);
  return db.tx(async (tx) => {
    const [row] = await tx.query<RefreshRow>(
      `SELECT r.family, r.user_id, u.is_active AND coalesce(NOT c.is_frozen, true) AS is_active,
              coalesce(r.used_at, r.created_at) < (SELECT floor_now()) - make_interval(days => $3) AS idle,
              r.used_at IS NOT NULL
                AND r.used_at < (SELECT floor_now()) - make_interval(secs => $4) AS replayed
         FROM refresh_token r JOIN so_user u ON u.id = r.user_id LEFT JOIN credential c ON c.user_id = u.id
        WHERE r.hash = $1 AND r.client_id = $2 FOR UPDATE OF r`,
      [hash, clientId, REFRESH_IDLE_DAYS, ROTATION_GRACE_SECONDS],
    );
    if (row === undefined || row.idle) return { kind: 'refused', reason: 'expired' };
    if (rotates && row.replayed) {
      await endFamily(tx, row.family);
      return { kind: 'refused', reason: 'expired' };
    }
    if (!row.is_active) return { kind: 'refused', reason: 'inactive' };
    await tx.query(
      `UPDATE refresh_token
          SET used_at = CASE WHEN $2 THEN coalesce(used_at, (SELECT floor_now())) ELSE (SELECT floor_now()) END
        WHERE hash = $1`,
      [hash, rotates],
    );
    const { family, user_id: userId } = row;
    const next = rotates ? await insertRefreshToken(tx, { userId, clientId, family }) : undefined;
    const session = await insertAccessToken(tx, { userId, clientId, organizationId }, family);
    return { kind: 'ok', grant: { ...session, refreshToken: next, userId } };
  });
}

async function endFamily(db: Queryable, family: string): Promise<void> {
  await db.query('DELETE FROM access_token WHERE family = $1', [family]);
  await db.query('DELETE FROM refresh_token WHERE family = $1', [family]);
}

/** Makes sure that no other server still knows an ended session; alone, this server just forgets it itself. */
async function settleElsewhere(db: Database): Promise<void> {
  const [nodes] = await db.query<{ count: number }>('SELECT count(*) AS count FROM access_node');
  if ((nodes?.count ?? 0) < 2) return;
  await settleRights(db, await db.tx(raiseEpoch));
}

/**
 * Ends the session a token names; a refresh token ends all sessions that came of its log-in. Tells whether there was
 * anything to end. When it resolves no other server takes the token any more.
 */
export async function revokeToken(db: Database, token: string): Promise<boolean> {
  if (!isTokenText(token)) return false;
  const hash = hashToken(token);
  const [session] = await db.query('DELETE FROM access_token WHERE hash = $1 RETURNING 1 AS ended', [hash]);
  const [refresh] = await db.query<{ family: string }>('SELECT family FROM refresh_token WHERE hash = $1', [
    hash,
  ]);
  if (refresh !== undefined) await db.tx((tx) => endFamily(tx, refresh.family));
  const ended = session !== undefined || refresh !== undefined;
  if (ended) await settleElsewhere(db);
  return ended;
}
