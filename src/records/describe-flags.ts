/** The booleans of describe that say what a caller may do with an object: its description, less the caller's rights. */
import type { Caller } from '../access/caller.js';
import type { ObjectFlag, SObjectDescription } from '../objects/language.js';

/** Whether the object exists for the caller at all: at the version of the call, and readable. */
export function isVisibleTo(caller: Caller, object: SObjectDescription): boolean {
  return caller.apiVersion >= object.minApiVersion && caller.access.object(object.name).read;
}

/** A flag of the object as this caller has it. */
export function flagFor(caller: Caller, object: SObjectDescription, flag: ObjectFlag): boolean {
  if (!object.flags.includes(flag)) return false;
  const rights = caller.access.object(object.name);
  switch (flag) {
    case 'createable':
      return rights.create;
    case 'updateable':
      return rights.edit;
    case 'deletable':
    case 'undeletable':
      return rights.delete;
    case 'mergeable':
      return rights.edit && rights.delete;
    default:
      return rights.read;
  }
}

/** First version that knows associateEntityType and associateParentEntity (§1). */
export const ASSOCIATES_FROM_VERSION = 50;
/** First version with sobjectDescribeOption (recorded from v49 on). */
export const DESCRIBE_OPTION_FROM_VERSION = 49;
/** First version with the keys about cloning, interfaces and subtypes; v38 lacks them (i). */
export const INTERFACES_FROM_VERSION = 39;
/** First version whose record types have a developerName (§1). */
export const RECORD_TYPE_NAMES_FROM_VERSION = 43;
