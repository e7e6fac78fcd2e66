/**
 * retrieve(): rows by their ids, rendered by the query engine so that a row has the same bytes however it was asked
 * for (salesforce-data-api.md §11). A row the caller may not see does not exist for the caller.
 */
import type { Caller } from '../access/caller.js';
import { rowCondition } from '../access/sharing/row-condition.js';
import { ApiError } from '../errors.js';
import type { SObjectDescription } from '../objects/language.js';
import { type RenderRow, retrieveById, retrieveByIds } from '../query/retrieve.js';
import { hasTable, tableOf } from '../store/columns.js';
import type { Queryable } from '../store/database.js';
import { id18, isId } from '../store/ids.js';
import { quoteIdentifier as q } from '../store/sql.js';

/** Ids a retrieve call may name (§4.5). */
export const MAX_RETRIEVED = 2_000;

export type RetrievedRow =
  | { readonly status: 'found'; readonly json: Buffer }
  /** In the Recycle Bin, and not emptied from it. */
  | { readonly status: 'deleted' }
  | { readonly status: 'unknown' };

export interface RetrieveRequest {
  readonly object: SObjectDescription;
  /** Names in the order of the answer, parent paths too; undefined or empty: all the caller may see, in describe order. */
  readonly fields?: readonly string[] | undefined;
  /** `/services/data/vXX.0`. */
  readonly base: string;
  /** How a row is written; JSON when left out. */
  readonly renderRow?: RenderRow | undefined;
}

/**
 * One row, or why there is none. `id` has 15 or 18 characters and is valid.
 * @throws ApiError INVALID_TYPE_FOR_OPERATION; INVALID_FIELD, with the excerpt of a made-up SELECT
 */
export async function retrieveRow(
  db: Queryable,
  caller: Caller,
  id: string,
  { object, fields = [], base }: RetrieveRequest,
): Promise<RetrievedRow> {
  assertRetrieveable(object);
  const json = await retrieveById(db, caller, object, id18(id), fields, base);
  if (json !== undefined) return { status: 'found', json };
  return { status: (await isInRecycleBin(db, caller, object, id18(id))) ? 'deleted' : 'unknown' };
}

function assertRetrieveable(object: SObjectDescription): void {
  if (object.supportedCalls.includes('retrieve')) return;
  throw new ApiError('INVALID_TYPE_FOR_OPERATION', `entity type ${object.label} does not support retrieve`);
}

/** Whether the row is in the Recycle Bin and was shared with the caller; to others it never existed. */
async function isInRecycleBin(
  db: Queryable,
  caller: Caller,
  object: SObjectDescription,
  id: string,
): Promise<boolean> {
  if (!hasTable(object)) return false;
  const values: unknown[] = [id];
  const shared = rowCondition(caller, object, 'row', values);
  const rows = await db.query(
    `SELECT row.id FROM ${q(tableOf(object))} AS row
      WHERE row.id = $1 AND row.is_deleted AND row.bin_emptied_at IS NULL AND ${shared}`,
    values,
  );
  return rows.length > 0;
}

/**
 * The rows in the order of the ids, undefined for each that is unknown, deleted or hidden from the caller. An id of
 * another object is unknown.
 * @throws ApiError INVALID_TYPE_FOR_OPERATION, EXCEEDED_ID_LIMIT, MALFORMED_ID, INVALID_FIELD
 */
export async function retrieveRows(
  db: Queryable,
  caller: Caller,
  ids: readonly string[],
  { object, fields = [], base, renderRow }: RetrieveRequest,
): Promise<(Buffer | undefined)[]> {
  assertRetrieveable(object);
  if (ids.length > MAX_RETRIEVED) {
    throw new ApiError(
      'EXCEEDED_ID_LIMIT',
      `record limit reached. cannot submit more than ${MAX_RETRIEVED} records into this call`,
    );
  }
  const bad = ids.find((id) => !isId(id.trim()));
  if (bad !== undefined) throw new ApiError('MALFORMED_ID', `malformed id ${bad.slice(0, 255)}`);
  return retrieveByIds(
    db,
    caller,
    object,
    ids.map((id) => id18(id.trim())),
    fields,
    base,
    renderRow,
  );
}
