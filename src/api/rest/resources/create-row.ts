/** POST …/sobjects/{T} and, from v37, …/sobjects/{T}/Id: a new row (salesforce-data-api.md §9, §10). */
import { createRecords } from '../../../records/create.js';
import { recordErrorAnswer } from '../errors.js';
import { jsonAnswer, type RestAnswer, type RestContext, type RestRequest } from '../exchange.js';
import { readRecordFields } from '../record-body.js';
import { noteViewed, objectOfPath } from '../row-target.js';

/** 201 with the new id and its Location. */
export async function createRow(context: RestContext, request: RestRequest): Promise<RestAnswer> {
  const { db, caller, base } = context;
  const object = objectOfPath(context, request);
  const fields = readRecordFields(request.json(), [], object, caller.apiVersion);
  const [result] = await createRecords(db, caller, { object, records: [fields], allOrNone: true });
  if (result === undefined) throw new Error('a create of one record has one result');
  if (!result.success) return recordErrorAnswer(result.errors);
  noteViewed(context, request, object, result.id);
  return jsonAnswer({ id: result.id, success: true, errors: [] }, 201, {
    location: `${base}/sobjects/${object.name}/${result.id}`,
  });
}
