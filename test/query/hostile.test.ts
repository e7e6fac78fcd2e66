/** Clients of /query, /queryAll and /search that mean no good, over HTTP: refusals, never a 500, and nothing left held. */
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { queryPath, type RestCall, restCalls } from '../support/rest-calls.js';
import { DEMO_USERS, startTestServer, type TestServer } from '../support/server.js';

const ROWS = 5_000;

let server: TestServer;
let ana: RestCall;
let ben: RestCall;
let token: string;

beforeAll(async () => {
  server = await startTestServer({ RATE_LIMIT_FACTOR: '10000' });
  token = await server.signIn(DEMO_USERS.ana);
  ana = restCalls(server.url, token);
  ben = restCalls(server.url, await server.signIn(DEMO_USERS.ben));
  await server.db.query(
    `INSERT INTO so_live_agent_session (owner_id, name, created_date, created_by_id, last_modified_date,
            last_modified_by_id, system_modstamp, agent_id, login_time, logout_time, time_idle)
     SELECT u.id, lpad((n + 100000)::text, 8, '0'), t, u.id, t, u.id, t, u.id, t, t + interval '1 hour', n % 97
       FROM so_user AS u, generate_series(1, $2::int) AS n,
            LATERAL (SELECT '2024-01-01T00:00:00Z'::timestamptz + n * interval '1 minute' AS t) AS made
      WHERE u.username = $1`,
    [DEMO_USERS.ana, ROWS],
  );
}, 120_000);
afterAll(() => server.close());

const ALL = 'SELECT Id, Name, TimeIdle FROM LiveAgentSession';
const ask = (soql: string, call = ana) => call('GET', queryPath(soql));
const nextPath = (url: string) => url.replace('/services/data', '');

/** Refused as a client's mistake, in the API's own form. */
async function refusedWith(
  reply: Promise<{ status: number; body: unknown }>,
  status: number,
): Promise<string> {
  const { status: said, body } = await reply;
  expect([said, JSON.stringify(body).slice(0, 300)]).toEqual([status, expect.stringContaining('errorCode')]);
  return (body as { errorCode: string }[])[0]?.errorCode ?? '';
}

describe('statements out of all measure', () => {
  it('a URI longer than 16,384 characters', async () => {
    expect(await refusedWith(ask(`${ALL} WHERE Name = '${'a'.repeat(20_000)}'`), 414)).toBe('URI_TOO_LONG');
  });

  it.each([
    ['brackets', `${ALL} WHERE ${'('.repeat(2_000)}Name = 'x'${')'.repeat(2_000)}`, 'QUERY_TOO_COMPLICATED'],
    ['brackets nobody closes', `${ALL} WHERE ${'('.repeat(4_000)}`, 'QUERY_TOO_COMPLICATED'],
    ['NOTs', `${ALL} WHERE ${'(NOT '.repeat(900)}Name = 'x'${')'.repeat(900)}`, 'QUERY_TOO_COMPLICATED'],
    ['sub-queries', `SELECT ${'(SELECT Id, '.repeat(300)}Id`, undefined],
    ['a number', `${ALL} WHERE TimeIdle = ${'9'.repeat(10_000)}`, undefined],
    ['a LIMIT', `${ALL} LIMIT ${'9'.repeat(500)}`, undefined],
    ['a path', `SELECT ${'Agent.'.repeat(1_000)}Name FROM LiveAgentSession`, undefined],
    ['an OFFSET', `${ALL} OFFSET 2001`, 'NUMBER_OUTSIDE_VALID_RANGE'],
    ['a negative OFFSET', `${ALL} OFFSET -1`, 'NUMBER_OUTSIDE_VALID_RANGE'],
  ])('%s', async (_what, soql, code) => {
    const { status, body } = await ask(soql);
    expect(status).toBeLessThan(500);
    if (code !== undefined) expect(body[0].errorCode).toBe(code);
  });

  it('as many values in one IN as a URI holds', async () => {
    const names = Array.from({ length: 800 }, (_, n) => `'${String(n + 100_001).padStart(8, '0')}'`);
    const { status, body } = await ask(`SELECT Id FROM LiveAgentSession WHERE Name IN (${names.join(',')})`);
    expect([status, body.totalSize]).toEqual([200, 800]);
  });

  it('searches of brackets and wildcards', async () => {
    for (const text of [
      '('.repeat(3_000),
      `${'(a '.repeat(500)}`,
      `${'a*'.repeat(1_000)}`,
      `"${'?'.repeat(2_000)}"`,
    ]) {
      const { status } = await ana('GET', `/v60.0/search?q=${encodeURIComponent(`FIND {${text}}`)}`);
      expect(status).toBeLessThan(500);
    }
  });
});

describe('values that are SQL', () => {
  it.each([
    "' OR 1=1 --",
    "\\'; DROP TABLE so_user; --",
    "') UNION SELECT hash FROM credential --",
    '$1',
    '%',
    '\\\\',
  ])('%s finds nothing and breaks nothing', async (text) => {
    const value = text.startsWith('\\') ? text : text.replaceAll("'", "\\'");
    const { status, body } = await ask(`${ALL} WHERE Name = '${value}' AND Agent.Name != '${value}'`);
    expect([status, body.totalSize]).toEqual([200, 0]);
    for (const name of ['explain', 'q']) {
      const reply = await ana('GET', `/v60.0/query?${name}=${encodeURIComponent(`${ALL} ORDER BY ${text}`)}`);
      expect(reply.status).toBe(400);
    }
    const batch = await ana('GET', queryPath(ALL), {
      headers: { 'sforce-query-options': `batchSize=${text}` },
    });
    expect([batch.status, batch.body.records.length]).toEqual([200, 2_000]);
  });
});

describe('batch sizes', () => {
  it.each([
    ['1', 200],
    ['0', 200],
    ['-5', 200],
    ['250', 250],
    ['1e3', 1_000],
    ['999999999999999999999', 2_000],
    ['NaN', 2_000],
    ['', 2_000],
  ])('%s gives %i rows', async (size, rows) => {
    const { body } = await ana('GET', queryPath(ALL), {
      headers: { 'sforce-query-options': `batchSize=${size}` },
    });
    expect(body.records).toHaveLength(rows);
  });
});

describe('locators', () => {
  it('of others, broken and made up are refused alike', async () => {
    const { body } = await ask(ALL);
    const mine = nextPath(body.nextRecordsUrl);
    expect(await refusedWith(ben('GET', mine), 400)).toBe('INVALID_QUERY_LOCATOR');
    const [id] = (mine.split('/').at(-1) as string).split('-');
    for (const odd of [
      `${id}-1999`,
      `${id}-999999999`,
      `${id}--1`,
      `${id}`,
      `${id}-2000-2000`,
      `${id?.slice(0, 17)}-2000`,
      `${id}-2000' OR '1'='1`,
      '01gFW0000000000AAA-2000',
      '-',
      '%00',
      '01g',
    ]) {
      expect(await refusedWith(ana('GET', `/v60.0/query/${encodeURIComponent(odd)}`), 400)).toBe(
        'INVALID_QUERY_LOCATOR',
      );
    }
    expect((await ana('GET', mine)).body.records).toHaveLength(2_000);
  });

  it('asked for by many at once give all of them the same page', async () => {
    const { body } = await ask(ALL);
    const replies = await Promise.all(
      Array.from({ length: 24 }, () => ana('GET', nextPath(body.nextRecordsUrl))),
    );
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200]));
    expect(new Set(replies.map(({ text }) => text)).size).toBe(1);
  });
});

it('64 cursors with ids of their own at once: all are answered, ten stay', { timeout: 120_000 }, async () => {
  const replies = await Promise.all(
    Array.from({ length: 64 }, (_, n) => ask(`${ALL} ORDER BY TimeIdle${n % 2 === 0 ? ' DESC' : ''}`)),
  );
  expect(replies.map(({ status, body }) => [status, body.totalSize])).toEqual(replies.map(() => [200, ROWS]));
  const [row] = await server.db.query<{ cursors: number }>(
    "SELECT count(*) AS cursors FROM query_cursor WHERE kind = 'ids'",
  );
  expect(row?.cursors).toBe(10);
});

it('clients that hang up in the middle of a page hold no connection of the database', {
  timeout: 60_000,
}, async () => {
  const { hostname, port } = new URL(server.url);
  const hangUp = (path: string) =>
    new Promise<void>((resolve) => {
      const socket = connect({ host: hostname, port: Number(port) });
      socket.on('error', () => undefined);
      socket.on('close', () => resolve());
      socket.write(`GET /services/data${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n\r\n`);
      socket.once('data', () => socket.destroy());
      setTimeout(() => socket.destroy(), 2_000).unref();
    });
  const paths = [queryPath(ALL), queryPath(`${ALL} ORDER BY TimeIdle`), queryPath(ALL, '60.0', 'queryAll')];
  await Promise.all(Array.from({ length: 60 }, (_, n) => hangUp(paths[n % paths.length] as string)));
  const busy = async () => {
    const [row] = await server.db.query<{ held: number }>(
      `SELECT count(*) AS held FROM pg_stat_activity
        WHERE datname = current_database() AND state LIKE 'idle in transaction%'`,
    );
    return row?.held;
  };
  await expect.poll(busy, { timeout: 10_000 }).toBe(0);
  const replies = await Promise.all(Array.from({ length: 16 }, () => ask(`${ALL} LIMIT 1`)));
  expect(replies.map(({ status }) => status)).toEqual(replies.map(() => 200));
});
