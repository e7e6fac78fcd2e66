/** Cursors under sharing: pages hold the caller's rows, each once, whatever the order; a row lost on the way is gone. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Caller } from '../../../src/access/caller.js';
import { loadUserSharing } from '../../../src/access/sharing/user-sharing.js';
import { planOf } from '../../../src/query/plan.js';
import { bytesOf, continueQuery, type JsonPage, startQuery } from '../../../src/query/run.js';
import { sessionId, storeSessions } from '../../matrix/world.js';
import { type TestStore, testStore } from '../../support/store.js';
import { sharedCaller } from './callers.js';
import { insert, store, userId } from './organization.js';

const ROWS = 900;
const BATCH = 200;

let test: TestStore;
let caller: Caller;
/** Ids of the caller's own rows and of those shared by hand, in the order of the ids. */
let visible: string[];

beforeAll(async () => {
  test = await testStore();
  await store(test.db, {
    roles: [],
    users: [0, 1].map(() => ({ role: undefined, active: true })),
    groups: [],
    rules: [],
  });
  const sessions = Array.from({ length: ROWS }, (_, n) => ({
    owner: { user: n % 3 === 0 ? 1 : 0 },
    deleted: false,
    shares: n % 3 === 1 ? [{ to: { user: 1 }, level: 'Read' as const }] : [],
  }));
  await storeSessions(test.db, sessions);
  visible = sessions.flatMap((_, n) => (n % 3 === 2 ? [] : [sessionId(n)]));
  caller = await sharedCaller(test.db, userId(1));
});
afterAll(() => test.close());

/** The ids of each page in turn; `between` runs after the first. */
async function pages(
  soql: string,
  between?: () => Promise<void>,
): Promise<{ ids: string[][]; totalSize: number }> {
  const options = { batchSize: BATCH, base: '/services/data/v60.0' };
  const ids: string[][] = [];
  let totalSize = 0;
  let page: JsonPage | undefined = await startQuery(test.db, caller, soql, options);
  while (page !== undefined) {
    const document = JSON.parse((await bytesOf(page)).toString('utf8'));
    totalSize = document.totalSize;
    ids.push(document.records.map(({ Id }: { Id: string }) => Id));
    if (ids.length === 1) await between?.();
    const next: string | undefined = page.nextRecordsUrl;
    page =
      next === undefined
        ? undefined
        : await continueQuery(test.db, caller, next.slice(next.lastIndexOf('/') + 1), options);
  }
  return { ids, totalSize };
}

const ORDERS: readonly (readonly [string, string])[] = [
  ['no order', 'SELECT Id FROM LiveAgentSession'],
  ['newest first', 'SELECT Id FROM LiveAgentSession ORDER BY LoginTime DESC'],
  ['an order no index has', 'SELECT Id FROM LiveAgentSession ORDER BY Name DESC'],
  ['a filter', `SELECT Id FROM LiveAgentSession WHERE TimeIdle >= 0 ORDER BY LoginTime`],
  ['parents', 'SELECT Id, Owner.Name FROM LiveAgentSession'],
  ['children', 'SELECT Id, (SELECT Id FROM Shares) FROM LiveAgentSession'],
  [
    'both, in an order no index has',
    'SELECT Id, Owner.Name, (SELECT Id FROM Shares) FROM LiveAgentSession ORDER BY Name DESC',
  ],
];

describe('pages', () => {
  it.each(ORDERS)('hold every row of the caller once: %s', async (_, soql) => {
    const { ids, totalSize } = await pages(soql);
    expect(ids.length).toBeGreaterThan(2);
    expect(totalSize).toBe(visible.length);
    expect(ids.flat().sort()).toEqual(visible);
  });

  it.each([
    ['a keyset cursor', 'SELECT Id FROM LiveAgentSession', 'DESC'],
    ['a cursor that owns its ids', 'SELECT Id FROM LiveAgentSession ORDER BY Name', 'DESC'],
  ])('leave out what is no longer shared: %s', async (_, soql) => {
    const lost = sessionId(ROWS - 3);
    expect(visible).toContain(lost);
    const owner = (id: string) =>
      test.db.query('UPDATE so_live_agent_session SET owner_id = $2 WHERE id = $1', [lost, id]);
    const { ids } = await pages(soql, async () => {
      await owner(userId(0));
    });
    await owner(userId(1));
    expect(ids.flat().sort()).toEqual(visible.filter((id) => id !== lost));
  });

  it('of shares hold each share of each visible row once, the derived ones too', async () => {
    const { ids, totalSize } = await pages('SELECT Id FROM LiveAgentSessionShare');
    expect(totalSize).toBe(visible.length + ROWS / 3);
    expect(new Set(ids.flat()).size).toBe(totalSize);
  });

  it.each(['Id', 'Id, Agent.Name', 'Id, Owner.Name, (SELECT Id FROM Shares)'])(
    'come in the order asked for, across both branches: %s',
    async (select) => {
      const soql = `SELECT ${select} FROM LiveAgentSession ORDER BY LoginTime DESC`;
      expect((await pages(soql)).ids.flat()).toEqual(visible);
      expect((await pages(`${soql} LIMIT 10 OFFSET 7`)).ids.flat()).toEqual(visible.slice(7, 17));
    },
  );

  it('find and sort by parents, too', async () => {
    const found = await pages(
      'SELECT Id, Agent.Name FROM LiveAgentSession WHERE Agent.Name = null OR Agent.Name != null ORDER BY Agent.Name',
    );
    expect(found.ids.flat().sort()).toEqual(visible);
  });

  it('look up what is only shown for the rows of the page alone', () => {
    const plan = planOf(
      'SELECT Id, Owner.Name, (SELECT Id FROM Shares) FROM LiveAgentSession ORDER BY Name',
      caller,
      false,
    );
    const { text } = plan.plan.compiled.first;
    expect(text.indexOf('LEFT JOIN')).toBeGreaterThan(text.lastIndexOf(') AS t0'));
    expect(text.match(/LEFT JOIN LATERAL/g)).toHaveLength(1);
  });
});

describe('a caller below many', () => {
  it('reads rows of thousands of owners', async () => {
    const many = Array.from({ length: 3_000 }, (_, n) => ({
      user_id: userId(1),
      object: 'LiveAgentSession',
      owner_id: `005FW0${String(n + 500_000).padStart(9, '0')}YAA`,
      level: 1,
    }));
    await insert(test.db, 'owner_access', 'user_id, object, owner_id, level', many);
    const { sharing, principals } = await loadUserSharing(
      test.db,
      userId(1),
      new Map([['LiveAgentSession', 'Private']]),
    );
    caller = { ...caller, access: { ...caller.access, sharing, groupIds: principals } };
    expect((await pages('SELECT Id FROM LiveAgentSession')).totalSize).toBe(visible.length);
  });
});
