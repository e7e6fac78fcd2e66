/** The rules of the objects that ask for more than their description says. Everything general stays out of here. */
import type { SObjectDescription } from '../objects/language.js';
import { blockingRuleRules, sensitiveDataRuleRules } from './chat-safety-rules.js';
import { fieldPermissionsRules, objectPermissionsRules } from './grant-rules.js';
import { groupRules } from './group-rules.js';
import type { ObjectRules } from './object-rules.js';
import { permissionSetAssignmentRules, permissionSetRules, profileRules } from './profile-rules.js';
import { userRoleRules } from './role-rules.js';
import { floorFieldSettingRules, floorObjectSettingRules } from './setting-rules.js';
import { ownerSharingRuleRules, shareRules } from './share-rules.js';
import { userRules } from './user-rules.js';

const RULES: Readonly<Record<string, ObjectRules>> = {
  FieldPermissions: fieldPermissionsRules,
  FloorFieldSetting: floorFieldSettingRules,
  FloorObjectSetting: floorObjectSettingRules,
  Group: groupRules,
  LiveAgentSessionOwnerSharingRule: ownerSharingRuleRules,
  LiveAgentSessionShare: shareRules,
  LiveChatTranscriptOwnerSharingRule: ownerSharingRuleRules,
  LiveChatTranscriptShare: shareRules,
  LiveChatBlockingRule: blockingRuleRules,
  LiveChatSensitiveDataRule: sensitiveDataRuleRules,
  ObjectPermissions: objectPermissionsRules,
  PermissionSet: permissionSetRules,
  PermissionSetAssignment: permissionSetAssignmentRules,
  Profile: profileRules,
  User: userRules,
  UserRole: userRoleRules,
};

const NO_RULES: ObjectRules = {};

export function rulesOf(object: SObjectDescription): ObjectRules {
  return RULES[object.name] ?? NO_RULES;
}
