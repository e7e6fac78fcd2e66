/** Manual shares: who may give what to whom, what they become, and the rows owners have without anybody storing them. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Caller } from '../../../src/access/caller.js';
import { dropIdleShares } from '../../../src/access/sharing/idle-shares.js';
import { queryRecords } from '../../../src/query/run.js';
import { createRecords } from '../../../src/records/create.js';
import { deleteRecords } from '../../../src/records/delete.js';
import type { RecordInput, SaveResult } from '../../../src/records/result.js';
import { updateRecords } from '../../../src/records/update.js';
import { derivedShareId, derivedShareIdSql, isDerivedShareId } from '../../../src/store/derived-shares.js';
import { id18, isId } from '../../../src/store/ids.js';
import { aSession, aUser, createAll, objectNamed, type People, people } from '../../records/people.js';
import { type TestStore, testStore } from '../../support/store.js';
import { sharedCaller } from './callers.js';

let test: TestStore;
let some: People;
let other: string;
let owner: Caller;
let session: string;
const share = objectNamed('LiveAgentSessionShare');

beforeAll(async () => {
  test = await testStore();
  some = await people(test.db);
  [other = ''] = await createAll(test.db, some.admin, 'User', [aUser(some.profileId)]);
});
afterAll(() => test.close());

beforeEach(async () => {
  owner = await sharedCaller(test.db, some.agentId);
  [session = ''] = await createAll(test.db, owner, 'LiveAgentSession', [aSession(some.agentId)], 'api');
});

async function give(caller: Caller, ...records: RecordInput[]): Promise<SaveResult[]> {
  return createRecords(test.db, caller, { object: share, records, allOrNone: false });
}

const reads = async (caller: Caller, id = session) =>
  (await queryRecords(test.db, caller, `SELECT Id FROM LiveAgentSession WHERE Id = '${id}'`)).length === 1;

const sharesOf = (caller: Caller, id = session) =>
  queryRecords(
    test.db,
    caller,
    `SELECT Id, UserOrGroupId, AccessLevel, RowCause FROM LiveAgentSessionShare WHERE ParentId = '${id}' ORDER BY RowCause`,
  );

const errorOf = ([result]: readonly SaveResult[]) => result?.errors[0];

describe('a share', () => {
  it('opens a row at its level to who is named', async () => {
    expect(await reads(await sharedCaller(test.db, other))).toBe(false);
    const [given] = await give(owner, { ParentId: session, UserOrGroupId: other, AccessLevel: 'Read' });
    expect(given).toMatchObject({ success: true });
    const reader = await sharedCaller(test.db, other);
    expect(await reads(reader)).toBe(true);
    const change = {
      object: objectNamed('LiveAgentSession'),
      records: [{ Id: session, TimeIdle: 7 }],
      allOrNone: true,
    };
    expect(errorOf(await updateRecords(test.db, reader, change))?.code).toBe(
      'INSUFFICIENT_ACCESS_OR_READONLY',
    );
    const level = { object: share, records: [{ Id: given?.id, AccessLevel: 'Edit' }], allOrNone: true };
    expect((await updateRecords(test.db, owner, level))[0]?.success).toBe(true);
    expect((await updateRecords(test.db, reader, change))[0]?.success).toBe(true);
    expect(errorOf(await deleteRecords(test.db, reader, [session]))?.code).toBe(
      'INSUFFICIENT_ACCESS_OR_READONLY',
    );
    await deleteRecords(test.db, owner, [given?.id ?? '']);
    expect(await reads(reader)).toBe(false);
  });

  it('given again changes the one there is, and gives its id', async () => {
    const [first] = await give(owner, { ParentId: session, UserOrGroupId: other, AccessLevel: 'Read' });
    const [second] = await give(owner, { ParentId: session, UserOrGroupId: other, AccessLevel: 'Edit' });
    expect(second?.id).toBe(first?.id);
    expect(await sharesOf(owner)).toMatchObject([
      { RowCause: 'Owner' },
      { Id: first?.id, AccessLevel: 'Edit' },
    ]);
    const changes = await test.db.query('SELECT kind, fields FROM change WHERE record_id = $1 ORDER BY seq', [
      first?.id,
    ]);
    expect(changes).toMatchObject([
      { kind: 'create', fields: null },
      { kind: 'update', fields: ['AccessLevel'] },
    ]);
  });

  it('given twice in one call is one share, of the level named last', async () => {
    const results = await give(
      owner,
      { ParentId: session, UserOrGroupId: other, AccessLevel: 'Edit' },
      { ParentId: session, UserOrGroupId: other, AccessLevel: 'Read' },
    );
    expect(results[0]?.id).toBe(results[1]?.id);
    expect((await sharesOf(owner)).at(-1)).toMatchObject({ AccessLevel: 'Read' });
  });

  it('given by two at the same moment is one share', async () => {
    const results = await Promise.all(
      ['Read', 'Edit', 'Read', 'Edit'].map((AccessLevel) =>
        give(owner, { ParentId: session, UserOrGroupId: other, AccessLevel }),
      ),
    );
    expect(new Set(results.map(([result]) => result?.id)).size).toBe(1);
    expect(await sharesOf(owner)).toHaveLength(2);
  });

  it.each([
    ['the cause is not Manual', { RowCause: 'Rule' }, 'FIELD_INTEGRITY_EXCEPTION', 'RowCause'],
    ['the level is All', { AccessLevel: 'All' }, 'INVALID_ACCESS_LEVEL', 'AccessLevel'],
    [
      'the principal is a queue',
      { UserOrGroupId: () => some.queueId },
      'INVALID_CROSS_REFERENCE_KEY',
      'UserOrGroupId',
    ],
  ] as const)('is refused when %s', async (_, more, code, field) => {
    const sent = Object.fromEntries(
      Object.entries(more).map(([name, value]) => [name, typeof value === 'function' ? value() : value]),
    );
    const record = { ParentId: session, UserOrGroupId: other, AccessLevel: 'Edit', ...sent };
    expect(errorOf(await give(owner, record))).toMatchObject({ code, fields: [field] });
  });

  it('is refused when it adds nothing to the organization-wide default', async () => {
    const read = await sharedCaller(test.db, some.agentId, { model: 'Read' });
    const refusal = errorOf(
      await give(read, { ParentId: session, UserOrGroupId: other, AccessLevel: 'Read' }),
    );
    expect(refusal?.code).toBe('FIELD_FILTER_VALIDATION_EXCEPTION');
    expect(refusal?.message).toContain('AccessLevel');
    expect(
      (await give(read, { ParentId: session, UserOrGroupId: other, AccessLevel: 'Edit' }))[0]?.success,
    ).toBe(true);
  });

  it('is refused to those who only read or edit the row, and to those who do not see it as if it were not there', async () => {
    const stranger = await sharedCaller(test.db, other);
    const record = { ParentId: session, UserOrGroupId: other, AccessLevel: 'Edit' };
    expect(errorOf(await give(stranger, record))?.code).toBe('INVALID_CROSS_REFERENCE_KEY');
    await give(owner, record);
    const editor = await sharedCaller(test.db, other);
    expect(errorOf(await give(editor, record))).toMatchObject({
      code: 'INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY',
      message: `insufficient access rights on cross-reference id: ${session}`,
    });
  });

  it('ends when the owner changes, and not when only other fields do', async () => {
    await give(owner, { ParentId: session, UserOrGroupId: other, AccessLevel: 'Read' });
    const object = objectNamed('LiveAgentSession');
    await updateRecords(test.db, owner, {
      object,
      records: [{ Id: session, TimeIdle: 1, OwnerId: some.agentId }],
      allOrNone: true,
    });
    expect(await sharesOf(owner)).toHaveLength(2);
    await updateRecords(test.db, owner, {
      object,
      records: [{ Id: session, OwnerId: some.admin.userId }],
      allOrNone: true,
    });
    expect(await reads(await sharedCaller(test.db, other))).toBe(false);
    expect(await sharesOf(await sharedCaller(test.db, some.admin.userId))).toHaveLength(1);
  });

  it('ends when the default comes to give as much, and does not come back', async () => {
    await give(
      owner,
      { ParentId: session, UserOrGroupId: other, AccessLevel: 'Read' },
      { ParentId: session, UserOrGroupId: some.groupId, AccessLevel: 'Edit' },
    );
    const [setting = ''] = await createAll(test.db, some.admin, 'FloorObjectSetting', [
      { SobjectType: 'LiveAgentSession', InternalSharingModel: 'Read' },
    ]);
    await dropIdleShares(test.db);
    expect(await sharesOf(owner)).toMatchObject([{ RowCause: 'Owner' }, { AccessLevel: 'Edit' }]);
    const change = {
      object: objectNamed('FloorObjectSetting'),
      records: [{ Id: setting, InternalSharingModel: 'Private' }],
      allOrNone: true,
    };
    await updateRecords(test.db, some.admin, change);
    await dropIdleShares(test.db);
    expect(await sharesOf(owner)).toHaveLength(2);
    await deleteRecords(test.db, some.admin, [setting]);
  });
});

describe('the share of an owner', () => {
  it('is read, and follows the owner, without being stored', async () => {
    const id = derivedShareId(share, session);
    expect(isId(id)).toBe(true);
    expect(isDerivedShareId(share, id)).toBe(true);
    expect(await sharesOf(owner)).toMatchObject([
      { Id: id, UserOrGroupId: some.agentId, AccessLevel: 'All', RowCause: 'Owner' },
    ]);
    expect(await test.db.query('SELECT id FROM so_live_agent_session_share WHERE id = $1', [id])).toEqual([]);
    expect(
      await queryRecords(test.db, owner, `SELECT Id FROM LiveAgentSessionShare WHERE Id = '${id}'`),
    ).toHaveLength(1);
  });

  it('is none where a queue owns the row', async () => {
    const object = objectNamed('LiveAgentSession');
    const admin = await sharedCaller(test.db, some.admin.userId, { modifyAll: true });
    await updateRecords(test.db, admin, {
      object,
      records: [{ Id: session, OwnerId: some.queueId }],
      allOrNone: true,
    });
    expect(await sharesOf(admin)).toEqual([]);
  });

  it('cannot be changed or deleted', async () => {
    const id = derivedShareId(share, session);
    const change = { object: share, records: [{ Id: id, AccessLevel: 'Read' }], allOrNone: true };
    expect(errorOf(await updateRecords(test.db, owner, change))?.code).toBe('INVALID_CROSS_REFERENCE_KEY');
    expect(errorOf(await deleteRecords(test.db, owner, [id]))?.code).toBe('INVALID_CROSS_REFERENCE_KEY');
    expect(await sharesOf(owner)).toHaveLength(1);
  });

  it.each([
    ['LiveAgentSession', '0HKFW0000000001', '02cFW0000000001'],
    ['LiveAgentSession', '0HK5g000000Abcd', '02c5g000000Abcd'],
    ['LiveAgentSession', '0HKaB0000000zZZ', '02caB0000000zZZ'],
    ['LiveChatTranscript', '570FW0000000001', '02cFW2000000001'],
    ['LiveChatTranscript', '570Dn0000AbCdEf', '02cDn2000AbCdEf'],
  ])('has the same id in SQL: %s %s', async (name, fifteen, expected) => {
    const [row] = await test.db.query<{ id: string }>(
      `SELECT ${derivedShareIdSql(objectNamed(name), '02c', 's')} AS id FROM (SELECT $1::text COLLATE "C" AS id) AS s`,
      [id18(fifteen)],
    );
    expect(row?.id).toBe(id18(expected));
    expect(derivedShareId(objectNamed(`${name}Share`), id18(fifteen))).toBe(id18(expected));
  });
});

describe('a role', () => {
  it('has two groups that shares can name, which go with it', async () => {
    const [role = ''] = await createAll(test.db, some.admin, 'UserRole', [
      { Name: 'Floor', DeveloperName: 'Floor', OpportunityAccessForAccountOwner: 'None' },
    ]);
    const groups = () =>
      test.db.query<{ id: string; type: string; name: string }>(
        'SELECT id, type, name FROM so_group WHERE related_id = $1 AND NOT is_deleted ORDER BY type',
        [role],
      );
    expect(await groups()).toMatchObject([{ type: 'Role', name: 'Floor' }, { type: 'RoleAndSubordinates' }]);
    const [group] = await groups();
    expect(
      (await give(owner, { ParentId: session, UserOrGroupId: group?.id, AccessLevel: 'Read' }))[0]?.success,
    ).toBe(true);
    await deleteRecords(test.db, some.admin, [role]);
    expect(await groups()).toEqual([]);
  });

  it('cannot stand above itself', async () => {
    const [top = '', below = ''] = await createAll(test.db, some.admin, 'UserRole', [
      { Name: 'Top', DeveloperName: 'Top', OpportunityAccessForAccountOwner: 'None' },
      { Name: 'Below', DeveloperName: 'Below', OpportunityAccessForAccountOwner: 'None' },
    ]);
    const object = objectNamed('UserRole');
    const put = (Id: string, ParentRoleId: string) =>
      updateRecords(test.db, some.admin, { object, records: [{ Id, ParentRoleId }], allOrNone: true });
    expect((await put(below, top))[0]?.success).toBe(true);
    expect(errorOf(await put(top, below))?.code).toBe('FIELD_INTEGRITY_EXCEPTION');
  });
});
