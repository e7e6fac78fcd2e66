/**
 * Answers long enough to be written into memory that other answers use before and after: whoever reads slowly, goes away
 * in the middle or wants it compressed, everybody gets the bytes of the own answer.
 */
import { request } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { queryPath, type RestCall, restCalls } from '../../support/rest-calls.js';
import { DEMO_USERS, startTestServer, type TestServer } from '../../support/server.js';

const ROWS = 200;
const FLAGS = [1, 2, 3] as const;

let server: TestServer;
let token: string;
let call: RestCall;

beforeAll(async () => {
  server = await startTestServer();
  token = await server.signIn(DEMO_USERS.admin);
  call = restCalls(server.url, token);
  const { body } = await call('GET', queryPath(`SELECT Id FROM User WHERE Username = '${DEMO_USERS.ana}'`));
  const AgentId = body.records[0].Id;
  for (const NumFlagRaised of FLAGS) {
    const records = Array.from({ length: ROWS }, () => ({
      attributes: { type: 'LiveAgentSession' },
      AgentId,
      LoginTime: '2026-03-10T12:00:00Z',
      LogoutTime: '2026-03-10T13:00:00Z',
      NumFlagRaised,
    }));
    const made = await call('POST', '/v60.0/composite/sobjects', { body: { allOrNone: true, records } });
    expect(made.body[0]).toMatchObject({ success: true });
  }
});

afterAll(() => server.close());

const pathOf = (flag: number): string =>
  queryPath(
    `SELECT FIELDS(STANDARD), Agent.Name FROM LiveAgentSession WHERE NumFlagRaised = ${flag} ORDER BY Id LIMIT ${ROWS}`,
  );

/** Reads a little and goes away. */
const leave = (flag: number): Promise<void> =>
  new Promise((resolve) => {
    const asked = request(
      `${server.url}/services/data${pathOf(flag)}`,
      { headers: { authorization: `Bearer ${token}` } },
      (response) => {
        response.once('data', () => response.destroy());
        response.once('close', resolve);
        response.on('error', () => undefined);
      },
    );
    asked.on('error', () => resolve());
    asked.end();
  });

test('answers that share memory one after the other never mix', async () => {
  const expected = new Map<number, string>();
  for (const flag of FLAGS) expected.set(flag, (await call('GET', pathOf(flag))).text);
  const lengths = [...expected.values()].map((text) => text.length);
  expect(Math.min(...lengths)).toBeGreaterThan(64 * 1024);

  for (let round = 0; round < 6; round++) {
    await Promise.all(
      Array.from({ length: 18 }, async (_, index) => {
        const flag = FLAGS[index % FLAGS.length] as number;
        if (index % 4 === 3) return leave(flag);
        const { text } = await call('GET', pathOf(flag));
        expect(text === expected.get(flag), `answer ${index} of round ${round}`).toBe(true);
      }),
    );
  }
});
