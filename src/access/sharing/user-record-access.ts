/**
 * UserRecordAccess: what sharing lets a user do with records, from the same expansion and the same predicates as every
 * read and write (salesforce-data-api.md §21); rights on the object are not counted. A record that is not shared with the one who asks counts as no record.
 */
import type { SObjectDescription } from '../../objects/language.js';
import { objectOfId } from '../../objects/registry.js';
import { hasTable, tableOf } from '../../store/columns.js';
import type { Queryable } from '../../store/database.js';
import { quoteIdentifier as q } from '../../store/sql.js';
import type { AccessSnapshot, Caller } from '../caller.js';
import { createSnapshots } from '../snapshot.js';
import type { RowLevel } from './levels.js';
import { rowCondition } from './row-condition.js';

/** Records one query may ask about. */
export const MOST_RECORD_ACCESSES = 200;

export type MaxAccessLevel = 'None' | 'Read' | 'Edit' | 'Delete' | 'Transfer' | 'All';

export interface RecordAccess {
  readonly recordId: string;
  readonly read: boolean;
  readonly edit: boolean;
  readonly delete: boolean;
  readonly transfer: boolean;
  readonly all: boolean;
  readonly max: MaxAccessLevel;
}

const NOTHING = { read: false, edit: false, delete: false, transfer: false, all: false };

/**
 * What the user may do with each record, in the order of `recordIds` (18 characters each). An unknown or inactive user
 * may do nothing.
 */
export async function recordAccess(
  db: Queryable,
  caller: Caller,
  userId: string,
  recordIds: readonly string[],
): Promise<RecordAccess[]> {
  const user = userId === caller.userId ? caller : await asUser(db, caller, userId);
  const found = new Map<string, Omit<RecordAccess, 'recordId' | 'max'>>();
  if (user !== undefined) {
    for (const [object, ids] of byObject(recordIds)) {
      for (const one of await ofObject(db, caller, user, object, ids)) found.set(one.id, one.access);
    }
  }
  return recordIds.map((recordId) => {
    const access = found.get(recordId) ?? NOTHING;
    return { recordId, ...access, max: maxOf(access) };
  });
}

function maxOf(access: Omit<RecordAccess, 'recordId' | 'max'>): MaxAccessLevel {
  if (access.all) return 'All';
  if (access.transfer) return 'Transfer';
  if (access.delete) return 'Delete';
  if (access.edit) return 'Edit';
  return access.read ? 'Read' : 'None';
}

/** The user as a caller; undefined if not an active user. */
async function asUser(db: Queryable, caller: Caller, userId: string): Promise<Caller | undefined> {
  const [row] = await db.query<{ profile_id: string; username: string; epoch: number; now: number }>(
    `SELECT profile_id, username, (SELECT epoch FROM access_epoch) AS epoch, (SELECT floor_now()) AS now
       FROM so_user WHERE id = $1 AND is_active AND NOT is_deleted`,
    [userId],
  );
  if (row === undefined) return undefined;
  const access: AccessSnapshot = await createSnapshots(db).get({
    userId,
    profileId: row.profile_id,
    epoch: row.epoch,
    now: row.now,
  });
  return { ...caller, userId, profileId: row.profile_id, username: row.username, access };
}

function byObject(ids: readonly string[]): [SObjectDescription, string[]][] {
  const groups = new Map<SObjectDescription, string[]>();
  for (const id of ids) {
    const object = objectOfId(id);
    if (object === undefined || !hasTable(object)) continue;
    groups.set(object, [...(groups.get(object) ?? []), id]);
  }
  return [...groups];
}

async function ofObject(
  db: Queryable,
  caller: Caller,
  user: Caller,
  object: SObjectDescription,
  ids: readonly string[],
): Promise<{ id: string; access: Omit<RecordAccess, 'recordId' | 'max'> }[]> {
  if (!caller.access.object(object.name).read) return [];
  const values: unknown[] = [ids];
  const holds = (who: Caller, level: RowLevel) => rowCondition(who, object, 'row', values, level);
  const rows = await db.query<{ id: string; read: boolean; edit: boolean; all: boolean }>(
    `SELECT row.id, ${holds(user, 'read')} AS read, ${holds(user, 'edit')} AS edit, ${holds(user, 'all')} AS all
       FROM ${q(tableOf(object))} AS row
      WHERE row.id = ANY($1) AND NOT row.is_deleted AND ${holds(caller, 'read')}`,
    values,
  );
  return rows.map(({ id, read, edit, all }) => ({
    id,
    access: {
      read,
      edit,
      delete: all,
      transfer: all,
      all,
    },
  }));
}
