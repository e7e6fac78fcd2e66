import { afterAll, beforeAll, expect, it } from 'vitest';
import { deleteRecords } from '../../src/records/delete.js';
import { createRecentViews, type RecentViews } from '../../src/records/recent-views.js';
import { type TestStore, testStore } from '../support/store.js';
import { setFloorTime } from '../support/time.js';
import { accessTo, aSession, callerOf, createAll, objectNamed, type People, people } from './people.js';

let store: TestStore;
let who: People;
let views: RecentViews;
beforeAll(async () => {
  store = await testStore();
  who = await people(store.db);
  views = createRecentViews(store.db);
});
afterAll(async () => {
  await views.close();
  await store.close();
});

const session = objectNamed('LiveAgentSession');
const user = objectNamed('User');

it('lists what a user saw, newest first, and forgets deleted records and hidden objects', async () => {
  const ids = await createAll(
    store.db,
    who.admin,
    'LiveAgentSession',
    [1, 2, 3].map(() => aSession(who.agentId)),
  );
  const [first = '', second = '', third = ''] = ids;
  const names = await store.db.query<{ name: string }>('SELECT name FROM so_live_agent_session ORDER BY id');
  await setFloorTime(store.db, { frozenAt: '2026-03-10T12:00:00Z' });
  for (const [object, id] of [
    [session, first],
    [user, who.agentId],
    [session, third],
    [session, first],
    [session, second],
  ] as const) {
    views.noteViewed(who.admin, object, id);
    await views.flush();
    await setFloorTime(store.db, { offsetMs: 5_000 });
  }
  views.noteViewed(callerOf(who.agentId), session, third);
  await deleteRecords(store.db, who.admin, [third]);

  const ids_ = async (caller = who.admin, object?: typeof session) =>
    (await views.recent(caller, { object, limit: 10 })).map(({ id }) => id);
  expect(await views.recent(who.admin, { object: session, limit: 10 })).toEqual([
    { type: 'LiveAgentSession', id: second, name: names[1]?.name },
    { type: 'LiveAgentSession', id: first, name: names[0]?.name },
  ]);
  expect(await ids_()).toEqual([second, first, who.agentId]);
  expect(await views.recent(who.admin, { limit: 1 })).toHaveLength(1);
  expect(await ids_({ ...who.admin, access: accessTo('LiveAgentSession.read') })).toEqual([who.agentId]);
  expect(await ids_(callerOf(who.agentId))).toEqual([]);
});

it('keeps apart when a record was viewed and when it was only come across', async () => {
  const [id = ''] = await createAll(store.db, who.admin, 'LiveAgentSession', [aSession(who.agentId)]);
  await setFloorTime(store.db, { frozenAt: '2026-03-11T12:00:00Z' });
  views.noteViewed(who.admin, session, id);
  await views.flush();
  await setFloorTime(store.db, { offsetMs: 60_000 });
  views.noteReferenced(who.admin, session, id);
  await views.flush();
  const viewed = Date.UTC(2026, 2, 11, 12);
  expect(
    await store.db.query('SELECT viewed_at, referenced_at FROM recently_viewed WHERE record_id = $1', [id]),
  ).toEqual([{ viewed_at: viewed, referenced_at: viewed + 60_000 }]);
});
