/**
 * The one place that turns a refusal into REST's error array (salesforce-data-api.md §19.3). Query and record errors
 * are written message, errorCode, fields; where the REST layer itself answers, errorCode comes first. Whatever is not
 * an ApiError is logged under an id and told to nobody.
 */
import { randomUUID } from 'node:crypto';
import { ApiError, httpStatusOf } from '../../errors.js';
import type { RecordError } from '../../records/result.js';
import { isConnectionLoss } from '../../store/database.js';
import type { RestAnswer } from './exchange.js';
import { jsonAnswer } from './exchange.js';

/** Codes the REST layer answers with of its own accord. */
const REST_LAYER_CODES: ReadonlySet<string> = new Set([
  'NOT_FOUND',
  'MALFORMED_ID',
  'INVALID_CROSS_REFERENCE_KEY',
  'METHOD_NOT_ALLOWED',
  'GONE',
  'UNSUPPORTED_MEDIA_TYPE',
  'URI_TOO_LONG',
  'PROCESSING_HALTED',
]);

/** One entry of the array; the order of the keys is part of the contract. */
export type ErrorEntry =
  | { readonly message: string; readonly errorCode: string; readonly fields?: readonly string[] }
  | { readonly errorCode: string; readonly message: string };

export function errorEntry(error: ApiError): ErrorEntry {
  if (error.fields.length > 0) {
    return { message: error.message, errorCode: error.code, fields: error.fields };
  }
  if (REST_LAYER_CODES.has(error.code)) return { errorCode: error.code, message: error.message };
  return { message: error.message, errorCode: error.code };
}

/** The answer to a failed create, update or delete of one record: the whole array, the status of its first error. */
export function recordErrorAnswer(errors: readonly RecordError[]): RestAnswer {
  const entries = errors.map(recordErrorEntry);
  const first = errors[0];
  if (first === undefined) throw new Error('a failed record carries at least one error');
  // 404 is for the row the URL names; a row that a field names is part of the bad request.
  const status = first.fields.length > 0 ? 400 : httpStatusOf(new ApiError(first.code, first.message));
  return jsonAnswer(entries, status);
}

function recordErrorEntry(error: RecordError): ErrorEntry {
  if (error.fields.length === 0 && REST_LAYER_CODES.has(error.code)) {
    return { errorCode: error.code, message: error.message };
  }
  // An unknown column is found before there is a record, so it names no fields (§19.1).
  if (error.code === 'INVALID_FIELD') return { message: error.message, errorCode: error.code };
  return { message: error.message, errorCode: error.code, fields: error.fields };
}

export interface Refusal {
  readonly answer: RestAnswer;
  /** Set when the failure is ours: log the cause under this id. */
  readonly errorId?: string;
}

/** The answer to anything thrown while a call was served. */
export function refusalOf(thrown: unknown): Refusal {
  const error = asApiError(thrown);
  if (error !== undefined) {
    const headers: Record<string, string> =
      httpStatusOf(error) === 503 ? { 'retry-after': String(RETRY_AFTER_S) } : {};
    return { answer: jsonAnswer([errorEntry(error)], httpStatusOf(error), headers) };
  }
  const errorId = randomUUID();
  const message = `An unexpected error occurred. Please include this ErrorId if you contact support: ${errorId}`;
  return { answer: jsonAnswer([errorEntry(new ApiError('UNKNOWN_EXCEPTION', message))], 500), errorId };
}

/** Seconds after which a client may try again when the database is away. */
const RETRY_AFTER_S = 5;

function asApiError(thrown: unknown): ApiError | undefined {
  if (thrown instanceof ApiError) return thrown;
  if (isFrameworkRefusal(thrown)) return frameworkRefusal(thrown);
  if (isConnectionLoss(thrown)) {
    return new ApiError(
      'SERVER_UNAVAILABLE',
      'The server is temporarily unavailable. Please try again in a few seconds.',
    );
  }
  return undefined;
}

interface FrameworkRefusal {
  readonly code: string;
  readonly statusCode: number;
}

/** The web framework refused the request before an endpoint saw it: a body too large, a broken encoding. */
function isFrameworkRefusal(thrown: unknown): thrown is FrameworkRefusal {
  if (!(thrown instanceof Error)) return false;
  const { code, statusCode } = thrown as { code?: unknown; statusCode?: unknown };
  return (
    typeof code === 'string' && code.startsWith('FST_') && typeof statusCode === 'number' && statusCode < 500
  );
}

function frameworkRefusal({ code, statusCode }: FrameworkRefusal): ApiError {
  if (statusCode === 413) {
    return new ApiError(
      'EXCEEDED_MAX_SIZE_REQUEST',
      'The request body is larger than the maximum size allowed',
      {
        status: 413,
      },
    );
  }
  if (statusCode === 415) {
    return new ApiError('UNSUPPORTED_MEDIA_TYPE', 'The Content-Encoding of the request is not supported', {
      status: 415,
    });
  }
  return new ApiError('BAD_REQUEST', `The request could not be read (${code})`, { status: 400 });
}
