/**
 * upsert(): creates a record or changes the one its key names (salesforce-data-api.md §10). The key is the id or any
 * other idLookup field; a record without a value in it is created. Records that are changed go first, then those that
 * are created, each set as create() and update() would take it.
 */
import type { Caller } from '../access/caller.js';
import { rowCondition } from '../access/sharing/row-condition.js';
import type { FieldDescription, SObjectDescription } from '../objects/language.js';
import { fieldOf, isIdLookup } from '../objects/registry.js';
import { columnOf, keyColumnOf, tableOf, textKey } from '../store/columns.js';
import type { Database, Tx } from '../store/database.js';
import { quoteIdentifier as q } from '../store/sql.js';
import { assertSetSize, createRecords } from './create.js';
import { type RecordError, type RecordInput, ROLLED_BACK, recordError, type SaveResult } from './result.js';
import { updateRecords } from './update.js';

export interface UpsertRequest {
  readonly object: SObjectDescription;
  /** Name of the key, in any case. */
  readonly keyField: string;
  readonly records: readonly RecordInput[];
  readonly allOrNone: boolean;
  readonly allowFieldTruncation?: boolean;
}

/** Carries the results out of a transaction that must not commit. */
class Undone extends Error {
  constructor(readonly results: readonly SaveResult[]) {
    super('undone');
  }
}

/** Results say whether the record was created. Throws EXCEEDED_ID_LIMIT. */
export async function upsertRecords(
  db: Database | Tx,
  caller: Caller,
  request: UpsertRequest,
): Promise<SaveResult[]> {
  const { object, records } = request;
  assertSetSize(records.length, 'api');
  const key = fieldOf(object, request.keyField, caller.apiVersion);
  const refusal = refusalOf(caller, object, key, request.keyField);
  if (refusal !== undefined || key === undefined) {
    const errors = refusal === undefined ? [] : [refusal];
    return records.map(() => ({ id: null, success: false, created: false, errors }));
  }
  if (!request.allOrNone || db.kind === 'tx') return save(db, caller, request, key);
  try {
    return await db.tx(async (tx) => {
      const results = await save(tx, caller, request, key);
      if (results.some(({ success }) => !success)) throw new Undone(results);
      return results;
    });
  } catch (error) {
    if (!(error instanceof Undone)) throw error;
    return error.results.map((result) =>
      result.success ? { id: null, success: false, created: false, errors: [ROLLED_BACK] } : result,
    );
  }
}

function refusalOf(
  caller: Caller,
  object: SObjectDescription,
  key: FieldDescription | undefined,
  keyField: string,
): RecordError | undefined {
  if (!object.supportedCalls.includes('upsert')) {
    return recordError('INVALID_ENTITY_FOR_UPSERT', `entity type ${object.label} does not support upsert`);
  }
  if (key !== undefined && isIdLookup(key) && caller.access.field(object.name, key.name).read)
    return undefined;
  return recordError(
    'INVALID_EXTERNAL_ID_FIELD_NAME',
    `Provided external ID field does not exist or is not accessible: ${keyField.slice(0, 255)}`,
  );
}

interface Slot {
  readonly place: number;
  readonly record: RecordInput;
}

async function save(
  db: Database | Tx,
  caller: Caller,
  request: UpsertRequest,
  key: FieldDescription,
): Promise<SaveResult[]> {
  const { object, records, allOrNone, allowFieldTruncation } = request;
  const slots: (SaveResult | undefined)[] = records.map(() => undefined);
  const toCreate: Slot[] = [];
  const toUpdate: Slot[] = [];
  const found = key.type === 'id' ? undefined : await rowsByKey(db, caller, object, key, records);
  for (const [place, record] of records.entries()) {
    const sent = sentValue(record, key);
    if (key.type === 'id') {
      if (isEmpty(sent)) toCreate.push({ place, record: without(record, key) });
      else toUpdate.push({ place, record });
      continue;
    }
    const ids = isEmpty(sent) ? [] : (found?.get(textKey(String(sent).trim())) ?? []);
    if (ids.length > 1) slots[place] = ambiguous(ids, key);
    else if (ids.length === 0) toCreate.push({ place, record });
    else toUpdate.push({ place, record: withId(record, key, ids[0] as string) });
  }
  const how = { object, allOrNone, ...(allowFieldTruncation === undefined ? {} : { allowFieldTruncation }) };
  const put = (some: readonly Slot[], results: readonly SaveResult[], created: boolean) => {
    for (const [index, { place }] of some.entries()) {
      const result = results[index] as SaveResult;
      slots[place] = { ...result, created: created && result.success };
    }
  };
  const recordsOf = (some: readonly Slot[]) => some.map(({ record }) => record);
  if (toUpdate.length > 0) {
    put(toUpdate, await updateRecords(db, caller, { ...how, records: recordsOf(toUpdate) }), false);
  }
  if (toCreate.length > 0) {
    put(toCreate, await createRecords(db, caller, { ...how, records: recordsOf(toCreate) }), true);
  }
  return slots as SaveResult[];
}

function entriesOf(record: RecordInput): [string, unknown][] {
  return record instanceof Map ? [...record] : Object.entries(record);
}

const isNamed = (name: string, field: FieldDescription): boolean =>
  name.toLowerCase() === field.name.toLowerCase();

function sentValue(record: RecordInput, key: FieldDescription): unknown {
  return entriesOf(record).find(([name]) => isNamed(name, key))?.[1];
}

function without(record: RecordInput, key: FieldDescription): RecordInput {
  return new Map(entriesOf(record).filter(([name]) => !isNamed(name, key)));
}

function withId(record: RecordInput, key: FieldDescription, id: string): RecordInput {
  return new Map([['Id', id as unknown], ...entriesOf(without(record, key))]);
}

const isEmpty = (value: unknown): boolean =>
  value === undefined || value === null || String(value).trim() === '';

function ambiguous(ids: readonly string[], key: FieldDescription): SaveResult {
  const message = `${key.name}: more than one record found for external id field: [${ids.join(', ')}]`;
  return {
    id: null,
    success: false,
    created: false,
    errors: [recordError('DUPLICATE_EXTERNAL_ID', message)],
  };
}

/** Ids of the rows the caller may see, by the key text as it is compared. */
async function rowsByKey(
  db: Database | Tx,
  caller: Caller,
  object: SObjectDescription,
  key: FieldDescription,
  records: readonly RecordInput[],
): Promise<Map<string, string[]>> {
  const texts = records.map((record) => sentValue(record, key)).filter((value) => !isEmpty(value));
  // Ids, autonumbers and picklists have no key column: they are compared as they are written.
  const keyColumn = keyColumnOf(key);
  const written = texts.map((text) => String(text).trim());
  const values: unknown[] = [[...new Set(keyColumn === undefined ? written : written.map(textKey))]];
  const compared = `"row".${q(keyColumn ?? columnOf(key))}`;
  const rows = await db.query<{ id: string; key: string }>(
    `SELECT "row".id, ${compared} AS key FROM ${q(tableOf(object))} AS "row"
      WHERE ${compared} = ANY($1::text[]) AND NOT "row".is_deleted AND ${rowCondition(caller, object, '"row"', values)}
      ORDER BY "row".id`,
    values,
  );
  const found = new Map<string, string[]>();
  for (const { id, key: stored } of rows) {
    const text = textKey(stored);
    found.set(text, [...(found.get(text) ?? []), id]);
  }
  return found;
}
