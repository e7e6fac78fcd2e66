/** Who may be given a record, and that somebody can always manage users. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRecords } from '../../src/records/create.js';
import { deleteRecords } from '../../src/records/delete.js';
import type { RecordInput } from '../../src/records/result.js';
import { updateRecords } from '../../src/records/update.js';
import { type TestStore, testStore } from '../support/store.js';
import { aSession, aUser, createAll, objectNamed, type People, people } from './people.js';

let store: TestStore;
let who: People;
/** Users of a profile that may not read sessions. */
let outsiders: string[];
let otherQueue: string;

beforeAll(async () => {
  store = await testStore();
  who = await people(store.db);
  const [profile = ''] = await createAll(store.db, who.admin, 'Profile', [
    { Name: 'Outside', UserLicenseId: await one('SELECT id FROM so_user_license') },
  ]);
  outsiders = await createAll(store.db, who.admin, 'User', [aUser(profile), aUser(profile)]);
  [otherQueue = ''] = await createAll(store.db, who.admin, 'Group', [
    { Name: 'Transcripts', DeveloperName: 'Transcripts', Type: 'Queue' },
  ]);
});
afterAll(() => store.close());

async function one(sql: string, values: readonly unknown[] = []): Promise<string> {
  const [row] = await store.db.query<{ id: string }>(sql, values);
  return row?.id ?? expect.fail(sql);
}

const update = (name: string, records: RecordInput[], allOrNone = false) =>
  updateRecords(store.db, who.admin, { object: objectNamed(name), records, allOrNone });
const codes = (results: readonly { errors: readonly { code: string }[] }[]) =>
  results.map(({ errors }) => errors[0]?.code);
const aSessionOf = async () =>
  (await createAll(store.db, who.admin, 'LiveAgentSession', [aSession(who.agentId)], 'api'))[0] ?? '';

describe('a record is given', () => {
  it('to a user who may read it', async () => {
    const Id = await aSessionOf();
    const [outsider = '', assigned = ''] = outsiders;
    expect(codes(await update('LiveAgentSession', [{ Id, OwnerId: who.agentId }]))).toEqual([undefined]);
    const refused = await update('LiveAgentSession', [{ Id, OwnerId: outsider }]);
    expect(refused[0]?.errors).toMatchObject([{ code: 'TRANSFER_REQUIRES_READ', fields: ['OwnerId'] }]);

    const [set = ''] = await createAll(store.db, who.admin, 'PermissionSet', [
      { Name: 'Reading', Label: 'Reading' },
    ]);
    await createAll(store.db, who.admin, 'ObjectPermissions', [
      { ParentId: set, SobjectType: 'LiveAgentSession', PermissionsRead: true },
    ]);
    await createAll(store.db, who.admin, 'PermissionSetAssignment', [
      { PermissionSetId: set, AssigneeId: assigned },
    ]);
    expect(codes(await update('LiveAgentSession', [{ Id, OwnerId: assigned }]))).toEqual([undefined]);
    await store.db.query(
      `UPDATE so_permission_set_assignment SET expiration_date = '2020-01-01T00:00:00Z' WHERE permission_set_id = $1`,
      [set],
    );
    expect(codes(await update('LiveAgentSession', [{ Id, OwnerId: assigned, TimeIdle: 3 }]))).toEqual([
      undefined,
    ]); // has it
    const other = await aSessionOf();
    expect(codes(await update('LiveAgentSession', [{ Id: other, OwnerId: assigned }]))).toEqual([
      'TRANSFER_REQUIRES_READ',
    ]);
  });

  it('to a queue that is meant for such records, when it is made too', async () => {
    const Id = await aSessionOf();
    expect(codes(await update('LiveAgentSession', [{ Id, OwnerId: who.queueId }]))).toEqual([undefined]);
    expect(codes(await update('LiveAgentSession', [{ Id, OwnerId: otherQueue }]))).toEqual([
      'INVALID_OPERATION',
    ]);
    const made = await createRecords(store.db, who.admin, {
      object: objectNamed('LiveAgentSession'),
      records: [
        aSession(who.agentId, { OwnerId: otherQueue }),
        aSession(who.agentId, { OwnerId: who.queueId }),
      ],
      allOrNone: false,
    });
    expect(codes(made)).toEqual(['INVALID_OPERATION', undefined]);
  });

  it('in as few statements as ever, whoever gets it', async () => {
    const ids = await createAll(
      store.db,
      who.admin,
      'LiveAgentSession',
      Array.from({ length: 40 }, () => aSession(who.agentId)),
      'api',
    );
    const owners = [who.agentId, who.queueId, ...outsiders, otherQueue];
    store.statements.length = 0;
    await update(
      'LiveAgentSession',
      ids.map((Id, n) => ({ Id, OwnerId: owners[n % owners.length] })),
    );
    expect(store.statements.length).toBeLessThanOrEqual(9);
  });
});

describe('somebody can always manage users', () => {
  const REFUSED = 'FIELD_INTEGRITY_EXCEPTION';
  let managing: string;
  let admins: string[];

  beforeAll(async () => {
    const UserLicenseId = await one('SELECT id FROM so_user_license');
    [managing = ''] = await createAll(store.db, who.admin, 'Profile', [
      { Name: 'Managing', UserLicenseId, PermissionsManageUsers: true },
    ]);
    admins = await createAll(store.db, who.admin, 'User', [aUser(managing), aUser(managing)]);
  });

  const users = (change: Record<string, unknown>, ids: readonly string[] = admins, allOrNone = false) =>
    update(
      'User',
      ids.map((Id) => ({ Id, ...change })),
      allOrNone,
    );

  it('when all of them are to leave at once', async () => {
    expect(codes(await users({ IsActive: false }))).toEqual([REFUSED, REFUSED]);
    expect(codes(await users({ ProfileId: who.profileId }))).toEqual([REFUSED, REFUSED]);
  });

  it('when the last one is to leave', async () => {
    const [first = '', second = ''] = admins;
    expect(codes(await users({ IsActive: false }, [first]))).toEqual([undefined]);
    expect(codes(await users({ IsActive: false }, [second]))).toEqual([REFUSED]);
    expect(codes(await users({ ProfileId: who.profileId }, [second]))).toEqual([REFUSED]);
    expect(codes(await users({ ProfileId: managing, LastName: 'Stays' }, [second]))).toEqual([undefined]);
  });

  it('when two writers each remove the other one', async () => {
    await users({ IsActive: true });
    const both = await Promise.all(admins.map((Id) => users({ IsActive: false }, [Id])));
    expect(codes(both.flat()).sort()).toEqual([REFUSED, undefined]);
    await users({ IsActive: true });
  });

  it('when their profile is to lose the right', async () => {
    const lose = { Id: managing, PermissionsManageUsers: false };
    expect(codes(await update('Profile', [lose]))).toEqual([REFUSED]);
    const [set = ''] = await createAll(store.db, who.admin, 'PermissionSet', [
      { Name: 'Managers', Label: 'Managers', PermissionsManageUsers: true },
    ]);
    const [assignment = ''] = await createAll(store.db, who.admin, 'PermissionSetAssignment', [
      { PermissionSetId: set, AssigneeId: who.agentId },
    ]);
    expect(codes(await update('Profile', [lose]))).toEqual([undefined]);
    expect(codes(await update('PermissionSet', [{ Id: set, PermissionsManageUsers: false }]))).toEqual([
      REFUSED,
    ]);
    expect(codes(await deleteRecords(store.db, who.admin, [assignment]))).toEqual([REFUSED]);
    expect(codes(await deleteRecords(store.db, who.admin, [set]))).toEqual([REFUSED]);
    await update('Profile', [{ Id: managing, PermissionsManageUsers: true }]);
    expect(codes(await deleteRecords(store.db, who.admin, [assignment]))).toEqual([undefined]);
  });
});
