import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { deleteRecords } from '../../src/records/delete.js';
import { emptyRecycleBin } from '../../src/records/empty-recycle-bin.js';
import { purge } from '../../src/records/purge.js';
import { undeleteRecords } from '../../src/records/undelete.js';
import { type TestStore, testStore } from '../support/store.js';
import { setFloorTime } from '../support/time.js';
import { accessTo, aSession, createAll, type People, people } from './people.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
let store: TestStore;
let who: People;
beforeAll(async () => {
  store = await testStore();
  who = await people(store.db);
});
afterAll(() => store.close());
beforeEach(async () => {
  await store.db.query(
    'TRUNCATE so_live_agent_session, so_live_agent_session_history, so_live_agent_session_share',
  );
  await setFloorTime(store.db, { frozenAt: '2026-03-10T12:00:00Z' });
});

const sessions = (count: number) =>
  createAll(
    store.db,
    who.admin,
    'LiveAgentSession',
    Array.from({ length: count }, () => aSession(who.agentId)),
    'api',
  );
const state = (id: string) =>
  store.db.query(
    `SELECT is_deleted, deleted_at IS NULL AND deleted_with IS NULL AS clean, bin_emptied_at IS NOT NULL AS emptied
       FROM so_live_agent_session WHERE id = $1`,
    [id],
  );
const codes = (results: readonly { errors: readonly { code: string }[] }[]) =>
  results.map(({ errors }) => errors[0]?.code);

/** A session with a history row and a manual share, put in by hand. */
async function sessionWithChildren(): Promise<{ id: string; children: () => Promise<unknown> }> {
  const [id = ''] = await sessions(1);
  await store.db.query(
    `INSERT INTO so_live_agent_session_history (live_agent_session_id, field) VALUES ($1, 'created')`,
    [id],
  );
  await store.db.query(
    `INSERT INTO so_live_agent_session_share (parent_id, user_or_group_id, access_level, row_cause) VALUES ($1, $2, 'Read', 'Manual')`,
    [id, who.agentId],
  );
  return {
    id,
    children: () =>
      store.db.query(
        `SELECT is_deleted, deleted_with FROM so_live_agent_session_history WHERE live_agent_session_id = $1
         UNION ALL SELECT is_deleted, deleted_with FROM so_live_agent_session_share WHERE parent_id = $1`,
        [id],
      ),
  };
}

describe('undelete', () => {
  it('brings a record and its children back, stamped, and the outbox hears of it', async () => {
    const { id, children } = await sessionWithChildren();
    await deleteRecords(store.db, who.admin, [id]);
    expect(await children()).toEqual([1, 2].map(() => ({ is_deleted: true, deleted_with: id })));
    await setFloorTime(store.db, { offsetMs: HOUR });
    expect(await undeleteRecords(store.db, who.admin, [id.slice(0, 15)])).toEqual([
      { id, success: true, errors: [] },
    ]);
    expect(await state(id)).toEqual([{ is_deleted: false, clean: true, emptied: false }]);
    expect(await children()).toEqual([1, 2].map(() => ({ is_deleted: false, deleted_with: null })));
    const [row] = await store.db.query('SELECT system_modstamp FROM so_live_agent_session WHERE id = $1', [
      id,
    ]);
    expect(row).toEqual({ system_modstamp: Date.UTC(2026, 2, 10, 13) });
    const kinds = await store.db.query('SELECT kind FROM change WHERE record_id = $1 ORDER BY seq', [id]);
    expect(kinds.map(({ kind }) => kind)).toEqual(['create', 'delete', 'undelete']);
  });

  it('fails for what is not in the bin, with a result for each', async () => {
    const [live = '', gone = '', emptied = ''] = await sessions(3);
    await deleteRecords(store.db, who.admin, [gone, emptied]);
    await emptyRecycleBin(store.db, who.admin, [emptied]);
    const results = await undeleteRecords(store.db, who.admin, [
      live,
      gone,
      emptied,
      '0HKFW0zzzzzzzzz',
      'abc',
      who.agentId,
      gone,
    ]);
    expect(codes(results)).toEqual([
      'UNDELETE_FAILED',
      undefined,
      'UNDELETE_FAILED',
      'UNDELETE_FAILED',
      'MALFORMED_ID',
      'INVALID_TYPE_FOR_OPERATION',
      'UNDELETE_FAILED',
    ]);
  });

  it('all or none when asked, and only by who may delete', async () => {
    const [a = '', b = ''] = await sessions(2);
    await deleteRecords(store.db, who.admin, [a]);
    expect(codes(await undeleteRecords(store.db, who.admin, [a, b], { allOrNone: true }))).toEqual([
      'ALL_OR_NONE_OPERATION_ROLLED_BACK',
      'UNDELETE_FAILED',
    ]);
    const caller = { ...who.admin, access: accessTo('LiveAgentSession.delete') };
    expect(codes(await undeleteRecords(store.db, caller, [a]))).toEqual(['INSUFFICIENT_ACCESS_OR_READONLY']);
    expect(await state(a)).toMatchObject([{ is_deleted: true }]);
  });
});

describe('emptying the Recycle Bin', () => {
  it('marks records and children, keeps their time of deletion, and refuses what is not there', async () => {
    const { id } = await sessionWithChildren();
    const [live = ''] = await sessions(1);
    await deleteRecords(store.db, who.admin, [id]);
    await setFloorTime(store.db, { offsetMs: HOUR });
    expect(codes(await emptyRecycleBin(store.db, who.admin, [id, live, id]))).toEqual([
      undefined,
      'UNDELETE_FAILED',
      'UNDELETE_FAILED',
    ]);
    const rows = await store.db.query(
      `SELECT deleted_at = system_modstamp AS same, bin_emptied_at - deleted_at = interval '1 hour' AS later
         FROM so_live_agent_session WHERE id = $1`,
      [id],
    );
    expect(rows).toEqual([{ same: true, later: true }]);
    const [history] = await store.db.query(
      'SELECT bin_emptied_at IS NOT NULL AS emptied FROM so_live_agent_session_history WHERE live_agent_session_id = $1',
      [id],
    );
    expect(history).toEqual({ emptied: true });
  });
});

describe('a bin that is full', () => {
  const emptied = async (ids: readonly string[]) => {
    const rows = await store.db.query<{ id: string }>(
      'SELECT id FROM so_live_agent_session WHERE id = ANY($1) AND bin_emptied_at IS NOT NULL ORDER BY id',
      [ids],
    );
    return rows.map(({ id }) => id);
  };

  it('lets the oldest go once they are two hours old, and their children', async () => {
    await store.db.query('UPDATE so_user_license SET total_licenses = 1');
    const { id: oldest } = await sessionWithChildren();
    await deleteRecords(store.db, who.admin, [oldest]);
    await setFloorTime(store.db, { offsetMs: HOUR });
    const [next = '', last = ''] = await sessions(2);
    await deleteRecords(store.db, who.admin, [next]);
    await store.db.query(
      `INSERT INTO so_live_agent_session (owner_id, is_deleted, deleted_at, deleted_with)
       SELECT 'x', true, (SELECT floor_now()) + interval '1 hour', NULL FROM generate_series(1, 4998)`,
    );
    await store.db.query('UPDATE so_live_agent_session SET deleted_with = id WHERE owner_id = $1', ['x']);
    await setFloorTime(store.db, { offsetMs: 2 * HOUR });
    await purge(store.db);
    expect(await emptied([oldest, next])).toEqual([]); // 5,000 exactly
    await deleteRecords(store.db, who.admin, [last]);
    await purge(store.db);
    expect(await emptied([oldest, next, last])).toEqual([oldest]);
    const children = await store.db.query(
      `SELECT bin_emptied_at IS NOT NULL AS emptied FROM so_live_agent_session_history WHERE live_agent_session_id = $1
       UNION ALL SELECT bin_emptied_at IS NOT NULL FROM so_live_agent_session_share WHERE parent_id = $1`,
      [oldest],
    );
    expect(children).toEqual([{ emptied: true }, { emptied: true }]);
    expect(codes(await undeleteRecords(store.db, who.admin, [oldest, next]))).toEqual([
      'UNDELETE_FAILED',
      undefined,
    ]);
  });

  it('keeps what is younger, however much it is', async () => {
    const [young = ''] = await sessions(1);
    await deleteRecords(store.db, who.admin, [young]);
    await store.db.query(
      `INSERT INTO so_live_agent_session (owner_id, is_deleted, deleted_at)
       SELECT 'x', true, (SELECT floor_now()) + interval '1 minute' FROM generate_series(1, 5001)`,
    );
    await store.db.query('UPDATE so_live_agent_session SET deleted_with = id WHERE owner_id = $1', ['x']);
    await setFloorTime(store.db, { offsetMs: HOUR });
    await purge(store.db);
    expect(await emptied([young])).toEqual([]);
  });
});

describe('the purge', () => {
  it('takes what was deleted 15 days ago or emptied a day ago, children too, and logs it', async () => {
    const { id: old, children } = await sessionWithChildren();
    await deleteRecords(store.db, who.admin, [old]);
    await setFloorTime(store.db, { offsetMs: 14 * DAY });
    const [young = '', emptied = ''] = await sessions(2);
    await deleteRecords(store.db, who.admin, [young, emptied]);
    await emptyRecycleBin(store.db, who.admin, [emptied]);
    await setFloorTime(store.db, { offsetMs: DAY - 1_000 });
    await purge(store.db);
    expect([await state(old), await state(young), await state(emptied)].map((rows) => rows.length)).toEqual([
      1, 1, 1,
    ]);
    await setFloorTime(store.db, { offsetMs: 2_000 });
    expect(await purge(store.db)).toMatchObject({ records: 4 });
    expect([await state(old), await state(young), await state(emptied)].map((rows) => rows.length)).toEqual([
      0, 1, 0,
    ]);
    expect(await children()).toEqual([]);
    expect(
      await store.db.query('SELECT object, owner_id, deleted_date FROM delete_log WHERE id = $1', [old]),
    ).toEqual([
      { object: 'LiveAgentSession', owner_id: who.admin.userId, deleted_date: Date.UTC(2026, 2, 10, 12) },
    ]);
    expect(
      await store.db.query(`SELECT record_id FROM change WHERE kind = 'purge' AND record_id = $1`, [old]),
    ).toHaveLength(1);
  });

  it('forgets its log after 15 more days, and old outbox entries, views and histories', async () => {
    const [id = ''] = await sessions(1);
    await store.db.query(
      `INSERT INTO so_live_agent_session_history (live_agent_session_id, field, created_date)
       VALUES ($1, 'created', (SELECT floor_now()))`,
      [id],
    );
    await store.db.query(
      `INSERT INTO recently_viewed SELECT $1, $2, 'LiveAgentSession', t, t FROM floor_now() AS t`,
      [who.agentId, id],
    );
    await setFloorTime(store.db, { offsetMs: 31 * DAY });
    await purge(store.db);
    expect(await store.db.query('SELECT count(*) AS n FROM change WHERE record_id = $1', [id])).toEqual([
      { n: 0 },
    ]);
    expect(await store.db.query('SELECT count(*) AS n FROM recently_viewed')).toEqual([{ n: 1 }]);
    await setFloorTime(store.db, { offsetMs: 31 * DAY });
    await purge(store.db);
    expect(await store.db.query('SELECT count(*) AS n FROM delete_log')).toEqual([{ n: 0 }]);
    await setFloorTime(store.db, { offsetMs: 670 * DAY });
    expect(await purge(store.db)).toMatchObject({ histories: 1 });
    expect(await store.db.query('SELECT count(*) AS n FROM recently_viewed')).toEqual([{ n: 0 }]);
    expect(await state(id)).toHaveLength(1);
  });
});
