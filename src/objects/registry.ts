/**
 * Every sObject served, and the few questions everybody asks of a description. A name is found whatever its case;
 * an object or field younger than the caller's API version does not exist for that caller.
 *
 * Descriptions never change. Where an administrator adds fields, the object's description is replaced as a whole
 * (`describeCustomFields`), so ask `findObject` each time and keep what it gave for one call only.
 */

import { entityDefinition } from './entity-definition.js';
import { fieldDefinition } from './field-definition.js';
import { fieldPermissions } from './field-permissions.js';
import { floorFieldSetting } from './floor-field-setting.js';
import { floorObjectSetting } from './floor-object-setting.js';
import { group } from './group.js';
import { groupMember } from './group-member.js';
import { trackedFieldValues } from './history-values.js';
import { HISTORY_PREFIX, SHARE_PREFIX } from './id-prefixes.js';
import {
  type FieldDescription,
  type FieldType,
  type PicklistValue,
  type SObjectDescription,
  sObject,
} from './language.js';
import { listView } from './list-view.js';
import { liveAgentSession } from './live-agent-session.js';
import { liveAgentSessionHistory } from './live-agent-session-history.js';
import { liveAgentSessionOwnerSharingRule } from './live-agent-session-owner-sharing-rule.js';
import { liveAgentSessionShare } from './live-agent-session-share.js';
import { liveChatBlockingRule } from './live-chat-blocking-rule.js';
import { liveChatButton } from './live-chat-button.js';
import { liveChatButtonDeployment } from './live-chat-button-deployment.js';
import { liveChatButtonSkill } from './live-chat-button-skill.js';
import { liveChatDeployment } from './live-chat-deployment.js';
import { liveChatSensitiveDataRule } from './live-chat-sensitive-data-rule.js';
import { liveChatTranscript } from './live-chat-transcript.js';
import { liveChatTranscriptEvent } from './live-chat-transcript-event.js';
import { liveChatTranscriptHistory } from './live-chat-transcript-history.js';
import { liveChatTranscriptOwnerSharingRule } from './live-chat-transcript-owner-sharing-rule.js';
import { liveChatTranscriptShare } from './live-chat-transcript-share.js';
import { liveChatTranscriptSkill } from './live-chat-transcript-skill.js';
import { liveChatUserConfig } from './live-chat-user-config.js';
import { liveChatUserConfigProfile } from './live-chat-user-config-profile.js';
import { liveChatUserConfigUser } from './live-chat-user-config-user.js';
import { liveChatVisitor } from './live-chat-visitor.js';
import { objectPermissions } from './object-permissions.js';
import { organization } from './organization.js';
import { permissionSet } from './permission-set.js';
import { permissionSetAssignment } from './permission-set-assignment.js';
import { profile } from './profile.js';
import { queueSobject } from './queue-sobject.js';
import { quickText } from './quick-text.js';
import { recentlyViewed } from './recently-viewed.js';
import { setupAuditTrail } from './setup-audit-trail.js';
import { skill } from './skill.js';
import { skillProfile } from './skill-profile.js';
import { skillUser } from './skill-user.js';
import { user } from './user.js';
import { userConfigTransferButton } from './user-config-transfer-button.js';
import { userConfigTransferSkill } from './user-config-transfer-skill.js';
import { userLicense } from './user-license.js';
import { userRecordAccess } from './user-record-access.js';
import { userRole } from './user-role.js';

/** As this version of the program has them. */
const STANDARD: readonly SObjectDescription[] = [
  entityDefinition,
  fieldDefinition,
  fieldPermissions,
  floorFieldSetting,
  floorObjectSetting,
  group,
  groupMember,
  listView,
  liveAgentSession,
  liveAgentSessionHistory,
  liveAgentSessionOwnerSharingRule,
  liveAgentSessionShare,
  liveChatBlockingRule,
  liveChatButton,
  liveChatButtonDeployment,
  liveChatButtonSkill,
  liveChatDeployment,
  liveChatSensitiveDataRule,
  liveChatTranscript,
  liveChatTranscriptEvent,
  liveChatTranscriptHistory,
  liveChatTranscriptOwnerSharingRule,
  liveChatTranscriptShare,
  liveChatTranscriptSkill,
  liveChatUserConfig,
  liveChatUserConfigProfile,
  liveChatUserConfigUser,
  liveChatVisitor,
  objectPermissions,
  organization,
  permissionSet,
  permissionSetAssignment,
  profile,
  queueSobject,
  quickText,
  recentlyViewed,
  setupAuditTrail,
  skill,
  skillProfile,
  skillUser,
  user,
  userConfigTransferButton,
  userConfigTransferSkill,
  userLicense,
  userRecordAccess,
  userRole,
];

const CURRENT = [...STANDARD];

/** In alphabetical order, as describeGlobal lists them; with the custom fields of the moment. */
export const OBJECTS: readonly SObjectDescription[] = CURRENT;

const BY_NAME = new Map<string, SObjectDescription>(
  STANDARD.map((object) => [object.name.toLowerCase(), object]),
);

const BY_PREFIX = new Map<string, SObjectDescription>(
  STANDARD.filter(({ idPrefix }) => ![SHARE_PREFIX, HISTORY_PREFIX, ''].includes(idPrefix)).map((object) => [
    object.idPrefix,
    object,
  ]),
);

/** The object of that name, in any case, if `apiVersion` knows it; every object when no version is given. */
export function findObject(name: string, apiVersion?: number): SObjectDescription | undefined {
  const object = BY_NAME.get(name.toLowerCase());
  if (object === undefined) return undefined;
  return apiVersion === undefined || apiVersion >= object.minApiVersion ? object : undefined;
}

/** Objects an administrator may add fields to. */
const CUSTOMIZABLE: ReadonlySet<string> = new Set([liveAgentSession.name]);

let version = 0;

/** Moves on whenever a description is replaced: part of the key of whatever is kept by names of fields. */
export function descriptionsVersion(): number {
  return version;
}

/** Whether an administrator may add fields to the object of that name, in any case. */
export function takesCustomFields(name: string): boolean {
  const object = findObject(name);
  return object !== undefined && CUSTOMIZABLE.has(object.name);
}

/** From here on these are the custom fields there are, by object; objects not named have none. */
export function describeCustomFields(fields: ReadonlyMap<string, readonly FieldDescription[]>): void {
  for (const name of CUSTOMIZABLE) {
    const standard = STANDARD.find((object) => object.name === name);
    if (standard === undefined) continue;
    const current = withCustomFields(standard, fields.get(name) ?? []);
    replaceDescription(current);
    const history = STANDARD.find((object) => object.name === `${name}History`);
    if (history !== undefined) replaceDescription(withTrackedFields(history, current));
  }
  for (const list of Object.values(LISTS_OF)) list.forget();
  version++;
}

/** A name as custom fields and their relationships bear it. */
const CUSTOM_NAME = /[a-z]\w*__[cr]\b/gi;
let customNames: { readonly of: number; readonly names: ReadonlySet<string> } | undefined;

/**
 * Whether a text names a custom field, or a relationship of one, that is not described here: another server may have
 * been told of it already.
 */
export function namesUnknownField(text: string): boolean {
  if (!text.includes('__')) return false;
  if (customNames?.of !== version) {
    const fields = CURRENT.flatMap((object) => object.fields).filter(({ custom }) => custom);
    const names = fields.flatMap(({ name, relationshipName }) => [name, relationshipName ?? name]);
    customNames = { of: version, names: new Set(names.map((name) => name.toLowerCase())) };
  }
  for (const [name] of text.matchAll(CUSTOM_NAME)) {
    if (!customNames.names.has(name.toLowerCase())) return true;
  }
  return false;
}

function replaceDescription(object: SObjectDescription): void {
  const place = CURRENT.findIndex(({ name }) => name === object.name);
  CURRENT[place] = object;
  BY_NAME.set(object.name.toLowerCase(), object);
  if (BY_PREFIX.has(object.idPrefix)) BY_PREFIX.set(object.idPrefix, object);
}

/** Behind the standard fields, in a section of their own on the page, and open to history tracking. */
function withCustomFields(
  standard: SObjectDescription,
  custom: readonly FieldDescription[],
): SObjectDescription {
  if (custom.length === 0) return standard;
  const items = custom.map(({ name }) => ({ field: name, behavior: 'Edit' }) as const);
  const left = Math.ceil(items.length / 2);
  const section = {
    heading: 'Custom Fields',
    showHeadingOnDetail: true,
    showHeadingOnEdit: true,
    columns: [items.slice(0, left), items.slice(left)],
  };
  const { layout, trackableHistoryFields: trackable } = standard;
  return sObject({
    ...standard,
    fields: [...standard.fields, ...custom],
    ...(layout === undefined ? {} : { layout: { ...layout, sections: [...layout.sections, section] } }),
    ...(trackable === undefined
      ? {}
      : { trackableHistoryFields: [...trackable, ...custom.map(({ name }) => name)] }),
  });
}

function withTrackedFields(history: SObjectDescription, parent: SObjectDescription): SObjectDescription {
  const fields = history.fields.map((field) =>
    field.name === 'Field' ? Object.freeze({ ...field, picklistValues: trackedFieldValues(parent) }) : field,
  );
  return sObject({ ...history, fields });
}

const FIELDS_BY_NAME = new WeakMap<SObjectDescription, ReadonlyMap<string, FieldDescription>>();

/** The field of that name, in any case, if `apiVersion` knows it; every field when no version is given. */
export function fieldOf(
  object: SObjectDescription,
  name: string,
  apiVersion?: number,
): FieldDescription | undefined {
  let fields = FIELDS_BY_NAME.get(object);
  if (fields === undefined) {
    fields = new Map(object.fields.map((field) => [field.name.toLowerCase(), field]));
    FIELDS_BY_NAME.set(object, fields);
  }
  const field = fields.get(name.toLowerCase());
  return field === undefined || apiVersion === undefined || isVisibleAt(field, apiVersion)
    ? field
    : undefined;
}

/** The fields an API version shows, in describe order. */
export function fieldsAt(object: SObjectDescription, apiVersion: number): readonly FieldDescription[] {
  return object.fields.filter((field) => isVisibleAt(field, apiVersion));
}

function isVisibleAt(field: FieldDescription, apiVersion: number): boolean {
  return (
    apiVersion >= (field.minApiVersion ?? 0) &&
    apiVersion < (field.removedInApiVersion ?? Number.POSITIVE_INFINITY)
  );
}

/** The character after prefix and instance mark: which of the objects that share the Share prefix (DECISIONS 8). */
const SHARE_OBJECT_OF_MARK: Readonly<Record<string, string>> = {
  '0': 'LiveAgentSessionShare',
  '1': 'LiveAgentSessionShare',
  '2': 'LiveChatTranscriptShare',
  '3': 'LiveChatTranscriptShare',
};

/**
 * The object an id of 15 or 18 characters names. Undefined for an unknown prefix and for History rows, whose
 * objects share one prefix and one sequence: only their table can tell.
 */
export function objectOfId(id: string): SObjectDescription | undefined {
  const prefix = id.slice(0, 3);
  if (prefix === SHARE_PREFIX) return findObject(SHARE_OBJECT_OF_MARK[id.charAt(5)] ?? '');
  return BY_PREFIX.get(prefix);
}

/** The field that names a row of the object: Name, MasterLabel …; undefined where rows have no name. */
export function nameFieldOf(object: SObjectDescription): FieldDescription | undefined {
  return object.fields.find((field) => field.flags?.nameField === true);
}

/** Whether rows of the object have owners who matter for access; those of set-up and computed objects do not. */
export function hasOwners(object: SObjectDescription): boolean {
  return (
    object.setup !== true &&
    object.computed !== true &&
    object.associate === undefined &&
    fieldOf(object, 'OwnerId') !== undefined
  );
}

export function isCreateable(field: FieldDescription): boolean {
  return field.properties.includes('Create');
}

export function isUpdateable(field: FieldDescription): boolean {
  return field.properties.includes('Update');
}

export function isNillable(field: FieldDescription): boolean {
  return field.properties.includes('Nillable');
}

export function isFilterable(field: FieldDescription): boolean {
  return field.properties.includes('Filter');
}

export function isSortable(field: FieldDescription): boolean {
  return field.properties.includes('Sort');
}

export function isGroupable(field: FieldDescription): boolean {
  return field.properties.includes('Group');
}

export function isDefaultedOnCreate(field: FieldDescription): boolean {
  return field.properties.includes('Defaulted on create');
}

export function isIdLookup(field: FieldDescription): boolean {
  return field.properties.includes('idLookup');
}

export function isRestrictedPicklist(field: FieldDescription): boolean {
  return field.properties.includes('Restricted picklist');
}

export function isAutoNumber(field: FieldDescription): boolean {
  return field.properties.includes('Autonumber');
}

const NEVER_AGGREGATABLE: ReadonlySet<FieldType> = new Set([
  'boolean',
  'address',
  'multipicklist',
  'anyType',
  'base64',
  'complexvalue',
]);

/** Lists that depend on what is served: made when first asked for, and again when descriptions were replaced. */
const LISTS_OF: Readonly<Record<NonNullable<FieldDescription['picklistOf']>, MadeOnce>> = {
  objects: once(() => OBJECTS.map(({ name }) => name)),
  // Object.Field of every field that field permissions can hide
  fields: once(() =>
    OBJECTS.flatMap((object) =>
      object.fields
        .filter((field) => isPermissionable(object, field))
        .map((field) => `${object.name}.${field.name}`),
    ),
  ),
  trackableFields: once(() =>
    OBJECTS.flatMap(({ name, trackableHistoryFields = [] }) =>
      trackableHistoryFields.map((field) => `${name}.${field}`),
    ),
  ),
};

interface MadeOnce {
  values(): readonly PicklistValue[];
  forget(): void;
}

function once(names: () => readonly string[]): MadeOnce {
  let made: readonly PicklistValue[] | undefined;
  return {
    values() {
      made ??= names().map((value) => ({ value, label: null }));
      return made;
    },
    forget() {
      made = undefined;
    },
  };
}

/** The values a picklist takes, those that depend on what is served here included. */
export function picklistValuesOf(field: FieldDescription): readonly PicklistValue[] {
  return field.picklistOf === undefined ? (field.picklistValues ?? []) : LISTS_OF[field.picklistOf].values();
}

/** May stand in COUNT(field), MIN …: what can be filtered or sorted, but not every type (objects.json, rules). */
export function isAggregatable(field: FieldDescription): boolean {
  if (field.flags?.aggregatable !== undefined) return field.flags.aggregatable;
  return !NEVER_AGGREGATABLE.has(field.type) && (isFilterable(field) || isSortable(field));
}

/** Must be sent on create: createable, neither nillable nor defaulted, and not a checkbox. */
export function isRequiredOnCreate(field: FieldDescription): boolean {
  return (
    isCreateable(field) &&
    !isNillable(field) &&
    !isDefaultedOnCreate(field) &&
    field.type !== 'boolean' &&
    field.generated !== true
  );
}

/** The fields a create must send, in describe order. */
export function requiredOnCreate(object: SObjectDescription): readonly FieldDescription[] {
  return object.fields.filter(isRequiredOnCreate);
}

/**
 * Whether field permissions can hide the field or make it read-only: not for system fields, names, owners, dates of
 * the caller, required fields and set-up objects (salesforce-data-api.md §4.3).
 */
export function isPermissionable(object: SObjectDescription, field: FieldDescription): boolean {
  if (field.flags?.permissionable !== undefined) return field.flags.permissionable;
  if (object.setup === true || object.associate !== undefined) return false;
  return !(
    field.system === true ||
    field.perUser === true ||
    field.flags?.nameField === true ||
    field.name === 'OwnerId' ||
    isRequiredOnCreate(field)
  );
}
