/**
 * …/sobjects/{T}/{id}/{relationship}: the parent row, or the set of children (v36); and …/sobjects/{T}/{field}/{value}: the
 * row an idLookup field names, which PATCH upserts (salesforce-data-api.md §9). Which of the two a path is, the form of
 * its third segment decides.
 */
import { ApiError } from '../../../errors.js';
import type { FieldDescription, SObjectDescription } from '../../../objects/language.js';
import { fieldOf, fieldsAt, findObject, isIdLookup, objectOfId } from '../../../objects/registry.js';
import { readableFieldNames } from '../../../query/retrieve.js';
import { queryRecords, startQuery } from '../../../query/run.js';
import { upsertRecords } from '../../../records/upsert.js';
import { isId } from '../../../store/ids.js';
import { recordErrorAnswer } from '../errors.js';
import {
  bytesAnswer,
  emptyAnswer,
  jsonAnswer,
  type RestAnswer,
  type RestContext,
  type RestRequest,
} from '../exchange.js';
import { listOf } from '../parameters.js';
import { readRecordFields } from '../record-body.js';
import { idOfPath, objectOfPath } from '../row-target.js';
import { notFound } from '../versions.js';
import { deleteRow, getRow, updateRow } from './row.js';

const RELATIONSHIPS_FROM_VERSION = 36;

export async function getRowPath(context: RestContext, request: RestRequest): Promise<RestAnswer> {
  const object = objectOfPath(context, request);
  if (!isId(request.params.id ?? '')) return onNamedRow(context, request, object, getRow);
  const children = childrenOf(context, request, object);
  if (children === undefined) return onParent(context, request, object, getRow);
  return childRows(context, request, object, children);
}

/** A parent is changed; a row named by an idLookup field is changed, or created when there is none. */
export async function patchRowPath(context: RestContext, request: RestRequest): Promise<RestAnswer> {
  const object = objectOfPath(context, request);
  if (isId(request.params.id ?? '')) return onParent(context, request, object, updateRow);
  return upsertRow(context, request, object);
}

export async function deleteRowPath(context: RestContext, request: RestRequest): Promise<RestAnswer> {
  const object = objectOfPath(context, request);
  return isId(request.params.id ?? '')
    ? onParent(context, request, object, deleteRow)
    : onNamedRow(context, request, object, deleteRow);
}

type RowEndpoint = (context: RestContext, request: RestRequest) => Promise<RestAnswer>;

/** The same call on another row. */
function onRow(
  context: RestContext,
  request: RestRequest,
  type: string,
  id: string,
  call: RowEndpoint,
): Promise<RestAnswer> {
  return call(context, { ...request, params: { type, id } });
}

// ---- relationships -------------------------------------------------------------------------------------

/** 404 when the row, its parent or the relationship is not there for the caller. */
async function onParent(
  context: RestContext,
  request: RestRequest,
  object: SObjectDescription,
  call: RowEndpoint,
): Promise<RestAnswer> {
  const { db, caller } = context;
  const name = request.params.last?.toLowerCase();
  const field = fieldsAt(object, caller.apiVersion).find(
    (one) => one.relationshipName?.toLowerCase() === name,
  );
  if (field === undefined || caller.apiVersion < RELATIONSHIPS_FROM_VERSION) throw notFound();
  if (!caller.access.field(object.name, field.name).read) throw notFound();
  const [row] = await queryRecords(
    db,
    caller,
    `SELECT ${field.name} FROM ${object.name} WHERE Id = '${idOfPath(request)}'`,
  );
  const parentId = row?.[field.name];
  const parent = typeof parentId === 'string' ? objectOfId(parentId) : undefined;
  if (typeof parentId !== 'string' || parent === undefined) throw notFound();
  return onRow(context, request, parent.name, parentId, call);
}

interface Children {
  readonly object: SObjectDescription;
  readonly field: FieldDescription;
}

function childrenOf(
  { caller }: RestContext,
  { params }: RestRequest,
  object: SObjectDescription,
): Children | undefined {
  const name = params.last?.toLowerCase();
  const found = object.childRelationships.find((one) => one.relationshipName?.toLowerCase() === name);
  const child = found && findObject(found.childSObject, caller.apiVersion);
  const field = child && found && fieldOf(child, found.field, caller.apiVersion);
  if (child === undefined || field === undefined || caller.apiVersion < RELATIONSHIPS_FROM_VERSION)
    return undefined;
  return caller.access.field(child.name, field.name).read ? { object: child, field } : undefined;
}

/** A page of rows, as a query answers it; an empty set is an answer too. */
async function childRows(
  context: RestContext,
  request: RestRequest,
  object: SObjectDescription,
  { object: child, field }: Children,
): Promise<RestAnswer> {
  const { db, caller, base } = context;
  const id = idOfPath(request);
  const [row] = await queryRecords(db, caller, `SELECT Id FROM ${object.name} WHERE Id = '${id}'`);
  if (row === undefined) throw notFound();
  const asked = listOf(request.query.get('fields'));
  const names = asked.length > 0 ? asked.map(plainName) : readableFieldNames(caller, child);
  const soql = `SELECT ${names.join(', ')} FROM ${child.name} WHERE ${field.name} = '${id}'`;
  const page = await startQuery(db, caller, soql, { base, ...request.queryOptions });
  return bytesAnswer(page.chunks);
}

/** A name as it may stand in SOQL; anything else can be no field. */
function plainName(name: string): string {
  if (/^\w+(?:\.\w+)*$/.test(name)) return name;
  throw new ApiError('INVALID_FIELD', `No such column '${name.slice(0, 255)}'`);
}

// ---- idLookup fields -----------------------------------------------------------------------------------

function keyOfPath(
  { caller }: RestContext,
  { params }: RestRequest,
  object: SObjectDescription,
): FieldDescription {
  const name = params.id ?? '';
  const key = fieldOf(object, name, caller.apiVersion);
  if (key !== undefined && isIdLookup(key) && caller.access.field(object.name, key.name).read) return key;
  throw notFound(`Provided external ID field does not exist or is not accessible: ${name.slice(0, 255)}`);
}

/** 300 with the rows' URLs where the value names several. */
async function onNamedRow(
  context: RestContext,
  request: RestRequest,
  object: SObjectDescription,
  call: RowEndpoint,
): Promise<RestAnswer> {
  const { db, caller, base } = context;
  const key = keyOfPath(context, request, object);
  const value = request.params.last ?? '';
  if (key.type === 'id') return onRow(context, request, object.name, value, call);
  const rows = await queryRecords(
    db,
    caller,
    `SELECT Id FROM ${object.name} WHERE ${key.name} = '${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}' LIMIT 200`,
  );
  const [first, second] = rows.map((row) => String(row.Id));
  if (first === undefined) throw notFound();
  if (second === undefined) return onRow(context, request, object.name, first, call);
  return jsonAnswer(
    rows.map((row) => `${base}/sobjects/${object.name}/${String(row.Id)}`),
    300,
  );
}

/** 201 with a body when it created; `?updateOnly=true` (v61) never creates. */
async function upsertRow(
  context: RestContext,
  request: RestRequest,
  object: SObjectDescription,
): Promise<RestAnswer> {
  const { db, caller, base } = context;
  const key = keyOfPath(context, request, object);
  if (request.query.get('updateOnly') === 'true') return onNamedRow(context, request, object, updateRow);
  const fields = readRecordFields(request.json(), [], object, caller.apiVersion);
  fields.set(key.name, request.params.last ?? '');
  const [result] = await upsertRecords(db, caller, {
    object,
    keyField: key.name,
    records: [fields],
    allOrNone: true,
  });
  if (result === undefined) throw new Error('an upsert of one record has one result');
  if (!result.success) return recordErrorAnswer(result.errors);
  if (result.created !== true) return emptyAnswer();
  return jsonAnswer({ id: result.id, success: true, errors: [], created: true }, 201, {
    location: `${base}/sobjects/${object.name}/${result.id}`,
  });
}
