/** Users and callers for tests of the record engine: made through the engine itself, as the first start does. */
import type { AccessSnapshot, Caller } from '../../src/access/caller.js';
import type { SObjectDescription } from '../../src/objects/language.js';
import { findObject } from '../../src/objects/registry.js';
import { createRecords } from '../../src/records/create.js';
import type { RecordInput } from '../../src/records/result.js';
import type { Database } from '../../src/store/database.js';

const ALL = { create: true, read: true, edit: true, delete: true, viewAll: true, modifyAll: true };

/** Rights to everything, less what `limits` takes away: `LiveAgentSession.create`, `LiveAgentSession.TimeIdle.edit`. */
export function accessTo(...limits: string[]): AccessSnapshot {
  const limited = new Set(limits);
  return {
    epoch: 1,
    object: (name) => ({
      ...ALL,
      create: !limited.has(`${name}.create`),
      edit: !limited.has(`${name}.edit`),
      delete: !limited.has(`${name}.delete`),
      read: !limited.has(`${name}.read`),
    }),
    field: (object, field) => ({
      read: !limited.has(`${object}.${field}.read`),
      edit: !limited.has(`${object}.${field}.edit`) && !limited.has(`${object}.${field}.read`),
    }),
    viewAllData: true,
    modifyAllData: true,
    permits: () => true,
    shape: limits.join(','),
    groupIds: [],
  };
}

export function callerOf(userId: string, more: Partial<Caller> = {}): Caller {
  return {
    userId,
    organizationId: '00DFW0000000001AA0',
    profileId: '00eFW0000000001AA0',
    username: 'someone@example.test',
    apiVersion: 60,
    timeZone: 'UTC',
    locale: 'en_US',
    language: 'en_US',
    access: accessTo(),
    sessionId: '',
    ...more,
  };
}

export function objectNamed(name: string): SObjectDescription {
  const object = findObject(name);
  if (object === undefined) throw new Error(`no object ${name}`);
  return object;
}

/** Creates records that must all succeed and gives their ids. */
export async function createAll(
  db: Database,
  caller: Caller,
  name: string,
  records: readonly RecordInput[],
  origin: 'api' | 'system' = 'system',
): Promise<string[]> {
  const results = await createRecords(db, caller, {
    object: objectNamed(name),
    records,
    allOrNone: true,
    origin,
  });
  return results.map(({ id, errors }) => {
    if (id === null) throw new Error(JSON.stringify(errors));
    return id;
  });
}

let users = 0;
/** The fields of a user that nobody else is. */
export function aUser(profileId: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  users++;
  return {
    Username: `user${users}@example.test`,
    LastName: `Last${users}`,
    FirstName: 'First',
    Email: `user${users}@example.test`,
    Alias: `u${users}`,
    ProfileId: profileId,
    IsActive: true,
    TimeZoneSidKey: 'America/Los_Angeles',
    LocaleSidKey: 'en_US',
    EmailEncodingKey: 'UTF-8',
    LanguageLocaleKey: 'en_US',
    ...more,
  };
}

export interface People {
  readonly admin: Caller;
  readonly profileId: string;
  readonly agentId: string;
  readonly inactiveId: string;
  readonly queueId: string;
  readonly groupId: string;
}

/** An administrator, an agent, somebody who left, a queue and a group. */
export async function people(db: Database): Promise<People> {
  const nobody = callerOf('005000000000000AAA');
  const [UserLicenseId = ''] = await createAll(db, nobody, 'UserLicense', [
    { Name: 'Standard', LicenseDefinitionKey: 'SFDC', MasterLabel: 'Standard' },
  ]);
  const [profileId = ''] = await createAll(db, nobody, 'Profile', [{ Name: 'Agents', UserLicenseId }]);
  const [adminId = '', agentId = '', inactiveId = ''] = await createAll(db, nobody, 'User', [
    aUser(profileId),
    aUser(profileId),
    aUser(profileId, { IsActive: false }),
  ]);
  const [queueId = '', groupId = ''] = await createAll(db, nobody, 'Group', [
    { Name: 'Chats', DeveloperName: 'Chats', Type: 'Queue' },
    { Name: 'Team', DeveloperName: 'Team', Type: 'Regular' },
  ]);
  // Owners must be able to own: users to read sessions, queues to be meant for them.
  const [set] = await db.query<{ id: string }>('SELECT id FROM so_permission_set WHERE profile_id = $1', [
    profileId,
  ]);
  await createAll(db, nobody, 'ObjectPermissions', [
    { ParentId: set?.id, SobjectType: 'LiveAgentSession', PermissionsRead: true },
  ]);
  await createAll(db, nobody, 'QueueSobject', [{ QueueId: queueId, SobjectType: 'LiveAgentSession' }]);
  return { admin: callerOf(adminId), profileId, agentId, inactiveId, queueId, groupId };
}

/** The least a session needs. */
export function aSession(agentId: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    AgentId: agentId,
    LoginTime: '2026-03-10T12:00:00.000Z',
    LogoutTime: '2026-03-10T13:00:00.000Z',
    ...more,
  };
}
