/** When something breaks on our side, a client learns that, and nothing else (salesforce-data-api.md §19.3). */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { testDatabase } from '../../support/database.js';
import { type DatabaseSwitch, databaseSwitch } from '../../support/database-switch.js';
import { queryPath, type RestCall, restCalls } from '../../support/rest-calls.js';
import { DEMO_USERS, startTestServer, type TestServer } from '../../support/server.js';

let database: Awaited<ReturnType<typeof testDatabase>>;
let power: DatabaseSwitch;
let server: TestServer;
let call: RestCall;

beforeAll(async () => {
  database = await testDatabase();
  power = await databaseSwitch(database.url);
  server = await startTestServer({ DATABASE_URL: power.url });
  call = restCalls(server.url, await server.signIn(DEMO_USERS.admin));
});

afterAll(async () => {
  await server.close();
  await power.close();
  await database.drop();
});

test('an unexpected error has an id and tells no detail', async () => {
  await server.db.query('ALTER TABLE so_skill RENAME TO so_skill_gone');
  const reply = await call('GET', queryPath('SELECT Id FROM Skill'));
  await server.db.query('ALTER TABLE so_skill_gone RENAME TO so_skill');
  expect(reply.status).toBe(500);
  expect(reply.body).toEqual([
    {
      message: expect.stringMatching(
        /^An unexpected error occurred\. Please include this ErrorId if you contact support: [\da-f-]{36}$/,
      ),
      errorCode: 'UNKNOWN_EXCEPTION',
    },
  ]);
});

test('without its database the server asks to come again, and then serves again', async () => {
  await power.off();
  for (const path of ['/v60.0/sobjects/User/005FW0000000001', queryPath('SELECT Id FROM User')]) {
    const reply = await call('GET', path);
    expect({ path, status: reply.status, code: reply.body[0].errorCode }).toEqual({
      path,
      status: 503,
      code: 'SERVER_UNAVAILABLE',
    });
    expect(Number(reply.headers.get('retry-after'))).toBeGreaterThan(0);
  }
  await power.on();
  await expect
    .poll(async () => (await call('GET', queryPath('SELECT Id FROM User'))).status, { timeout: 10_000 })
    .toBe(200);
});
