/**
 * Adding, changing and retiring custom fields. The column is there before the row that names it; the row, the
 * administrator's permission and the epoch of rights commit together, so whoever sees the new epoch sees the field and
 * who may use it. A call answers when every running server has heard of it (access/epoch.ts).
 */
import type { Caller } from '../access/caller.js';
import { raiseEpoch, settleRights } from '../access/epoch.js';
import { isoOf } from '../clock.js';
import { ApiError } from '../errors.js';
import { type CustomFieldDefinition, describeCustomField } from '../objects/custom-field.js';
import { fieldPermissions } from '../objects/field-permissions.js';
import type { FieldDescription, SObjectDescription } from '../objects/language.js';
import { findObject, takesCustomFields } from '../objects/registry.js';
import { addColumns, loadCustomFields } from '../store/custom-fields.js';
import type { Database, Queryable, Tx } from '../store/database.js';
import { noteSetUpChange } from './audit-trail.js';
import { createRecords } from './create.js';
import { assertChangeable, readMetadata } from './custom-field-metadata.js';

/** Fields of one object. */
const MOST_FIELDS = 200;
/** Columns ever made: those of retired fields stay, and PostgreSQL takes 1,600, of which a text needs two. */
const MOST_COLUMNS = 600;
const LONGEST_NAME = 40;
/** A letter, then letters, digits and single underscores; none at the end. */
const NAME = /^[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)*$/;

const CUSTOM_FIELDS_LOCK = 0x46574346; // FWCF

/** A field as its row has it. Times are epoch milliseconds. */
export interface CustomFieldRow {
  readonly number: number;
  readonly id: string;
  readonly object: string;
  /** Without `__c`. */
  readonly developer_name: string;
  readonly metadata: CustomFieldDefinition;
  readonly created_at: number;
  readonly created_by_id: string;
  readonly modified_at: number;
  readonly modified_by_id: string;
}

export interface NewCustomField {
  /** `LiveAgentSession.Region__c`. */
  readonly fullName: unknown;
  readonly metadata: unknown;
}

const COLUMNS =
  'number, id, object, developer_name, metadata, created_at, created_by_id, modified_at, modified_by_id';

function assertMayCustomize({ access }: Caller): void {
  if (access.permits('CustomizeApplication')) return;
  throw new ApiError(
    'INSUFFICIENT_ACCESS_OR_READONLY',
    'insufficient access rights on cross-reference id: the permission Customize Application is needed',
  );
}

/** The custom fields there are, in the order they were added. */
export async function listCustomFields(db: Queryable, caller: Caller): Promise<CustomFieldRow[]> {
  if (!caller.access.permits('ViewSetup')) assertMayCustomize(caller);
  return db.query<CustomFieldRow>(
    `SELECT ${COLUMNS} FROM custom_field WHERE retired_at IS NULL ORDER BY number`,
  );
}

/** @throws ApiError NOT_FOUND for a field that is not there or was deleted */
export async function readCustomField(db: Queryable, caller: Caller, id: string): Promise<CustomFieldRow> {
  if (!caller.access.permits('ViewSetup')) assertMayCustomize(caller);
  return rowOf(db, id);
}

async function rowOf(db: Queryable, id: string, lock = ''): Promise<CustomFieldRow> {
  const [row] = await db.query<CustomFieldRow>(
    `SELECT ${COLUMNS} FROM custom_field WHERE id = $1 AND retired_at IS NULL ${lock}`,
    [id],
  );
  if (row === undefined) throw new ApiError('NOT_FOUND', 'The requested resource does not exist');
  return row;
}

/** Adds a field and gives its id. */
export async function createCustomField(
  db: Database,
  caller: Caller,
  { fullName, metadata }: NewCustomField,
): Promise<string> {
  assertMayCustomize(caller);
  const { object, developerName } = readFullName(fullName);
  const definition = readMetadata(metadata);
  await assertRoom(db, object, developerName);
  const [next] = await db.query<{ number: number }>(`SELECT nextval('custom_field_number_seq') AS number`);
  const number = Number(next?.number);
  if (number > MOST_COLUMNS) {
    throw new ApiError('LIMIT_EXCEEDED', `at most ${MOST_COLUMNS} custom fields can ever be added`);
  }
  const field = describeCustomField({ number, object: object.name, developerName, definition });
  if (!(await addColumns(db, object, field))) {
    throw new ApiError(
      'UNABLE_TO_LOCK_ROW',
      `${object.label} is in constant use, the field could not be added; try again`,
    );
  }
  return db.tx(async (tx) => {
    await tx.query('SELECT pg_advisory_xact_lock($1)', [CUSTOM_FIELDS_LOCK]);
    await assertRoom(tx, object, developerName);
    const [row] = await tx.query<{ id: string; at: number }>(
      `INSERT INTO custom_field (number, id, object, developer_name, metadata, created_at, created_by_id, modified_at, modified_by_id)
       SELECT $1, new_id('00N', $1::int), $2, $3, $4::jsonb, at, $5, at, $5 FROM (SELECT floor_now() AS at) AS now
       RETURNING id, created_at AS at`,
      [number, object.name, developerName, JSON.stringify(definition), caller.userId],
    );
    if (row === undefined) throw new Error('a custom field was not inserted');
    await note(tx, caller, 'create', object, `${field.name} (${definition.type})`, row.at);
    tx.afterCommit(loadCustomFields);
    await grantAdministrators(tx, caller, object, field.name);
    await letEverybodyKnow(tx);
    return row.id;
  });
}

/** Other words, more room, other values; the type and the name stay. */
export async function updateCustomField(
  db: Database,
  caller: Caller,
  id: string,
  sent: { readonly fullName?: unknown; readonly metadata: unknown },
): Promise<void> {
  assertMayCustomize(caller);
  const definition = readMetadata(sent.metadata);
  await db.tx(async (tx) => {
    const row = await rowOf(tx, id, 'FOR UPDATE');
    const name = `${row.developer_name}__c`;
    if (sent.fullName !== undefined && sent.fullName !== `${row.object}.${name}`) {
      throw new ApiError('FIELD_INTEGRITY_EXCEPTION', 'FullName: a field keeps its name', {
        fields: ['FullName'],
      });
    }
    assertChangeable(row.metadata, definition);
    const [changed] = await tx.query<{ at: number }>(
      `UPDATE custom_field SET metadata = $2::jsonb, modified_at = (SELECT floor_now()), modified_by_id = $3
        WHERE id = $1 RETURNING modified_at AS at`,
      [id, JSON.stringify(definition), caller.userId],
    );
    await note(tx, caller, 'update', objectNamed(row.object), name, changed?.at ?? 0);
    tx.afterCommit(loadCustomFields);
    await letEverybodyKnow(tx);
  });
}

/** Retires a field: it is gone from every answer, its name is free, and its column stays with what is in it. */
export async function deleteCustomField(db: Database, caller: Caller, id: string): Promise<void> {
  assertMayCustomize(caller);
  await db.tx(async (tx) => {
    const row = await rowOf(tx, id, 'FOR UPDATE');
    const name = `${row.developer_name}__c`;
    const [retired] = await tx.query<{ at: number }>(
      `UPDATE custom_field SET retired_at = (SELECT floor_now()), modified_at = (SELECT floor_now()), modified_by_id = $2
        WHERE id = $1 RETURNING retired_at AS at`,
      [id, caller.userId],
    );
    // A field that bears the name later is another field: it inherits nobody's rights and no tracking.
    const path = `${row.object}.${name}`;
    await tx.query('DELETE FROM so_field_permissions WHERE field = $1', [path]);
    await tx.query('DELETE FROM so_floor_field_setting WHERE field = $1', [path]);
    await note(tx, caller, 'delete', objectNamed(row.object), name, retired?.at ?? 0);
    tx.afterCommit(loadCustomFields);
    await letEverybodyKnow(tx);
  });
}

async function letEverybodyKnow(tx: Tx): Promise<void> {
  const epoch = await raiseEpoch(tx);
  tx.afterCommit((db) => settleRights(db, epoch));
}

function readFullName(sent: unknown): { object: SObjectDescription; developerName: string } {
  const parts = typeof sent === 'string' ? sent.split('.') : [];
  const [objectName = '', name = ''] = parts;
  if (parts.length !== 2) {
    throw new ApiError(
      'FIELD_INTEGRITY_EXCEPTION',
      'FullName: an object and a field are needed, such as LiveAgentSession.Region__c',
      {
        fields: ['FullName'],
      },
    );
  }
  const object = findObject(objectName);
  if (object === undefined || !takesCustomFields(objectName)) {
    throw new ApiError(
      'FIELD_INTEGRITY_EXCEPTION',
      `FullName: custom fields cannot be added to ${objectName.slice(0, 80)}`,
      { fields: ['FullName'] },
    );
  }
  const developerName = /__c$/i.test(name) ? name.slice(0, -'__c'.length) : '';
  if (!NAME.test(developerName) || developerName.length > LONGEST_NAME) {
    throw new ApiError(
      'INVALID_FIELD',
      `The Field Name field can only contain underscores and alphanumeric characters. It must be unique, begin with a letter, not include spaces, not end with an underscore, and not contain two consecutive underscores; it has at most ${LONGEST_NAME} characters and __c behind them.`,
      { fields: ['FullName'] },
    );
  }
  return { object, developerName };
}

/** Whether the name is free and the object has room for one more field. */
async function assertRoom(db: Queryable, object: SObjectDescription, developerName: string): Promise<void> {
  const [found] = await db.query<{ count: number; taken: boolean | null }>(
    `SELECT count(*) AS count, bool_or(upper(developer_name) = upper($2)) AS taken
       FROM custom_field WHERE object = $1 AND retired_at IS NULL`,
    [object.name, developerName],
  );
  if (found?.taken === true) {
    throw new ApiError(
      'DUPLICATE_VALUE',
      `There is already a field named ${developerName} on ${object.label}.`,
      { fields: ['DeveloperName'] },
    );
  }
  if ((found?.count ?? 0) >= MOST_FIELDS) {
    throw new ApiError(
      'LIMIT_EXCEEDED',
      `${object.label} has ${MOST_FIELDS} custom fields, the most there can be`,
    );
  }
}

/** The built-in administrators' profile may read and edit a new field; everybody else waits to be given it. */
async function grantAdministrators(
  tx: Tx,
  caller: Caller,
  object: SObjectDescription,
  name: string,
): Promise<void> {
  const [set] = await tx.query<{ id: string }>(
    `SELECT ps.id FROM built_in b JOIN so_permission_set ps ON ps.profile_id = b.record_id
      WHERE b.key = 'profile-administrator' AND ps.is_owned_by_profile AND NOT ps.is_deleted`,
  );
  if (set === undefined) return;
  const path = `${object.name}.${name}`;
  const [result] = await createRecords(tx, caller, {
    object: fieldPermissionsOn(path),
    records: [
      {
        ParentId: set.id,
        SobjectType: object.name,
        Field: path,
        PermissionsRead: true,
        PermissionsEdit: true,
      },
    ],
    allOrNone: true,
    origin: 'system',
  });
  if (result?.success !== true) throw new Error(`${path} was not granted: ${result?.errors[0]?.message}`);
}

/** FieldPermissions, told of the one field this server does not describe before the transaction is over. */
function fieldPermissionsOn(path: string): SObjectDescription {
  const fields = fieldPermissions.fields.map((field): FieldDescription => {
    if (field.name !== 'Field') return field;
    const { picklistOf: _everyField, ...told } = field as FieldDescription;
    return { ...told, picklistValues: [{ value: path, label: null }] };
  });
  return { ...fieldPermissions, fields };
}

function objectNamed(name: string): SObjectDescription {
  const object = findObject(name);
  if (object === undefined) throw new Error(`no object ${name}`);
  return object;
}

function note(
  tx: Tx,
  caller: Caller,
  kind: 'create' | 'update' | 'delete',
  object: SObjectDescription,
  what: string,
  at: number,
): Promise<void> {
  return noteSetUpChange(tx, {
    kind,
    entity: 'CustomField',
    section: 'Custom Fields',
    display: `Custom Field ${what} of ${object.label}`,
    userId: caller.userId,
    at: isoOf(Math.floor(at / 1000) * 1000),
  });
}
