/**
 * undelete(): records come back out of the Recycle Bin, with the children that went there with them, 1 to 200 a call
 * (salesforce-data-api.md §14). A child cannot come back by itself while its parent is deleted.
 */
import type { Caller } from '../access/caller.js';
import { isoOf } from '../clock.js';
import type { SObjectDescription } from '../objects/language.js';
import { tableOf } from '../store/columns.js';
import type { Database, Tx } from '../store/database.js';
import { quoteIdentifier as q } from '../store/sql.js';
import { afterSave } from './after-save.js';
import { auditSets, undeleteChildren } from './cascade.js';
import { assertSetSize } from './create.js';
import { byObject, draftsOfIds, idsOf } from './delete.js';
import { type Origin, type RecordError, recordError, type SaveResult } from './result.js';
import { lockRows, rowRefusal, type StoredRow } from './rows.js';
import { writeSet } from './write.js';

export interface UndeleteOptions {
  readonly allOrNone?: boolean;
  readonly origin?: Origin;
}

/** @throws ApiError EXCEEDED_ID_LIMIT; everything else is a result of its record. */
export async function undeleteRecords(
  db: Database | Tx,
  caller: Caller,
  ids: readonly string[],
  { allOrNone = false, origin = 'api' }: UndeleteOptions = {},
): Promise<SaveResult[]> {
  assertSetSize(ids.length, origin);
  return writeSet(db, allOrNone, {
    draft: () => draftsOfIds(ids, refusalOfObject, notInBin),
    async check(tx, drafts) {
      for (const [object, some] of byObject(drafts)) {
        const rows = await lockRows(tx, object, idsOf(some), [], { caller, right: 'delete', origin });
        for (const draft of some) {
          const refusal = refusalOfRow(caller, object, rows.get(draft.id ?? ''), origin);
          if (refusal !== undefined) draft.errors.push(refusal);
        }
      }
    },
    async store(tx, drafts, { stamp }) {
      const mark = { at: isoOf(stamp), userId: caller.userId };
      for (const [object, some] of byObject(drafts)) {
        const sets = [
          'is_deleted = false',
          'deleted_at = NULL',
          'deleted_with = NULL',
          ...auditSets(object, 'row'),
        ];
        await tx.query(
          `WITH back AS (
             UPDATE ${q(tableOf(object))} AS row SET ${sets.join(', ')} WHERE id = ANY($1) AND is_deleted RETURNING id
           )
           INSERT INTO change (object, record_id, kind, at)
           SELECT $4, id, 'undelete', $2::timestamptz FROM back WHERE $3::text IS NOT NULL ORDER BY id`,
          [idsOf(some), mark.at, mark.userId, object.name],
        );
        await undeleteChildren(tx, object, idsOf(some), mark);
        await afterSave(tx, { caller, object, kind: 'undelete', ids: idsOf(some), stamp, fields: undefined });
      }
    },
  });
}

function refusalOfObject(object: SObjectDescription): RecordError | undefined {
  if (object.flags.includes('undeletable')) return undefined;
  return recordError('INVALID_TYPE_FOR_OPERATION', `entity type ${object.label} does not support undelete`);
}

/** The one text for whatever is not there to be brought back (unconfirmed). */
export function notInBin(): RecordError {
  return recordError('UNDELETE_FAILED', 'Entity is not in the recycle bin');
}

function refusalOfRow(
  caller: Caller,
  object: SObjectDescription,
  row: StoredRow | undefined,
  origin: Origin,
): RecordError | undefined {
  // A row that is not shared with the caller answers as one that never was.
  if (row === undefined || !row.isVisible || !isInBin(row)) return notInBin();
  // Whoever may delete a record may bring it back.
  return rowRefusal(caller, object, { ...row, isDeleted: false }, 'delete', origin);
}

/** Deleted itself, not taken along, and not emptied out of the bin. */
export function isInBin(row: StoredRow): boolean {
  return row.isDeleted && !row.binEmptied && row.deletedWith === row.id;
}
