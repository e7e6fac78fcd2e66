/**
 * The steps of access to a row, and what an organization-wide default gives everybody (salesforce-data-api.md §21).
 * Higher steps contain the lower ones.
 */

/** `all`: delete, transfer and share; the owner's own access, and that of those above. */
export type RowLevel = 'read' | 'edit' | 'all';

/** Organization-wide default of an object, in the words of `sharingModel`. */
export type SharingModel = 'Private' | 'Read' | 'ReadWrite';

/** What is shipped, and holds for objects nobody decided about (DECISIONS 8). */
export const SHIPPED_SHARING_MODEL: SharingModel = 'ReadWrite';

/** As stored in `owner_access.level`. */
export const LEVEL_NUMBERS: Readonly<Record<RowLevel, number>> = { read: 1, edit: 2, all: 3 };

/** Whether a default alone gives everybody this level. No default lets one delete or share another's row. */
export function modelGives(model: SharingModel, level: RowLevel): boolean {
  if (level === 'all' || model === 'Private') return false;
  return level === 'read' || model === 'ReadWrite';
}

/** AccessLevel values of shares and rules that add something to a default (salesforce-data-api.md §21). */
export function accessLevelsAbove(model: SharingModel): readonly string[] {
  if (model === 'ReadWrite') return [];
  return model === 'Read' ? ['Edit'] : ['Read', 'Edit'];
}

/** What one user reaches by ownership, roles, queues, groups and rules, expanded. Part of an access snapshot. */
export interface SharingSnapshot {
  /** Organization-wide default of an object. */
  model(object: string): SharingModel;
  /** Owners whose rows of the object the user may use at that level: the user, and everybody who shares so. */
  owners(object: string, level: RowLevel): readonly string[];
  /**
   * Whether the user may read the rows of most of those who own any. Only a hint for the form of a statement: what is
   * open is decided in it.
   */
  reachesMost(object: string): boolean;
  /**
   * How many users and queues had rows of the object when the user was found to reach each of them; -1 when that was not
   * so. Nobody leaves that number, so as long as a statement counts as many they are the same ones.
   */
  covered(object: string): number;
}
