/**
 * Errors are part of the product: every refusal is an ApiError with a code out of Salesforce's own
 * enumerations (StatusCode per record, ExceptionCode per call) and a message in its words. Each protocol
 * renders it its own way; nothing else may reach a client (salesforce-data-api.md §19).
 */

/** One refusal. `fields` names the fields at fault; `position` is set by query errors only. */
export class ApiError extends Error {
  readonly code: string;
  readonly fields: readonly string[];
  /** HTTP status when it is not the usual one of the code; see `httpStatusOf`. */
  readonly status: number | undefined;
  /** 1-based row and column of a SOQL/SOSL error, as the SOAP ApiQueryFault carries them. */
  readonly position: { readonly row: number; readonly column: number } | undefined;

  constructor(
    code: string,
    message: string,
    more: { fields?: readonly string[]; status?: number; position?: { row: number; column: number } } = {},
  ) {
    super(message);
    this.name = 'ApiError';
    this.code = code;
    this.fields = more.fields ?? [];
    this.status = more.status;
    this.position = more.position;
  }
}

const STATUS_OF_CODE: Readonly<Record<string, number>> = {
  INVALID_SESSION_ID: 401,
  API_DISABLED_FOR_ORG: 403,
  INSUFFICIENT_ACCESS_OR_READONLY: 403,
  INSUFFICIENT_ACCESS: 403,
  REQUEST_LIMIT_EXCEEDED: 403,
  NOT_FOUND: 404,
  ENTITY_IS_DELETED: 404,
  INVALID_CROSS_REFERENCE_KEY: 404,
  METHOD_NOT_ALLOWED: 405,
  GONE: 410,
  UNSUPPORTED_MEDIA_TYPE: 415,
  SERVER_UNAVAILABLE: 503,
  UNKNOWN_EXCEPTION: 500,
};

/** The HTTP status REST answers an error with (salesforce-data-api.md §19.3); 400 unless the code says otherwise. */
export function httpStatusOf(error: ApiError): number {
  return error.status ?? STATUS_OF_CODE[error.code] ?? 400;
}
