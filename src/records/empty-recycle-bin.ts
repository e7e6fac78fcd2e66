/**
 * emptyRecycleBin(): deleted records leave the Recycle Bin for good, their children with them, up to 200 ids a call
 * (salesforce-data-api.md §14). They are only marked: queryAll shows them until the purge removes them a day later.
 */
import type { Caller } from '../access/caller.js';
import { isoOf } from '../clock.js';
import type { SObjectDescription } from '../objects/language.js';
import { tableOf } from '../store/columns.js';
import type { Database, Tx } from '../store/database.js';
import { quoteIdentifier as q } from '../store/sql.js';
import { cascadeChildrenOf } from './cascade.js';
import { assertSetSize } from './create.js';
import { byObject, draftsOfIds, idsOf } from './delete.js';
import type { SaveResult } from './result.js';
import { lockRows, rowRefusal } from './rows.js';
import { isInBin, notInBin } from './undelete.js';
import { writeSet } from './write.js';

/** @throws ApiError EXCEEDED_ID_LIMIT; everything else is a result of its record. */
export async function emptyRecycleBin(
  db: Database | Tx,
  caller: Caller,
  ids: readonly string[],
): Promise<SaveResult[]> {
  assertSetSize(ids.length, 'api');
  return writeSet(db, false, {
    draft: () => draftsOfIds(ids, () => undefined, notInBin),
    async check(tx, drafts) {
      for (const [object, some] of byObject(drafts)) {
        const rows = await lockRows(tx, object, idsOf(some), [], { caller, right: 'delete', origin: 'api' });
        for (const draft of some) {
          const row = rows.get(draft.id ?? '');
          const refusal =
            row === undefined || !row.isVisible || !isInBin(row)
              ? notInBin()
              : rowRefusal(caller, object, { ...row, isDeleted: false }, 'delete', 'api');
          if (refusal !== undefined) draft.errors.push(refusal);
        }
      }
    },
    async store(tx, drafts, { stamp }) {
      for (const [object, some] of byObject(drafts)) await markEmptied(tx, object, idsOf(some), isoOf(stamp));
    },
  });
}

/** Marks the rows that went to the bin with these roots, the roots among them. SystemModstamp stays: it is deletedDate. */
export async function markEmptied(
  tx: Tx,
  object: SObjectDescription,
  roots: readonly string[],
  at: string,
  seen: ReadonlySet<string> = new Set(),
): Promise<void> {
  await tx.query(
    `UPDATE ${q(tableOf(object))} SET bin_emptied_at = $2::timestamptz WHERE is_deleted AND deleted_with = ANY($1)`,
    [roots, at],
  );
  const known = new Set([...seen, object.name]);
  for (const { object: child } of cascadeChildrenOf(object)) {
    if (!known.has(child.name)) await markEmptied(tx, child, roots, at, known);
  }
}
