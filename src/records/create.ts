/**
 * create(): new records of one object, 1 to 200 a call, each with a result of its own (salesforce-data-api.md §10).
 * A set takes four round trips whatever its size: begin, look up references, insert, commit.
 */
import type { Caller } from '../access/caller.js';
import { isoOf } from '../clock.js';
import { ApiError } from '../errors.js';
import type { FieldDescription, SObjectDescription } from '../objects/language.js';
import { isCreateable } from '../objects/registry.js';
import { hasColumn } from '../store/columns.js';
import type { Database, Tx } from '../store/database.js';
import { afterSave } from './after-save.js';
import { type Draft, draftForCreate } from './draft.js';
import { recordHistory } from './history.js';
import { checkNewOwners } from './new-owners.js';
import type { Inserting, Saving } from './object-rules.js';
import type { StoredValue } from './read-value.js';
import { checkReferences } from './references.js';
import { type Origin, type RecordInput, recordError, type SaveResult } from './result.js';
import { rulesOf } from './rules.js';
import { insertSql, jsonRow, preparedName } from './store-sql.js';
import { checkUnique } from './unique.js';
import { good, writeSet } from './write.js';

export interface CreateRequest {
  readonly object: SObjectDescription;
  readonly records: readonly RecordInput[];
  /** Nothing is saved unless everything is. */
  readonly allOrNone: boolean;
  readonly origin?: Origin;
  /** Cut text that is too long instead of refusing the record (AllowFieldTruncationHeader). */
  readonly allowFieldTruncation?: boolean;
}

/** Most records an API call may carry; more refuse the whole call (§4.5). */
export const MAX_RECORDS_PER_CALL = 200;
/** Most records in one statement of the server's own: a transaction stays well below a second (DECISIONS 7). */
const MAX_RECORDS_PER_SET = 2_000;

/** Throws EXCEEDED_ID_LIMIT when a call carries too many records. */
export function assertSetSize(count: number, origin: Origin): void {
  const most = origin === 'api' ? MAX_RECORDS_PER_CALL : MAX_RECORDS_PER_SET;
  if (count <= most) return;
  throw new ApiError(
    'EXCEEDED_ID_LIMIT',
    `record limit reached. cannot submit more than ${most} records into this call`,
  );
}

/** @throws ApiError EXCEEDED_ID_LIMIT; everything else is a result of its record. */
export async function createRecords(
  db: Database | Tx,
  caller: Caller,
  request: CreateRequest,
): Promise<SaveResult[]> {
  const { object, records, allOrNone, origin = 'api', allowFieldTruncation } = request;
  assertSetSize(records.length, origin);
  const refusal = refusalOfObject(caller, object, origin);
  if (refusal !== undefined) return records.map(() => ({ id: null, success: false, errors: [refusal] }));

  return writeSet(db, allOrNone, {
    object,
    draft: () =>
      records.map((record, index) => {
        const draft = draftForCreate(caller, object, record, index, { origin, allowFieldTruncation });
        if (draft.errors.length === 0) complete(caller, object, origin, draft);
        return draft;
      }),
    async check(tx, drafts) {
      await checkReferences(tx, caller, object, drafts, origin);
      await checkNewOwners(tx, object, good(drafts), origin);
      await rulesOf(object).check?.(tx, {
        caller,
        object,
        origin,
        operation: 'create',
        drafts: good(drafts),
      });
      const wholes = good(drafts).map((draft) => ({
        draft,
        read: (field: FieldDescription) => draft.values.get(field) ?? null,
      }));
      await checkUnique(tx, object, wholes);
    },
    async store(tx, drafts, beginning) {
      const { stamp } = beginning;
      await (rulesOf(object).insert ?? insert)(tx, { caller, object, drafts, stamp });
      const transitions = drafts.map(({ id, values }) => ({
        id: id ?? '',
        before: null,
        after: (field: FieldDescription) => values.get(field) ?? null,
      }));
      await recordHistory(tx, caller, object, beginning, transitions);
      const ids = transitions.map(({ id }) => id);
      await afterSave(tx, { caller, object, kind: 'create', ids, stamp, fields: undefined });
    },
  });
}

function refusalOfObject(caller: Caller, object: SObjectDescription, origin: Origin) {
  if (origin !== 'api') return undefined;
  if (!object.supportedCalls.includes('create')) {
    return recordError('INVALID_TYPE_FOR_OPERATION', `entity type ${object.label} does not support create`);
  }
  if (!caller.access.object(object.name).create) {
    return recordError(
      'CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY',
      `entity type cannot be inserted: ${object.label}`,
    );
  }
  return undefined;
}

/** Fills in what was not sent: defaults, the owner, and what the object's own rules derive. */
function complete(caller: Caller, object: SObjectDescription, origin: Origin, draft: Draft): void {
  for (const field of object.fields) {
    if (!hasColumn(field) || (draft.values.get(field) ?? null) !== null) continue;
    const value = defaultOf(field, caller);
    if (value !== undefined) draft.values.set(field, value);
  }
  const { complete: rule } = rulesOf(object);
  if (rule === undefined) return;
  const byName = new Map(object.fields.map((field) => [field.name, field]));
  const saving: Saving = {
    caller,
    object,
    origin,
    operation: 'create',
    draft,
    value: (name) => draft.values.get(described(byName, object, name)) ?? null,
    set: (name, value) => draft.values.set(described(byName, object, name), value),
  };
  rule(saving);
}

function described(
  byName: ReadonlyMap<string, FieldDescription>,
  object: SObjectDescription,
  name: string,
): FieldDescription {
  const field = byName.get(name);
  if (field === undefined) throw new Error(`${object.name} has no field ${name}`);
  return field;
}

function defaultOf(field: FieldDescription, caller: Caller): StoredValue | undefined {
  if (field.name === 'OwnerId' && isCreateable(field)) return caller.userId;
  if (field.defaultValue !== undefined && field.type !== 'boolean') return field.defaultValue;
  if (field.type === 'boolean') return field.defaultValue === true;
  return undefined;
}

async function insert(tx: Tx, { caller, object, drafts, stamp }: Inserting): Promise<void> {
  const touched = new Set(drafts.flatMap(({ values }) => [...values.keys()]));
  const fields = object.fields.filter((field) => touched.has(field));
  const rows = drafts.map(({ id, values }) =>
    jsonRow(id, fields, (field) => values.get(field) ?? (field.type === 'boolean' ? false : null)),
  );
  const text = insertSql(object, fields);
  const values = [JSON.stringify(rows), object.name, isoOf(stamp), caller.userId];
  const saved = await tx.query<{ id: string }>(text, values, preparedName(text));
  if (saved.length !== drafts.length) throw new Error(`${drafts.length} records gave ${saved.length} ids`);
  for (const [place, draft] of drafts.entries()) draft.id = saved[place]?.id ?? null;
}
