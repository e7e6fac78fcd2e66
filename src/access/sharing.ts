/**
 * Which rows of an object a caller may see or change. Query and record engine ask here and put the answer into their
 * SQL, so sharing has one place. What is decided here depends on what all users of the same rights have in common,
 * never on the user: a query plan may be kept by it (DECISIONS 8). The user's part travels as parameters.
 */
import type { SObjectDescription } from '../objects/language.js';
import type { Caller } from './caller.js';
import { modelGives, type RowLevel, SHIPPED_SHARING_MODEL } from './sharing/levels.js';
import { type SharedObject, sharedObject } from './sharing/shared-objects.js';

/** Rows the caller reaches by their owner or by a manual share. */
export interface SharedRows extends SharedObject {
  readonly kind: 'shared';
  readonly level: RowLevel;
}

/** How the rows of an object are limited. `all` emits no condition. */
export type RowPredicate = { readonly kind: 'all' } | SharedRows;

const EVERY_ROW: RowPredicate = { kind: 'all' };

/** The rows the caller may use at a level; object permissions have been asked before. */
export function predicateFor(
  caller: Caller,
  object: SObjectDescription,
  level: RowLevel = 'read',
): RowPredicate {
  const shared = sharedObject(object);
  if (shared === undefined) return EVERY_ROW;
  const needed = levelOfOwner(object, shared, level);
  const { access } = caller;
  const rights = access.object(shared.owner.name);
  if (access.modifyAllData || rights.modifyAll) return EVERY_ROW;
  if (needed === 'read' && (access.viewAllData || rights.viewAll)) return EVERY_ROW;
  // A snapshot that was never asked about sharing opens nothing.
  const model = access.sharing?.model(shared.owner.name) ?? 'Private';
  return modelGives(model, needed) ? EVERY_ROW : { kind: 'shared', level: needed, ...shared };
}

/** What is needed of the row whose owner counts. */
function levelOfOwner(object: SObjectDescription, { via }: SharedObject, level: RowLevel): RowLevel {
  if (via === undefined || level === 'read') return level;
  // Only who has a row wholly may share it; what belongs to a row is changed and removed by changing the row.
  return object.associate?.type === 'Share' ? 'all' : 'edit';
}

/** The part of a plan's key that says how rows are limited, beyond permissions: the defaults that are not as shipped. */
export function shapeOfModels(models: ReadonlyMap<string, string>): string {
  return [...models]
    .filter(([, model]) => model !== SHIPPED_SHARING_MODEL)
    .map(([object, model]) => `${object}:${model}`)
    .sort()
    .join(',');
}
