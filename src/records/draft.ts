/**
 * From a record as it was sent to a draft of what will be stored: which fields exist, which the caller may write,
 * which must be there, and each value read by its type. No I/O: what needs the database comes after
 * (references.ts, unique.ts). A draft with errors is never stored.
 *
 * Order of refusals, as a platform that parses first and saves later gives them: unknown field; unreadable value;
 * field not writable; required field missing; value out of bounds.
 */
import type { Caller } from '../access/caller.js';
import type { FieldDescription, SObjectDescription } from '../objects/language.js';
import {
  fieldOf,
  isAutoNumber,
  isCreateable,
  isDefaultedOnCreate,
  isNillable,
  isRequiredOnCreate,
  isUpdateable,
  requiredOnCreate,
} from '../objects/registry.js';
import { hasColumn } from '../store/columns.js';
import { type ReadOptions, readValue, type StoredValue } from './read-value.js';
import { type Origin, type RecordError, type RecordInput, recordError } from './result.js';

/** One record of a call on its way into the database. */
export interface Draft {
  /** Place in the request. */
  readonly index: number;
  /** The record's id: sent, or given when it is stored. */
  id: string | null;
  /** What will be stored, sent or derived; by the field as described. */
  readonly values: Map<FieldDescription, StoredValue>;
  /** The fields of `values` that were sent; only they are checked against other rows. */
  readonly sent: Set<FieldDescription>;
  readonly errors: RecordError[];
}

export interface DraftOptions extends ReadOptions {
  readonly origin: Origin;
}

/** Codes of values that cannot be read at all; they come before every other refusal of values. */
const UNREADABLE: ReadonlySet<string> = new Set(['MALFORMED_ID', 'INVALID_TYPE_ON_FIELD_IN_RECORD']);

export function emptyDraft(index: number): Draft {
  return { index, id: null, values: new Map(), sent: new Set(), errors: [] };
}

/** Reads a record that is to be created. Defaults are not filled in yet. */
export function draftForCreate(
  caller: Caller,
  object: SObjectDescription,
  input: RecordInput,
  index: number,
  options: DraftOptions,
): Draft {
  const draft = emptyDraft(index);
  readFields(draft, caller, object, input, 'create', options);
  if (draft.errors.length > 0) return draft;
  const missing = requiredOnCreate(object).filter((field) => (draft.values.get(field) ?? null) === null);
  if (missing.length > 0) draft.errors.push(requiredFieldsMissing(missing));
  return draft;
}

/** Reads a record that is to be changed; its id is a field of the input. */
export function draftForUpdate(
  caller: Caller,
  object: SObjectDescription,
  input: RecordInput,
  index: number,
  options: DraftOptions,
): Draft {
  const draft = emptyDraft(index);
  readFields(draft, caller, object, input, 'update', options);
  if (draft.errors.length > 0) return draft;
  if (draft.id === null) {
    draft.errors.push(recordError('MISSING_ARGUMENT', 'Id not specified in an update call'));
    return draft;
  }
  const nulled = [...draft.values].filter(([field, value]) => value === null && !mayBeNull(field));
  const owner = nulled.find(([field]) => field.name === 'OwnerId');
  const missing = nulled.map(([field]) => field).filter((field) => field.name !== 'OwnerId');
  if (missing.length > 0) draft.errors.push(requiredFieldsMissing(missing));
  else if (owner !== undefined) draft.errors.push(emptyOwner(owner[0]));
  return draft;
}

function mayBeNull(field: FieldDescription): boolean {
  return isNillable(field) || (isDefaultedOnCreate(field) && field.name !== 'OwnerId') || !isRequired(field);
}

function isRequired(field: FieldDescription): boolean {
  return field.name === 'OwnerId' || isRequiredOnCreate(field) || field.generated === true;
}

function requiredFieldsMissing(fields: readonly FieldDescription[]): RecordError {
  const names = fields.map(({ name }) => name);
  return recordError('REQUIRED_FIELD_MISSING', `Required fields are missing: [${names.join(', ')}]`, names);
}

function emptyOwner(field: FieldDescription): RecordError {
  return recordError('INVALID_EMPTY_KEY_OWNER', `${field.label}: owner cannot be blank`, [field.name]);
}

type Operation = 'create' | 'update';

function readFields(
  draft: Draft,
  caller: Caller,
  object: SObjectDescription,
  input: RecordInput,
  operation: Operation,
  options: DraftOptions,
): void {
  const unknown: RecordError[] = [];
  const unreadable: RecordError[] = [];
  const unwritable: string[] = [];
  const refused: RecordError[] = [];

  for (const [name, sent] of input instanceof Map ? input : Object.entries(input)) {
    if (sent === undefined) continue;
    const field = fieldOf(object, name, caller.apiVersion);
    if (field === undefined) {
      unknown.push(noSuchColumn(object, name));
      continue;
    }
    if (field.type === 'id' && operation === 'update') {
      const reading = readId(object, field, sent);
      if (typeof reading === 'string') draft.id = reading;
      else if (reading !== null) unreadable.push(reading);
      continue;
    }
    if (!isWritable(caller, object, field, operation, options.origin)) {
      unwritable.push(field.name);
      continue;
    }
    const reading = readValue(field, sent, options);
    if (!reading.ok) (UNREADABLE.has(reading.error.code) ? unreadable : refused).push(reading.error);
    else if (field.type === 'id') draft.id = reading.value as string | null;
    else {
      draft.values.set(field, reading.value);
      draft.sent.add(field);
    }
  }

  const first = [unknown, unreadable, unwritableError(unwritable, operation), refused].find(
    ({ length }) => length > 0,
  );
  if (first !== undefined) draft.errors.push(...first);
}

function noSuchColumn(object: SObjectDescription, name: string): RecordError {
  const shown = name.length > 255 ? name.slice(0, 255) : name;
  return recordError('INVALID_FIELD', `No such column '${shown}' on sobject of type ${object.name}`);
}

/** The record's own id: it must be one of this object. */
function readId(
  object: SObjectDescription,
  field: FieldDescription,
  sent: unknown,
): string | null | RecordError {
  const reading = readValue({ ...field, referenceTo: [object.name] }, sent);
  if (!reading.ok) return reading.error;
  const id = reading.value as string | null;
  if (id !== null && object.idPrefix !== id.slice(0, 3)) {
    return recordError('MALFORMED_ID', `${field.label}: id value of incorrect type: ${id}`, [field.name]);
  }
  return id;
}

/** Whether this write may set the field at all: its description, then the caller's field permission. */
function isWritable(
  caller: Caller,
  object: SObjectDescription,
  field: FieldDescription,
  operation: Operation,
  origin: Origin,
): boolean {
  if (!hasColumn(field)) return false;
  if (origin !== 'api') return field.name !== 'SystemModstamp' && field.name !== 'IsDeleted';
  if (isAutoNumber(field)) return false;
  if (!(operation === 'create' ? isCreateable(field) : isUpdateable(field))) return false;
  return caller.access.field(object.name, field.name).edit;
}

function unwritableError(names: readonly string[], operation: Operation): RecordError[] {
  if (names.length === 0) return [];
  if (operation === 'create' && names.length === 1 && names[0] === 'Id') {
    return [recordError('INVALID_FIELD_FOR_INSERT_UPDATE', 'cannot specify Id in an insert call', ['Id'])];
  }
  const message = `Unable to create/update fields: ${names.join(', ')}. Please check the security settings of this field and verify that it is read/write for your profile or permission set.`;
  return [recordError('INVALID_FIELD_FOR_INSERT_UPDATE', message, names)];
}
