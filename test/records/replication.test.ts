import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createRecords } from '../../src/records/create.js';
import { deleteRecords } from '../../src/records/delete.js';
import { getDeleted } from '../../src/records/get-deleted.js';
import { getUpdated } from '../../src/records/get-updated.js';
import { purge } from '../../src/records/purge.js';
import { undeleteRecords } from '../../src/records/undelete.js';
import { updateRecords } from '../../src/records/update.js';
import { type TestStore, testStore } from '../support/store.js';
import { setFloorTime } from '../support/time.js';
import { accessTo, aSession, createAll, objectNamed, type People, people } from './people.js';

const MINUTE = 60_000;
const DAY = 86_400_000;
const noon = Date.UTC(2026, 2, 10, 12);
const session = objectNamed('LiveAgentSession');
let store: TestStore;
let who: People;
beforeAll(async () => {
  store = await testStore();
  who = await people(store.db);
});
afterAll(() => store.close());
beforeEach(async () => {
  await store.db.query('TRUNCATE so_live_agent_session, delete_log, delete_log_horizon');
  await setFloorTime(store.db, { frozenAt: noon });
});

const at = (ms: number) => setFloorTime(store.db, { frozenAt: ms });
const sessions = (count: number) =>
  createAll(
    store.db,
    who.admin,
    'LiveAgentSession',
    Array.from({ length: count }, () => aSession(who.agentId)),
    'api',
  );
const updated = (start: number, end: number, caller = who.admin) =>
  getUpdated(store.db, caller, session, start, end);
const deleted = (start: number, end: number, caller = who.admin) =>
  getDeleted(store.db, caller, session, start, end);

describe('getUpdated', () => {
  it('gives ids created or changed in the window, both ends cut to the minute and included', async () => {
    const [first = ''] = await sessions(1);
    await at(noon + 5 * MINUTE);
    const [second = ''] = await sessions(1);
    await at(noon + 5 * MINUTE + 1_000);
    const [third = ''] = await sessions(1);
    await at(noon + 60 * MINUTE);
    expect((await updated(noon + 15_000, noon + 5 * MINUTE + 15_000)).ids).toEqual([first, second]);
    expect((await updated(noon + MINUTE, noon + 6 * MINUTE)).ids).toEqual([second, third]);
    await updateRecords(store.db, who.admin, {
      object: session,
      records: [{ Id: first, TimeIdle: 5 }],
      allOrNone: true,
    });
    expect((await updated(noon, noon + 10 * MINUTE)).ids).toEqual([second, third]);
    expect((await updated(noon + 10 * MINUTE, noon + 60 * MINUTE)).ids).toEqual([first]);
  });

  it('leaves out what was deleted meanwhile, and has it again when it comes back', async () => {
    const [id = ''] = await sessions(1);
    await at(noon + MINUTE);
    await deleteRecords(store.db, who.admin, [id]);
    expect((await updated(noon, noon + 10 * MINUTE)).ids).toEqual([]);
    await at(noon + 2 * MINUTE);
    await undeleteRecords(store.db, who.admin, [id]);
    expect((await updated(noon + 2 * MINUTE, noon + 10 * MINUTE)).ids).toEqual([id]);
  });

  it('covers up to its end cut to the minute, and never the future', async () => {
    await at(noon + 30 * MINUTE + 7_500);
    expect((await updated(noon, noon + 5 * MINUTE + 53_000)).latestDateCovered).toBe(noon + 5 * MINUTE);
    expect((await updated(noon, noon + 90 * MINUTE)).latestDateCovered).toBe(noon + 30 * MINUTE + 7_000);
  });

  it('covers only up to the oldest write that has not committed', async () => {
    await at(noon + MINUTE);
    let release = () => {};
    const writing = store.db.tx(async (tx) => {
      const [result] = await createRecords(tx, who.admin, {
        object: session,
        records: [aSession(who.agentId)],
        allOrNone: true,
      });
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      return result?.id;
    });
    await expect.poll(async () => (await updated(noon, noon + MINUTE)).latestDateCovered).toBe(noon + MINUTE);
    await at(noon + 10 * MINUTE);
    const early = await updated(noon, noon + 9 * MINUTE);
    expect(early).toEqual({ ids: [], latestDateCovered: noon + MINUTE });
    release();
    const id = await writing;
    expect(await updated(early.latestDateCovered, noon + 10 * MINUTE)).toEqual({
      ids: [id],
      latestDateCovered: noon + 10 * MINUTE,
    });
  });

  it('polled again and again misses no write, however late it commits', async () => {
    await setFloorTime(store.db, { at: noon, speed: 200 });
    const written: string[] = [];
    const writers = Array.from({ length: 3 }, async (_, writer) => {
      for (let n = 0; n < 12; n++) {
        await store.db.tx(async (tx) => {
          const [result] = await createRecords(tx, who.admin, {
            object: session,
            records: [aSession(who.agentId)],
            allOrNone: true,
          });
          written.push(result?.id ?? '');
          await new Promise((resolve) => setTimeout(resolve, (writer * 37 + n * 53) % 120));
        });
      }
    });
    const seen = new Set<string>();
    let start = noon - MINUTE;
    let last = 0;
    const poll = async () => {
      const { ids, latestDateCovered } = await updated(start, noon + DAY);
      // A client that trusts the answer keeps only what is covered.
      const rows = await store.db.query<{ id: string }>(
        'SELECT id FROM so_live_agent_session WHERE id = ANY($1) AND system_modstamp <= to_timestamp($2::float8 / 1000)',
        [ids, latestDateCovered],
      );
      for (const { id } of rows) seen.add(id);
      expect(latestDateCovered).toBeGreaterThanOrEqual(last);
      last = latestDateCovered;
      start = latestDateCovered;
    };
    let busy = true;
    const polling = (async () => {
      while (busy) await poll();
    })();
    await Promise.all(writers);
    busy = false;
    await polling;
    await setFloorTime(store.db, { offsetMs: MINUTE });
    await poll();
    expect([...seen].sort()).toEqual([...written].sort());
  });

  it.each([
    [
      'its start is not before its end',
      noon,
      noon,
      'specified start date cannot be the same as or later than end date',
    ],
    [
      'it begins more than 30 days ago',
      noon - 30 * DAY - 1_000,
      noon,
      'startDate cannot be more than 30 days ago',
    ],
  ])('is refused when %s', async (_, start, end, message) => {
    await expect(updated(start, end)).rejects.toMatchObject({ code: 'INVALID_REPLICATION_DATE', message });
  });

  it('is refused for objects that are not replicated, and to who may not read', async () => {
    const share = getUpdated(store.db, who.admin, objectNamed('LiveAgentSessionShare'), noon - MINUTE, noon);
    await expect(share).rejects.toMatchObject({ code: 'INVALID_TYPE_FOR_OPERATION' });
    const blind = { ...who.admin, access: accessTo('LiveAgentSession.read') };
    await expect(updated(noon - MINUTE, noon, blind)).rejects.toMatchObject({ code: 'INSUFFICIENT_ACCESS' });
  });
});

describe('getDeleted', () => {
  it('tells deletions in the window, whether in the bin, emptied or purged, not what came back', async () => {
    const [a = '', b = '', c = '', d = ''] = await sessions(4);
    await at(noon + 5 * MINUTE + 12_000);
    await deleteRecords(store.db, who.admin, [a, b]);
    await at(noon + 8 * MINUTE);
    await deleteRecords(store.db, who.admin, [c, d]);
    await undeleteRecords(store.db, who.admin, [d]);
    await at(noon + 30 * MINUTE);
    const records = [
      ...[a, b].map((id) => ({ id, deletedDate: noon + 5 * MINUTE + 12_000 })),
      { id: c, deletedDate: noon + 8 * MINUTE },
    ];
    expect((await deleted(noon, noon + 20 * MINUTE)).deletedRecords).toEqual(records);
    expect((await deleted(noon, noon + 7 * MINUTE)).deletedRecords).toEqual(records.slice(0, 2));
    await at(noon + 16 * DAY);
    await purge(store.db);
    const later = await deleted(noon, noon + 20 * MINUTE);
    expect(later.deletedRecords).toEqual(records);
    expect(later.latestDateCovered).toBe(noon + 20 * MINUTE);
  });

  it('says how far back it remembers', async () => {
    const [id = ''] = await sessions(1);
    await at(noon + 5 * MINUTE);
    await deleteRecords(store.db, who.admin, [id]);
    const before = (await deleted(noon, noon + 10 * MINUTE)).earliestDateAvailable;
    await at(noon + 16 * DAY);
    await purge(store.db);
    expect((await deleted(noon, noon + 10 * MINUTE)).earliestDateAvailable).toBe(before);
    await at(noon + 32 * DAY);
    await purge(store.db);
    const after = await deleted(noon + 10 * DAY, noon + 12 * DAY);
    expect(after).toMatchObject({ deletedRecords: [], earliestDateAvailable: noon + 5 * MINUTE });
  });

  it('needs more than a minute', async () => {
    await expect(deleted(noon - MINUTE, noon)).rejects.toMatchObject({ code: 'INVALID_REPLICATION_DATE' });
    await expect(deleted(noon - MINUTE - 1_000, noon)).resolves.toMatchObject({ deletedRecords: [] });
  });

  it('asked of one history tells the deletions of all', async () => {
    const [id = ''] = await sessions(1);
    await store.db.query(
      `INSERT INTO so_live_agent_session_history (live_agent_session_id, field) VALUES ($1, 'created')`,
      [id],
    );
    await deleteRecords(store.db, who.admin, [id]);
    await at(noon + 5 * MINUTE);
    const asked = getDeleted(
      store.db,
      who.admin,
      objectNamed('LiveChatTranscriptHistory'),
      noon,
      noon + 5 * MINUTE,
    );
    expect((await asked).deletedRecords).toEqual([{ id: expect.stringMatching(/^017/), deletedDate: noon }]);
  });
});
