/** Results of a call on many records as REST writes them: one per record, in order, 200 even with errors (§17.4). */
import type { SaveResult } from '../../../records/result.js';

export interface RestSaveResult {
  readonly id?: string;
  readonly success: boolean;
  readonly errors: readonly RestSaveError[];
}

export interface RestSaveError {
  readonly statusCode: string;
  readonly message: string;
  readonly fields: readonly string[];
}

/** A failed record shows no id; keys in the vendor's order. */
export function restSaveResult({ id, success, errors }: SaveResult): RestSaveResult {
  return { ...(success && id !== null ? { id } : {}), success, errors: errors.map(restSaveError) };
}

/** The same with `created`, which stands last. */
export function restUpsertResult(result: SaveResult): RestSaveResult & { readonly created: boolean } {
  return { ...restSaveResult(result), created: result.created === true };
}

export function restSaveError({ code, message, fields }: SaveResult['errors'][number]): RestSaveError {
  return { statusCode: code, message, fields };
}
