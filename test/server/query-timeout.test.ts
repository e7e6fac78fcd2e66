/**
 * A query that runs longer than QUERY_TIMEOUT_SECONDS is refused with QUERY_TIMEOUT, whatever protocol it came by; what the
 * floor itself does is never cut short. Held up by a lock, any query is slow.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Database, openDatabase } from '../../src/store/database.js';
import { type ChatServer, chatServer } from '../support/chat-server.js';
import { type RestCall, restCalls } from '../support/rest-calls.js';
import { soapCall } from '../support/soap-calls.js';

let server: ChatServer;
let beside: Database;
let token: string;
let rest: RestCall;
const BATCH = 200;

beforeAll(async () => {
  server = await chatServer({ QUERY_TIMEOUT_SECONDS: '0.3', LOG_LEVEL: 'silent' });
  token = await server.token('admin');
  rest = restCalls(server.url, token);
  beside = await openDatabase({ url: server.databaseUrl, poolSize: 1 });
  const text = (i: number) => ({ attributes: { type: 'QuickText' }, Name: `Text ${i}`, Message: 'Hello' });
  for (const records of [Array.from({ length: BATCH }, (_, i) => text(i)), [text(BATCH)]]) {
    const made = await rest('POST', '/v60.0/composite/sobjects', { body: { allOrNone: true, records } });
    expect(made.status).toBe(200);
  }
});
afterAll(async () => {
  await beside?.close();
  await server?.close();
});

/** While nobody else may touch the table. */
async function locked<T>(table: string, work: () => Promise<T>): Promise<T> {
  return beside.tx(async (tx) => {
    await tx.query(`LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`);
    return work();
  });
}

const REFUSED = [{ message: 'Your query request was running for too long.', errorCode: 'QUERY_TIMEOUT' }];
const query = (soql: string) =>
  rest('GET', `/v60.0/query?q=${encodeURIComponent(soql)}`, {
    headers: { 'sforce-query-options': `batchSize=${BATCH}` },
  });

it.each([
  'SELECT Id FROM QuickText',
  'SELECT COUNT() FROM QuickText',
  'SELECT Name, COUNT(Id) FROM QuickText GROUP BY Name',
  'SELECT Id FROM QuickText LIMIT 1',
])('%s', async (soql) => {
  const answer = await locked('so_quick_text', () => query(soql));
  expect([answer.status, answer.body]).toEqual([400, REFUSED]);
  expect((await query(soql)).status).toBe(200);
});

it('the ids of a long answer being gathered', async () => {
  const soql = 'SELECT Id FROM QuickText ORDER BY Name';
  const answer = await locked('query_cursor_ids', () => query(soql));
  expect([answer.status, answer.body]).toEqual([400, REFUSED]);
  expect((await query(soql)).body).toMatchObject({ totalSize: BATCH + 1, done: false });
});

it('a further page, a search, an all-or-none composite', async () => {
  const first = await query('SELECT Id FROM QuickText');
  const next = (first.body.nextRecordsUrl as string).replace('/services/data', '');
  const search = () =>
    rest('GET', `/v60.0/search?q=${encodeURIComponent('FIND {Text} RETURNING QuickText(Id)')}`);
  expect((await search()).status).toBe(200);
  const [page, found, composite] = await locked('so_quick_text', () =>
    Promise.all([
      rest('GET', next),
      search(),
      rest('POST', '/v60.0/composite', {
        body: {
          allOrNone: true,
          compositeRequest: [
            { method: 'GET', referenceId: 'a', url: '/services/data/v60.0/query?q=SELECT+Id+FROM+QuickText' },
          ],
        },
      }),
    ]),
  );
  expect([page.status, page.body]).toEqual([400, REFUSED]);
  expect([found.status, found.body]).toEqual([400, REFUSED]);
  expect(composite.body.compositeResponse[0]).toMatchObject({ httpStatusCode: 400, body: REFUSED });
  expect((await rest('GET', next)).body.records).toHaveLength(1);
});

it('over SOAP', async () => {
  const at = { url: server.url, session: token, api: 'partner', version: 60 } as const;
  const answer = await locked('so_quick_text', () =>
    soapCall(at, 'query', '<queryString>SELECT Id FROM QuickText</queryString>'),
  );
  expect(answer.status).toBe(500);
  expect(answer.text).toContain('<faultcode>sf:QUERY_TIMEOUT</faultcode>');
  expect(answer.text).toContain('xsi:type="sf:InvalidQueryLocatorFault"');
});

it('not what the floor does', async () => {
  const ana = await server.agent('ana');
  const status = await locked('login', async () => {
    const setting = ana.request('setStatus', { status: 'Online' });
    await new Promise((resolve) => setTimeout(resolve, 700));
    return { setting };
  }).then(({ setting }) => setting);
  expect(status.snapshot.status).toBe('Online');
});
