/** The rules of the objects that ask for more than their description says. Everything general stays out of here. */
import type { SObjectDescription } from '../objects/language.js';
import { fieldPermissionsRules, objectPermissionsRules } from './grant-rules.js';
import { groupRules } from './group-rules.js';
import type { ObjectRules } from './object-rules.js';
import { permissionSetAssignmentRules, permissionSetRules, profileRules } from './profile-rules.js';
import { userRules } from './user-rules.js';

const RULES: Readonly<Record<string, ObjectRules>> = {
  FieldPermissions: fieldPermissionsRules,
  Group: groupRules,
  ObjectPermissions: objectPermissionsRules,
  PermissionSet: permissionSetRules,
  PermissionSetAssignment: permissionSetAssignmentRules,
  Profile: profileRules,
  User: userRules,
};

const NO_RULES: ObjectRules = {};

export function rulesOf(object: SObjectDescription): ObjectRules {
  return RULES[object.name] ?? NO_RULES;
}
