/**
 * What a set of permissions allows, object by object and field by field: a pure function of the rows. Three kinds of
 * objects differ: those with object permissions, set-up objects (system permissions decide), and Share, History and
 * computed objects (their parent decides, or nobody).
 */
import type { FieldDescription, SObjectDescription } from '../objects/language.js';
import { findObject, isPermissionable, OBJECTS } from '../objects/registry.js';
import type { FieldRights, ObjectRights } from './caller.js';

export const NO_OBJECT_RIGHTS: ObjectRights = Object.freeze({
  create: false,
  read: false,
  edit: false,
  delete: false,
  viewAll: false,
  modifyAll: false,
});
export const ALL_OBJECT_RIGHTS: ObjectRights = Object.freeze({
  create: true,
  read: true,
  edit: true,
  delete: true,
  viewAll: true,
  modifyAll: true,
});
export const NO_FIELD_RIGHTS: FieldRights = Object.freeze({ read: false, edit: false });

/** Rows of ObjectPermissions and FieldPermissions and the system permissions, added up over a user's permission sets. */
export interface Permissions {
  /** Without the prefix `Permissions`: `ManageUsers`. */
  readonly system: ReadonlySet<string>;
  readonly objects: ReadonlyMap<string, ObjectRights>;
  /** By `Object.Field`. */
  readonly fields: ReadonlyMap<string, FieldRights>;
}

/** Whether ObjectPermissions rows decide about an object. */
export function hasObjectPermissions(object: SObjectDescription): boolean {
  return object.setup !== true && object.associate === undefined && object.computed !== true;
}

interface SetUpRule {
  /** System permission that lets one read; undefined: every active user may. */
  readonly read?: string;
  /** System permission that lets one write. */
  readonly write: string;
}

/** Everybody may know who is who and which buttons and skills there are; each kind of change has its permission. */
const DEFAULT_SET_UP_RULE: SetUpRule = { write: 'CustomizeApplication' };
const SET_UP_RULES: Readonly<Record<string, SetUpRule>> = {
  User: { write: 'ManageUsers' },
  Group: { write: 'ManageUsers' },
  GroupMember: { write: 'ManageUsers' },
  QueueSobject: { write: 'ManageUsers' },
  UserRole: { write: 'ManageRoles' },
  Profile: { write: 'ManageProfilesPermissionsets' },
  PermissionSet: { read: 'ViewSetup', write: 'ManageProfilesPermissionsets' },
  ObjectPermissions: { read: 'ViewSetup', write: 'ManageProfilesPermissionsets' },
  FieldPermissions: { read: 'ViewSetup', write: 'ManageProfilesPermissionsets' },
  PermissionSetAssignment: { read: 'ViewSetup', write: 'AssignPermissionSets' },
  LiveAgentSessionOwnerSharingRule: { read: 'ViewSetup', write: 'ManageSharing' },
  LiveChatTranscriptOwnerSharingRule: { read: 'ViewSetup', write: 'ManageSharing' },
  LiveChatBlockingRule: { read: 'ViewSetup', write: 'CustomizeApplication' },
  LiveChatSensitiveDataRule: { read: 'ViewSetup', write: 'CustomizeApplication' },
  SetupAuditTrail: { read: 'ViewSetup', write: 'ViewSetup' },
};

/** Rights on an object by these permissions. */
export function objectRightsOf(permissions: Permissions, object: SObjectDescription): ObjectRights {
  const { system } = permissions;
  if (object.setup === true) return setUpRights(system, SET_UP_RULES[object.name] ?? DEFAULT_SET_UP_RULE);
  if (object.associate !== undefined) {
    const parent = findObject(object.associate.parent);
    return parent === undefined
      ? NO_OBJECT_RIGHTS
      : associateRights(objectRightsOf(permissions, parent), object);
  }
  if (object.computed === true) return { ...NO_OBJECT_RIGHTS, read: true };
  if (system.has('ModifyAllData')) return ALL_OBJECT_RIGHTS;
  const granted = permissions.objects.get(object.name) ?? NO_OBJECT_RIGHTS;
  return system.has('ViewAllData') ? { ...granted, read: true, viewAll: true } : granted;
}

function setUpRights(system: ReadonlySet<string>, { read, write }: SetUpRule): ObjectRights {
  const writes = system.has(write);
  const reads = writes || read === undefined || system.has(read);
  return { create: writes, read: reads, edit: writes, delete: writes, viewAll: reads, modifyAll: writes };
}

/** Who may read the parent may ask for its shares and history; whether a share may be written its row decides. */
function associateRights(parent: ObjectRights, { associate }: SObjectDescription): ObjectRights {
  const writes = associate?.type === 'Share' && parent.read;
  return { ...parent, create: writes, edit: writes, delete: writes };
}

/** Rights on a field of an object with these rights. */
export function fieldRightsOf(
  permissions: Permissions,
  object: SObjectDescription,
  field: FieldDescription,
  rights: ObjectRights,
): FieldRights {
  if (!rights.read) return NO_FIELD_RIGHTS;
  const writes = rights.create || rights.edit;
  // Nobody hides fields of rows that are computed; field permissions of them cannot even be made.
  if (object.computed === true || !isPermissionable(object, field)) return { read: true, edit: writes };
  const granted = permissions.fields.get(`${object.name}.${field.name}`) ?? NO_FIELD_RIGHTS;
  return { read: granted.read || granted.edit, edit: writes && granted.edit };
}

/** Every object's rights and every field's, worked out once for all users of the same permissions. */
export interface EffectiveRights {
  readonly objects: ReadonlyMap<string, ObjectRights>;
  /** By `Object.Field`. */
  readonly fields: ReadonlyMap<string, FieldRights>;
}

export function effectiveRights(permissions: Permissions): EffectiveRights {
  const objects = new Map<string, ObjectRights>();
  const fields = new Map<string, FieldRights>();
  for (const object of OBJECTS) {
    const rights = objectRightsOf(permissions, object);
    objects.set(object.name, rights);
    for (const field of object.fields) {
      fields.set(`${object.name}.${field.name}`, fieldRightsOf(permissions, object, field, rights));
    }
  }
  return { objects, fields };
}
