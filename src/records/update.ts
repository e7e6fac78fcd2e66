/**
 * update(): fields of existing records of one object, 1 to 200 a call, each with a result of its own
 * (salesforce-data-api.md §10). Records of one call may set different fields: the rows are locked and read, and one
 * statement writes the columns any of them sets.
 */
import type { Caller } from '../access/caller.js';
import { isoOf } from '../clock.js';
import type { FieldDescription, SObjectDescription } from '../objects/language.js';
import { hasTable } from '../store/columns.js';
import type { Database, Tx } from '../store/database.js';
import { afterSave } from './after-save.js';
import { assertSetSize } from './create.js';
import { type Draft, draftForUpdate } from './draft.js';
import { recordHistory } from './history.js';
import { checkNewOwners } from './new-owners.js';
import type { StoredValue } from './read-value.js';
import { checkReferences } from './references.js';
import { type Origin, type RecordInput, recordError, type SaveResult } from './result.js';
import { lockRows, rowRefusal, type StoredRow } from './rows.js';
import { rulesOf } from './rules.js';
import { jsonRow, preparedName, updateSql } from './store-sql.js';
import { checkUnique } from './unique.js';
import { type Beginning, good, writeSet } from './write.js';

export interface UpdateRequest {
  readonly object: SObjectDescription;
  /** Each with its Id. */
  readonly records: readonly RecordInput[];
  readonly allOrNone: boolean;
  readonly origin?: Origin;
  readonly allowFieldTruncation?: boolean;
}

/** @throws ApiError EXCEEDED_ID_LIMIT; everything else is a result of its record. */
export async function updateRecords(
  db: Database | Tx,
  caller: Caller,
  request: UpdateRequest,
): Promise<SaveResult[]> {
  const { object, records, allOrNone, origin = 'api', allowFieldTruncation } = request;
  assertSetSize(records.length, origin);
  if (!hasTable(object) || (origin === 'api' && !object.supportedCalls.includes('update'))) {
    const error = recordError(
      'INVALID_TYPE_FOR_OPERATION',
      `entity type ${object.label} does not support update`,
    );
    return records.map(() => ({ id: null, success: false, errors: [error] }));
  }

  let rows: ReadonlyMap<string, StoredRow> = new Map();
  return writeSet(db, allOrNone, {
    object,
    draft: () =>
      records.map((record, index) =>
        draftForUpdate(caller, object, record, index, { origin, allowFieldTruncation }),
      ),
    async check(tx, drafts) {
      rows = await lockRows(tx, object, idsOf(drafts), fieldsToRead(object, drafts), {
        caller,
        right: 'edit',
        origin,
      });
      for (const draft of drafts) {
        const refusal = rowRefusal(caller, object, rows.get(draft.id ?? ''), 'edit', origin);
        if (refusal !== undefined) draft.errors.push(refusal);
      }
      const wholes = good(drafts).map((draft) => wholeOf(draft, rows));
      for (const { draft, read } of wholes) {
        rulesOf(object).complete?.({
          caller,
          object,
          origin,
          operation: 'update',
          draft,
          value: (name) => read(fieldNamed(object, name)),
          set: (name, value) => draft.values.set(fieldNamed(object, name), value),
        });
      }
      await checkReferences(tx, caller, object, good(drafts), origin);
      await checkNewOwners(tx, object, good(drafts), origin, rows);
      await rulesOf(object).check?.(tx, {
        caller,
        object,
        origin,
        operation: 'update',
        drafts: good(drafts),
      });
      await checkUnique(
        tx,
        object,
        wholes.filter(({ draft }) => draft.errors.length === 0),
      );
    },
    store: (tx, drafts, beginning) => update(tx, caller, object, drafts, { rows, beginning, origin }),
  });
}

function idsOf(drafts: readonly Draft[]): string[] {
  return drafts.flatMap(({ id }) => (id === null ? [] : [id]));
}

/** What the set touches, and what must be known to judge it. */
function fieldsToRead(object: SObjectDescription, drafts: readonly Draft[]): FieldDescription[] {
  const names = new Set([
    ...(object.uniqueTogether ?? []).flat(),
    ...(rulesOf(object).reads ?? []),
    ...drafts.flatMap(({ values }) => [...values.keys()].map(({ name }) => name)),
  ]);
  return object.fields.filter(({ name }) => names.has(name));
}

interface Whole {
  readonly draft: Draft;
  read(field: FieldDescription): StoredValue;
}

function wholeOf(draft: Draft, rows: ReadonlyMap<string, StoredRow>): Whole {
  return {
    draft,
    read(field) {
      const own = draft.values.get(field);
      return own !== undefined ? own : (rows.get(draft.id ?? '')?.read(field) ?? null);
    },
  };
}

function fieldNamed(object: SObjectDescription, name: string): FieldDescription {
  const field = object.fields.find((candidate) => candidate.name === name);
  if (field === undefined) throw new Error(`${object.name} has no field ${name}`);
  return field;
}

/** What an automatic change moves, and what a user's does. */
const BY_SYSTEM: ReadonlySet<string> = new Set(['SystemModstamp']);
const BY_USER: ReadonlySet<string> = new Set(['LastModifiedDate', 'LastModifiedById', 'SystemModstamp']);

interface Present {
  readonly rows: ReadonlyMap<string, StoredRow>;
  readonly beginning: Beginning;
  readonly origin: Origin;
}

async function update(
  tx: Tx,
  caller: Caller,
  object: SObjectDescription,
  drafts: readonly Draft[],
  { rows, beginning, origin }: Present,
): Promise<void> {
  const { stamp } = beginning;
  const changes = changesById(drafts);
  const touched = new Set([...changes.values()].flatMap((values) => [...values.keys()]));
  const fields = object.fields.filter((field) => touched.has(field));

  const records = [...changes].map(([id, values]) => {
    const row = rowOf(rows, id);
    const next = (field: FieldDescription): StoredValue => {
      const sent = values.get(field);
      return sent !== undefined ? sent : row.read(field);
    };
    const changed = [...values.keys()].filter((field) => values.get(field) !== row.read(field));
    return { ...jsonRow(id, fields, next), changed__: changed.map(({ name }) => name) };
  });
  const text = updateSql(object, fields, origin === 'system' ? BY_SYSTEM : BY_USER);
  const values = [JSON.stringify(records), object.name, isoOf(stamp), caller.userId];
  await tx.query(text, values, preparedName(text));
  const transitions = [...changes].map(([id, values]) => ({
    id,
    before: (field: FieldDescription) => (values.has(field) ? rowOf(rows, id).read(field) : null),
    after: (field: FieldDescription) => values.get(field) ?? null,
  }));
  await recordHistory(tx, caller, object, beginning, transitions);
  const ids = [...changes.keys()];
  const names = new Set([...touched].map(({ name }) => name));
  await afterSave(tx, { caller, object, kind: 'update', ids, stamp, fields: names });
}

function rowOf(rows: ReadonlyMap<string, StoredRow>, id: string): StoredRow {
  const row = rows.get(id);
  if (row === undefined) throw new Error(`${id} is written without having been locked`);
  return row;
}

/** What each record gets; a record named twice in a call gets both, the later over the earlier. */
function changesById(drafts: readonly Draft[]): Map<string, Map<FieldDescription, StoredValue>> {
  const changes = new Map<string, Map<FieldDescription, StoredValue>>();
  for (const { id, values } of drafts) {
    if (id === null) throw new Error('an update without an id was not refused');
    const all = changes.get(id) ?? new Map<FieldDescription, StoredValue>();
    for (const [field, value] of values) all.set(field, value);
    changes.set(id, all);
  }
  return changes;
}
