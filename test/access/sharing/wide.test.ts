/**
 * A caller who reaches most owners is asked about rows in another way, and about none where there is no owner left to
 * hide. Both ways must tell the same, and an owner who appears must be hidden in the statement that first sees a row of
 * theirs, however old the caller's snapshot is.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Caller } from '../../../src/access/caller.js';
import { createSnapshots } from '../../../src/access/snapshot.js';
import { queryRecords } from '../../../src/query/run.js';
import { levelOf, sessionId, storeSessions, storeWorld, worlds } from '../../matrix/world.js';
import { type TestStore, testStore } from '../../support/store.js';
import { sharedCaller } from './callers.js';
import { type Organization, profileId, store, userId } from './organization.js';

let test: TestStore;
beforeAll(async () => {
  test = await testStore();
});
afterAll(() => test.close());
beforeEach(() => test.db.query('TRUNCATE row_owner'));

const ids = async (caller: Caller, soql: string, told = (row: Record<string, unknown>) => row.Id) =>
  [...new Set((await queryRecords(test.db, caller, soql)).map(told))].sort();

const STATEMENTS: readonly (readonly [string, ((row: Record<string, unknown>) => unknown)?])[] = [
  ['SELECT Id FROM LiveAgentSession'],
  ['SELECT Id FROM LiveAgentSession ORDER BY LoginTime DESC LIMIT 200'],
  ['SELECT Id FROM LiveAgentSession ORDER BY Owner.Name, Name LIMIT 50 OFFSET 1'],
  [
    'SELECT OwnerId, COUNT(Id) n FROM LiveAgentSession GROUP BY OwnerId',
    ({ OwnerId, n }) => `${OwnerId}${n}`,
  ],
  ['SELECT Id FROM User WHERE Id IN (SELECT AgentId FROM LiveAgentSession)'],
  ['SELECT Id FROM LiveAgentSessionHistory'],
  ['SELECT Id FROM LiveAgentSessionShare'],
  [
    'SELECT Id, (SELECT Id FROM Shares), (SELECT Id FROM Histories) FROM LiveAgentSession',
    (row) => JSON.stringify(row),
  ],
];

/** The caller, as one expected to reach most owners, or few. */
const expecting = (caller: Caller, most: boolean): Caller => {
  const { sharing } = caller.access;
  if (sharing === undefined) throw new Error('a caller without sharing');
  const access = {
    ...caller.access,
    shape: `${caller.access.shape}${most}`,
    sharing: { ...sharing, reachesMost: () => most },
  };
  return { ...caller, access };
};

describe('who reaches most owners', () => {
  it('is told what the same caller is told in the other way', async () => {
    await fc.assert(
      fc.asyncProperty(worlds, async (world) => {
        await test.db.query('TRUNCATE row_owner');
        await storeWorld(test.db, world);
        for (const user of world.org.users.keys()) {
          const caller = await sharedCaller(test.db, userId(user));
          for (const [soql, told] of STATEMENTS) {
            const most = await ids(expecting(caller, true), soql, told);
            expect(most, `user ${user}: ${soql}`).toEqual(await ids(expecting(caller, false), soql, told));
          }
          const seen = world.sessions.flatMap(({ deleted }, n) =>
            !deleted &&
            levelOf({ ...world, model: 'Private', profiles: world.profiles.map(() => 'read') }, user, n) > 0
              ? [sessionId(n)]
              : [],
          );
          expect(await ids(expecting(caller, true), 'SELECT Id FROM LiveAgentSession')).toEqual(seen);
        }
      }),
      { numRuns: 10 },
    );
  }, 300_000);
});

const BELOW = 10;
const BOSS = BELOW;
const OUTSIDER = BELOW + 1;

/** A boss above ten users, and somebody beside them. */
const ORGANIZATION: Organization = {
  roles: [{ parent: undefined }, { parent: 0 }],
  users: [
    ...Array.from({ length: BELOW }, () => ({ role: 1, active: true })),
    { role: 0, active: true },
    { role: undefined, active: true },
  ],
  groups: [],
  rules: [],
};

const SESSIONS = 'SELECT Id FROM LiveAgentSession ORDER BY LoginTime DESC';
const visible = (sessions: number) => Array.from({ length: sessions }, (_, n) => sessionId(n)).sort();

describe('an owner who appears', () => {
  let boss: Caller;
  const sessions = Array.from({ length: BELOW }, (_, user) => ({
    owner: { user },
    deleted: false,
    shares: [],
  }));

  beforeEach(async () => {
    await store(test.db, ORGANIZATION);
    await storeSessions(test.db, sessions);
    const shared = await sharedCaller(test.db, userId(BOSS));
    await test.db.query(`UPDATE so_floor_object_setting SET is_deleted = true`);
    await test.db.query(
      `INSERT INTO so_floor_object_setting (sobject_type, internal_sharing_model) VALUES ('LiveAgentSession', 'Private')`,
    );
    const snapshot = await createSnapshots(test.db).get({
      userId: userId(BOSS),
      profileId: profileId(BOSS),
      epoch: 1,
      now: 0,
    });
    boss = {
      ...shared,
      access: {
        ...shared.access,
        shape: `boss ${snapshot.shape}`,
        sharing: snapshot.sharing ?? expect.fail(),
      },
    };
    expect(snapshot.shape).toContain('LiveAgentSession+');
    expect(await ids(boss, SESSIONS)).toEqual(visible(BELOW));
  });

  const insert = (id: string, owner: string | null) =>
    test.db.query(
      `INSERT INTO so_live_agent_session (id, owner_id, login_time) VALUES ($1, $2, (SELECT floor_now()))`,
      [id, owner],
    );

  it('is hidden with a new row', async () => {
    await insert(sessionId(500), userId(OUTSIDER));
    expect(await ids(boss, SESSIONS)).toEqual(visible(BELOW));
    expect(await ids(boss, 'SELECT COUNT(Id) n FROM LiveAgentSession', ({ n }) => n)).toEqual([BELOW]);
  });

  it('is hidden with a row that changed hands', async () => {
    await test.db.query('UPDATE so_live_agent_session SET owner_id = $2 WHERE id = $1', [
      sessionId(0),
      userId(OUTSIDER),
    ]);
    expect(await ids(boss, SESSIONS)).toEqual(visible(BELOW).slice(1));
  });

  it('is hidden as nobody', async () => {
    await insert(sessionId(500), null);
    await test.db.query('UPDATE so_live_agent_session SET owner_id = NULL WHERE id = $1', [sessionId(0)]);
    expect(await ids(boss, SESSIONS)).toEqual(visible(BELOW).slice(1));
  });

  it('is hidden from the transaction that made the row, and shown nothing of theirs to others', async () => {
    await test.db.tx(async (tx) => {
      await tx.query(
        `INSERT INTO so_live_agent_session (id, owner_id, login_time) VALUES ($1, $2, (SELECT floor_now()))`,
        [sessionId(500), userId(OUTSIDER)],
      );
      const inside = await queryRecords(tx, boss, SESSIONS);
      expect(inside.map(({ Id }) => Id).sort()).toEqual(visible(BELOW));
      expect(await ids(boss, SESSIONS)).toEqual(visible(BELOW));
    });
  });

  it('of one of those below is no matter', async () => {
    await insert(sessionId(BELOW), userId(BOSS));
    expect(await ids(boss, SESSIONS)).toEqual(visible(BELOW + 1));
  });
});
