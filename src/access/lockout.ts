/**
 * Wrong passwords cost time: after five in a row from one address a user is locked there, for longer with each
 * further one. Other addresses are not touched, so nobody can lock a user out from afar (DECISIONS 11).
 */
import { isIPv6 } from 'node:net';
import type { Queryable } from '../store/database.js';

const FREE_FAILURES = 5;
const FIRST_LOCK_SECONDS = 15;
const LONGEST_LOCK_SECONDS = 900;
/** Failures are forgotten after a right password, or after so long without another. */
const MEMORY_SECONDS = 3_600;

/** Who is counted: an IPv4 address, or the /64 of an IPv6 address, since one host has all of those. */
export function lockoutKeyOf(address: string): string {
  const mapped = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (!isIPv6(address)) return address;
  const [head = '', tail] = address.split('%', 1)[0]?.toLowerCase().split('::') ?? [];
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length);
  const groups = [...left, ...Array<string>(zeros).fill('0'), ...right];
  return `${groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`;
}

/** Whether the user may not even try from this address now. */
export async function isLocked(db: Queryable, userId: string, address: string): Promise<boolean> {
  const rows = await db.query(
    `SELECT 1 FROM login_failure
      WHERE user_id = $1 AND address = $2 AND locked_until > (SELECT floor_now())`,
    [userId, lockoutKeyOf(address)],
    'access.locked',
  );
  return rows.length > 0;
}

/** Notes a wrong password, on the user's row too. */
export async function noteFailure(db: Queryable, userId: string, address: string): Promise<void> {
  const key = lockoutKeyOf(address);
  const [row] = await db.query<{ failures: number }>(
    `INSERT INTO login_failure AS f (user_id, address, failures, last_at)
     VALUES ($1, $2, 1, (SELECT floor_now()))
     ON CONFLICT (user_id, address) DO UPDATE SET
       failures = CASE WHEN f.last_at < excluded.last_at - make_interval(secs => $3) THEN 1
                       ELSE f.failures + 1 END,
       last_at = excluded.last_at
     RETURNING failures`,
    [userId, key, MEMORY_SECONDS],
  );
  const failures = row?.failures ?? 0;
  if (failures >= FREE_FAILURES) {
    const seconds = Math.min(FIRST_LOCK_SECONDS * 2 ** (failures - FREE_FAILURES), LONGEST_LOCK_SECONDS);
    await db.query(
      `UPDATE login_failure SET locked_until = last_at + make_interval(secs => $3)
        WHERE user_id = $1 AND address = $2`,
      [userId, key, seconds],
    );
  }
  await db.query(
    'UPDATE so_user SET number_of_failed_logins = coalesce(number_of_failed_logins, 0) + 1 WHERE id = $1',
    [userId],
  );
}

/** A right password: what went before is forgotten. */
export async function forgetFailures(db: Queryable, userId: string, address: string): Promise<void> {
  await db.query('DELETE FROM login_failure WHERE user_id = $1 AND address = $2', [
    userId,
    lockoutKeyOf(address),
  ]);
}
