/**
 * …/sobjects/{T}/{id}: one row. GET answers it, PATCH changes it and DELETE moves it to the Recycle Bin, both 204
 * (salesforce-data-api.md §9, §10, §11).
 */
import { ApiError } from '../../../errors.js';
import type { SObjectDescription } from '../../../objects/language.js';
import { fieldOf, objectOfId } from '../../../objects/registry.js';
import { queryRecords } from '../../../query/run.js';
import { deleteRecords } from '../../../records/delete.js';
import { changeFieldOf } from '../../../records/replication-window.js';
import { recordError, type SaveResult } from '../../../records/result.js';
import { retrieveRow } from '../../../records/retrieve.js';
import { updateRecords } from '../../../records/update.js';
import { assertUnmodifiedSince, assertWritable, isConditional, isUnmodified } from '../conditional.js';
import { recordErrorAnswer } from '../errors.js';
import {
  bytesAnswer,
  emptyAnswer,
  type RestAnswer,
  type RestContext,
  type RestRequest,
} from '../exchange.js';
import { listOf } from '../parameters.js';
import { readRecordFields } from '../record-body.js';
import { idOfPath, noteViewed, objectOfPath } from '../row-target.js';
import { notFound } from '../versions.js';

/** Fields of the row, all the caller may see unless `?fields=` picks some. */
export async function getRow(context: RestContext, request: RestRequest): Promise<RestAnswer> {
  const object = objectOfPath(context, request);
  const id = idOfPath(request);
  const fields = listOf(request.query.get('fields'));
  const modified = await modifiedMs(context, request, object, id);
  if (modified !== undefined) {
    assertUnmodifiedSince(request, modified);
    if (isUnmodified(request, modified)) return emptyAnswer(304);
  }
  const row = await retrieveRow(context.db, context.caller, id, { object, fields, base: context.base });
  if (row.status === 'deleted') throw new ApiError('ENTITY_IS_DELETED', 'entity is deleted');
  if (row.status === 'unknown') throw notFound();
  noteViewed(context, request, object, id);
  return bytesAnswer([row.json]);
}

export async function updateRow(context: RestContext, request: RestRequest): Promise<RestAnswer> {
  const { db, caller } = context;
  const object = objectOfPath(context, request);
  const id = idOfPath(request);
  const fields = readRecordFields(request.json(), [], object, caller.apiVersion);
  fields.set('Id', id);
  const modified = await modifiedMs(context, request, object, id);
  if (modified !== undefined) assertWritable(request, modified);
  const results = await updateRecords(db, caller, { object, records: [fields], allOrNone: true });
  noteViewed(context, request, object, results[0]?.success === true ? id : null);
  return answerOf(results);
}

export async function deleteRow(context: RestContext, request: RestRequest): Promise<RestAnswer> {
  const object = objectOfPath(context, request);
  const id = idOfPath(request);
  if (objectOfId(id)?.name !== object.name) return recordErrorAnswer([wrongType(object, id)]);
  return answerOf(await deleteRecords(context.db, context.caller, [id], { allOrNone: true }));
}

/** Epoch milliseconds of the row's last change; read only when the request makes a condition of it. */
async function modifiedMs(
  { db, caller }: RestContext,
  request: RestRequest,
  object: SObjectDescription,
  id: string,
): Promise<number | undefined> {
  if (!isConditional(request)) return undefined;
  const field = changeFieldOf(object).name;
  const [row] = await queryRecords(db, caller, `SELECT ${field} FROM ${object.name} WHERE Id = '${id}'`);
  const text = row?.[field];
  return typeof text === 'string' ? Date.parse(text.replace('+0000', 'Z')) : undefined;
}

function answerOf([result]: readonly SaveResult[]): RestAnswer {
  if (result === undefined) throw new Error('a call on one record has one result');
  return result.success ? emptyAnswer() : recordErrorAnswer(result.errors);
}

function wrongType(object: SObjectDescription, id: string) {
  const label = fieldOf(object, 'Id')?.label ?? 'Id';
  return recordError('MALFORMED_ID', `${label}: id value of incorrect type: ${id}`, ['Id']);
}
