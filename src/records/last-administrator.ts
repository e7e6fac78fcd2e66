/**
 * Somebody can always manage users: a write after which no active user could is refused, because nobody could take it
 * back. Writers who might do so wait for each other, so two of them cannot remove each other's administrator.
 */
import type { Tx } from '../store/database.js';
import { type RecordError, recordError } from './result.js';

/** Key of the transaction lock. */
const ADMINISTRATORS_LOCK = 0x46574144; // FWAD

/** What would no longer make anybody an administrator; ids of each. */
export interface Withdrawn {
  readonly users?: readonly string[];
  readonly profiles?: readonly string[];
  readonly sets?: readonly string[];
  readonly assignments?: readonly string[];
}

/** Active users who may manage users, but for what is withdrawn: $1 users, $2 profiles, $3 sets, $4 assignments. */
const REMAINING = (withdrawn: boolean) => {
  const but = (id: string, parameter: string) => (withdrawn ? `AND ${id} <> ALL(${parameter}::text[])` : '');
  return `EXISTS (
    SELECT FROM so_user u WHERE u.is_active AND NOT u.is_deleted ${but('u.id', '$1')} AND (
      EXISTS (SELECT FROM so_profile p
               WHERE p.id = u.profile_id AND NOT p.is_deleted AND p.permissions_manage_users ${but('p.id', '$2')})
      OR EXISTS (SELECT FROM so_permission_set_assignment a JOIN so_permission_set s ON s.id = a.permission_set_id
                  WHERE a.assignee_id = u.id AND NOT a.is_deleted AND NOT a.is_revoked AND NOT s.is_deleted
                    AND a.expiration_date IS NULL AND NOT s.is_owned_by_profile AND s.permissions_manage_users
                    ${but('s.id', '$3')} ${but('a.id', '$4')})))`;
};

/** The refusal of a write that would leave no administrator; undefined where one remains, or there was none before. */
export async function refusalOfLastAdministrator(
  tx: Tx,
  { users = [], profiles = [], sets = [], assignments = [] }: Withdrawn,
): Promise<RecordError | undefined> {
  await tx.query('SELECT pg_advisory_xact_lock($1)', [ADMINISTRATORS_LOCK]);
  const [row] = await tx.query<{ before: boolean; after: boolean }>(
    `SELECT ${REMAINING(false)} AS before, ${REMAINING(true)} AS after`,
    [users, profiles, sets, assignments],
  );
  if (row?.before !== true || row.after) return undefined;
  return recordError(
    'FIELD_INTEGRITY_EXCEPTION',
    'At least one active user must be able to manage users; this change would leave none.',
  );
}
