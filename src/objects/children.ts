/** How a description writes the relationships that end at its object: one line each, by child and field. */
import type { ChildRelationship } from './language.js';

interface More {
  readonly cascadeDelete?: true;
  readonly restrictedDelete?: true;
  readonly deprecatedAndHidden?: true;
}

/** One child relationship; a null name means that SOQL cannot use it for a sub-query. */
export function child(
  childSObject: string,
  field: string,
  relationshipName: string | null,
  more: More = {},
): ChildRelationship {
  return Object.freeze({
    childSObject,
    field,
    relationshipName,
    cascadeDelete: more.cascadeDelete ?? false,
    restrictedDelete: more.restrictedDelete ?? false,
    deprecatedAndHidden: more.deprecatedAndHidden ?? false,
  });
}

/** CreatedById and LastModifiedById of a child object: related to User, without a name. */
export function auditChildren(childSObject: string): readonly ChildRelationship[] {
  return [child(childSObject, 'CreatedById', null), child(childSObject, 'LastModifiedById', null)];
}
