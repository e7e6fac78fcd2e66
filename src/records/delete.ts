/**
 * delete(): records of any objects go to the Recycle Bin, their cascade children with them, 1 to 200 a call
 * (salesforce-data-api.md §10, §14). Nothing leaves the table: the purge does that later.
 */
import type { Caller } from '../access/caller.js';
import { isoOf } from '../clock.js';
import { HISTORY_PREFIX } from '../objects/id-prefixes.js';
import type { SObjectDescription } from '../objects/language.js';
import { OBJECTS, objectOfId } from '../objects/registry.js';
import { hasTable, tableOf } from '../store/columns.js';
import type { Database, Tx } from '../store/database.js';
import { id18, isId } from '../store/ids.js';
import { quoteIdentifier as q } from '../store/sql.js';
import { afterSave } from './after-save.js';
import { auditSets, deleteChildren, deletedAt, restrictingChildrenOf } from './cascade.js';
import { assertSetSize } from './create.js';
import { type Draft, emptyDraft } from './draft.js';
import { type Origin, type RecordError, recordError, type SaveResult } from './result.js';
import { lockRows, rowRefusal } from './rows.js';
import { rulesOf } from './rules.js';
import { preparedName } from './store-sql.js';
import { good, writeSet } from './write.js';

export interface DeleteOptions {
  readonly allOrNone?: boolean;
  readonly origin?: Origin;
}

/** @throws ApiError EXCEEDED_ID_LIMIT; everything else is a result of its record. */
export async function deleteRecords(
  db: Database | Tx,
  caller: Caller,
  ids: readonly string[],
  { allOrNone = false, origin = 'api' }: DeleteOptions = {},
): Promise<SaveResult[]> {
  assertSetSize(ids.length, origin);
  return writeSet(db, allOrNone, {
    draft: () => draftsOfIds(ids, (object) => refusalOfObject(object, origin)),
    async check(tx, drafts) {
      for (const [object, some] of byObject(drafts)) {
        const rows = await lockRows(tx, object, idsOf(some), [], { caller, right: 'delete', origin });
        for (const draft of some) {
          const refusal = rowRefusal(caller, object, rows.get(draft.id ?? ''), 'delete', origin);
          if (refusal !== undefined) draft.errors.push(refusal);
        }
        await refuseRestricted(tx, object, good(some));
        await refuseByRules(tx, object, good(some));
      }
    },
    async store(tx, drafts, { stamp }) {
      const mark = { at: isoOf(stamp), userId: caller.userId };
      for (const [object, some] of byObject(drafts)) {
        const text = deleteSql(object);
        await tx.query(text, [idsOf(some), mark.at, mark.userId, object.name], preparedName(text));
        await deleteChildren(tx, object, idsOf(some), mark);
        await afterSave(tx, { caller, object, kind: 'delete', ids: idsOf(some), stamp, fields: undefined });
      }
    },
  });
}

function refusalOfObject(object: SObjectDescription, origin: Origin) {
  if (origin !== 'api' || object.supportedCalls.includes('delete')) return undefined;
  return recordError('INVALID_TYPE_FOR_OPERATION', `entity type ${object.label} does not support delete`);
}

/** $1 ids, $2 time, $3 user, $4 object name. */
function deleteSql(object: SObjectDescription): string {
  return `WITH gone AS (
      UPDATE ${q(tableOf(object))} AS row SET ${deletionSets(object).join(', ')}
       WHERE id = ANY($1) AND NOT is_deleted RETURNING id
    )
    INSERT INTO change (object, record_id, kind, at)
    SELECT $4, id, 'delete', $2::timestamptz FROM gone WHERE $3::text IS NOT NULL ORDER BY id`;
}

function deletionSets(object: SObjectDescription): string[] {
  return [
    'is_deleted = true',
    `deleted_at = ${deletedAt(object, 'row')}`,
    'deleted_with = row.id',
    // What cannot be undeleted never shows in the Recycle Bin.
    ...(object.flags.includes('undeletable') ? [] : ['bin_emptied_at = $2::timestamptz']),
    ...auditSets(object, 'row'),
  ];
}

async function refuseRestricted(tx: Tx, object: SObjectDescription, drafts: readonly Draft[]): Promise<void> {
  for (const { object: child, parentColumn } of restrictingChildrenOf(object)) {
    const rows = await tx.query<{ parent: string }>(
      `SELECT DISTINCT ${q(parentColumn)} AS parent FROM ${q(tableOf(child))}
        WHERE ${q(parentColumn)} = ANY($1) AND NOT is_deleted`,
      [idsOf(drafts)],
    );
    const held = new Set(rows.map(({ parent }) => parent));
    for (const draft of drafts) {
      if (draft.id === null || !held.has(draft.id)) continue;
      draft.errors.push(
        recordError(
          'DELETE_FAILED',
          `Your attempt to delete ${draft.id} could not be completed because it is associated with records of ${child.labelPlural}.`,
        ),
      );
    }
  }
}

async function refuseByRules(tx: Tx, object: SObjectDescription, drafts: readonly Draft[]): Promise<void> {
  const refused = await rulesOf(object).refuseDelete?.(tx, idsOf(drafts));
  for (const draft of drafts) {
    const error = refused?.get(draft.id ?? '');
    if (error !== undefined) draft.errors.push(error);
  }
}

/** A draft for each id of a call that takes ids of mixed objects; the same id twice gets `again` the second time. */
export function draftsOfIds(
  ids: readonly string[],
  refusalOf: (object: SObjectDescription) => RecordError | undefined,
  again: () => RecordError = () => recordError('ENTITY_IS_DELETED', 'entity is deleted'),
): Draft[] {
  const seen = new Set<string>();
  return ids.map((sent, index) => {
    const draft = emptyDraft(index);
    const text = String(sent).trim();
    if (!isId(text)) {
      draft.errors.push(recordError('MALFORMED_ID', `bad id ${text.slice(0, 255)}`, ['Id']));
      return draft;
    }
    draft.id = id18(text);
    const object = objectOfId(text);
    const refusal =
      object === undefined || !hasTable(object) ? refusalOfNoRow(text, refusalOf) : refusalOf(object);
    if (refusal !== undefined) draft.errors.push(refusal);
    else if (seen.has(draft.id)) draft.errors.push(again());
    seen.add(draft.id);
    return draft;
  });
}

/** Histories share a prefix, so an id does not name its object; but what none of them supports can be told. */
function refusalOfNoRow(
  id: string,
  refusalOf: (object: SObjectDescription) => RecordError | undefined,
): RecordError {
  const history = OBJECTS.find(({ idPrefix }) => idPrefix === HISTORY_PREFIX && id.startsWith(idPrefix));
  const refusal = history === undefined ? undefined : refusalOf(history);
  return refusal ?? recordError('INVALID_CROSS_REFERENCE_KEY', 'invalid cross reference id');
}

/** Drafts by the object their ids name, objects in the order of their names: one order of locks for everybody. */
export function byObject(drafts: readonly Draft[]): [SObjectDescription, Draft[]][] {
  const groups = new Map<SObjectDescription, Draft[]>();
  for (const draft of drafts) {
    const object = draft.id === null ? undefined : objectOfId(draft.id);
    if (object === undefined) throw new Error('an id of no object was not refused');
    groups.set(object, [...(groups.get(object) ?? []), draft]);
  }
  return [...groups].sort(([a], [b]) => (a.name < b.name ? -1 : 1));
}

export function idsOf(drafts: readonly Draft[]): string[] {
  return drafts.flatMap(({ id }) => (id === null ? [] : [id]));
}
