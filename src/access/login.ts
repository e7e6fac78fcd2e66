/**
 * Signing in with user name and password, the same for OAuth and SOAP. Every refusal looks alike to the caller unless
 * the password was right; an unknown user takes as long as a known one.
 */

import { textKey } from '../store/columns.js';
import type { Database, Tx } from '../store/database.js';
import { raiseEpoch, settleRights } from './epoch.js';
import { forgetFailures, isLocked, lockoutKeyOf, noteFailure } from './lockout.js';
import { createLoginRate } from './login-rate.js';
import {
  hashPassword,
  MAX_PASSWORD_LENGTH,
  needsRehash,
  verifyNothing,
  verifyPassword,
} from './passwords.js';

const MAX_USERNAME_LENGTH = 80;
/** Log-ins of a user within an hour (salesforce-data-api.md §4.5). */
const LOGINS_PER_HOUR = 3_600;
/** Password checks under way or waiting on this server; each takes a tenth of a second of one core. */
const MAX_PENDING = 200;

export type LoginResult =
  | { readonly kind: 'ok'; readonly userId: string }
  /** `inactive`: the password was right, but the user is deactivated or frozen. `busy`: try again. */
  | { readonly kind: 'refused'; readonly reason: 'invalid' | 'inactive' | 'rate' | 'busy' };

export interface Credentials {
  readonly username: string;
  readonly password: string;
  /** Where the request came from, as the proxy settings let it be known. */
  readonly address: string;
}

/** Checks a password. Writes nothing but the bookkeeping of failures and log-ins. */
export type PasswordLogin = (credentials: Credentials) => Promise<LoginResult>;

interface UserRow {
  readonly id: string;
  readonly is_active: boolean;
  readonly is_frozen: boolean;
  readonly hash: string;
}

const USER = `
  SELECT u.id, u.is_active, c.is_frozen, c.hash FROM so_user u JOIN credential c ON c.user_id = u.id
   WHERE u.username__key = $1 LIMIT 1`;

const RECENT_LOGINS = `
  SELECT count(*) AS count FROM access_token
   WHERE user_id = $1 AND created_at > (SELECT floor_now()) - interval '1 hour'`;

function refused(reason: 'invalid' | 'inactive' | 'rate' | 'busy'): LoginResult {
  return { kind: 'refused', reason };
}

export function createPasswordLogin(db: Database): PasswordLogin {
  /** The last attempt of each (user, address): attempts queue, so that none escapes the count of failures. */
  const queues = new Map<string, Promise<unknown>>();
  const rate = createLoginRate();
  let pending = 0;

  function inTurn<T>(key: string, attempt: () => Promise<T>): Promise<T> {
    const mine = (queues.get(key) ?? Promise.resolve()).then(attempt, attempt);
    queues.set(key, mine);
    const leave = () => {
      if (queues.get(key) === mine) queues.delete(key);
    };
    mine.then(leave, leave);
    return mine;
  }

  async function attempt(user: UserRow, password: string, address: string): Promise<LoginResult> {
    if (await isLocked(db, user.id, address)) return refused('invalid');
    if (!(await verifyPassword(password, user.hash))) {
      await noteFailure(db, user.id, address);
      return refused('invalid');
    }
    if (!user.is_active || user.is_frozen) return refused('inactive');
    const [recent] = await db.query<{ count: number }>(RECENT_LOGINS, [user.id], 'access.recent');
    if ((recent?.count ?? 0) >= LOGINS_PER_HOUR) return refused('rate');
    if (needsRehash(user.hash)) {
      // only over the hash just checked: a password changed meanwhile stays changed
      await db.query('UPDATE credential SET hash = $2 WHERE user_id = $1 AND hash = $3', [
        user.id,
        await hashPassword(password),
        user.hash,
      ]);
    }
    await forgetFailures(db, user.id, address);
    await db.query(
      `UPDATE so_user SET last_login_date = date_trunc('second', (SELECT floor_now())),
              number_of_failed_logins = 0 WHERE id = $1`,
      [user.id],
    );
    return { kind: 'ok', userId: user.id };
  }

  return async ({ username, password, address }) => {
    if (username === '' || username.length > MAX_USERNAME_LENGTH) return refused('invalid');
    if (password === '' || password.length > MAX_PASSWORD_LENGTH) return refused('invalid');
    // no row could hold it, and PostgreSQL refuses it as a parameter
    if (username.includes('\0')) return refused('invalid');
    if (!rate.allow(address)) return refused('rate');
    if (pending >= MAX_PENDING) return refused('busy');
    pending++;
    try {
      const [user] = await db.query<UserRow>(USER, [textKey(username.trim())], 'access.login');
      if (user === undefined) {
        await verifyNothing(password);
        return refused('invalid');
      }
      return await inTurn(`${user.id} ${lockoutKeyOf(address)}`, () => attempt(user, password, address));
    } finally {
      pending--;
    }
  };
}

/**
 * Gives a user a password, or a new one, inside the caller's transaction: open sessions and refresh tokens of the user
 * end with the old. Raise the epoch in the same transaction and settle it after (epoch.ts).
 */
export async function storeCredential(tx: Tx, userId: string, password: string): Promise<void> {
  const hash = await hashPassword(password);
  await tx.query(
    `INSERT INTO credential (user_id, hash, changed_at) VALUES ($1, $2, (SELECT floor_now()))
     ON CONFLICT (user_id) DO UPDATE SET hash = excluded.hash, changed_at = excluded.changed_at`,
    [userId, hash],
  );
  await tx.query('DELETE FROM access_token WHERE user_id = $1', [userId]);
  await tx.query('DELETE FROM refresh_token WHERE user_id = $1', [userId]);
  await tx.query('DELETE FROM login_failure WHERE user_id = $1', [userId]);
  await tx.query(
    `UPDATE so_user SET last_password_change_date = date_trunc('second', (SELECT floor_now())) WHERE id = $1`,
    [userId],
  );
}

/** Gives a user a new password; when it resolves no server takes an older session any more. */
export async function setCredential(db: Database, userId: string, password: string): Promise<void> {
  const epoch = await db.tx(async (tx) => {
    await storeCredential(tx, userId, password);
    return raiseEpoch(tx);
  });
  await settleRights(db, epoch);
}
