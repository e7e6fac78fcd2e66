/** Answers of several pages: both kinds of cursor, while rows come, go and change (DECISIONS 9). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiError } from '../../src/errors.js';
import { queryRecords } from '../../src/query/run.js';
import { openDatabase } from '../../src/store/database.js';
import type { TestStore } from '../support/store.js';
import { setFloorTime } from '../support/time.js';
import { type Answer, ada, ask, BASE, idOf, ids, more, openWorld } from './world.js';

const ROWS = 5_200;
const id = (number: number) => idOf('0HK', number);
/** Rows of these tests begin here; those of the world stand before. */
const FIRST = 1_000;

let world: TestStore;
beforeAll(async () => {
  world = await openWorld();
  await world.db.query('DELETE FROM so_live_agent_session');
  await insert(FIRST, ROWS);
}, 60_000);
afterAll(() => world.close());

/** Sessions in the order of their ids: logins a minute apart, figures that repeat. */
async function insert(from: number, count: number): Promise<void> {
  const numbers = Array.from({ length: count }, (_, index) => from + index);
  await world.db.query(
    `INSERT INTO so_live_agent_session (id, name, agent_id, owner_id, login_time, logout_time, created_date, time_idle)
     SELECT id, lpad(n::text, 8, '0'), $3, $3, t, t, t, CASE WHEN n % 7 = 0 THEN NULL ELSE n % 100 END
     FROM unnest($1::text[], $2::int[]) AS rows(id, n), LATERAL (SELECT '2026-01-01T00:00:00Z'::timestamptz + n * interval '1 minute' AS t) AS at`,
    [numbers.map(id), numbers, ids.bo],
  );
}

const remove = (numbers: readonly number[]) =>
  world.db.query('UPDATE so_live_agent_session SET is_deleted = true WHERE id = ANY($1)', [numbers.map(id)]);
const restore = () => world.db.query('UPDATE so_live_agent_session SET is_deleted = false');

async function pages(
  soql: string,
  between: (page: number) => Promise<unknown> = async () => {},
  batchSize?: number,
): Promise<Answer[]> {
  const all = [await ask(world.db, soql, ada, { batchSize })];
  for (let url = all[0]?.nextRecordsUrl; url !== undefined; url = all.at(-1)?.nextRecordsUrl) {
    await between(all.length);
    all.push(await more(world.db, url, ada, { batchSize }));
  }
  return all;
}

const idsOf = (answers: readonly Answer[]) =>
  answers.flatMap(({ records }) => records.map(({ Id }) => Id as string));
const sizes = (answers: readonly Answer[]) => answers.map(({ records }) => records.length);

const KINDS = [
  ['keyset', 'SELECT Id FROM LiveAgentSession'],
  ['keyset by login, newest first', 'SELECT Id, LoginTime FROM LiveAgentSession ORDER BY LoginTime DESC'],
  ['ids', 'SELECT Id FROM LiveAgentSession ORDER BY TimeIdle NULLS LAST'],
] as const;

describe.each(KINDS)('%s', (_, soql) => {
  it('Q252: gives every row once, with the whole number on each page', async () => {
    const answers = await pages(soql);
    expect(sizes(answers)).toEqual([2_000, 2_000, 1_200]);
    expect(answers.map(({ done }) => done)).toEqual([false, false, true]);
    expect(answers.map(({ totalSize }) => totalSize)).toEqual([ROWS, ROWS, ROWS]);
    expect(new Set(idsOf(answers)).size).toBe(ROWS);
    expect(answers[0]?.nextRecordsUrl).toMatch(/^\/services\/data\/v60\.0\/query\/01g[a-zA-Z0-9]{15}-2000$/);
    expect(answers[2]).not.toHaveProperty('nextRecordsUrl');
  });

  it('Q253: takes the batch size as a hint between 200 and 2,000', async () => {
    expect(sizes(await pages(soql, undefined, 250)).slice(0, 3)).toEqual([250, 250, 250]);
    expect(sizes(await pages(soql, undefined, 1))[0]).toBe(200);
    expect(sizes(await pages(soql, undefined, 9_999))[0]).toBe(2_000);
  });

  it('gives the same page for the same locator, and goes on the same from there', async () => {
    const answers = await pages(soql, undefined, 1_000);
    for (const [position, { nextRecordsUrl }] of answers.entries()) {
      if (nextRecordsUrl === undefined) continue;
      expect(await more(world.db, nextRecordsUrl, ada, { batchSize: 1_000 })).toEqual(answers[position + 1]);
    }
  });

  it('shows no row twice and skips none that stayed, while rows come and go', async () => {
    const gone = [FIRST + 100, FIRST + 2_100, FIRST + 2_200, FIRST + 4_900];
    let next = FIRST + ROWS;
    const answers = await pages(
      soql,
      async (page) => {
        await remove([gone[page] as number]);
        await insert(next, 10);
        next += 10;
      },
      1_000,
    );
    const got = idsOf(answers);
    expect(new Set(got).size).toBe(got.length);
    const stayed = Array.from({ length: ROWS }, (_, index) => FIRST + index).filter(
      (number) => !gone.includes(number),
    );
    const seen = new Set(got);
    expect(stayed.filter((number) => !seen.has(id(number)))).toEqual([]);
    // What came after the opening is not part of the answer.
    expect(got.filter((one) => one >= id(FIRST + ROWS))).toEqual([]);
    expect(answers.map(({ totalSize }) => totalSize)).toEqual(answers.map(() => ROWS));
    await world.db.query('DELETE FROM so_live_agent_session WHERE id >= $1', [id(FIRST + ROWS)]);
    await restore();
  });

  it('keeps within LIMIT, also across pages', async () => {
    const answers = await pages(`${soql} LIMIT 2500`);
    expect(sizes(answers)).toEqual([2_000, 500]);
    expect(answers.map(({ totalSize }) => totalSize)).toEqual([2_500, 2_500]);
    const exact = await pages(`${soql} LIMIT 2000`);
    expect(sizes(exact)).toEqual([2_000]);
    expect(exact[0]?.done).toBe(true);
  });

  it('Q254: works on another node, for its own user only, and for two days', async () => {
    const { nextRecordsUrl } = await ask(world.db, soql);
    const url = nextRecordsUrl as string;
    const other = await openDatabase({ url: world.url });
    expect((await more(other, url)).records).toHaveLength(2_000);
    await other.close();
    const refusal = async (caller = ada) =>
      (await more(world.db, url, caller).catch((error: unknown) => error)) as ApiError;
    expect(await refusal({ ...ada, userId: ids.bo })).toMatchObject({
      code: 'INVALID_QUERY_LOCATOR',
      message: 'invalid query locator',
    });
    await setFloorTime(world.db, { frozenAt: '2026-03-12T11:59:59Z' });
    expect((await more(world.db, url)).records).toHaveLength(2_000);
    await setFloorTime(world.db, { frozenAt: '2026-03-12T12:00:00Z' });
    expect(await refusal()).toMatchObject({ code: 'INVALID_QUERY_LOCATOR' });
    await setFloorTime(world.db, { frozenAt: '2026-03-10T12:00:00Z' });
  });
});

describe('locators', () => {
  it.each([
    '',
    'x',
    '01gFW0000000001AAA-2000',
    `${idOf('01g', 999_999)}-2000`,
    `${idOf('01g', 1)}-abc`,
    '../../etc',
  ])('%s is refused', async (locator) => {
    const error = await more(world.db, `${BASE}/query/${locator}`).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ code: 'INVALID_QUERY_LOCATOR' });
  });

  it('a place no page began at is refused', async () => {
    for (const [, soql] of KINDS) {
      const { nextRecordsUrl } = await ask(world.db, soql);
      const url = (nextRecordsUrl as string).replace(/-\d+$/, '-999999');
      expect(await more(world.db, url).catch((thrown: unknown) => thrown)).toMatchObject({
        code: 'INVALID_QUERY_LOCATOR',
      });
    }
  });

  it('the eleventh cursor that owns its ids ends the oldest', async () => {
    const urls: string[] = [];
    for (let i = 0; i < 11; i++)
      urls.push(
        (await ask(world.db, 'SELECT Id FROM LiveAgentSession ORDER BY TimeIdle', { ...ada, userId: ids.cy }))
          .nextRecordsUrl as string,
      );
    const first = await more(world.db, urls[0] as string, { ...ada, userId: ids.cy }).catch(
      (error: unknown) => error,
    );
    expect(first).toMatchObject({ code: 'INVALID_QUERY_LOCATOR' });
    expect((await more(world.db, urls[1] as string, { ...ada, userId: ids.cy })).records).toHaveLength(2_000);
  });
});

it('queryRecords reads every page', async () => {
  const all = await queryRecords(world.db, ada, 'SELECT Id FROM LiveAgentSession ORDER BY TimeIdle');
  expect(new Set(all.map(({ Id }) => Id)).size).toBe(ROWS);
});

describe('what has one page only', () => {
  it('Q256: a query with OFFSET', async () => {
    const answer = await ask(world.db, 'SELECT Name FROM LiveAgentSession ORDER BY Name LIMIT 2000 OFFSET 1');
    expect(answer.records).toHaveLength(2_000);
    expect(answer.done).toBe(true);
    expect(answer).not.toHaveProperty('nextRecordsUrl');
  });

  it('Q182: groups, of which there may be 2,000', async () => {
    const grouped =
      'SELECT DAY_ONLY(LoginTime), HOUR_IN_DAY(LoginTime), TimeIdle FROM LiveAgentSession GROUP BY DAY_ONLY(LoginTime), HOUR_IN_DAY(LoginTime), TimeIdle';
    const error = await ask(world.db, grouped).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'EXCEEDED_ID_LIMIT' });
    expect((await ask(world.db, `${grouped} LIMIT 2000`)).records).toHaveLength(2_000);
  });
});

describe('date literals on later pages', () => {
  it('mean what they meant when the cursor was opened', async () => {
    await setFloorTime(world.db, { frozenAt: '2026-01-03T12:00:00Z' });
    const utc = { ...ada, timeZone: 'UTC' };
    const answers = [
      await ask(world.db, 'SELECT Id FROM LiveAgentSession WHERE LoginTime >= YESTERDAY', utc),
    ];
    await setFloorTime(world.db, { frozenAt: '2026-01-04T12:00:00Z' });
    for (let url = answers[0]?.nextRecordsUrl; url !== undefined; url = answers.at(-1)?.nextRecordsUrl) {
      answers.push(await more(world.db, url, utc));
    }
    // Logins are numbered by the minutes since the first of January; the day before the third begins with 1,440.
    expect(idsOf(answers)).toHaveLength(FIRST + ROWS - 1_440);
    await setFloorTime(world.db, { frozenAt: '2026-03-10T12:00:00Z' });
  });
});
