/**
 * getDeleted(): records deleted in a window, whether they are still in the Recycle Bin or purged, that the caller may
 * see (salesforce-data-api.md §13). Asked of a History object it tells the deletions of all History objects.
 */
import type { Caller } from '../access/caller.js';
import { sharingValue } from '../access/sharing/predicate-sql.js';
import { rowCondition } from '../access/sharing/row-condition.js';
import { predicateFor } from '../access/sharing.js';
import { isoOf } from '../clock.js';
import type { SObjectDescription } from '../objects/language.js';
import { OBJECTS } from '../objects/registry.js';
import { hasTable, tableOf } from '../store/columns.js';
import type { Queryable } from '../store/database.js';
import { quoteIdentifier as q } from '../store/sql.js';
import {
  assertReplicateable,
  MOST_REPLICATED,
  replicationWindow,
  tooManyReplicated,
} from './replication-window.js';

export interface DeletedRecord {
  readonly id: string;
  /** Epoch milliseconds, whole seconds. */
  readonly deletedDate: number;
}

export interface Deleted {
  readonly deletedRecords: readonly DeletedRecord[];
  /** Epoch milliseconds: deletions before it may have been forgotten; who starts earlier needs a full pull. */
  readonly earliestDateAvailable: number;
  /** Epoch milliseconds: the start of the next call. */
  readonly latestDateCovered: number;
}

/** start and end must be further apart than this. */
const SHORTEST_WINDOW_MS = 60_000;

/**
 * `start` and `end` in epoch milliseconds.
 * @throws ApiError INVALID_REPLICATION_DATE, INVALID_TYPE_FOR_OPERATION, INSUFFICIENT_ACCESS, EXCEEDED_ID_LIMIT
 */
export async function getDeleted(
  db: Queryable,
  caller: Caller,
  object: SObjectDescription,
  start: number,
  end: number,
): Promise<Deleted> {
  assertReplicateable(caller, object, 'getDeleted');
  const window = await replicationWindow(db, start, end, SHORTEST_WINDOW_MS);
  const objects = told(object);
  const values: unknown[] = [isoOf(window.start), isoOf(window.end), MOST_REPLICATED + 1];
  const parts = objects.flatMap((one) => [inTable(caller, one, values), inLog(caller, one, values)]);
  const rows = await db.query<{ id: string; deleted: number }>(
    `${parts.join(' UNION ALL ')} ORDER BY deleted, id LIMIT $3`,
    values,
  );
  if (rows.length > MOST_REPLICATED) throw tooManyReplicated();
  return {
    deletedRecords: rows.map(({ id, deleted }) => ({ id, deletedDate: deleted })),
    earliestDateAvailable: await earliestDateAvailable(db, objects),
    latestDateCovered: window.latestDateCovered,
  };
}

function told(object: SObjectDescription): readonly SObjectDescription[] {
  if (object.associate?.type !== 'History') return [object];
  return OBJECTS.filter(({ associate }) => associate?.type === 'History');
}

function inTable(caller: Caller, object: SObjectDescription, values: unknown[]): string {
  if (!hasTable(object)) throw new Error(`${object.name} has no rows`);
  return `SELECT "row".id, "row".deleted_at AS deleted FROM ${q(tableOf(object))} AS "row"
    WHERE "row".is_deleted AND "row".deleted_at >= $1::timestamptz AND "row".deleted_at <= $2::timestamptz
      AND ${rowCondition(caller, object, '"row"', values)}`;
}

/** Of a purged row only its owner is known; manual shares went with it. */
function inLog(caller: Caller, object: SObjectDescription, values: unknown[]): string {
  values.push(object.name);
  let mine = 'true';
  const named = `object = $${values.length}`;
  const predicate = predicateFor(caller, object);
  if (predicate.kind === 'shared') {
    values.push(
      sharingValue(caller, { what: 'owners', object: predicate.owner.name, level: predicate.level }),
    );
    mine = `owner_id = ANY($${values.length}::text[])`;
  }
  return `SELECT id, deleted_date AS deleted FROM delete_log
    WHERE ${named} AND deleted_date >= $1::timestamptz AND deleted_date <= $2::timestamptz AND ${mine}`;
}

/** The newest deletion that was dropped from the log; the organization's beginning when none was. */
async function earliestDateAvailable(db: Queryable, objects: readonly SObjectDescription[]): Promise<number> {
  const [row] = await db.query<{ at: number | null }>(
    `SELECT coalesce(
       (SELECT max(earliest_date_available) FROM delete_log_horizon WHERE object = ANY($1)),
       (SELECT min(created_date) FROM so_organization),
       (SELECT min(applied_at) FROM schema_migration)) AS at`,
    [objects.map(({ name }) => name)],
  );
  return Math.floor((row?.at ?? 0) / 1000) * 1000;
}
