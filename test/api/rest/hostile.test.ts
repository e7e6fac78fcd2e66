/**
 * An integrator who does everything at once and in the wrong order: writers who wait for each other, calls inside calls,
 * bodies nobody would write. Whatever happens, the answer is a documented one, and the server serves the next call.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { queryPath, type RestCall, type RestReply, restCalls } from '../../support/rest-calls.js';
import { DEMO_USERS, startTestServer, type TestServer } from '../../support/server.js';

let server: TestServer;
let call: RestCall;
let agentId: string;
let otherId: string;

const V = '/v60.0';
const SESSIONS = `${V}/sobjects/LiveAgentSession`;
const type = { attributes: { type: 'LiveAgentSession' } };

beforeAll(async () => {
  server = await startTestServer();
  call = restCalls(server.url, await server.signIn(DEMO_USERS.admin));
  const idOf = async (username: string) =>
    (await call('GET', queryPath(`SELECT Id FROM User WHERE Username = '${username}'`))).body.records[0].Id;
  [agentId, otherId] = [await idOf(DEMO_USERS.ana), await idOf(DEMO_USERS.ben)];
});
afterAll(() => server.close());

const aSession = (more = {}) => ({
  ...type,
  AgentId: agentId,
  LoginTime: '2026-03-10T12:00:00Z',
  LogoutTime: '2026-03-10T13:00:00Z',
  ...more,
});
async function sessions(count: number): Promise<string[]> {
  const records = Array.from({ length: count }, () => aSession());
  const { body } = await call('POST', `${V}/composite/sobjects`, { body: { records } });
  return body.map(({ id }: { id: string }) => id);
}
const codesOf = ({ body }: RestReply) =>
  body.map((one: { errors: { statusCode: string }[] }) => one.errors[0]?.statusCode);
const patchAll = (ids: readonly string[], more: Record<string, unknown>) =>
  call('PATCH', `${V}/composite/sobjects`, {
    body: { records: ids.map((id) => ({ ...type, id, ...more })) },
  });
const part = (referenceId: string, method: string, path: string, body?: unknown) => ({
  referenceId,
  method,
  url: `/services/data${path}`,
  ...(body === undefined ? {} : { body }),
});
const composite = (compositeRequest: unknown[], allOrNone = true) =>
  call('POST', `${V}/composite`, { body: { allOrNone, compositeRequest } });

describe('writers of the same rows', () => {
  test('in any order wait for each other, and nobody fails', async () => {
    const ids = await sessions(200);
    const replies = await Promise.all(
      Array.from({ length: 8 }, (_, n) => patchAll(n % 2 === 0 ? ids : [...ids].reverse(), { TimeIdle: n })),
    );
    expect(replies.flatMap(codesOf).filter((code) => code !== undefined)).toEqual([]);
    const { body } = await call(
      'GET',
      queryPath(
        `SELECT COUNT_DISTINCT(TimeIdle) n FROM LiveAgentSession WHERE Id IN ('${ids.join("', '")}')`,
      ),
    );
    expect(body.records[0].n).toBe(1);
  });

  test('who hold what the other wants: one is refused in words, the other goes through', async () => {
    const [a = '', b = ''] = await sessions(2);
    const change = (first: string, second: string) =>
      composite([
        part('one', 'PATCH', `${SESSIONS}/${first}`, { TimeIdle: 1 }),
        part('two', 'PATCH', `${SESSIONS}/${second}`, { TimeIdle: 2 }),
      ]);
    const replies = await Promise.all(
      Array.from({ length: 12 }, (_, n) => (n % 2 === 0 ? change(a, b) : change(b, a))),
    );
    for (const { status, body } of replies) {
      expect(status).toBe(200);
      for (const one of body.compositeResponse) {
        if (one.httpStatusCode === 204) continue;
        expect(['UNABLE_TO_LOCK_ROW', 'PROCESSING_HALTED']).toContain(one.body[0].errorCode);
      }
    }
    expect(
      replies.some(({ body }) =>
        body.compositeResponse.every((one: { httpStatusCode: number }) => one.httpStatusCode === 204),
      ),
    ).toBe(true);
  });

  test('that somebody holds for too long are refused, alone and in a composite', async () => {
    const [held = '', free = ''] = await sessions(2);
    let release: () => void = () => undefined;
    let locked: () => void = () => undefined;
    const isLocked = new Promise<void>((resolve) => {
      locked = resolve;
    });
    const holding = server.db.tx(async (tx) => {
      await tx.query('SELECT id FROM so_live_agent_session WHERE id = $1 FOR UPDATE', [held]);
      locked();
      await new Promise<void>((resolve) => {
        release = resolve;
      });
    });
    await isLocked;
    const [alone, several] = await Promise.all([
      call('PATCH', `${SESSIONS}/${held}`, { body: { TimeIdle: 1 } }),
      composite(
        [
          part('held', 'PATCH', `${SESSIONS}/${held}`, { TimeIdle: 1 }),
          part('free', 'PATCH', `${SESSIONS}/${free}`, { TimeIdle: 7 }),
        ],
        false,
      ),
    ]);
    release();
    await holding;
    expect(alone.status).toBe(400);
    expect(alone.body[0]).toMatchObject({ errorCode: 'UNABLE_TO_LOCK_ROW' });
    expect(alone.body[0].message).toContain(held);
    expect(
      several.body.compositeResponse.map((one: { httpStatusCode: number }) => one.httpStatusCode),
    ).toEqual([400, 204]);
  }, 60_000);
});

describe('a call too large or too deep', () => {
  test('201 records fail whole, whatever the call', async () => {
    const records = Array.from({ length: 201 }, () => aSession());
    for (const method of ['POST', 'PATCH']) {
      const { status, body } = await call(method, `${V}/composite/sobjects`, { body: { records } });
      expect({ method, status, code: body[0].errorCode }).toEqual({
        method,
        status: 400,
        code: 'EXCEEDED_ID_LIMIT',
      });
    }
    const ids = Array.from({ length: 201 }, () => agentId).join(',');
    const gone = await call('DELETE', `${V}/composite/sobjects?ids=${ids}`);
    expect({ status: gone.status, code: gone.body[0].errorCode }).toEqual({
      status: 400,
      code: 'EXCEEDED_ID_LIMIT',
    });
  });

  test.each([
    ['a record', '/sobjects/LiveAgentSession', (deep: string) => `{"TimeIdle": ${deep}}`],
    ['a collection', '/composite/sobjects', (deep: string) => `{"records": ${deep}}`],
    [
      'a composite',
      '/composite',
      (deep: string) =>
        `{"compositeRequest": [{"method": "POST", "referenceId": "a", "url": "/services/data/v60.0/sobjects/LiveAgentSession", "body": {"TimeIdle": ${deep}}}]}`,
    ],
    [
      'a batch',
      '/composite/batch',
      (deep: string) =>
        `{"batchRequests": [{"method": "POST", "url": "v60.0/sobjects/LiveAgentSession", "richInput": {"TimeIdle": ${deep}}}]}`,
    ],
    [
      'a tree',
      '/composite/tree/LiveAgentSession',
      (deep: string) =>
        `{"records": [{"attributes": {"type": "LiveAgentSession", "referenceId": "a"}, "Shares": ${deep}}]}`,
    ],
  ])('%s of a hundred thousand levels is refused', async (_, path, body) => {
    const deep = '['.repeat(100_000) + ']'.repeat(100_000);
    const reply = await call('POST', `${V}${path}`, { body: body(deep) });
    expect(reply.status, reply.text.slice(0, 200)).toBeLessThan(500);
    expect(reply.text.slice(0, 2_000)).not.toContain('UNKNOWN_EXCEPTION');
  });

  test('composites do not stand in composites, nor batches in batches', async () => {
    const { body } = await composite(
      [part('inner', 'POST', `${V}/composite/batch`, { batchRequests: [] })],
      false,
    );
    expect(body.compositeResponse[0].httpStatusCode).toBe(400);
    const batch = await call('POST', `${V}/composite/batch`, {
      body: {
        batchRequests: [{ method: 'POST', url: 'v60.0/composite', richInput: { compositeRequest: [] } }],
      },
    });
    expect(batch.body.results[0].statusCode).toBe(400);
  });
});

describe('a body that is no JSON', () => {
  test.each([
    'text/plain',
    'application/xml',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/jsonp',
  ])('as %s: 415', async (contentType) => {
    const { status, body } = await call('POST', SESSIONS, {
      body: '<LiveAgentSession/>',
      headers: { 'content-type': contentType },
    });
    expect({ status, code: body[0].errorCode }).toEqual({ status: 415, code: 'UNSUPPORTED_MEDIA_TYPE' });
  });
});

describe('composite', () => {
  test('goes on after a failure, halts what needed it, and keeps the others', async () => {
    const { body } = await composite(
      [
        part('bad', 'POST', SESSIONS, { AgentId: agentId }),
        part('needs', 'GET', `${SESSIONS}/@{bad.id}`),
        part('good', 'POST', SESSIONS, aSession()),
        part('reads', 'GET', `${SESSIONS}/@{good.id}?fields=Id`),
        part('error', 'POST', SESSIONS, aSession({ AgentId: '@{bad[0].errorCode}' })),
      ],
      false,
    );
    const [bad, needs, good, reads, error] = body.compositeResponse;
    expect(bad.body[0].errorCode).toBe('REQUIRED_FIELD_MISSING');
    expect(needs.body[0]).toEqual({
      errorCode: 'PROCESSING_HALTED',
      message: 'Invalid reference specified. No value for bad.id found in bad',
    });
    expect(reads.body.Id).toBe(good.body.id);
    expect(error.body[0].errorCode).toBe('MALFORMED_ID');
  });

  test('all or none takes back what collections inside it saved in part', async () => {
    const [gone = ''] = await sessions(1);
    await call('DELETE', `${SESSIONS}/${gone}`);
    const before = (await call('GET', queryPath('SELECT COUNT() FROM LiveAgentSession'))).body.totalSize;
    const { body } = await composite([
      part('many', 'POST', `${V}/composite/sobjects`, { records: [aSession(), aSession({ AgentId: null })] }),
      part('none', 'PATCH', `${SESSIONS}/${gone}`, { TimeIdle: 1 }),
    ]);
    expect(body.compositeResponse.map((one: { httpStatusCode: number }) => one.httpStatusCode)).toEqual([
      400, 404,
    ]);
    expect((await call('GET', queryPath('SELECT COUNT() FROM LiveAgentSession'))).body.totalSize).toBe(
      before,
    );
  });
});

test('a new owner ends manual shares, and keeps them when nothing changes', async () => {
  const setting = await call('POST', `${V}/sobjects/FloorObjectSetting`, {
    body: { SobjectType: 'LiveAgentSession', InternalSharingModel: 'Private' },
  });
  expect(setting.status, setting.text).toBe(201);
  const [id = ''] = await sessions(1);
  const share = await call('POST', `${V}/sobjects/LiveAgentSessionShare`, {
    body: { ParentId: id, UserOrGroupId: otherId, AccessLevel: 'Edit' },
  });
  expect(share.status, share.text).toBe(201);
  const shares = async () =>
    (
      await call(
        'GET',
        queryPath(
          `SELECT UserOrGroupId FROM LiveAgentSessionShare WHERE ParentId = '${id}' AND RowCause = 'Manual'`,
        ),
      )
    ).body.totalSize;
  const owner = (await call('GET', `${SESSIONS}/${id}`)).body.OwnerId;
  await patchAll([id], { OwnerId: owner, TimeIdle: 3 });
  expect(await shares()).toBe(1);
  await patchAll([id], { OwnerId: agentId });
  expect(await shares()).toBe(0);
});
