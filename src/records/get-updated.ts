/** getUpdated(): ids of records created or changed in a window, that the caller may see (salesforce-data-api.md §13). */
import type { Caller } from '../access/caller.js';
import { rowCondition } from '../access/sharing/row-condition.js';
import { isoOf } from '../clock.js';
import type { SObjectDescription } from '../objects/language.js';
import { columnOf, tableOf } from '../store/columns.js';
import type { Queryable } from '../store/database.js';
import { quoteIdentifier as q } from '../store/sql.js';
import {
  assertReplicateable,
  changeFieldOf,
  MOST_REPLICATED,
  replicationWindow,
  tooManyReplicated,
} from './replication-window.js';

export interface Updated {
  readonly ids: readonly string[];
  /** Epoch milliseconds: the start of the next call. */
  readonly latestDateCovered: number;
}

/**
 * `start` and `end` in epoch milliseconds. Never skips a record that commits late: it lies beyond latestDateCovered.
 * @throws ApiError INVALID_REPLICATION_DATE, INVALID_TYPE_FOR_OPERATION, INSUFFICIENT_ACCESS, EXCEEDED_ID_LIMIT
 */
export async function getUpdated(
  db: Queryable,
  caller: Caller,
  object: SObjectDescription,
  start: number,
  end: number,
): Promise<Updated> {
  assertReplicateable(caller, object, 'getUpdated');
  const window = await replicationWindow(db, start, end, 0);
  const values: unknown[] = [isoOf(window.start), isoOf(window.end), MOST_REPLICATED + 1];
  const changed = `"row".${q(columnOf(changeFieldOf(object)))}`;
  const rows = await db.query<{ id: string }>(
    `SELECT "row".id FROM ${q(tableOf(object))} AS "row"
      WHERE ${changed} >= $1::timestamptz AND ${changed} <= $2::timestamptz AND NOT "row".is_deleted
        AND ${rowCondition(caller, object, '"row"', values)}
      ORDER BY ${changed}, "row".id LIMIT $3`,
    values,
  );
  if (rows.length > MOST_REPLICATED) throw tooManyReplicated();
  return { ids: rows.map(({ id }) => id), latestDateCovered: window.latestDateCovered };
}
