/**
 * The rows a write is about, as they are: locked in ascending id so that two writers never wait for each other in a
 * circle, and only those the caller may touch.
 */
import type { Caller } from '../access/caller.js';
import type { RowLevel } from '../access/sharing/levels.js';
import { rowCondition } from '../access/sharing/row-condition.js';
import type { FieldDescription, SObjectDescription } from '../objects/language.js';
import { columnOf, tableOf } from '../store/columns.js';
import type { Tx } from '../store/database.js';
import { quoteIdentifier as q } from '../store/sql.js';
import type { StoredValue } from './read-value.js';
import { type Origin, type RecordError, recordError } from './result.js';
import { preparedName } from './store-sql.js';

/** A stored record, seen by its fields. */
export interface StoredRow {
  readonly id: string;
  readonly isDeleted: boolean;
  /** The record it went to the Recycle Bin with: itself, or the parent whose deletion took it along. */
  readonly deletedWith: string | null;
  /** Out of the Recycle Bin for good. */
  readonly binEmptied: boolean;
  /** Whether the row is shared with the caller: to be seen at all, and for what the caller wants to do. */
  readonly isVisible: boolean;
  readonly isOpen: boolean;
  /** The value of one of the fields asked for. */
  read(field: FieldDescription): StoredValue;
}

/** Who wants to do what with rows; the server's own work (`origin` other than `api`) is not asked about sharing. */
export interface RowAccess {
  readonly caller: Caller;
  readonly right: RowRight;
  readonly origin: Origin;
}

const LEVEL_OF_RIGHT: Readonly<Record<RowRight, RowLevel>> = { edit: 'edit', delete: 'all' };

/**
 * Locks these rows and gives those that exist, by id. `fields` are what the caller of this wants to see of them;
 * without `access` every row counts as shared.
 */
export async function lockRows(
  tx: Tx,
  object: SObjectDescription,
  ids: readonly string[],
  fields: readonly FieldDescription[],
  access?: RowAccess,
): Promise<Map<string, StoredRow>> {
  const own = ['id', 'is_deleted', 'deleted_with', 'bin_emptied_at'];
  const columns = [...new Set([...own, ...fields.map(columnOf)])];
  const values: unknown[] = [[...new Set(ids)]];
  const shared = {
    visible: sharedSql(object, access, 'read', values),
    open: sharedSql(object, access, LEVEL_OF_RIGHT[access?.right ?? 'edit'], values),
  };
  const text = `SELECT ${columns.map((column) => `row.${q(column)}`).join(', ')}, ${shared.visible} AS is_visible__, ${shared.open} AS is_open__
       FROM ${q(tableOf(object))} AS row WHERE row.id = ANY($1) ORDER BY row.id FOR UPDATE OF row`;
  // Arrays of owners are looked through quicker when the statement is planned with them.
  const name = values.length === 1 ? preparedName(text) : undefined;
  const rows = await tx.query<Record<string, StoredValue>>(text, values, name);
  return new Map(
    rows.map((row) => [
      String(row.id),
      {
        id: String(row.id),
        isDeleted: row.is_deleted === true,
        deletedWith: row.deleted_with as string | null,
        binEmptied: row.bin_emptied_at !== null,
        isVisible: row.is_visible__ === true,
        isOpen: row.is_open__ === true,
        read(field) {
          const value = row[columnOf(field)];
          if (value === undefined) throw new Error(`${object.name}.${field.name} was not read`);
          return value;
        },
      },
    ]),
  );
}

/** Whether the row called `row` is shared with the caller at a level, as SQL; adds what it needs to `values`. */
function sharedSql(
  object: SObjectDescription,
  access: RowAccess | undefined,
  level: RowLevel,
  values: unknown[],
): string {
  if (access === undefined || access.origin !== 'api') return 'true';
  if (!access.caller.access.object(object.name).read) return 'false';
  return rowCondition(access.caller, object, 'row', values, level);
}

/** What a write needs of a row besides its existence. */
export type RowRight = 'edit' | 'delete';

/**
 * Why the caller may not write this row, or undefined. A row that is not shared with the caller answers as one that
 * does not exist, deleted or not: a write tells nobody what retrieve would not.
 */
export function rowRefusal(
  caller: Caller,
  object: SObjectDescription,
  row: StoredRow | undefined,
  right: RowRight,
  origin: Origin,
): RecordError | undefined {
  if (row === undefined || (origin === 'api' && !row.isVisible))
    return recordError('INVALID_CROSS_REFERENCE_KEY', 'invalid cross reference id');
  if (row.isDeleted) return recordError('ENTITY_IS_DELETED', 'entity is deleted');
  if (origin !== 'api') return undefined;
  return caller.access.object(object.name)[right] && row.isOpen ? undefined : insufficientAccess();
}

export function insufficientAccess(): RecordError {
  return recordError('INSUFFICIENT_ACCESS_OR_READONLY', 'insufficient access rights on object id');
}
