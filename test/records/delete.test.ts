import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deleteRecords } from '../../src/records/delete.js';
import { type TestStore, testStore } from '../support/store.js';
import { accessTo, aSession, createAll, type People, people } from './people.js';

let store: TestStore;
let who: People;
beforeAll(async () => {
  store = await testStore();
  who = await people(store.db);
});
afterAll(() => store.close());

const sessions = (count: number) =>
  createAll(
    store.db,
    who.admin,
    'LiveAgentSession',
    Array.from({ length: count }, () => aSession(who.agentId)),
    'api',
  );
const remove = (ids: string[], allOrNone = false) => deleteRecords(store.db, who.admin, ids, { allOrNone });

describe('deleted records', () => {
  it('stay as rows of the Recycle Bin, and a second delete says so', async () => {
    const [id = ''] = await sessions(1);
    expect(await remove([id.slice(0, 15)])).toEqual([{ id, success: true, errors: [] }]);
    const rows = await store.db.query(
      `SELECT is_deleted, deleted_at = system_modstamp AS stamped, deleted_with, bin_emptied_at
         FROM so_live_agent_session WHERE id = $1`,
      [id],
    );
    expect(rows).toEqual([{ is_deleted: true, stamped: true, deleted_with: id, bin_emptied_at: null }]);
    expect(await store.db.query('SELECT kind FROM change WHERE record_id = $1 ORDER BY seq', [id])).toEqual([
      { kind: 'create' },
      { kind: 'delete' },
    ]);
    expect((await remove([id]))[0]?.errors).toEqual([
      { code: 'ENTITY_IS_DELETED', message: 'entity is deleted', fields: [] },
    ]);
  });

  it('take their children along', async () => {
    const [group = ''] = await createAll(store.db, who.admin, 'Group', [
      { Name: 'Night', DeveloperName: 'Night', Type: 'Regular' },
    ]);
    const members = await createAll(store.db, who.admin, 'GroupMember', [
      { GroupId: group, UserOrGroupId: who.agentId },
      { GroupId: group, UserOrGroupId: who.groupId },
      { GroupId: who.groupId, UserOrGroupId: group },
      { GroupId: who.groupId, UserOrGroupId: who.agentId },
    ]);
    expect((await remove([group]))[0]?.errors).toEqual([]);
    const rows = await store.db.query('SELECT id, is_deleted, deleted_with FROM so_group_member ORDER BY id');
    expect(rows).toEqual(
      members.map((id, n) => ({ id, is_deleted: n < 3, deleted_with: n < 3 ? group : null })),
    );
    const told = await store.db.query<{ record_id: string }>(
      `SELECT record_id FROM change WHERE kind = 'delete'`,
    );
    expect(told.map(({ record_id }) => record_id)).toEqual(
      expect.arrayContaining([group, ...members.slice(0, 3)]),
    );
    expect(await store.db.query('SELECT is_active FROM principal WHERE id = $1', [group])).toEqual([
      { is_active: false },
    ]);
  });

  it('of several objects go in one call, a handful of statements for 200', async () => {
    const ids = await sessions(199);
    const [visitor = ''] = await createAll(store.db, who.admin, 'LiveChatVisitor', [{}]);
    store.statements.length = 0;
    const results = await remove([...ids, visitor]);
    expect(results.every(({ success }) => success)).toBe(true);
    expect(store.statements.length).toBeLessThanOrEqual(14);
  });
});

describe('a refused delete', () => {
  it('names what is wrong with each id, and does the others', async () => {
    const [good = ''] = await sessions(1);
    const results = await remove(['abc', '0HKFW0zzzzzzzzz', 'zzzFW0zzzzzzzzz', who.agentId, good, good]);
    expect(results.map(({ errors }) => errors[0]?.code)).toEqual([
      'MALFORMED_ID',
      'INVALID_CROSS_REFERENCE_KEY',
      'INVALID_CROSS_REFERENCE_KEY',
      'INVALID_TYPE_FOR_OPERATION',
      undefined,
      'ENTITY_IS_DELETED',
    ]);
    expect(results[0]?.errors[0]?.message).toBe('bad id abc');
  });

  it('is by a caller who may not delete', async () => {
    const [id = ''] = await sessions(1);
    const caller = { ...who.admin, access: accessTo('LiveAgentSession.delete') };
    const [result] = await deleteRecords(store.db, caller, [id]);
    expect(result?.errors[0]?.code).toBe('INSUFFICIENT_ACCESS_OR_READONLY');
  });

  it('takes the others back under allOrNone', async () => {
    const [id = ''] = await sessions(1);
    const results = await remove([id, '0HKFW0zzzzzzzzz'], true);
    expect(results.map(({ errors }) => errors[0]?.code)).toEqual([
      'ALL_OR_NONE_OPERATION_ROLLED_BACK',
      'INVALID_CROSS_REFERENCE_KEY',
    ]);
    expect(await store.db.query('SELECT is_deleted FROM so_live_agent_session WHERE id = $1', [id])).toEqual([
      { is_deleted: false },
    ]);
  });
});
