/**
 * The profiles every organization starts with. They are ordinary rows afterwards: an administrator may change all of
 * them through the API. What a later version brings (an object, a field) is granted by the same rules, once.
 */
import type { FieldDescription, SObjectDescription } from '../objects/language.js';
import { isCreateable, isPermissionable, isUpdateable, OBJECTS } from '../objects/registry.js';
import { systemPermissions } from '../objects/system-permissions.js';
import type { FieldRights, ObjectRights } from './caller.js';
import { ALL_OBJECT_RIGHTS, hasObjectPermissions, NO_OBJECT_RIGHTS } from './rights.js';

export type BuiltInKey = 'administrator' | 'supervisor' | 'agent' | 'integration';

export interface BuiltInProfile {
  readonly key: BuiltInKey;
  readonly name: string;
  readonly description: string;
  /** Without the prefix `Permissions`. */
  readonly system: readonly string[];
  readonly rights: (object: SObjectDescription) => ObjectRights;
}

/** Would lock the only administrator out, or is never given by default. */
const NEVER_BY_DEFAULT: ReadonlySet<string> = new Set([
  'TwoFactorApi',
  'BulkApiHardDelete',
  'PasswordNeverExpires',
]);
const CONSOLE = ['ApiEnabled', 'SalesConsole', 'LightningExperienceUser', 'LightningConsoleAllowedForUser'];

const READ: ObjectRights = { ...NO_OBJECT_RIGHTS, read: true };
const READ_ALL: ObjectRights = { ...READ, viewAll: true };
const WRITE: ObjectRights = { ...READ, create: true, edit: true, delete: true };

/** LiveAgentSession and what a chat leaves are written by the floor; people read them (the seed page's note). */
export const BUILT_IN_PROFILES: readonly BuiltInProfile[] = [
  {
    key: 'administrator',
    name: 'System Administrator',
    description: 'Sets everything up and may change every record.',
    system: systemPermissions
      .map(({ name }) => name.replace(/^Permissions/, ''))
      .filter((name) => !NEVER_BY_DEFAULT.has(name)),
    rights: () => ALL_OBJECT_RIGHTS,
  },
  {
    key: 'supervisor',
    name: 'Chat Supervisor',
    description: 'Watches the floor, answers flags and reads all reports.',
    system: [...CONSOLE, 'ViewSetup', 'ViewAllUsers', 'ViewRoles', 'RunReports', 'ExportReport'],
    rights: ({ name }) => (name === 'QuickText' ? { ...WRITE, viewAll: true } : READ_ALL),
  },
  {
    key: 'agent',
    name: 'Chat Agent',
    description: 'Chats with visitors.',
    system: CONSOLE,
    rights: ({ name }) => (name === 'QuickText' ? { ...WRITE, delete: false } : READ),
  },
  {
    key: 'integration',
    name: 'Integration (read)',
    description: 'Reads everything over the API and changes nothing.',
    system: ['ApiEnabled', 'ViewSetup', 'ViewAllData', 'ViewAllUsers', 'ViewRoles'],
    rights: () => READ_ALL,
  },
];

/** Objects whose permissions are rows. */
export function objectsWithPermissions(): readonly SObjectDescription[] {
  return OBJECTS.filter(hasObjectPermissions);
}

/** Standard fields of an object whose permissions are rows; a custom field is granted when it is added. */
export function fieldsWithPermissions(object: SObjectDescription): readonly FieldDescription[] {
  return object.fields.filter((field) => field.custom !== true && isPermissionable(object, field));
}

/** Who may read an object sees all its fields; who may write it, writes what can be written. */
export function defaultFieldRights(rights: ObjectRights, field: FieldDescription): FieldRights {
  const writes = rights.create || rights.edit;
  return { read: rights.read, edit: writes && (isCreateable(field) || isUpdateable(field)) };
}
