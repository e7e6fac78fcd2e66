/**
 * If-Modified-Since and If-Unmodified-Since on rows and describes: 304 and 412, decided on whole seconds
 * (salesforce-data-api.md §7.1). ETags belong to Account alone and are not served.
 */
import { ApiError } from '../../errors.js';
import type { RestRequest } from './exchange.js';

/**
 * Whether a GET may answer 304: it was asked for changes since a moment at or after the last change.
 * @param modifiedMs epoch milliseconds of the last change
 */
export function isUnmodified(request: RestRequest, modifiedMs: number): boolean {
  const since = readHttpDate(request, 'if-modified-since');
  return since !== undefined && wholeSeconds(modifiedMs) <= since;
}

/** Throws 412 when the row changed after the moment of If-Unmodified-Since, or not since If-Modified-Since on a write. */
export function assertUnmodifiedSince(request: RestRequest, modifiedMs: number): void {
  const bound = readHttpDate(request, 'if-unmodified-since');
  if (bound !== undefined && wholeSeconds(modifiedMs) > bound) throw preconditionFailed();
}

/** The conditions of a write: If-Unmodified-Since, and If-Modified-Since read the other way round. */
export function assertWritable(request: RestRequest, modifiedMs: number): void {
  assertUnmodifiedSince(request, modifiedMs);
  if (isUnmodified(request, modifiedMs)) throw preconditionFailed();
}

/** Whether a request carries any condition at all; reading the row's time can be spared otherwise. */
export function isConditional(request: RestRequest): boolean {
  return (
    request.headers['if-modified-since'] !== undefined || request.headers['if-unmodified-since'] !== undefined
  );
}

function preconditionFailed(): ApiError {
  return new ApiError('PRECONDITION_FAILED', 'The resource was modified in the meantime', { status: 412 });
}

/** Epoch milliseconds of an HTTP date; on a write an unreadable one is refused, on a read it is ignored. */
function readHttpDate(request: RestRequest, name: string): number | undefined {
  const text = request.headers[name];
  if (text === undefined) return undefined;
  const ms = Date.parse(text);
  if (!Number.isNaN(ms)) return ms;
  if (request.method === 'GET') return undefined;
  throw new ApiError('BAD_REQUEST', `The header ${name} is not a valid date`, { status: 400 });
}

function wholeSeconds(ms: number): number {
  return Math.floor(ms / 1000) * 1000;
}
