/**
 * Which rows of an object a caller may see or change. Query and record engine ask here and put the answer into their
 * SQL, so sharing has one place. What is decided here depends on what all users of the same rights have in common,
 * never on the user: a query plan may be kept by it (DECISIONS 8). The user's part travels as parameters.
 */
import type { SObjectDescription } from '../objects/language.js';
import type { Caller } from './caller.js';
import { modelGives, type RowLevel, SHIPPED_SHARING_MODEL, type SharingSnapshot } from './sharing/levels.js';
import { ownedObjects, type SharedObject, sharedObject } from './sharing/shared-objects.js';

/** Rows the caller reaches by their owner or by a manual share. */
export interface SharedRows extends SharedObject {
  readonly kind: 'shared';
  readonly level: RowLevel;
  /** Whether most rows are expected to be open: a hint, part of the shape of the caller's rights. */
  readonly isWide: boolean;
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
  if (modelGives(model, needed)) return EVERY_ROW;
  const isWide = needed === 'read' && access.sharing?.reachesMost(shared.owner.name) === true;
  return { kind: 'shared', level: needed, isWide, ...shared };
}

/** What is needed of the row whose owner counts. */
function levelOfOwner(object: SObjectDescription, { via }: SharedObject, level: RowLevel): RowLevel {
  if (via === undefined || level === 'read') return level;
  // Only who has a row wholly may share it; what belongs to a row is changed and removed by changing the row.
  return object.associate?.type === 'Share' ? 'all' : 'edit';
}

/**
 * The part of a plan's key that says how rows are limited, beyond permissions: the defaults that are not as shipped,
 * and of which objects the user reaches most rows.
 */
export function shapeOfSharing(models: ReadonlyMap<string, string>, sharing: SharingSnapshot): string {
  const decided = [...models]
    .filter(([, model]) => model !== SHIPPED_SHARING_MODEL)
    .map(([object, model]) => `${object}:${model}`)
    .sort();
  const wide = ownedObjects()
    .filter(({ name }) => sharing.reachesMost(name))
    .map(({ name }) => `${name}+`);
  return [...decided, ...wide].join(',');
}
