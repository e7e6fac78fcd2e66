/**
 * Which rows of an object a caller may see or change. Query and record engine ask here and put the answer into their
 * SQL, so sharing has one place. Until rows are shared one by one, every row of a readable object is open.
 */
import type { SObjectDescription } from '../objects/language.js';
import type { Caller } from './caller.js';

/** How the rows of an object are limited. */
export type RowPredicate = { readonly kind: 'all' };

const EVERY_ROW: RowPredicate = { kind: 'all' };

/** The rows the caller may read; object permissions have been asked before. */
export function predicateFor(_caller: Caller, _object: SObjectDescription): RowPredicate {
  return EVERY_ROW;
}
