/**
 * The epoch of everybody's rights: one row, raised in the transaction that changes rights, so whoever sees the new
 * rights sees the new number. Snapshots of another number are stale (DECISIONS 8).
 */
import type { Database, Queryable, Tx } from '../store/database.js';

/** Channel that tells the nodes to drop what they know; a hint, their caches are at most one second old anyway. */
export const ACCESS_CHANNEL = 'access';

/** Objects whose rows say who may do what. For User only the fields below matter. */
const OBJECTS_OF_RIGHTS: ReadonlySet<string> = new Set([
  'FieldPermissions',
  'FloorObjectSetting',
  'Group',
  'GroupMember',
  'LiveAgentSessionOwnerSharingRule',
  'LiveChatTranscriptOwnerSharingRule',
  'ObjectPermissions',
  'Organization',
  'PermissionSet',
  'PermissionSetAssignment',
  'Profile',
  'UserRole',
]);

const USER_FIELDS_OF_RIGHTS: ReadonlySet<string> = new Set([
  'IsActive',
  'LanguageLocaleKey',
  'LocaleSidKey',
  'ProfileId',
  'TimeZoneSidKey',
  'Username',
  'UserRoleId',
]);

/**
 * Whether writing these fields of this object changes rights; `fields` undefined means all of them (a create or a
 * delete).
 */
export function changesRights(object: string, fields: readonly string[] | undefined): boolean {
  if (OBJECTS_OF_RIGHTS.has(object)) return true;
  return (
    object === 'User' && (fields === undefined || fields.some((field) => USER_FIELDS_OF_RIGHTS.has(field)))
  );
}

/**
 * Raises the epoch; the last statement of a transaction that changed rights, because it makes other such transactions
 * wait. Once it has committed, `settleRights` makes the change hold everywhere.
 */
export async function raiseEpoch(tx: Tx): Promise<number> {
  const [row] = await tx.query<{ epoch: number }>(
    'UPDATE access_epoch SET epoch = epoch + 1, changed_at = (SELECT floor_now()) RETURNING epoch',
  );
  if (row === undefined) throw new Error('access_epoch has no row');
  return row.epoch;
}

/** When anybody's rights last changed; epoch milliseconds. */
export async function rightsChangedAt(db: Queryable): Promise<number> {
  const [row] = await db.query<{ at: number | null }>('SELECT changed_at AS at FROM access_epoch');
  return row?.at ?? Number.POSITIVE_INFINITY;
}

/** Snapshots live at most this long on any node, whatever it hears. */
export const MAX_SNAPSHOT_AGE_MS = 1_000;
const SETTLE_POLL_MS = 10;

/**
 * Resolves when every running server has passed the epoch, so that a right taken away is gone when the call that took
 * it answers. Waits no longer than snapshots live: a server that does not answer cannot use an older one after that.
 * Call it after the commit, outside any transaction.
 */
export async function settleRights(db: Database, epoch: number): Promise<void> {
  // a transaction of its own, and not durable: NOTIFY holds a lock until its flush (DECISIONS 4)
  await db.tx(async (tx) => {
    await tx.query('SET LOCAL synchronous_commit = off');
    await tx.query('SELECT pg_notify($1, $2)', [ACCESS_CHANNEL, String(epoch)]);
  });
  const start = performance.now();
  for (;;) {
    const [behind] = await db.query<{ count: number }>(
      'SELECT count(*) AS count FROM access_node WHERE epoch < $1',
      [epoch],
      'access.behind',
    );
    if (behind?.count === 0) return;
    const left = MAX_SNAPSHOT_AGE_MS + SETTLE_POLL_MS - (performance.now() - start);
    if (left <= 0) return;
    await new Promise((resolve) => setTimeout(resolve, Math.min(SETTLE_POLL_MS, left)));
  }
}
