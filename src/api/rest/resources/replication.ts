/**
 * …/sobjects/{T}/updated and …/deleted: what changed and what went in a window of time (salesforce-data-api.md §13).
 */
import { ApiError } from '../../../errors.js';
import { getDeleted } from '../../../records/get-deleted.js';
import { getUpdated } from '../../../records/get-updated.js';
import { jsonAnswer, type RestAnswer, type RestContext, type RestRequest } from '../exchange.js';
import { restDateTime } from '../rest-date-time.js';
import { objectOfPath } from '../row-target.js';

export async function updated(context: RestContext, request: RestRequest): Promise<RestAnswer> {
  const object = objectOfPath(context, request);
  const { start, end } = windowOf(request);
  const { ids, latestDateCovered } = await getUpdated(context.db, context.caller, object, start, end);
  return jsonAnswer({ ids, latestDateCovered: restDateTime(latestDateCovered) });
}

export async function deleted(context: RestContext, request: RestRequest): Promise<RestAnswer> {
  const object = objectOfPath(context, request);
  const { start, end } = windowOf(request);
  const found = await getDeleted(context.db, context.caller, object, start, end);
  return jsonAnswer({
    deletedRecords: found.deletedRecords.map(({ id, deletedDate }) => ({
      id,
      deletedDate: restDateTime(deletedDate),
    })),
    earliestDateAvailable: restDateTime(found.earliestDateAvailable),
    latestDateCovered: restDateTime(found.latestDateCovered),
  });
}

/** Both ends, epoch milliseconds. */
function windowOf({ query }: RestRequest): { readonly start: number; readonly end: number } {
  return { start: momentOf(query, 'start'), end: momentOf(query, 'end') };
}

function momentOf(query: URLSearchParams, name: string): number {
  // A `+` that was not encoded arrives as a blank: `2014-02-01T00:00:00 00:00`.
  const text = (query.get(name) ?? '').trim().replace(' ', '+');
  if (text === '') throw new ApiError('MISSING_ARGUMENT', `Missing required parameter: ${name}`);
  const form = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})$/i;
  const ms = form.test(text) ? Date.parse(text.replace(/([+-]\d{2})(\d{2})$/, '$1:$2')) : Number.NaN;
  if (Number.isNaN(ms))
    throw new ApiError('INVALID_REPLICATION_DATE', `${name} is not a valid dateTime: ${text}`);
  return ms;
}
