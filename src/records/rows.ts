/**
 * The rows a write is about, as they are: locked in ascending id so that two writers never wait for each other in a
 * circle, and only those the caller may touch.
 */
import type { Caller } from '../access/caller.js';
import { predicateFor } from '../access/sharing.js';
import type { FieldDescription, SObjectDescription } from '../objects/language.js';
import { columnOf, tableOf } from '../store/columns.js';
import type { Tx } from '../store/database.js';
import { quoteIdentifier as q } from '../store/sql.js';
import type { StoredValue } from './read-value.js';
import { type Origin, type RecordError, recordError } from './result.js';

/** A stored record, seen by its fields. */
export interface StoredRow {
  readonly id: string;
  readonly isDeleted: boolean;
  /** The record it went to the Recycle Bin with: itself, or the parent whose deletion took it along. */
  readonly deletedWith: string | null;
  /** Out of the Recycle Bin for good. */
  readonly binEmptied: boolean;
  /** The value of one of the fields asked for. */
  read(field: FieldDescription): StoredValue;
}

/** Locks these rows and gives those that exist, by id. `fields` are what the caller of this wants to see of them. */
export async function lockRows(
  tx: Tx,
  object: SObjectDescription,
  ids: readonly string[],
  fields: readonly FieldDescription[],
): Promise<Map<string, StoredRow>> {
  const own = ['id', 'is_deleted', 'deleted_with', 'bin_emptied_at'];
  const columns = [...new Set([...own, ...fields.map(columnOf)])];
  const rows = await tx.query<Record<string, StoredValue>>(
    `SELECT ${columns.map(q).join(', ')} FROM ${q(tableOf(object))} WHERE id = ANY($1) ORDER BY id FOR UPDATE`,
    [[...new Set(ids)]],
  );
  return new Map(
    rows.map((row) => [
      String(row.id),
      {
        id: String(row.id),
        isDeleted: row.is_deleted === true,
        deletedWith: row.deleted_with as string | null,
        binEmptied: row.bin_emptied_at !== null,
        read(field) {
          const value = row[columnOf(field)];
          if (value === undefined) throw new Error(`${object.name}.${field.name} was not read`);
          return value;
        },
      },
    ]),
  );
}

/** What a write needs of a row besides its existence. */
export type RowRight = 'edit' | 'delete';

/** Why the caller may not write this row, or undefined. The one place where a write asks about sharing. */
export function rowRefusal(
  caller: Caller,
  object: SObjectDescription,
  row: StoredRow | undefined,
  right: RowRight,
  origin: Origin,
): RecordError | undefined {
  if (row === undefined) return recordError('INVALID_CROSS_REFERENCE_KEY', 'invalid cross reference id');
  if (row.isDeleted) return recordError('ENTITY_IS_DELETED', 'entity is deleted');
  if (origin !== 'api') return undefined;
  if (!caller.access.object(object.name)[right] || predicateFor(caller, object).kind !== 'all') {
    return insufficientAccess();
  }
  return undefined;
}

export function insufficientAccess(): RecordError {
  return recordError('INSUFFICIENT_ACCESS_OR_READONLY', 'insufficient access rights on object id');
}
