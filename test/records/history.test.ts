import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Caller } from '../../src/access/caller.js';
import { createRecords } from '../../src/records/create.js';
import { updateRecords } from '../../src/records/update.js';
import { type TestStore, testStore } from '../support/store.js';
import { setFloorTime } from '../support/time.js';
import { accessTo, aSession, callerOf, createAll, objectNamed, type People, people } from './people.js';

let store: TestStore;
let who: People;
const object = objectNamed('LiveAgentSession');
const TRACKED = ['AgentId', 'LoginTime', 'TimeIdle'];

beforeAll(async () => {
  store = await testStore();
  who = await people(store.db);
  await createAll(
    store.db,
    who.admin,
    'FloorFieldSetting',
    TRACKED.map((name) => ({
      SobjectType: 'LiveAgentSession',
      Field: `LiveAgentSession.${name}`,
      IsHistoryTracked: true,
    })),
    'api',
  );
});
afterAll(() => store.close());
beforeEach(() => store.db.query('TRUNCATE so_live_agent_session_history'));

const rows = (id: string | null) =>
  store.db.query(
    `SELECT field, data_type, old_value, new_value FROM so_live_agent_session_history
      WHERE live_agent_session_id = $1 ORDER BY id`,
    [id],
  );
const create = async (caller: Caller, fields: Record<string, unknown>, origin: 'api' | 'system' = 'api') => {
  const records = [aSession(who.agentId, fields)];
  const [result] = await createRecords(store.db, caller, { object, records, allOrNone: true, origin });
  expect(result?.errors).toEqual([]);
  return result?.id ?? null;
};
const update = async (id: string | null, fields: Record<string, unknown>, caller = who.admin) => {
  const [result] = await updateRecords(store.db, caller, {
    object,
    records: [{ Id: id, ...fields }],
    allOrNone: true,
  });
  expect(result?.errors).toEqual([]);
};
const nameOf = async (id: string) =>
  (await store.db.query<{ name: string }>('SELECT name FROM so_user WHERE id = $1', [id]))[0]?.name;

describe('history rows', () => {
  it('of a new record say that it was created, and what each tracked field became', async () => {
    const id = await create(who.admin, { TimeIdle: 0, TimeInChats: 9 });
    expect(await rows(id)).toEqual([
      { field: 'created', data_type: 'Text', old_value: null, new_value: null },
      { field: 'Agent', data_type: 'EntityId', old_value: null, new_value: who.agentId },
      { field: 'Agent', data_type: 'Text', old_value: null, new_value: await nameOf(who.agentId) },
      {
        field: 'LoginTime',
        data_type: 'DateTime',
        old_value: null,
        new_value: '2026-03-10T12:00:00.000+0000',
      },
      { field: 'TimeIdle', data_type: 'Double', old_value: null, new_value: '0' },
    ]);
  });

  it('of a change hold both values; a lookup leaves ids and names', async () => {
    const id = await create(who.admin, { TimeIdle: 1 });
    await store.db.query('TRUNCATE so_live_agent_session_history');
    await setFloorTime(store.db, { frozenAt: '2026-03-10T15:00:00.700Z' });
    await update(id, {
      TimeIdle: null,
      AgentId: who.admin.userId,
      LoginTime: '2026-03-10T12:00:00Z',
      TimeInChats: 5,
    });
    expect(await rows(id)).toEqual([
      { field: 'Agent', data_type: 'EntityId', old_value: who.agentId, new_value: who.admin.userId },
      {
        field: 'Agent',
        data_type: 'Text',
        old_value: await nameOf(who.agentId),
        new_value: await nameOf(who.admin.userId),
      },
      { field: 'TimeIdle', data_type: 'Double', old_value: '1', new_value: null },
    ]);
    expect(
      await store.db.query(
        'SELECT DISTINCT created_by_id, created_date, is_deleted FROM so_live_agent_session_history',
      ),
    ).toEqual([
      { created_by_id: who.admin.userId, created_date: Date.UTC(2026, 2, 10, 15), is_deleted: false },
    ]);
  });

  it('are left by what the user may edit only: the floor’s own insert says no more than that it happened', async () => {
    const agent = callerOf(who.agentId, {
      access: accessTo(...TRACKED.map((name) => `LiveAgentSession.${name}.edit`)),
    });
    const id = await create(agent, { TimeIdle: 5 }, 'system');
    expect(await rows(id)).toEqual([
      { field: 'created', data_type: 'Text', old_value: null, new_value: null },
    ]);
  });

  it('go away with a change that is rolled back', async () => {
    const results = await createRecords(store.db, who.admin, {
      object,
      records: [aSession(who.agentId), aSession('005FW0zzzzzzzzz')],
      allOrNone: true,
    });
    expect(results.every(({ success }) => !success)).toBe(true);
    expect(await store.db.query('SELECT id FROM so_live_agent_session_history')).toEqual([]);
  });

  it('stop with the switch, and cost two statements a call at most', async () => {
    const many = Array.from({ length: 200 }, () => aSession(who.agentId));
    store.statements.length = 0;
    await createRecords(store.db, who.admin, { object, records: many, allOrNone: true });
    expect(store.statements).toHaveLength(6);
    const settings = await store.db.query<{ id: string }>('SELECT id FROM so_floor_field_setting');
    const results = await updateRecords(store.db, who.admin, {
      object: objectNamed('FloorFieldSetting'),
      records: settings.map(({ id }) => ({ Id: id, IsHistoryTracked: false })),
      allOrNone: true,
    });
    expect(results.flatMap(({ errors }) => errors)).toEqual([]);
    const id = await create(who.admin, { TimeIdle: 1 });
    expect(await rows(id)).toEqual([]);
  });
});

describe('the switches', () => {
  it('name a field of their object that can be tracked', async () => {
    const results = await createRecords(store.db, who.admin, {
      object: objectNamed('FloorFieldSetting'),
      records: [
        { SobjectType: 'LiveAgentSession', Field: 'LiveAgentSession.Name', IsHistoryTracked: true },
        { SobjectType: 'User', Field: 'LiveAgentSession.TimeInChats', IsHistoryTracked: true },
      ],
      allOrNone: false,
    });
    expect(results.map(({ errors }) => errors[0]?.code)).toEqual([
      'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST',
      'FIELD_INTEGRITY_EXCEPTION',
    ]);
  });
});

describe('an autonumber', () => {
  it('has the format an administrator gave it, for new records', async () => {
    const [setting = ''] = await createAll(
      store.db,
      who.admin,
      'FloorObjectSetting',
      [{ SobjectType: 'LiveAgentSession', AutonumberFormat: 'S-{000}/x' }],
      'api',
    );
    const id = await create(who.admin, {});
    const [row] = await store.db.query<{ name: string }>(
      'SELECT name FROM so_live_agent_session WHERE id = $1',
      [id],
    );
    expect(row?.name).toMatch(/^S-\d{3,}\/x$/);
    const [result] = await updateRecords(store.db, who.admin, {
      object: objectNamed('FloorObjectSetting'),
      records: [{ Id: setting, AutonumberFormat: 'no digits' }],
      allOrNone: true,
    });
    expect(result?.errors[0]).toMatchObject({
      code: 'FIELD_INTEGRITY_EXCEPTION',
      fields: ['AutonumberFormat'],
    });
  });
});

describe('the audit trail of the set-up', () => {
  it('says who changed what, when, in the transaction of the change', async () => {
    await store.db.query('TRUNCATE so_setup_audit_trail');
    await setFloorTime(store.db, { frozenAt: '2026-03-10T16:00:00Z' });
    const user = objectNamed('User');
    await updateRecords(store.db, who.admin, {
      object: user,
      records: [{ Id: who.agentId, IsActive: false }],
      allOrNone: true,
    });
    await store.db
      .tx(async (tx) => {
        await updateRecords(tx, who.admin, {
          object: user,
          records: [{ Id: who.agentId, IsActive: true }],
          allOrNone: true,
        });
        throw new Error('no');
      })
      .catch(() => undefined);
    const [{ username } = { username: '' }] = await store.db.query<{ username: string }>(
      'SELECT username FROM so_user WHERE id = $1',
      [who.agentId],
    );
    expect(
      await store.db.query(
        'SELECT action, section, display, created_date, created_by_id FROM so_setup_audit_trail',
      ),
    ).toEqual([
      {
        action: 'changedUser',
        section: 'Users',
        display: `Changed IsActive of User ${username}`,
        created_date: Date.UTC(2026, 2, 10, 16),
        created_by_id: who.admin.userId,
      },
    ]);
  });
});
