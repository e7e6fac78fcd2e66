/**
 * The first start: an organization, its profiles with their permissions, an administrator and the user behind what
 * the server does by itself. Later starts only grant what a newer version brought. Safe to call at every start of
 * every node: one at a time, under a lock.
 */
import {
  BUILT_IN_PROFILES,
  type BuiltInKey,
  type BuiltInProfile,
  defaultFieldRights,
  fieldsWithPermissions,
  objectsWithPermissions,
} from './access/built-in-profiles.js';
import type { Caller } from './access/caller.js';
import { seedClients } from './access/clients.js';
import { storeCredential } from './access/login.js';
import { generatePassword } from './access/passwords.js';
import { NEWEST_API_VERSION } from './access/sessions.js';
import { unlimitedAccess } from './access/snapshot.js';
import { fieldPermissions } from './objects/field-permissions.js';
import type { SObjectDescription } from './objects/language.js';
import { objectPermissions } from './objects/object-permissions.js';
import { organization } from './objects/organization.js';
import { profile } from './objects/profile.js';
import { user } from './objects/user.js';
import { userLicense } from './objects/user-license.js';
import { createRecords } from './records/create.js';
import { type RecordInput, ROLLED_BACK } from './records/result.js';
import type { Database, Tx } from './store/database.js';

/** Key of the advisory lock that lets one node set up at a time. */
export const SET_UP_LOCK = 0x46574653; // FWFS
const MAX_SET = 200;
const AUTOMATED_PROCESS = 'automated-process';

export const DEFAULT_ADMIN_USERNAME = 'admin@floorwalker.local';
/** Time zone, locale and language of the organization and of users who are given none. */
export const LOCALE_DEFAULTS = {
  TimeZoneSidKey: 'GMT',
  LocaleSidKey: 'en_US',
  EmailEncodingKey: 'UTF-8',
  LanguageLocaleKey: 'en_US',
} as const;

export interface FirstStartOptions {
  /** The administrator's password; generated when there is none. */
  readonly adminPassword?: string | undefined;
  readonly adminUsername?: string | undefined;
  readonly organizationName?: string | undefined;
}

export interface FirstStartResult {
  readonly organizationId: string;
  /** The user in whose name the server itself acts; cannot sign in. */
  readonly automatedProcessUserId: string;
  /** Only when this start made it. A generated password is told here and nowhere else. */
  readonly administrator:
    | { readonly userId: string; readonly username: string; readonly generatedPassword: string | undefined }
    | undefined;
}

/** Creates records as the server itself; a refusal is a mistake of ours and ends the start. */
export async function createAll(
  tx: Tx,
  caller: Caller,
  object: SObjectDescription,
  records: readonly RecordInput[],
): Promise<string[]> {
  const ids: string[] = [];
  for (let start = 0; start < records.length; start += MAX_SET) {
    const results = await createRecords(tx, caller, {
      object,
      records: records.slice(start, start + MAX_SET),
      allOrNone: true,
      origin: 'system',
    });
    const refusal = results.flatMap(({ errors }) => errors).find((error) => error !== ROLLED_BACK);
    if (refusal !== undefined) throw new Error(`${object.name} was not created: ${refusal.message}`);
    ids.push(...results.map(({ id }) => id ?? ''));
  }
  return ids;
}

/** The server's own caller, for a user who may not exist yet. */
export function systemCaller(userId: string, organizationId: string): Caller {
  return {
    userId,
    organizationId,
    profileId: '',
    username: '',
    apiVersion: NEWEST_API_VERSION,
    timeZone: LOCALE_DEFAULTS.TimeZoneSidKey,
    locale: LOCALE_DEFAULTS.LocaleSidKey,
    language: LOCALE_DEFAULTS.LanguageLocaleKey,
    access: unlimitedAccess(userId),
    sessionId: '',
  };
}

/** Sets the organization up if there is none, and grants what is new. */
export async function firstStart(db: Database, options: FirstStartOptions = {}): Promise<FirstStartResult> {
  return db.tx(async (tx) => {
    await tx.query('SELECT pg_advisory_xact_lock($1)', [SET_UP_LOCK]);
    const known = await builtIn(tx, AUTOMATED_PROCESS);
    const made = known === undefined ? await createOrganization(tx, options) : undefined;
    const caller = made?.caller ?? (await automatedCaller(tx));
    await grantWhatIsNew(tx, caller);
    await seedClients(tx);
    return {
      organizationId: caller.organizationId,
      automatedProcessUserId: known ?? made?.automatedProcessUserId ?? '',
      administrator: made?.administrator,
    };
  });
}

/** Id of a row this server made for its own use. */
async function builtIn(tx: Tx, key: string): Promise<string | undefined> {
  const [row] = await tx.query<{ record_id: string }>('SELECT record_id FROM built_in WHERE key = $1', [key]);
  return row?.record_id;
}

async function rememberBuiltIn(tx: Tx, key: string, recordId: string): Promise<void> {
  await tx.query('INSERT INTO built_in (key, record_id) VALUES ($1, $2)', [key, recordId]);
}

/** Id of one of the four profiles, whatever it is called by now; undefined if it was deleted. */
export async function builtInProfileId(db: Tx | Database, key: BuiltInKey): Promise<string | undefined> {
  const [row] = await db.query<{ id: string }>(
    'SELECT p.id FROM built_in b JOIN so_profile p ON p.id = b.record_id WHERE b.key = $1 AND NOT p.is_deleted',
    [`profile-${key}`],
  );
  return row?.id;
}

/** The server's own caller once there is an organization. */
export async function automatedCaller(db: Tx | Database): Promise<Caller> {
  const [row] = await db.query<{ user_id: string; organization_id: string }>(
    `SELECT b.record_id AS user_id, o.id AS organization_id
       FROM built_in b CROSS JOIN so_organization o WHERE b.key = $1`,
    [AUTOMATED_PROCESS],
  );
  if (row === undefined) throw new Error('there is no organization yet');
  return systemCaller(row.user_id, row.organization_id);
}

async function nextUserId(tx: Tx): Promise<string> {
  const [row] = await tx.query<{ id: string }>(`SELECT new_id('005', nextval('so_user_id_seq')) AS id`);
  return row?.id ?? '';
}

async function createOrganization(tx: Tx, options: FirstStartOptions) {
  const username = options.adminUsername ?? DEFAULT_ADMIN_USERNAME;
  const administratorId = await nextUserId(tx);
  const automatedProcessUserId = await nextUserId(tx);
  const bare = systemCaller(administratorId, '');
  const [organizationId = ''] = await createAll(tx, bare, organization, [
    {
      Name: options.organizationName ?? 'Floorwalker',
      PrimaryContact: 'Administrator',
      DefaultLocaleSidKey: LOCALE_DEFAULTS.LocaleSidKey,
      TimeZoneSidKey: LOCALE_DEFAULTS.TimeZoneSidKey,
      LanguageLocaleKey: LOCALE_DEFAULTS.LanguageLocaleKey,
      OrganizationType: 'Developer Edition',
      InstanceName: 'FW1',
      FiscalYearStartMonth: 1,
    },
  ]);
  const caller = systemCaller(administratorId, organizationId);
  const profileIds = await createProfiles(tx, caller);
  await createAll(tx, caller, user, [
    {
      Id: administratorId,
      Username: username,
      LastName: 'Administrator',
      Email: username,
      Alias: 'admin',
      ProfileId: profileIds.get('administrator'),
      IsActive: true,
      UserType: 'Standard',
      ...LOCALE_DEFAULTS,
    },
    {
      Id: automatedProcessUserId,
      Username: `autoproc@${organizationId.slice(0, 15).toLowerCase()}.floorwalker.invalid`,
      FirstName: 'Automated',
      LastName: 'Process',
      Email: 'autoproc@floorwalker.invalid',
      Alias: 'autoproc',
      ProfileId: profileIds.get('integration'),
      IsActive: true,
      ...LOCALE_DEFAULTS,
    },
  ]);
  await rememberBuiltIn(tx, AUTOMATED_PROCESS, automatedProcessUserId);
  const generatedPassword = options.adminPassword === undefined ? generatePassword() : undefined;
  await storeCredential(tx, administratorId, options.adminPassword ?? generatedPassword ?? '');
  const administrator = { userId: administratorId, username, generatedPassword };
  return { caller, automatedProcessUserId, administrator };
}

async function createProfiles(tx: Tx, caller: Caller): Promise<ReadonlyMap<BuiltInKey, string>> {
  const [licenseId] = await createAll(tx, caller, userLicense, [
    {
      LicenseDefinitionKey: 'SFDC',
      Name: 'Salesforce',
      MasterLabel: 'Salesforce',
      Status: 'Active',
      TotalLicenses: 1_000_000,
      UsedLicenses: 0,
    },
  ]);
  const ids = await createAll(
    tx,
    caller,
    profile,
    BUILT_IN_PROFILES.map(({ name, description, system }) => ({
      Name: name,
      Description: description,
      UserLicenseId: licenseId,
      UserType: 'Standard',
      ...Object.fromEntries(system.map((permission) => [`Permissions${permission}`, true])),
    })),
  );
  const byKey = new Map(BUILT_IN_PROFILES.map(({ key }, index) => [key, ids[index] ?? '']));
  for (const [key, id] of byKey) await rememberBuiltIn(tx, `profile-${key}`, id);
  return byKey;
}

/**
 * Gives the built-in profiles their rights on objects and fields no start has seen before. An administrator's later
 * changes are never undone.
 */
async function grantWhatIsNew(tx: Tx, caller: Caller): Promise<void> {
  const names = objectsWithPermissions().flatMap((object) => [
    object.name,
    ...fieldsWithPermissions(object).map((field) => `${object.name}.${field.name}`),
  ]);
  const fresh = new Set(
    (
      await tx.query<{ name: string }>(
        `INSERT INTO granted_by_default (name) SELECT unnest($1::text[]) ON CONFLICT DO NOTHING RETURNING name`,
        [names],
      )
    ).map(({ name }) => name),
  );
  if (fresh.size === 0) return;
  for (const builtInProfile of BUILT_IN_PROFILES) {
    const [set] = await tx.query<{ id: string }>(
      `SELECT ps.id FROM built_in b JOIN so_permission_set ps ON ps.profile_id = b.record_id
        WHERE b.key = $1 AND ps.is_owned_by_profile AND NOT ps.is_deleted`,
      [`profile-${builtInProfile.key}`],
    );
    if (set !== undefined) await grant(tx, caller, builtInProfile, set.id, fresh);
  }
}

async function grant(
  tx: Tx,
  caller: Caller,
  { rights: rightsOn }: BuiltInProfile,
  parentId: string,
  fresh: ReadonlySet<string>,
): Promise<void> {
  const objects: RecordInput[] = [];
  const fields: RecordInput[] = [];
  for (const object of objectsWithPermissions()) {
    const rights = rightsOn(object);
    if (fresh.has(object.name) && rights.read) {
      objects.push({
        ParentId: parentId,
        SobjectType: object.name,
        PermissionsCreate: rights.create,
        PermissionsRead: rights.read,
        PermissionsEdit: rights.edit,
        PermissionsDelete: rights.delete,
        PermissionsViewAllRecords: rights.viewAll,
        PermissionsModifyAllRecords: rights.modifyAll,
      });
    }
    for (const field of fieldsWithPermissions(object)) {
      const name = `${object.name}.${field.name}`;
      const { read, edit } = defaultFieldRights(rights, field);
      if (!fresh.has(name) || !read) continue;
      fields.push({
        ParentId: parentId,
        SobjectType: object.name,
        Field: name,
        PermissionsRead: read,
        PermissionsEdit: edit,
      });
    }
  }
  await createAll(tx, caller, objectPermissions, objects);
  await createAll(tx, caller, fieldPermissions, fields);
}

/** How to sign in, for the operator; empty unless this start made the administrator. */
export function firstStartLines({ administrator, organizationId }: FirstStartResult): string[] {
  if (administrator === undefined) return [];
  const { username, generatedPassword } = administrator;
  return [
    `Made the organization ${organizationId} and its administrator.`,
    `  user name: ${username}`,
    generatedPassword === undefined
      ? '  password:  as set in ADMIN_PASSWORD'
      : `  password:  ${generatedPassword}   (shown this once; change it with: floorwalker user passwd ${username})`,
  ];
}
