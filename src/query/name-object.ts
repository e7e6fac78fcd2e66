/**
 * The Name object: what can be read of a polymorphic parent (Owner, UserOrGroup) without knowing its type. One row of
 * `principal` a user, queue and group (DECISIONS 8).
 */
import {
  type FieldDescription,
  type Property,
  type SObjectDescription,
  sObject,
} from '../objects/language.js';

const READABLE: readonly Property[] = ['Filter', 'Group', 'Nillable', 'Sort'];

const field = (
  name: string,
  type: FieldDescription['type'],
  properties: readonly Property[] = READABLE,
): FieldDescription => ({
  name,
  label: name,
  type,
  properties,
});

export const nameObject: SObjectDescription = sObject({
  name: 'Name',
  label: 'Name',
  labelPlural: 'Names',
  keyPrefix: null,
  idPrefix: '',
  minApiVersion: 7,
  supportedCalls: ['query'],
  flags: ['queryable'],
  fields: [
    field('Id', 'id', ['Filter', 'Group', 'Sort']),
    field('Name', 'string'),
    field('FirstName', 'string'),
    field('LastName', 'string'),
    field('Type', 'picklist'),
    field('Alias', 'string'),
    field('UserRoleId', 'reference'),
    field('ProfileId', 'reference'),
    field('Username', 'string'),
    field('Title', 'string'),
    field('Phone', 'phone'),
    field('Email', 'email'),
    field('IsActive', 'boolean', ['Filter', 'Group', 'Sort']),
  ],
  childRelationships: [],
});

/** Types a polymorphic reference may name for its rows to be in `principal`. */
export const PRINCIPAL_TYPES: ReadonlySet<string> = new Set(['User', 'Group']);

/** True for a reference whose parent is read through the Name object. */
export function isPolymorphic(reference: FieldDescription): boolean {
  return (
    reference.flags?.namePointing === true &&
    reference.flags.polymorphicForeignKey === true &&
    (reference.referenceTo?.length ?? 0) > 1
  );
}
