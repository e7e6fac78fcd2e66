/**
 * What a call says about each record: saved, or why not. Refusals of one record are values, not exceptions, because
 * its neighbours may still be saved; what fails a whole call is thrown as ApiError.
 */

/** A StatusCode of salesforce-data-api.md §19.1 with its text and the fields at fault. */
export interface RecordError {
  readonly code: string;
  readonly message: string;
  readonly fields: readonly string[];
}

/** One slot of the answer, in the order of the request. */
export interface SaveResult {
  /** Null for a record that was to be created and was not. */
  readonly id: string | null;
  readonly success: boolean;
  /** Upsert only. */
  readonly created?: boolean;
  readonly errors: readonly RecordError[];
}

/**
 * Who writes. `api`: a caller, under all rules. `system`: the server itself, such as the floor saving a session: may
 * set ids and audit fields, and skips permissions, sharing and the inactive-owner check. `import`: the same for rows
 * brought in from elsewhere. An automatic write leaves LastModifiedDate alone; SystemModstamp moves always.
 */
export type Origin = 'api' | 'system' | 'import';

/** A record as it was sent: field name, in any case, to value. Null clears a field; absent leaves it. */
export type RecordInput = ReadonlyMap<string, unknown> | Readonly<Record<string, unknown>>;

export function recordError(code: string, message: string, fields: readonly string[] = []): RecordError {
  return { code, message, fields };
}

/** The refusal of a good record whose neighbour failed under allOrNone. */
export const ROLLED_BACK: RecordError = recordError(
  'ALL_OR_NONE_OPERATION_ROLLED_BACK',
  'Record rolled back because not all records were valid and the request was using AllOrNone header',
);
