/** Paths beyond a row, rows by a field, and conditions on a row's last change (salesforce-data-api.md §7.1, §9). */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { queryPath, type RestCall, restCalls } from '../../support/rest-calls.js';
import { DEMO_USERS, startTestServer, type TestServer } from '../../support/server.js';

let server: TestServer;
let call: RestCall;
let userId: string;
let path: string;

const SESSIONS = '/v60.0/sobjects/LiveAgentSession';

beforeAll(async () => {
  server = await startTestServer();
  call = restCalls(server.url, await server.signIn(DEMO_USERS.admin));
  const users = await call('GET', queryPath(`SELECT Id FROM User WHERE Username = '${DEMO_USERS.ana}'`));
  userId = users.body.records[0].Id;
  const body = { AgentId: userId, LoginTime: '2026-03-10T12:00:00Z', LogoutTime: '2026-03-10T13:00:00Z' };
  path = `${SESSIONS}/${(await call('POST', SESSIONS, { body })).body.id}`;
});

afterAll(() => server.close());

describe('relationships', () => {
  test('lead to the parent row', async () => {
    const reply = await call('GET', `${path}/agent?fields=Username`);
    expect(reply.body).toMatchObject({ attributes: { type: 'User' }, Username: DEMO_USERS.ana });
  });

  test('lead to the children, an empty set too', async () => {
    const children = await call('GET', `/v60.0/sobjects/User/${userId}/LiveChatTranscripts?fields=Id,Name`);
    expect(children.body).toMatchObject({
      totalSize: 1,
      done: true,
      records: [{ Id: path.split('/').at(-1) }],
    });
    expect((await call('GET', `${path}/Histories`)).body).toMatchObject({ totalSize: 0, records: [] });
  });

  test.each(['Nothing', 'AgentId'])('%s is none: 404', async (name) => {
    expect((await call('GET', `${path}/${name}`)).status).toBe(404);
  });

  test('an unknown field of a child is refused, whatever it is', async () => {
    const child = `/v60.0/sobjects/User/${userId}/LiveChatTranscripts?fields=`;
    for (const name of ['Foo', 'Id FROM User WHERE Id != null']) {
      const { status, body } = await call('GET', `${child}${encodeURIComponent(name)}`);
      expect({ name, status, code: body[0].errorCode }).toEqual({ name, status: 400, code: 'INVALID_FIELD' });
    }
  });

  test('came with v36', async () => {
    expect((await call('GET', `${path.replace('v60.0', 'v35.0')}/Agent`)).status).toBe(404);
  });
});

describe('a row by a field that names it', () => {
  test('is read, and a quote in the value is only a quote', async () => {
    const { Name } = (await call('GET', path)).body;
    expect((await call('GET', `${SESSIONS}/Name/${Name}`)).body.Id).toBe(path.split('/').at(-1));
    expect((await call('GET', `${SESSIONS}/Name/${encodeURIComponent("x' OR Name != '")}`)).status).toBe(404);
  });

  test('by a field that names none is refused', async () => {
    const { status, body } = await call('GET', `${SESSIONS}/TimeIdle/1`);
    expect({ status, message: body[0].message }).toEqual({
      status: 404,
      message: 'Provided external ID field does not exist or is not accessible: TimeIdle',
    });
  });

  test('a session takes no upsert', async () => {
    const { status, body } = await call('PATCH', `${SESSIONS}/Name/none`, { body: { TimeIdle: 1 } });
    expect({ status, code: body[0].errorCode }).toEqual({ status: 400, code: 'INVALID_ENTITY_FOR_UPSERT' });
  });
});

describe('conditions', () => {
  const header = (ms: number) => new Date(ms).toUTCString();

  test('a row not changed since is not sent again', async () => {
    const changed = Date.parse((await call('GET', path)).body.SystemModstamp.replace('+0000', 'Z'));
    const since = (ms: number) => call('GET', path, { headers: { 'If-Modified-Since': header(ms) } });
    expect((await since(changed)).status).toBe(304);
    expect((await since(changed - 1000)).status).toBe(200);
    const unless = (ms: number) => call('GET', path, { headers: { 'If-Unmodified-Since': header(ms) } });
    expect((await unless(changed)).status).toBe(200);
    expect((await unless(changed - 1000)).status).toBe(412);
  });

  test('a row changed since is not overwritten', async () => {
    const changed = Date.parse((await call('GET', path)).body.SystemModstamp.replace('+0000', 'Z'));
    const patch = (value: string) =>
      call('PATCH', path, { body: { TimeIdle: 9 }, headers: { 'If-Unmodified-Since': value } });
    expect((await patch(header(changed - 1000))).status).toBe(412);
    expect((await patch('never')).status).toBe(400);
    expect((await call('GET', path)).body.TimeIdle).toBeNull();
    expect((await patch(header(changed + 60_000))).status).toBe(204);
  });
});
