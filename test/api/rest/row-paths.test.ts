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

describe('upsert of a collection', () => {
  const skill = '/v60.0/composite/sobjects/Skill';
  const one = (DeveloperName: string, more = {}) => ({
    attributes: { type: 'Skill' },
    DeveloperName,
    MasterLabel: DeveloperName,
    ...more,
  });

  test('creates what has no id and changes what has one, results in order', async () => {
    const first = await call('PATCH', `${skill}/Id`, {
      body: { records: [one('Upserted1', { Id: null }), one('Upserted2')] },
    });
    expect(first.status).toBe(200);
    const [a, b] = first.body;
    expect(first.text).toBe(
      JSON.stringify([a.id, b.id].map((id) => ({ id, success: true, errors: [], created: true }))),
    );
    const again = await call('PATCH', `${skill}/id`, {
      body: {
        records: [one('Upserted3'), { Id: a.id, MasterLabel: 'Changed' }, { Id: userId, MasterLabel: 'x' }],
      },
    });
    expect(again.body).toMatchObject([
      { success: true, created: true },
      { id: a.id, success: true, created: false },
      { success: false, errors: [{ statusCode: 'MALFORMED_ID' }], created: false },
    ]);
    const names = await call('GET', queryPath(`SELECT MasterLabel FROM Skill WHERE Id = '${a.id}'`));
    expect(names.body.records[0].MasterLabel).toBe('Changed');
  });

  test('keeps nothing of an all-or-none one that fails', async () => {
    const { body } = await call('PATCH', `${skill}/Id`, {
      body: { allOrNone: true, records: [one('Upserted4'), { Id: userId, MasterLabel: 'x' }] },
    });
    expect(body).toMatchObject([
      { success: false, errors: [{ statusCode: 'ALL_OR_NONE_OPERATION_ROLLED_BACK' }], created: false },
      { success: false, errors: [{ statusCode: 'MALFORMED_ID' }] },
    ]);
    const found = await call('GET', queryPath(`SELECT Id FROM Skill WHERE DeveloperName = 'Upserted4'`));
    expect(found.body.totalSize).toBe(0);
  });

  test('is refused record by record where the object or the key takes none', async () => {
    const sessions = await call('PATCH', '/v60.0/composite/sobjects/LiveAgentSession/Id', {
      body: { records: [{ TimeIdle: 1 }] },
    });
    expect(sessions.body).toMatchObject([
      { success: false, errors: [{ statusCode: 'INVALID_ENTITY_FOR_UPSERT' }] },
    ]);
    const { body } = await call('PATCH', `${skill}/Description`, { body: { records: [one('Upserted5')] } });
    expect(body).toMatchObject([{ errors: [{ statusCode: 'INVALID_EXTERNAL_ID_FIELD_NAME' }] }]);
  });

  test('is of one type and came with v46', async () => {
    const other = await call('PATCH', `${skill}/Id`, {
      body: { records: [{ attributes: { type: 'User' }, LastName: 'x' }] },
    });
    expect({ status: other.status, code: other.body[0].errorCode }).toEqual({
      status: 400,
      code: 'INVALID_TYPE',
    });
    expect(
      (await call('PATCH', `${skill.replace('60.0', '45.0')}/Id`, { body: { records: [] } })).status,
    ).toBe(404);
    expect((await call('GET', `${skill}/Id`)).body[0].message).toContain('Allowed are PATCH');
  });
});

describe('conditions', () => {
  const header = (ms: number) => new Date(ms).toUTCString();

  test.each(['/v60.0/sobjects', `${SESSIONS}/describe`])(
    "%s is not sent again until somebody's rights change",
    async (describing) => {
      const since = async (ms: number) =>
        (await call('GET', describing, { headers: { 'If-Modified-Since': header(ms) } })).status;
      expect(await since(0)).toBe(200);
      const [clock] = await server.db.query<{ at: number }>('SELECT floor_now() AS at');
      const later = (clock?.at ?? 0) + 60_000;
      expect(await since(later)).toBe(304);
      await server.db.query(
        `UPDATE access_epoch SET changed_at = (SELECT floor_now()) + interval '2 minutes'`,
      );
      expect(await since(later)).toBe(200);
      const user = await call('PATCH', `/v60.0/sobjects/User/${userId}`, { body: { LocaleSidKey: 'en_GB' } });
      expect(user.status).toBe(204);
      expect(await since(later)).toBe(304);
      expect((await call('GET', describing, { headers: { 'If-Unmodified-Since': header(0) } })).status).toBe(
        412,
      );
    },
  );

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
