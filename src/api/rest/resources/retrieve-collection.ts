/**
 * …/composite/sobjects/{T}: rows by their ids, in order, with null for each that is unknown, deleted or hidden. GET takes
 * the ids from the URL, POST up to 2,000 from the body (salesforce-data-api.md §17.4).
 */
import { ApiError } from '../../../errors.js';
import { retrieveRows } from '../../../records/retrieve.js';
import {
  bytesAnswer,
  type Chunks,
  type RestAnswer,
  type RestContext,
  type RestRequest,
} from '../exchange.js';
import { listOf } from '../parameters.js';
import { objectAt } from '../record-body.js';
import { objectOfPath } from '../row-target.js';

export function getCollection(context: RestContext, request: RestRequest): Promise<RestAnswer> {
  return retrieve(context, request, listOf(request.query.get('ids')), listOf(request.query.get('fields')));
}

export function postCollection(context: RestContext, request: RestRequest): Promise<RestAnswer> {
  const { ids, fields } = objectAt(request.json(), []);
  return retrieve(context, request, textList(ids, 'ids'), textList(fields, 'fields'));
}

function textList(value: unknown, name: string): string[] {
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
  throw new ApiError('JSON_PARSER_ERROR', `${name} must be a list of strings`);
}

async function retrieve(
  context: RestContext,
  request: RestRequest,
  ids: readonly string[],
  fields: readonly string[],
): Promise<RestAnswer> {
  const object = objectOfPath(context, request);
  if (ids.length === 0) throw new ApiError('MISSING_ARGUMENT', 'The ids parameter is required');
  if (fields.length === 0) throw new ApiError('MISSING_ARGUMENT', 'The fields parameter is required');
  const rows = await retrieveRows(context.db, context.caller, ids, { object, fields, base: context.base });
  return bytesAnswer(asArray(rows));
}

const NULL = Buffer.from('null');
const OPEN = Buffer.from('[');
const COMMA = Buffer.from(',');
const CLOSE = Buffer.from(']');

function asArray(rows: readonly (Buffer | undefined)[]): Chunks {
  return [...rows.flatMap((row, index) => [index === 0 ? OPEN : COMMA, row ?? NULL]), CLOSE];
}
