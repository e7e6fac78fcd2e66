/**
 * Asking for a recalculation: a row of `sharing_job` in the transaction of the write it follows from, so none is lost.
 * Jobs are only inserted, so writers never wait for each other.
 */
import type { SObjectDescription } from '../../objects/language.js';
import { tableOf } from '../../store/columns.js';
import type { Database, Tx } from '../../store/database.js';
import { quoteIdentifier as q } from '../../store/sql.js';
import { ruleObjects } from './shared-objects.js';

/** Tells the servers that there is work; a hint, they look every two seconds anyway. */
export const SHARING_CHANNEL = 'sharing';

/** A job about defaults concerns no user: snapshots read them anew, and shares that add nothing go. */
export const DEFAULTS_CHANGED = 'FloorObjectSetting';
const NO_PRINCIPAL = '';

const FOLLOWED: ReadonlySet<string> = new Set(['Group', 'GroupMember', 'UserRole']);
const FOLLOWED_USER_FIELDS: readonly string[] = ['IsActive', 'UserRoleId'];
const FOLLOWED_GROUP_FIELDS: readonly string[] = ['Type', 'RelatedId', 'DoesIncludeBosses'];

/** What was written: records of one object; `fields` undefined on create, delete and undelete. */
export interface Written {
  readonly object: SObjectDescription;
  readonly ids: readonly string[];
  readonly fields: ReadonlySet<string> | undefined;
}

function isFollowed({ object, fields }: Written): boolean {
  const any = (names: readonly string[]) => fields === undefined || names.some((name) => fields.has(name));
  if (object.name === 'User') return any(FOLLOWED_USER_FIELDS);
  if (object.name === 'Group') return any(FOLLOWED_GROUP_FIELDS);
  return FOLLOWED.has(object.name);
}

/** Asks for a recalculation if row access may follow from what was written. Part of the writing transaction. */
export async function requestRecalculation(tx: Tx, written: Written): Promise<void> {
  const { object, ids, fields } = written;
  if (ruleObjects().some(({ rule }) => rule === object)) {
    if (fields !== undefined && !fields.has('AccessLevel')) return;
    await tx.query(
      `INSERT INTO sharing_job (cause, principal_id, requested_at)
       SELECT DISTINCT $1, user_or_group_id, (SELECT floor_now()) FROM ${q(tableOf(object))} WHERE id = ANY($2)`,
      [object.name, ids],
    );
  } else if (object.name === DEFAULTS_CHANGED || isFollowed(written)) {
    await tx.query(
      'INSERT INTO sharing_job (cause, principal_id, requested_at) VALUES ($1, $2, (SELECT floor_now()))',
      [object.name, object.name === DEFAULTS_CHANGED ? NO_PRINCIPAL : null],
      'sharing.request',
    );
  } else return;
  tx.afterCommit(announce);
}

async function announce(db: Database): Promise<void> {
  // A transaction of its own that waits for no disk: NOTIFY holds a lock until its flush (DECISIONS 4).
  await db.tx(async (tx) => {
    await tx.query('SET LOCAL synchronous_commit = off');
    await tx.query('SELECT pg_notify($1, $2)', [SHARING_CHANNEL, '']);
  });
}

/** How far the recalculation is, for set-up pages. */
export interface SharingProgress {
  /** Jobs nobody has finished yet; 0 when all that was asked for holds everywhere. */
  readonly open: number;
  readonly usersTotal: number;
  readonly usersDone: number;
}

export async function sharingProgress(db: Pick<Database, 'query'>): Promise<SharingProgress> {
  const [row] = await db.query<SharingProgress>(
    `SELECT count(*) AS open, coalesce(max(users_total), 0) AS "usersTotal", coalesce(min(users_done), 0) AS "usersDone"
       FROM sharing_job WHERE finished_at IS NULL`,
  );
  return row ?? { open: 0, usersTotal: 0, usersDone: 0 };
}
