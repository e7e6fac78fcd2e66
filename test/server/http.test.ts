/** The HTTP server before anybody's routes. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { FastifyInstance } from 'fastify';
import { afterEach, expect, test } from 'vitest';
import { readConfig } from '../../src/config.js';
import { HOME_PAGE_POLICY, homePage } from '../../src/server/home-page.js';
import { houseRoutes } from '../../src/server/house-routes.js';
import { closeHttp, createHttp, originOf } from '../../src/server/http.js';

const apps: FastifyInstance[] = [];
afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
});

async function listening(
  settings: NodeJS.ProcessEnv,
  routes: (app: FastifyInstance) => void = () => undefined,
) {
  const app = createHttp(readConfig({ LOG_LEVEL: 'silent', ...settings }));
  apps.push(app);
  routes(app);
  await app.listen({ port: 0, host: '127.0.0.1' });
  return `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
}

test('an unknown address is answered in the form of a Salesforce error', async () => {
  const url = await listening({});
  const answer = await fetch(`${url}/nowhere`);
  expect(answer.status).toBe(404);
  expect(await answer.json()).toEqual([
    { errorCode: 'NOT_FOUND', message: 'The requested resource does not exist' },
  ]);
});

test('a path that cannot be decoded is answered in that form, too', async () => {
  const url = await listening({});
  const answer = await fetch(`${url}/%ff`);
  expect([answer.status, await answer.json()]).toEqual([
    400,
    [{ errorCode: 'INVALID_OPERATION', message: 'The request could not be read.' }],
  ]);
});

test('a mistake of ours leaves with a code and a number, never with its text', async () => {
  const url = await listening({}, (app) =>
    app.get('/broken', () => {
      throw new Error('secret place /etc/shadow');
    }),
  );
  const answer = await fetch(`${url}/broken`);
  const body = await answer.text();
  expect(answer.status).toBe(500);
  expect(body).toMatch(/UNKNOWN_EXCEPTION.*Error number: [0-9a-f]{8}-1/);
  expect(body).not.toContain('secret');
});

test('a body above BODY_LIMIT_BYTES is refused', async () => {
  const url = await listening({ BODY_LIMIT_BYTES: '100000' }, (app) => app.post('/any', () => 'taken'));
  const send = (size: number) =>
    fetch(`${url}/any`, {
      method: 'POST',
      headers: { 'content-type': 'text/plain' },
      body: 'x'.repeat(size),
    });
  expect((await send(100_000)).status).toBe(200);
  expect((await send(100_001)).status).toBe(413);
});

test('a URI of more than 16,384 bytes still reaches its handler', async () => {
  const url = await listening({}, (app) => app.get('/long', (request) => String(request.raw.url?.length)));
  expect(await (await fetch(`${url}/long?q=${'x'.repeat(30_000)}`)).text()).toBe('30008');
});

test('X-Forwarded-For is believed from the proxies of TRUST_PROXY only', async () => {
  const addressSeen = async (settings: NodeJS.ProcessEnv) => {
    const url = await listening(settings, (app) => app.get('/ip', (request) => request.ip));
    const answer = await fetch(`${url}/ip`, { headers: { 'x-forwarded-for': '203.0.113.9' } });
    return answer.text();
  };
  expect(await addressSeen({})).toBe('127.0.0.1');
  expect(await addressSeen({ TRUST_PROXY: '10.0.0.0/8' })).toBe('127.0.0.1');
  expect(await addressSeen({ TRUST_PROXY: '10.0.0.0/8,127.0.0.0/8' })).toBe('203.0.113.9');
});

test('TLS_CERT and TLS_KEY serve https', async (context) => {
  const dir = mkdtempSync(path.join(tmpdir(), 'floorwalker-tls-'));
  const [key, cert] = [path.join(dir, 'key.pem'), path.join(dir, 'cert.pem')];
  try {
    const made = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost -keyout ${key} -out ${cert}`;
    try {
      execFileSync('openssl', made.split(' '), { stdio: 'ignore' });
    } catch {
      context.annotate('no openssl here to make a certificate with');
      return;
    }
    const url = await listening({ TLS_CERT: cert, TLS_KEY: key }, (app) => app.get('/x', () => 'over tls'));
    const text = await new Promise<string>((resolve, reject) => {
      const target = `${url.replace('http:', 'https:')}/x`;
      httpsRequest(target, { ca: readFileSync(cert), servername: 'localhost' }, (answer) => {
        expect(answer.headers['strict-transport-security']).toContain('max-age=');
        answer.setEncoding('utf8').once('data', resolve);
      })
        .once('error', reject)
        .end();
    });
    expect(text).toBe('over tls');
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test('the log has method, path and status, never query, headers or what a database error quotes', async () => {
  const lines: string[] = [];
  const write = process.stdout.write.bind(process.stdout);
  process.stdout.write = ((chunk: string | Uint8Array) => lines.push(String(chunk)) > 0) as typeof write;
  try {
    const url = await listening({ LOG_LEVEL: 'trace' }, (app) =>
      app.get('/some/:id', () => {
        throw Object.assign(new Error('invalid input: "secret message"'), {
          severity: 'ERROR',
          code: '22P02',
          detail: 'Key (x)=(secret row)',
          table: 'so_user',
        });
      }),
    );
    await fetch(`${url}/some/thing?token=secret-token`, {
      headers: { authorization: 'Bearer secret-bearer' },
    });
  } finally {
    process.stdout.write = write;
  }
  const log = lines.join('');
  expect(log).toContain('/some/thing');
  expect(log).toContain('22P02');
  expect(log).toContain('so_user');
  expect(log).not.toContain('secret');
});

test('a stop waits for the request under way, not for the connection it came on', async () => {
  let begin = (): void => undefined;
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const url = await listening({}, (app) =>
    app.get('/slow', async () => {
      begin();
      await new Promise((resolve) => setTimeout(resolve, 300));
      return 'finished';
    }),
  );
  const agent = new HttpAgent({ keepAlive: true });
  const answer = new Promise<string>((resolve, reject) => {
    httpRequest(`${url}/slow`, { agent }, (response) => {
      response.setEncoding('utf8').once('data', resolve);
    })
      .once('error', reject)
      .end();
  });
  await begun;
  const started = performance.now();
  await closeHttp(apps.pop() as FastifyInstance);
  expect(await answer).toBe('finished');
  expect(performance.now() - started).toBeLessThan(5_000); // a kept connection alone would hold it for 72 s
  agent.destroy();
});

test('a stop does not wait for a connection on which nothing was ever asked', async () => {
  const url = await listening({});
  const silent = connect(Number(new URL(url).port), '127.0.0.1');
  await once(silent, 'connect');
  const closed = once(silent, 'close');
  // The server has it, too.
  expect((await fetch(`${url}/healthz`)).status).toBe(404);
  const began = performance.now();
  await closeHttp(apps.pop() as FastifyInstance);
  await closed;
  expect(performance.now() - began).toBeLessThan(5_000);
});

test('absolute URLs name an address a client can reach', () => {
  expect(originOf({ tls: false, host: '127.0.0.1', port: 8080 })).toBe('http://127.0.0.1:8080');
  expect(originOf({ tls: true, host: '::1', port: 8443 })).toBe('https://[::1]:8443');
  expect(originOf({ tls: false, host: '0.0.0.0', port: 80 })).toBe('http://localhost:80');
});

test('/healthz says that the process lives, /readyz what is missing', async () => {
  let missing: string[] = ['database'];
  const url = await listening({}, (app) =>
    app.register(
      houseRoutes({ publicUrl: () => url, version: '1', demo: false, missing: async () => missing }),
    ),
  );
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  const notReady = await fetch(`${url}/readyz`);
  expect([notReady.status, await notReady.json()]).toEqual([
    503,
    { status: 'not ready', missing: ['database'] },
  ]);
  missing = [];
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
});

test('the page at / says where to go, allows nothing but its own style, and escapes what it is given', async () => {
  const url = await listening({}, (app) =>
    app.register(
      houseRoutes({ publicUrl: () => url, version: '1.2.3', demo: true, missing: async () => [] }),
    ),
  );
  const answer = await fetch(url);
  const page = await answer.text();
  expect(answer.headers.get('content-type')).toContain('text/html');
  expect(answer.headers.get('content-security-policy')).toBe(HOME_PAGE_POLICY);
  expect(HOME_PAGE_POLICY).toContain("default-src 'none'");
  expect(HOME_PAGE_POLICY).not.toContain('unsafe');
  for (const place of ['/services/data', '/services/oauth2/token', '/chat/rest/', '/live', '1.2.3']) {
    expect(page).toContain(place);
  }
  expect(page).not.toMatch(/<script|\sstyle=|\son\w+=/);
  expect(homePage({ publicUrl: 'http://"><x>', version: '1', demo: false })).not.toContain('"><x>');
});
