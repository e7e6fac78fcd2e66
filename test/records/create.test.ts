import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createRecords } from '../../src/records/create.js';
import type { SaveResult } from '../../src/records/result.js';
import { checksum, isId } from '../../src/store/ids.js';
import { type TestStore, testStore } from '../support/store.js';
import { setFloorTime } from '../support/time.js';
import {
  accessTo,
  aSession,
  aUser,
  callerOf,
  createAll,
  objectNamed,
  type People,
  people,
} from './people.js';

let store: TestStore;
let who: People;
const session = objectNamed('LiveAgentSession');

beforeAll(async () => {
  store = await testStore();
  who = await people(store.db);
});
afterAll(() => store.close());
beforeEach(async () => {
  await store.db.query('TRUNCATE so_live_agent_session, change');
});

function create(
  records: Record<string, unknown>[],
  more: { allOrNone?: boolean } = {},
): Promise<SaveResult[]> {
  return createRecords(store.db, who.admin, { object: session, records, allOrNone: false, ...more });
}

async function createOne(fields: Record<string, unknown>): Promise<SaveResult> {
  const [result] = await create([fields]);
  if (result === undefined) throw new Error('no result');
  return result;
}

/** The one error a session with these extra fields is refused with. */
async function refusal(fields: Record<string, unknown>) {
  const result = await createOne(aSession(who.agentId, fields));
  expect(result).toMatchObject({ id: null, success: false });
  expect(result.errors).toHaveLength(1);
  expect(await store.db.query('SELECT id FROM so_live_agent_session')).toEqual([]);
  return result.errors[0];
}

describe('a created record', () => {
  it('has the values sent, and what the platform gives', async () => {
    await setFloorTime(store.db, { frozenAt: '2026-03-10T14:00:00.900Z' });
    const result = await createOne(
      aSession(who.agentId.slice(0, 15), {
        loginTIME: '2026-03-10T14:00:00.999+0200',
        TimeIdle: 999_999_999,
        ChatReqAssigned: '7',
        NumFlagRaised: -3,
      }),
    );
    expect(result).toEqual({ id: expect.stringMatching(/^0HKFW0/), success: true, errors: [] });
    const rows = await store.db.query(
      `SELECT id, owner_id, is_deleted, created_date, created_by_id, last_modified_date, last_modified_by_id,
              system_modstamp, agent_id, login_time, time_idle, chat_req_assigned, num_flag_raised, time_in_chats
         FROM so_live_agent_session`,
    );
    const at = Date.UTC(2026, 2, 10, 14);
    expect(rows).toEqual([
      {
        id: result.id,
        owner_id: who.admin.userId,
        is_deleted: false,
        created_date: at,
        created_by_id: who.admin.userId,
        last_modified_date: at,
        last_modified_by_id: who.admin.userId,
        system_modstamp: at,
        agent_id: who.agentId,
        login_time: Date.UTC(2026, 2, 10, 12),
        time_idle: 999_999_999,
        chat_req_assigned: 7,
        num_flag_raised: -3,
        time_in_chats: null,
      },
    ]);
    expect(isId(result.id ?? '')).toBe(true);
    await setFloorTime(store.db, { speed: 1 });
  });

  it('is numbered, each one higher than the one before, ids too', async () => {
    const results = await create([1, 2, 3].map((n) => aSession(who.agentId, { TimeIdle: n })));
    const rows = await store.db.query<{ id: string; name: string; time_idle: number }>(
      'SELECT id, name, time_idle FROM so_live_agent_session ORDER BY id',
    );
    expect(rows.map(({ id }) => id)).toEqual(results.map(({ id }) => id));
    expect(rows.map(({ time_idle }) => time_idle)).toEqual([1, 2, 3]);
    for (const { name } of rows) expect(name).toMatch(/^\d{8}$/);
    expect(Number(rows[2]?.name)).toBe(Number(rows[0]?.name) + 2);
  });

  it('belongs to the queue or user named, and to the caller when null is named', async () => {
    const results = await create([
      aSession(who.agentId, { OwnerId: who.queueId }),
      aSession(who.agentId, { OwnerId: who.agentId }),
      aSession(who.agentId, { OwnerId: null }),
    ]);
    expect(results.every(({ success }) => success)).toBe(true);
    const rows = await store.db.query('SELECT owner_id FROM so_live_agent_session ORDER BY id');
    expect(rows).toEqual([who.queueId, who.agentId, who.admin.userId].map((owner_id) => ({ owner_id })));
  });
});

describe('a refused record', () => {
  it('lacks required fields, all of them named', async () => {
    const result = await createOne({ LogoutTime: '2026-03-10T13:00:00Z', LoginTime: null });
    expect(result.errors).toEqual([
      {
        code: 'REQUIRED_FIELD_MISSING',
        message: 'Required fields are missing: [AgentId, LoginTime]',
        fields: ['AgentId', 'LoginTime'],
      },
    ]);
  });

  it('names a field that does not exist', async () => {
    expect(await refusal({ Foo: 1 })).toEqual({
      code: 'INVALID_FIELD',
      message: "No such column 'Foo' on sobject of type LiveAgentSession",
      fields: [],
    });
  });

  it.each(['Name', 'CreatedDate', 'SystemModstamp', 'LastViewedDate', 'IsDeleted'])(
    'sets %s',
    async (field) => {
      expect(await refusal({ [field]: null })).toEqual({
        code: 'INVALID_FIELD_FOR_INSERT_UPDATE',
        message: `Unable to create/update fields: ${field}. Please check the security settings of this field and verify that it is read/write for your profile or permission set.`,
        fields: [field],
      });
    },
  );

  it('sets a field the caller may not edit', async () => {
    const caller = { ...who.admin, access: accessTo('LiveAgentSession.TimeIdle.edit') };
    const [result] = await createRecords(store.db, caller, {
      object: session,
      records: [aSession(who.agentId, { TimeIdle: 1, TimeInChats: 1 })],
      allOrNone: false,
    });
    expect(result?.errors[0]).toMatchObject({
      code: 'INVALID_FIELD_FOR_INSERT_UPDATE',
      fields: ['TimeIdle'],
    });
  });

  it('has an id that is malformed, or of another object', async () => {
    for (const bad of [
      'abc',
      `${who.agentId.slice(0, 15)}XXX`,
      who.queueId,
      5,
      '0HK000000000001AAA',
      '001000000000001AAA',
    ]) {
      expect(await refusal({ AgentId: bad })).toEqual({
        code: 'MALFORMED_ID',
        message: `User ID: id value of incorrect type: ${bad}`,
        fields: ['AgentId'],
      });
    }
  });

  it('refers to a row that is not there', async () => {
    const fifteen = '005FW0zzzzzzzzz';
    expect(await refusal({ AgentId: fifteen })).toEqual({
      code: 'INVALID_CROSS_REFERENCE_KEY',
      message: 'invalid cross reference id',
      fields: ['AgentId'],
    });
    expect(await refusal({ OwnerId: fifteen + checksum(fifteen) })).toMatchObject({
      code: 'INVALID_CROSS_REFERENCE_KEY',
    });
  });

  it('is owned by somebody inactive, or by a group that is no queue', async () => {
    expect(await refusal({ OwnerId: who.inactiveId })).toEqual({
      code: 'INACTIVE_OWNER_OR_USER',
      message: `operation performed with inactive user [${who.inactiveId}] as owner of chat session`,
      fields: ['OwnerId'],
    });
    expect(await refusal({ OwnerId: who.groupId })).toMatchObject({ code: 'INVALID_CROSS_REFERENCE_KEY' });
  });

  it.each([1_000_000_000, -1_000_000_000, 1e21, '1000000000'])(
    'has the number %s, too many digits',
    async (n) => {
      const shown = n === 1e21 ? '1000000000000000000000' : String(n);
      expect(await refusal({ TimeIdle: n })).toEqual({
        code: 'NUMBER_OUTSIDE_VALID_RANGE',
        message: `Time Idle: value outside of valid range on numeric field: ${shown}`,
        fields: ['TimeIdle'],
      });
    },
  );

  it.each([
    ['TimeIdle', 'abc', 'Time Idle'],
    ['TimeIdle', 1.5, 'Time Idle'],
    ['TimeIdle', true, 'Time Idle'],
    ['LoginTime', 'yesterday', 'Login Time'],
    ['LoginTime', '2026-02-30T00:00:00Z', 'Login Time'],
    ['LoginTime', '2026-02-20T25:00:00Z', 'Login Time'],
    ['LoginTime', '2026-02-20', 'Login Time'],
  ])('has in %s the value %j of another type', async (field, value, label) => {
    expect(await refusal({ [field]: value })).toEqual({
      code: 'INVALID_TYPE_ON_FIELD_IN_RECORD',
      message: `${label}: value not of required type: ${value}`,
      fields: [field],
    });
  });

  it('has a date-time outside 1700 to 4000', async () => {
    for (const bad of ['1699-12-31T23:59:59Z', '4000-12-31T00:00:01Z', '1700-01-01T00:00:00+01:00']) {
      expect(await refusal({ LoginTime: bad })).toMatchObject({
        code: 'FIELD_INTEGRITY_EXCEPTION',
        fields: ['LoginTime'],
      });
    }
    const good = await create([
      aSession(who.agentId, { LoginTime: '1700-01-01T00:00:00Z', LogoutTime: '4000-12-31T00:00:00Z' }),
    ]);
    expect(good[0]?.success).toBe(true);
  });

  it('is of an object the caller may not create, or that nobody can create', async () => {
    const caller = { ...who.admin, access: accessTo('LiveAgentSession.create') };
    const [result] = await createRecords(store.db, caller, {
      object: session,
      records: [aSession(who.agentId)],
      allOrNone: false,
    });
    expect(result?.errors).toEqual([
      {
        code: 'CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY',
        message: 'entity type cannot be inserted: Chat Session',
        fields: [],
      },
    ]);
    const [organization] = await createRecords(store.db, who.admin, {
      object: objectNamed('Organization'),
      records: [{ Name: 'Second' }],
      allOrNone: false,
    });
    expect(organization?.errors[0]).toMatchObject({
      code: 'INVALID_TYPE_FOR_OPERATION',
      message: 'entity type Organization does not support create',
    });
  });

  it('refuses the whole call above 200 records', async () => {
    const call = create(Array.from({ length: 201 }, () => aSession(who.agentId)));
    await expect(call).rejects.toMatchObject({
      code: 'EXCEEDED_ID_LIMIT',
      message: 'record limit reached. cannot submit more than 200 records into this call',
    });
  });
});

describe('text', () => {
  const skill = objectNamed('Skill');
  const label = (text: string, n = 0) => ({
    MasterLabel: text,
    DeveloperName: `S${n}_${Math.random().toString(36).slice(2)}`,
  });

  it('is trimmed, compared by an upper-case key, and refused when too long', async () => {
    const [a, b, c] = await createRecords(store.db, who.admin, {
      object: skill,
      records: [label('  Straße é \n'), label('x'.repeat(80)), label('x'.repeat(81))],
      allOrNone: false,
    });
    expect(a?.success && b?.success).toBe(true);
    expect(c?.errors).toEqual([
      {
        code: 'STRING_TOO_LONG',
        message: `${skill.fields.find(({ name }) => name === 'MasterLabel')?.label}: data value too large: ${'x'.repeat(81)} (max length=80)`,
        fields: ['MasterLabel'],
      },
    ]);
    expect(
      await store.db.query('SELECT master_label, master_label__key FROM so_skill WHERE id = $1', [a?.id]),
    ).toEqual([{ master_label: 'Straße é', master_label__key: 'STRASSE É' }]);
  });

  it.each(['a\u0000b', 'a\u0007b', 'a\uFFFEb', 'a\uD800b', '\uDC00'])(
    'with %j cannot be kept',
    async (text) => {
      const [result] = await createRecords(store.db, who.admin, {
        object: skill,
        records: [label(text)],
        allOrNone: false,
      });
      expect(result?.errors[0]).toMatchObject({
        code: 'TEXT_DATA_OUTSIDE_SUPPORTED_CHARSET',
        fields: ['MasterLabel'],
      });
    },
  );

  it('of a restricted picklist must be one of its values', async () => {
    const [result] = await createRecords(store.db, who.admin, {
      object: objectNamed('Group'),
      records: [{ Name: 'G', Type: 'Nonsense' }],
      allOrNone: false,
    });
    expect(result?.errors).toEqual([
      {
        code: 'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST',
        message: 'Type: bad value for restricted picklist field: Nonsense',
        fields: ['Type'],
      },
    ]);
  });
});

describe('several records', () => {
  const mixed = () => [
    aSession(who.agentId, { TimeIdle: 1 }),
    aSession(who.agentId, { TimeIdle: 'x' }),
    aSession('005FW0zzzzzzzzz'),
    aSession(who.agentId, { TimeIdle: 2 }),
  ];

  it('succeed and fail each by itself', async () => {
    const results = await create(mixed());
    expect(results.map(({ success }) => success)).toEqual([true, false, false, true]);
    const rows = await store.db.query('SELECT id, time_idle FROM so_live_agent_session ORDER BY id');
    expect(rows).toEqual([
      { id: results[0]?.id, time_idle: 1 },
      { id: results[3]?.id, time_idle: 2 },
    ]);
  });

  it('are saved all or none when asked, the good ones told why not', async () => {
    const results = await create(mixed(), { allOrNone: true });
    expect(results.map(({ errors }) => errors[0]?.code)).toEqual([
      'ALL_OR_NONE_OPERATION_ROLLED_BACK',
      'INVALID_TYPE_ON_FIELD_IN_RECORD',
      'ALL_OR_NONE_OPERATION_ROLLED_BACK',
      'ALL_OR_NONE_OPERATION_ROLLED_BACK',
    ]);
    expect(await store.db.query('SELECT id FROM so_live_agent_session')).toEqual([]);
  });

  it('take four statements, be they 200 or 1, all good or not', async () => {
    const many = Array.from({ length: 200 }, (_, n) => aSession(who.agentId, { TimeIdle: n }));
    store.statements.length = 0;
    const results = await create(many);
    expect(results.every(({ success }) => success)).toBe(true);
    expect(store.statements).toHaveLength(4);
    store.statements.length = 0;
    await create([...many.slice(1), aSession('005FW0zzzzzzzzz')]);
    expect(store.statements).toHaveLength(4);
  });

  it('leave a change each, in the transaction that made them', async () => {
    const results = await create([aSession(who.agentId), aSession(who.agentId)]);
    const changes = await store.db.query(
      'SELECT object, record_id, kind, fields, count(*) OVER (PARTITION BY tx) AS together FROM change ORDER BY seq',
    );
    expect(changes).toEqual(
      results.map(({ id }) => ({
        object: 'LiveAgentSession',
        record_id: id,
        kind: 'create',
        fields: null,
        together: 2,
      })),
    );
  });

  it('inside a transaction of the caller’s go with it', async () => {
    const attempt = store.db.tx(async (tx) => {
      const results = await createRecords(tx, who.admin, {
        object: session,
        records: [aSession(who.agentId)],
        allOrNone: true,
      });
      expect(results[0]?.success).toBe(true);
      throw new Error('take it back');
    });
    await expect(attempt).rejects.toThrow('take it back');
    expect(await store.db.query('SELECT id FROM so_live_agent_session')).toEqual([]);
  });
});

describe('users', () => {
  it('get a full name, a nickname and a principal', async () => {
    const [id] = await createAll(
      store.db,
      who.admin,
      'User',
      [aUser(who.profileId, { FirstName: 'Ana', LastName: 'Ríos' })],
      'api',
    );
    expect(
      await store.db.query(
        'SELECT name, name__key, community_nickname LIKE $2 AS nick FROM so_user WHERE id = $1',
        [id, 'User%'],
      ),
    ).toEqual([{ name: 'Ana Ríos', name__key: 'ANA RÍOS', nick: true }]);
    expect(await store.db.query('SELECT kind, name, is_active FROM principal WHERE id = $1', [id])).toEqual([
      { kind: 'User', name: 'Ana Ríos', is_active: true },
    ]);
    expect(
      await store.db.query('SELECT kind FROM principal WHERE id = ANY($1) ORDER BY kind', [
        [who.queueId, who.groupId],
      ]),
    ).toEqual([{ kind: 'Group' }, { kind: 'Queue' }]);
  });

  it('have a user name nobody else has, whatever its case, shaped like an e-mail address', async () => {
    const taken = aUser(who.profileId);
    await createAll(store.db, who.admin, 'User', [taken], 'api');
    const again = aUser(who.profileId, { Username: String(taken.Username).toUpperCase() });
    const twin = aUser(who.profileId);
    const results = await createRecords(store.db, who.admin, {
      object: objectNamed('User'),
      records: [
        again,
        twin,
        aUser(who.profileId, { Username: twin.Username }),
        aUser(who.profileId, { Username: 'ana' }),
      ],
      allOrNone: false,
    });
    expect(results.map(({ errors }) => errors[0]?.code)).toEqual([
      'DUPLICATE_USERNAME',
      undefined,
      'DUPLICATE_USERNAME',
      'INVALID_EMAIL_ADDRESS',
    ]);
  });

  it('are refused one by one when two writers race for one user name', async () => {
    const object = objectNamed('User');
    const username = 'race@example.test';
    const calls = Array.from({ length: 6 }, () =>
      createRecords(store.db, who.admin, {
        object,
        records: [aUser(who.profileId), aUser(who.profileId, { Username: username }), aUser(who.profileId)],
        allOrNone: false,
      }),
    );
    const results = await Promise.all(calls);
    const outcomes = results.map((call) => call.map(({ success }) => success));
    expect(outcomes.filter(([, middle]) => middle)).toHaveLength(1);
    for (const [first, , last] of outcomes) expect([first, last]).toEqual([true, true]);
    expect(await store.db.query('SELECT count(*) AS n FROM so_user WHERE username = $1', [username])).toEqual(
      [{ n: 1 }],
    );
  });
});

describe('the server’s own writes', () => {
  it('may set ids and audit fields and need no rights', async () => {
    const caller = callerOf(who.agentId, {
      access: accessTo('LiveAgentSession.create', 'LiveAgentSession.TimeIdle.edit'),
    });
    const [result] = await createRecords(store.db, caller, {
      object: session,
      records: [
        aSession(who.agentId, {
          Id: '0HK5e000000TUvhGAG',
          Name: '00000042',
          CreatedDate: '2019-01-01T00:00:00Z',
          TimeIdle: 5,
          OwnerId: who.inactiveId,
        }),
      ],
      allOrNone: true,
      origin: 'import',
    });
    expect(result?.errors).toEqual([]);
    expect(
      await store.db.query(
        'SELECT id, name, created_date, owner_id, created_by_id FROM so_live_agent_session',
      ),
    ).toEqual([
      {
        id: '0HK5e000000TUvhGAG',
        name: '00000042',
        created_date: Date.UTC(2019, 0, 1),
        owner_id: who.inactiveId,
        created_by_id: who.agentId,
      },
    ]);
  });
});
