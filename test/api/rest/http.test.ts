/**
 * What REST says around its answers: versions, headers, compression, HEAD, slashes, suffixes, and what happens when
 * something breaks (salesforce-data-api.md §1, §7.1, §9, §19.3).
 */
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { queryPath, type RestCall, restCalls } from '../../support/rest-calls.js';
import { DEMO_USERS, startTestServer, type TestServer } from '../../support/server.js';

let server: TestServer;
let token: string;
let call: RestCall;
let userId: string;

beforeAll(async () => {
  server = await startTestServer();
  token = await server.signIn(DEMO_USERS.admin);
  call = restCalls(server.url, token);
  const { body } = await call('GET', queryPath(`SELECT Id FROM User WHERE Username = '${DEMO_USERS.ana}'`));
  userId = body.records[0].Id;
});

afterAll(() => server.close());

function session(more: Record<string, unknown> = {}) {
  return { AgentId: userId, LoginTime: '2026-03-10T12:00:00Z', LogoutTime: '2026-03-10T13:00:00Z', ...more };
}

describe('versions', () => {
  test.each(['', '/'])('the list at %j needs nobody to sign in', async (path) => {
    const reply = await restCalls(server.url, undefined)('GET', path);
    expect(reply.status).toBe(200);
    expect(reply.headers.get('sforce-limit-info')).toBeNull();
    expect(reply.text).toMatch(
      /^\[\{"label":"Spring '11","url":"\/services\/data\/v21\.0","version":"21\.0"\},/,
    );
    expect(reply.body.at(-1)).toEqual({
      label: "Winter '27",
      url: '/services/data/v68.0',
      version: '68.0',
    });
  });

  test.each(['/v60.0', '/v60.0/'])(
    'the map at %s names what is served, in the vendor’s order',
    async (path) => {
      const { body } = await call('GET', path);
      const names = Object.keys(body);
      expect(names).toEqual(
        expect.arrayContaining([
          'queryAll',
          'identity',
          'composite',
          'recent',
          'limits',
          'query',
          'sobjects',
        ]),
      );
      const order = ['queryAll', 'search', 'identity', 'composite', 'recent', 'limits', 'query', 'sobjects'];
      expect(names.filter((name) => order.includes(name))).toEqual(
        order.filter((name) => names.includes(name)),
      );
      expect(body.sobjects).toBe('/services/data/v60.0/sobjects');
      expect(body.identity).toMatch(new RegExp(`^${server.url}/id/00D\\w{15}/005\\w{15}$`));
    },
  );

  test('every name of the map answers something else than 404', async () => {
    const { body } = await call('GET', '/v60.0');
    for (const [name, path] of Object.entries(body as Record<string, string>)) {
      if (name === 'identity') continue;
      const reply = await call('GET', path.slice('/services/data'.length));
      expect({ name, found: reply.status !== 404 }).toEqual({ name, found: true });
    }
  });

  test('the map too asks who calls', async () => {
    expect((await restCalls(server.url, undefined)('GET', '/v60.0/')).status).toBe(401);
  });
});

describe('headers', () => {
  test('OAuth stands for Bearer, in any case', async () => {
    for (const scheme of ['Bearer', 'bearer', 'OAuth', 'OAUTH']) {
      const reply = await restCalls(server.url, undefined)('GET', '/v60.0/limits', {
        headers: { authorization: `${scheme} ${token}` },
      });
      expect({ scheme, status: reply.status }).toEqual({ scheme, status: 200 });
    }
  });

  test('each call is counted', async () => {
    const used = async () =>
      Number(
        /^api-usage=(\d+)\/\d+$/.exec(
          (await call('GET', '/v60.0/limits')).headers.get('sforce-limit-info') ?? '',
        )?.[1],
      );
    const before = await used();
    expect(await used()).toBe(before + 1);
    const refused = await call('GET', '/v60.0/nothing');
    expect(refused.headers.get('sforce-limit-info')).toMatch(new RegExp(`^api-usage=${before + 2}/`));
  });

  test('headers that are hints are read or ignored, never refused', async () => {
    const reply = await call('GET', queryPath('SELECT Id FROM User'), {
      headers: {
        'sforce-call-options': 'client=tests, defaultNamespace=x',
        'sforce-query-options': 'batchSize=none',
        'sforce-auto-assign': 'FALSE',
        'sforce-duplicate-rule-header': 'allowSave=true',
        'x-sfdc-packageversion-abc': '1.0',
      },
    });
    expect(reply.status).toBe(200);
  });

  test('Sforce-Query-Options sets the size of a page', async () => {
    const rows = Array.from({ length: 200 }, () => ({
      attributes: { type: 'LiveAgentSession' },
      ...session(),
    }));
    await call('POST', '/v60.0/composite/sobjects', { body: { allOrNone: true, records: rows } });
    await call('POST', '/v60.0/composite/sobjects', { body: { allOrNone: true, records: rows } });
    const page = (batchSize: string) =>
      call('GET', queryPath('SELECT Id FROM LiveAgentSession'), {
        headers: { 'Sforce-Query-Options': `batchSize=${batchSize}` },
      });
    expect((await page('300')).body.records).toHaveLength(300);
    expect((await page('5')).body.records).toHaveLength(200);
    expect((await page('9999')).body.records.length).toBeGreaterThanOrEqual(400);
  });

  test('Sforce-Mru decides whether a row counts as viewed', async () => {
    const silent = (
      await call('POST', '/v60.0/sobjects/LiveAgentSession', {
        body: session(),
        headers: { 'Sforce-Mru': 'updateMru=false' },
      })
    ).body.id;
    const noted = (await call('POST', '/v60.0/sobjects/LiveAgentSession', { body: session() })).body.id;
    const recent = (await call('GET', '/v60.0/recent?limit=50')).body.map(({ Id }: { Id: string }) => Id);
    expect(recent).toContain(noted);
    expect(recent).not.toContain(silent);
    const { recentItems, objectDescribe } = (await call('GET', '/v60.0/sobjects/LiveAgentSession')).body;
    expect(objectDescribe).toMatchObject({ name: 'LiveAgentSession', keyPrefix: '0HK' });
    expect(recentItems[0]).toEqual({
      attributes: {
        type: 'LiveAgentSession',
        url: `/services/data/v60.0/sobjects/LiveAgentSession/${noted}`,
      },
      Id: noted,
      Name: expect.stringMatching(/^\d{8}$/),
    });
  });
});

describe('paths', () => {
  test.each([
    '/v60.0/sobjects/liveagentsession/describe',
    '/v60.0/sobjects/LIVEAGENTSESSION/describe/',
    '/v60.0/SObjects/LiveAgentSession/Describe',
    '/v60.0/sobjects/LiveAgentSession/describe.json',
    '/v60.0//sobjects/LiveAgentSession/describe',
  ])('%s is the describe', async (path) => {
    expect((await call('GET', path)).body).toMatchObject({ name: 'LiveAgentSession', keyPrefix: '0HK' });
  });

  test('queryAll/ and limits/ with a slash, as simple-salesforce calls them', async () => {
    expect((await call('GET', '/v60.0/limits/')).status).toBe(200);
    expect(
      (await call('GET', `/v60.0/queryAll/?q=${encodeURIComponent('SELECT Id FROM User')}`)).status,
    ).toBe(200);
  });

  test('a path that is no text is refused', async () => {
    expect((await call('GET', '/v60.0/sobjects/%ff')).status).toBe(400);
  });

  test('_HttpMethod stands for a method the client has not', async () => {
    const { id } = (await call('POST', '/v60.0/sobjects/LiveAgentSession', { body: session() })).body;
    const path = `/v60.0/sobjects/LiveAgentSession/${id}`;
    expect((await call('POST', `${path}?_HttpMethod=PATCH`, { body: { TimeIdle: 8 } })).status).toBe(204);
    expect((await call('GET', `${path}?fields=TimeIdle`)).body.TimeIdle).toBe(8);
  });
});

describe('answers', () => {
  test('a created row has a Location', async () => {
    const reply = await call('POST', '/v60.0/sobjects/LiveAgentSession', { body: session() });
    expect(reply.status).toBe(201);
    expect(reply.text).toBe(`{"id":"${reply.body.id}","success":true,"errors":[]}`);
    expect(reply.headers.get('location')).toBe(
      `/services/data/v60.0/sobjects/LiveAgentSession/${reply.body.id}`,
    );
    const byId = await call('POST', '/v37.0/sobjects/LiveAgentSession/Id', { body: session() });
    expect(byId.status).toBe(201);
    expect((await call('POST', '/v36.0/sobjects/LiveAgentSession/Id', { body: session() })).status).toBe(405);
  });

  test('a changed and a deleted row have no body', async () => {
    const { id } = (await call('POST', '/v60.0/sobjects/LiveAgentSession', { body: session() })).body;
    for (const [method, body] of [
      ['PATCH', { TimeIdle: 1 }],
      ['DELETE', undefined],
    ] as const) {
      const reply = await call(method, `/v60.0/sobjects/LiveAgentSession/${id}`, { body });
      expect({ method, status: reply.status, text: reply.text }).toEqual({ method, status: 204, text: '' });
    }
  });

  test('HEAD is GET without the body', async () => {
    for (const path of [
      `/v60.0/sobjects/User/${userId}`,
      '/v60.0/sobjects',
      queryPath('SELECT Id FROM User'),
      '',
    ]) {
      const head = await call('HEAD', path);
      expect({ path, status: head.status, text: head.text }).toEqual({ path, status: 200, text: '' });
    }
    expect((await call('HEAD', '/v60.0/sobjects/User/005FW0zzzzzzzzz')).status).toBe(404);
  });

  test('fields come as asked for, attributes first', async () => {
    const reply = await call('GET', `/v60.0/sobjects/User/${userId}?fields=Username,Id,Profile.Name`);
    expect(reply.text).toBe(
      `{"attributes":{"type":"User","url":"/services/data/v60.0/sobjects/User/${userId}"},"Username":"${DEMO_USERS.ana}","Id":"${userId}","Profile":${JSON.stringify(reply.body.Profile)}}`,
    );
  });
});

describe('compression', () => {
  async function raw(
    path: string,
    headers: Record<string, string>,
    body?: Uint8Array,
  ): Promise<{ headers: Map<string, string>; bytes: Buffer; status: number }> {
    const { request } = await import('node:http');
    return new Promise((resolve, reject) => {
      const sent = request(
        `${server.url}/services/data${path}`,
        {
          method: body === undefined ? 'GET' : 'POST',
          headers: { authorization: `Bearer ${token}`, ...headers },
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('end', () =>
            resolve({
              status: response.statusCode ?? 0,
              headers: new Map(
                Object.entries(response.headers).map(([name, value]) => [name, String(value)]),
              ),
              bytes: Buffer.concat(chunks),
            }),
          );
        },
      );
      sent.on('error', reject);
      sent.end(body);
    });
  }

  test.each([
    ['an answer made as a value', '/v60.0/sobjects/LiveAgentSession/describe'],
    ['an answer made as bytes', queryPath('SELECT Id, LoginTime, LogoutTime FROM LiveAgentSession')],
  ])('%s comes as gzip when the client takes it', async (_name, path) => {
    const plain = await raw(path, {});
    const zipped = await raw(path, { 'accept-encoding': 'gzip, deflate' });
    expect(plain.headers.get('content-encoding')).toBeUndefined();
    expect(zipped.headers.get('content-encoding')).toBe('gzip');
    expect(gunzipSync(zipped.bytes).equals(plain.bytes)).toBe(true);
    expect(zipped.bytes.length).toBeLessThan(plain.bytes.length / 4);
  });

  test('a short answer is left alone', async () => {
    const reply = await raw(queryPath('SELECT COUNT() FROM User'), { 'accept-encoding': 'gzip' });
    expect(reply.headers.get('content-encoding')).toBeUndefined();
  });

  test('a compressed body is read', async () => {
    const reply = await raw(
      '/v60.0/sobjects/LiveAgentSession',
      { 'content-type': 'application/json', 'content-encoding': 'gzip' },
      gzipSync(JSON.stringify(session())),
    );
    expect(reply.status).toBe(201);
  });

  test('a small body that unpacks into a huge one is refused', async () => {
    const bomb = gzipSync(Buffer.alloc(60 * 1024 * 1024, 0x20));
    const reply = await raw(
      '/v60.0/sobjects/LiveAgentSession',
      { 'content-type': 'application/json', 'content-encoding': 'gzip' },
      bomb,
    );
    expect(reply.status).toBe(413);
    expect(JSON.parse(reply.bytes.toString())[0].errorCode).toBe('EXCEEDED_MAX_SIZE_REQUEST');
  });

  test('a body that is not what it says is refused', async () => {
    const reply = await raw(
      '/v60.0/sobjects/LiveAgentSession',
      { 'content-type': 'application/json', 'content-encoding': 'gzip' },
      Buffer.from('{}'),
    );
    expect(reply.status).toBe(400);
    const unknown = await raw(
      '/v60.0/sobjects/LiveAgentSession',
      { 'content-type': 'application/json', 'content-encoding': 'br' },
      Buffer.from('{}'),
    );
    expect(unknown.status).toBe(415);
  });
});
