import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { SaveResult } from '../../src/records/result.js';
import { updateRecords } from '../../src/records/update.js';
import { type TestStore, testStore } from '../support/store.js';
import { setFloorTime } from '../support/time.js';
import { accessTo, aSession, aUser, createAll, objectNamed, type People, people } from './people.js';

let store: TestStore;
let who: People;
let ids: string[];
const session = objectNamed('LiveAgentSession');
const created = Date.UTC(2026, 2, 10, 12);

beforeAll(async () => {
  store = await testStore();
  who = await people(store.db);
});
afterAll(() => store.close());
beforeEach(async () => {
  await store.db.query('TRUNCATE so_live_agent_session, change');
  await setFloorTime(store.db, { frozenAt: created });
  const records = [1, 2, 3].map((n) => aSession(who.agentId, { TimeIdle: n, TimeInChats: n }));
  ids = await createAll(store.db, who.admin, 'LiveAgentSession', records, 'api');
  await setFloorTime(store.db, { offsetMs: 60_400 });
  await store.db.query('TRUNCATE change');
});

function update(records: Record<string, unknown>[], more: { allOrNone?: boolean; origin?: 'system' } = {}) {
  return updateRecords(store.db, who.admin, { object: session, records, allOrNone: false, ...more });
}

async function refusal(fields: Record<string, unknown>) {
  const [result] = await update([{ Id: ids[0], ...fields }]);
  expect(result).toMatchObject({ id: null, success: false });
  expect(result?.errors).toHaveLength(1);
  return result?.errors[0];
}

const rows = () =>
  store.db.query(
    `SELECT id, time_idle, time_in_chats, system_modstamp, last_modified_date, last_modified_by_id
       FROM so_live_agent_session ORDER BY id`,
  );

describe('updated records', () => {
  it('keep what was not sent, in one call with different fields', async () => {
    const results = await update([
      { Id: ids[2], TimeIdle: 30 },
      { Id: ids[0]?.slice(0, 15), TimeInChats: null },
    ]);
    expect(results).toEqual([ids[2], ids[0]].map((id) => ({ id, success: true, errors: [] })));
    expect(await rows()).toMatchObject([
      { id: ids[0], time_idle: 1, time_in_chats: null },
      { id: ids[1], time_idle: 2, time_in_chats: 2 },
      { id: ids[2], time_idle: 30, time_in_chats: 3 },
    ]);
  });

  it('are stamped with who and when, to the second', async () => {
    await update([{ Id: ids[0], TimeIdle: 9 }]);
    const at = created + 60_000;
    expect((await rows())[0]).toMatchObject({
      system_modstamp: at,
      last_modified_date: at,
      last_modified_by_id: who.admin.userId,
    });
    expect((await rows())[1]).toMatchObject({ system_modstamp: created, last_modified_date: created });
  });

  it('by the server itself move SystemModstamp alone', async () => {
    await update([{ Id: ids[0], TimeIdle: 9 }], { origin: 'system' });
    expect((await rows())[0]).toMatchObject({
      system_modstamp: created + 60_000,
      last_modified_date: created,
    });
  });

  it('never get an earlier stamp when the clock goes back', async () => {
    await update([{ Id: ids[0], TimeIdle: 9 }]);
    await setFloorTime(store.db, { frozenAt: created - 3_600_000 });
    await update([{ Id: ids[0], TimeIdle: 10 }]);
    expect((await rows())[0]).toMatchObject({ time_idle: 10, system_modstamp: created + 60_000 });
  });

  it('tell the outbox which values differ', async () => {
    await update([{ Id: ids[0], TimeIdle: 1, TimeInChats: 50, LoginTime: '2026-03-10T12:00:00Z' }]);
    const changes = await store.db.query('SELECT object, record_id, kind, fields FROM change');
    expect(changes).toEqual([
      { object: 'LiveAgentSession', record_id: ids[0], kind: 'update', fields: ['TimeInChats'] },
    ]);
  });

  it('named twice in a call get both changes, the later over the earlier', async () => {
    const results = await update([
      { Id: ids[0], TimeIdle: 10, TimeInChats: 10 },
      { Id: ids[0], TimeIdle: 11 },
    ]);
    expect(results.every(({ success }) => success)).toBe(true);
    expect((await rows())[0]).toMatchObject({ time_idle: 11, time_in_chats: 10 });
  });

  it('take five statements, be they 200 or 1, without references four', async () => {
    const many = await createAll(
      store.db,
      who.admin,
      'LiveAgentSession',
      Array.from({ length: 200 }, () => aSession(who.agentId)),
      'api',
    );
    store.statements.length = 0;
    await update(many.map((Id, n) => ({ Id, TimeIdle: n })));
    expect(store.statements).toHaveLength(4);
    store.statements.length = 0;
    const results = await update(
      many.map((Id, n) => (n % 2 ? { Id, TimeIdle: n } : { Id, AgentId: who.admin.userId })),
    );
    expect(results.every(({ success }) => success)).toBe(true);
    expect(store.statements).toHaveLength(5);
  });

  it('wait for each other and lose nothing, in whatever order ids are sent', async () => {
    const calls: Promise<SaveResult[]>[] = [];
    for (let n = 0; n < 10; n++) {
      calls.push(
        update([
          { Id: ids[0], TimeIdle: n },
          { Id: ids[2], TimeIdle: n },
        ]),
      );
      calls.push(
        update([
          { Id: ids[2], TimeInChats: n },
          { Id: ids[0], TimeInChats: n },
        ]),
      );
    }
    const results = (await Promise.all(calls)).flat();
    expect(results.filter(({ success }) => !success)).toEqual([]);
  });
});

describe('a refused update', () => {
  it('has no id, a malformed one, or one of another object', async () => {
    const results = await update([{ TimeIdle: 1 }, { Id: 'abc' }, { Id: who.agentId }]);
    expect(results.map(({ errors }) => errors[0])).toEqual([
      { code: 'MISSING_ARGUMENT', message: 'Id not specified in an update call', fields: [] },
      { code: 'MALFORMED_ID', message: 'Chat Session ID: id value of incorrect type: abc', fields: ['Id'] },
      {
        code: 'MALFORMED_ID',
        message: `Chat Session ID: id value of incorrect type: ${who.agentId}`,
        fields: ['Id'],
      },
    ]);
  });

  it('is of a record that never was, or that is deleted', async () => {
    await store.db.query('UPDATE so_live_agent_session SET is_deleted = true WHERE id = $1', [ids[1]]);
    const results = await update([{ Id: '0HKFW0zzzzzzzzz' }, { Id: ids[1] }, { Id: ids[0] }]);
    expect(results.map(({ errors }) => errors[0])).toEqual([
      { code: 'INVALID_CROSS_REFERENCE_KEY', message: 'invalid cross reference id', fields: [] },
      { code: 'ENTITY_IS_DELETED', message: 'entity is deleted', fields: [] },
      undefined,
    ]);
  });

  it('clears a required field, or the owner', async () => {
    expect(await refusal({ LoginTime: null })).toMatchObject({
      code: 'REQUIRED_FIELD_MISSING',
      message: 'Required fields are missing: [LoginTime]',
    });
    expect(await refusal({ OwnerId: null })).toMatchObject({
      code: 'INVALID_EMPTY_KEY_OWNER',
      fields: ['OwnerId'],
    });
  });

  it.each([
    [{ Name: 'x' }, 'INVALID_FIELD_FOR_INSERT_UPDATE'],
    [{ CreatedById: null }, 'INVALID_FIELD_FOR_INSERT_UPDATE'],
    [{ Foo: 1 }, 'INVALID_FIELD'],
    [{ TimeIdle: 1e9 }, 'NUMBER_OUTSIDE_VALID_RANGE'],
    [{ AgentId: 'abc' }, 'MALFORMED_ID'],
  ])('%j answers %s', async (fields, code) => {
    expect(await refusal(fields)).toMatchObject({ code });
  });

  it('is by a caller who may not edit', async () => {
    const results = await updateRecords(
      store.db,
      { ...who.admin, access: accessTo('LiveAgentSession.edit') },
      { object: session, records: [{ Id: ids[0], TimeIdle: 5 }], allOrNone: false },
    );
    expect(results[0]?.errors).toEqual([
      {
        code: 'INSUFFICIENT_ACCESS_OR_READONLY',
        message: 'insufficient access rights on object id',
        fields: [],
      },
    ]);
  });

  it('takes the others back under allOrNone', async () => {
    const before = await rows();
    const results = await update(
      [
        { Id: ids[0], TimeIdle: 77 },
        { Id: '0HKFW0zzzzzzzzz', TimeIdle: 77 },
      ],
      {
        allOrNone: true,
      },
    );
    expect(results.map(({ errors }) => errors[0]?.code)).toEqual([
      'ALL_OR_NONE_OPERATION_ROLLED_BACK',
      'INVALID_CROSS_REFERENCE_KEY',
    ]);
    expect(await rows()).toEqual(before);
  });
});

describe('users', () => {
  it('are renamed everywhere at once, and cannot take a name that is taken', async () => {
    const [a = '', b = ''] = await createAll(store.db, who.admin, 'User', [
      aUser(who.profileId, { FirstName: 'Ben', LastName: 'Old' }),
      aUser(who.profileId),
    ]);
    const user = objectNamed('User');
    const change = (Id: string, fields: Record<string, unknown>) =>
      updateRecords(store.db, who.admin, { object: user, records: [{ Id, ...fields }], allOrNone: true });
    expect((await change(a, { LastName: 'New' }))[0]?.success).toBe(true);
    expect(await store.db.query('SELECT name FROM principal WHERE id = $1', [a])).toEqual([
      { name: 'Ben New' },
    ]);
    const [other] = await store.db.query<{ username: string }>('SELECT username FROM so_user WHERE id = $1', [
      a,
    ]);
    expect((await change(b, { Username: other?.username.toUpperCase() }))[0]?.errors[0]).toMatchObject({
      code: 'DUPLICATE_USERNAME',
    });
    expect((await change(a, { Username: other?.username.toUpperCase() }))[0]?.success).toBe(true);
  });
});
