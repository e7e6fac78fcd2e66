/** Profiles, permission sets and what they grant, as records an administrator edits; each change takes effect at once. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Caller } from '../../src/access/caller.js';
import { findObject } from '../../src/objects/registry.js';
import { createRecords } from '../../src/records/create.js';
import { deleteRecords } from '../../src/records/delete.js';
import type { SaveResult } from '../../src/records/result.js';
import { updateRecords } from '../../src/records/update.js';
import { type AccessServer, ADMIN, ANA, accessServer } from '../support/access-server.js';

let server: AccessServer;
let admin: Caller;

beforeAll(async () => {
  server = await accessServer();
  admin = await callerOf(ADMIN);
});
afterAll(() => server.close());

async function callerOf(username: string): Promise<Caller> {
  const [row] = await server.store.db.query<{ id: string }>('SELECT id FROM so_user WHERE username = $1', [
    username,
  ]);
  return (await server.access.callerFor(row?.id ?? '')) ?? expect.fail();
}

const objectOf = (name: string) => findObject(name) ?? expect.fail();

async function create(name: string, record: Record<string, unknown>, as = admin): Promise<SaveResult> {
  const [result] = await createRecords(server.store.db, as, {
    object: objectOf(name),
    records: [record],
    allOrNone: false,
  });
  return result ?? expect.fail();
}

async function update(name: string, record: Record<string, unknown>, as = admin): Promise<SaveResult> {
  const [result] = await updateRecords(server.store.db, as, {
    object: objectOf(name),
    records: [record],
    allOrNone: false,
  });
  return result ?? expect.fail();
}

async function remove(id: string, as = admin): Promise<SaveResult> {
  const [result] = await deleteRecords(server.store.db, as, [id]);
  return result ?? expect.fail();
}

const idOf = ({ id, errors }: SaveResult): string => id ?? expect.fail(JSON.stringify(errors));
const codesOf = ({ errors }: SaveResult) => errors.map(({ code }) => code);

async function one(sql: string, values: readonly unknown[] = []) {
  const rows = await server.store.db.query(sql, values);
  return rows[0];
}

describe('a new profile', () => {
  it('brings a permission set of its own, and grants what is written there', async () => {
    const [license] = await server.store.db.query<{ id: string }>('SELECT id FROM so_user_license');
    const profileId = idOf(
      await create('Profile', { Name: 'Auditor', UserLicenseId: license?.id, PermissionsViewSetup: true }),
    );
    const set = (await one(
      `SELECT id, name, type, permissions_view_setup AS "viewSetup" FROM so_permission_set
        WHERE profile_id = $1 AND is_owned_by_profile`,
      [profileId],
    )) as { id: string };
    expect(set).toMatchObject({ name: `X${profileId.slice(0, 15)}`, type: 'Profile', viewSetup: true });

    await create('ObjectPermissions', {
      ParentId: set.id,
      SobjectType: 'LiveAgentSession',
      PermissionsRead: true,
    });
    const ben = await callerOf('ben@floorwalker.demo');
    expect((await update('User', { Id: ben.userId, ProfileId: profileId })).success).toBe(true);
    const auditor = await callerOf('ben@floorwalker.demo');
    expect(auditor.access.object('LiveAgentSession').read).toBe(true);
    expect(auditor.access.field('LiveAgentSession', 'TimeIdle').read).toBe(false);
    expect(auditor.access.permits('ViewSetup')).toBe(true);
    expect(auditor.access.permits('ApiEnabled')).toBe(false);

    // the set of the profile stands among the user's assignments, that of the former one no longer
    const assigned = await server.store.db.query(
      'SELECT permission_set_id AS id FROM so_permission_set_assignment WHERE assignee_id = $1',
      [ben.userId],
    );
    expect(assigned).toEqual([{ id: set.id }]);

    expect((await update('Profile', { Id: profileId, PermissionsViewSetup: false })).success).toBe(true);
    expect((await callerOf('ben@floorwalker.demo')).access.permits('ViewSetup')).toBe(false);
    expect(
      await one('SELECT permissions_view_setup AS bit FROM so_permission_set WHERE id = $1', [set.id]),
    ).toEqual({
      bit: false,
    });
    expect(codesOf(await remove(profileId))).toEqual(['DELETE_FAILED']);
    await update('User', { Id: ben.userId, ProfileId: ben.profileId });
    expect((await remove(profileId)).success).toBe(true);
  });

  it('lets nobody change its set but through the profile', async () => {
    const set = (await one('SELECT id FROM so_permission_set WHERE is_owned_by_profile LIMIT 1')) as {
      id: string;
    };
    expect(codesOf(await update('PermissionSet', { Id: set.id, PermissionsManageUsers: true }))).toEqual([
      'INSUFFICIENT_ACCESS_OR_READONLY',
    ]);
    expect(codesOf(await remove(set.id))).toEqual(['INSUFFICIENT_ACCESS_OR_READONLY']);
    const assignment = (await one('SELECT id FROM so_permission_set_assignment LIMIT 1')) as { id: string };
    expect(codesOf(await remove(assignment.id))).toEqual(['INSUFFICIENT_ACCESS_OR_READONLY']);
  });
});

describe('a permission set', () => {
  it('gives edit on one field to one user, and takes it away when the call answers', async () => {
    const ana = await callerOf(ANA);
    const setId = idOf(await create('PermissionSet', { Name: 'Fix_Times', Label: 'Fix times' }));
    const grants = {
      ParentId: setId,
      SobjectType: 'LiveAgentSession',
      PermissionsRead: true,
      PermissionsEdit: true,
    };
    const objectGrant = idOf(await create('ObjectPermissions', grants));
    idOf(await create('FieldPermissions', { ...grants, Field: 'LiveAgentSession.TimeIdle' }));
    expect((await callerOf(ANA)).access.field('LiveAgentSession', 'TimeIdle').edit).toBe(false);
    const assignment = idOf(
      await create('PermissionSetAssignment', { PermissionSetId: setId, AssigneeId: ana.userId }),
    );
    const granted = (await callerOf(ANA)).access;
    expect(granted.field('LiveAgentSession', 'TimeIdle').edit).toBe(true);
    expect(granted.field('LiveAgentSession', 'TimeInChats').edit).toBe(false);

    expect((await update('ObjectPermissions', { Id: objectGrant, PermissionsEdit: false })).success).toBe(
      true,
    );
    expect((await callerOf(ANA)).access.field('LiveAgentSession', 'TimeIdle').edit).toBe(false);
    await update('ObjectPermissions', { Id: objectGrant, PermissionsEdit: true });
    expect((await callerOf(ANA)).access.field('LiveAgentSession', 'TimeIdle').edit).toBe(true);
    expect((await remove(assignment)).success).toBe(true);
    expect((await callerOf(ANA)).access.field('LiveAgentSession', 'TimeIdle').edit).toBe(false);
  });

  it.each(['', '1st', 'a b', 'a__b', 'a_', 'a-b'])('is not called %j', async (name) => {
    expect((await create('PermissionSet', { Name: name, Label: 'x' })).success).toBe(false);
  });

  it('is not assigned without being named', async () => {
    expect(codesOf(await create('PermissionSetAssignment', { AssigneeId: admin.userId }))).toEqual([
      'REQUIRED_FIELD_MISSING',
    ]);
  });
});

describe('a grant', () => {
  let setId: string;
  beforeAll(async () => {
    setId = idOf(await create('PermissionSet', { Name: 'Grants', Label: 'Grants' }));
  });

  it.each([
    ['ObjectPermissions', { SobjectType: 'LiveAgentSession' }],
    ['ObjectPermissions', { SobjectType: 'LiveAgentSession', PermissionsEdit: true }],
    [
      'ObjectPermissions',
      { SobjectType: 'LiveAgentSession', PermissionsRead: true, PermissionsDelete: true },
    ],
    [
      'ObjectPermissions',
      { SobjectType: 'LiveAgentSession', PermissionsRead: true, PermissionsModifyAllRecords: true },
    ],
    ['ObjectPermissions', { SobjectType: 'User', PermissionsRead: true }],
    ['ObjectPermissions', { SobjectType: 'LiveAgentSessionShare', PermissionsRead: true }],
    ['FieldPermissions', { SobjectType: 'LiveAgentSession', Field: 'LiveAgentSession.TimeIdle' }],
    [
      'FieldPermissions',
      { SobjectType: 'LiveAgentSession', Field: 'LiveAgentSession.TimeIdle', PermissionsEdit: true },
    ],
    [
      'FieldPermissions',
      { SobjectType: 'LiveChatVisitor', Field: 'LiveAgentSession.TimeIdle', PermissionsRead: true },
    ],
  ])('%s %j is refused for what it lacks', async (object, record) => {
    const result = await create(object, { ParentId: setId, ...record });
    expect(result.success).toBe(false);
    expect(codesOf(result)).toContain('FIELD_INTEGRITY_EXCEPTION');
  });

  it.each([
    ['ObjectPermissions', { SobjectType: 'Nothing', PermissionsRead: true }],
    [
      'FieldPermissions',
      { SobjectType: 'LiveAgentSession', Field: 'LiveAgentSession.AgentId', PermissionsRead: true },
    ],
    [
      'FieldPermissions',
      { SobjectType: 'LiveAgentSession', Field: 'LiveAgentSession.Nothing', PermissionsRead: true },
    ],
  ])('%s %j is refused for what it names', async (object, record) => {
    expect(codesOf(await create(object, { ParentId: setId, ...record }))).toEqual([
      'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST',
    ]);
  });

  it('that gives nothing any more is gone', async () => {
    const id = idOf(
      await create('ObjectPermissions', {
        ParentId: setId,
        SobjectType: 'LiveChatVisitor',
        PermissionsRead: true,
      }),
    );
    expect((await update('ObjectPermissions', { Id: id, PermissionsRead: false })).success).toBe(true);
    expect(await one('SELECT 1 FROM so_object_permissions WHERE id = $1', [id])).toBeUndefined();
  });

  it('stands once for an object and once for a field', async () => {
    const record = { ParentId: setId, SobjectType: 'LiveChatTranscript', PermissionsRead: true };
    idOf(await create('ObjectPermissions', record));
    expect(codesOf(await create('ObjectPermissions', record))).toEqual(['DUPLICATE_VALUE']);
  });
});

describe('who may not', () => {
  it.each([
    ['Profile', { Name: 'Mine', UserLicenseId: '100FW0000000001' }],
    ['PermissionSet', { Name: 'Mine', Label: 'Mine' }],
    ['ObjectPermissions', { SobjectType: 'LiveAgentSession', PermissionsRead: true }],
    ['FloorObjectSetting', { SobjectType: 'LiveAgentSession', InternalSharingModel: 'Private' }],
    ['User', { Username: 'x@y.example' }],
  ])('an agent makes no %s', async (object, record) => {
    const ana = await callerOf(ANA);
    expect(codesOf(await create(object, record, ana))).toEqual(['CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY']);
  });

  it('an agent does not make an administrator of anybody', async () => {
    const ana = await callerOf(ANA);
    expect(codesOf(await update('User', { Id: ana.userId, ProfileId: admin.profileId }, ana))).not.toEqual(
      [],
    );
    expect((await callerOf(ANA)).profileId).toBe(ana.profileId);
  });
});
