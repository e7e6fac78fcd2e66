import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { ConfigError, DEFAULT_DEMO_PASSWORD, readConfig, SETTINGS, settingsTable } from '../src/config.js';

const dir = mkdtempSync(path.join(tmpdir(), 'floorwalker-config-'));
const pem = path.join(dir, 'some.pem');
writeFileSync(pem, 'text');
afterAll(() => rmSync(dir, { recursive: true }));

function problemsOf(env: NodeJS.ProcessEnv): readonly string[] {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

test('an empty environment gives the documented defaults', () => {
  expect(readConfig({})).toEqual({
    port: 8080,
    host: '127.0.0.1',
    publicUrl: undefined,
    tls: undefined,
    trustProxy: [],
    dataDir: path.resolve('data'),
    databaseUrl: undefined,
    databaseDirectUrl: undefined,
    databaseReadUrl: undefined,
    databasePoolSize: 8,
    queryTimeoutMs: 120_000,
    adminPassword: undefined,
    demo: false,
    demoPassword: DEFAULT_DEMO_PASSWORD,
    logLevel: 'info',
    graceMs: 30_000,
    heartbeatMs: 5_000,
    contactFlushMs: 5_000,
    pollHoldMs: 22_000,
    soapLogin: true,
    sessionSeconds: 7_200,
    bodyLimitBytes: 52_428_800,
    uploadLimitBytes: 5_242_880,
    chatKeepDays: 30,
    rateLimitFactor: 1,
    workers: 1,
    natsUrl: undefined,
  });
});

test('every setting is taken from its variable', () => {
  const config = readConfig({
    PORT: '0',
    HOST: '::1',
    PUBLIC_URL: 'https://Chat.Example.com:8443/',
    TLS_CERT: pem,
    TLS_KEY: pem,
    TRUST_PROXY: '10.0.0.0/8, fd00::/8,loopback',
    DATA_DIR: dir,
    DATABASE_URL: 'postgresql://u:p@db/x',
    DATABASE_DIRECT_URL: 'postgres://u:p@direct/x',
    DATABASE_READ_URL: 'postgres://u:p@read/x',
    DATABASE_POOL_SIZE: '20',
    QUERY_TIMEOUT_SECONDS: '30.5',
    ADMIN_PASSWORD: ' with blanks ',
    DEMO: 'yes',
    DEMO_PASSWORD: 'another-one',
    LOG_LEVEL: 'warn',
    GRACE_SECONDS: '1.5',
    HEARTBEAT_SECONDS: '0.25',
    CONTACT_FLUSH_SECONDS: '0.5',
    POLL_HOLD_SECONDS: '2',
    SESSION_SECONDS: '60',
    SOAP_LOGIN: '0',
    BODY_LIMIT_BYTES: '1000000',
    UPLOAD_LIMIT_BYTES: '1000',
    CHAT_KEEP_DAYS: '7',
    RATE_LIMIT_FACTOR: '2.5',
    WORKERS: '4',
    NATS_URL: 'nats://u:p@nats:4222',
  });
  expect(config).toEqual({
    port: 0,
    host: '::1',
    publicUrl: 'https://chat.example.com:8443',
    tls: { certFile: pem, keyFile: pem },
    trustProxy: ['10.0.0.0/8', 'fd00::/8', 'loopback'],
    dataDir: dir,
    databaseUrl: 'postgresql://u:p@db/x',
    databaseDirectUrl: 'postgres://u:p@direct/x',
    databaseReadUrl: 'postgres://u:p@read/x',
    databasePoolSize: 20,
    queryTimeoutMs: 30_500,
    adminPassword: ' with blanks ',
    demo: true,
    demoPassword: 'another-one',
    logLevel: 'warn',
    graceMs: 1_500,
    heartbeatMs: 250,
    contactFlushMs: 500,
    pollHoldMs: 2_000,
    soapLogin: false,
    sessionSeconds: 60,
    bodyLimitBytes: 1_000_000,
    uploadLimitBytes: 1_000,
    chatKeepDays: 7,
    rateLimitFactor: 2.5,
    workers: 4,
    natsUrl: 'nats://u:p@nats:4222',
  });
});

test('an empty variable counts as not set', () => {
  expect(readConfig({ PORT: '', HOST: ' ', ADMIN_PASSWORD: '' })).toEqual(readConfig({}));
});

test('all problems are reported at once, those between settings too', () => {
  const problems = problemsOf({
    PORT: '80800',
    HOST: 'a b',
    PUBLIC_URL: 'https://x/path',
    TLS_CERT: pem,
    TRUST_PROXY: 'true',
    DATABASE_READ_URL: 'postgres://read/x',
    LOG_LEVEL: 'loud',
    DEMO: 'maybe',
    GRACE_SECONDS: '5',
  });
  expect(problems.map((problem) => problem.split(' ')[0])).toEqual([
    'PORT',
    'HOST',
    'PUBLIC_URL',
    'TRUST_PROXY',
    'DEMO',
    'LOG_LEVEL',
    'TLS_CERT',
    'DATABASE_READ_URL',
    'GRACE_SECONDS',
  ]);
});

test.each([
  ['PORT', '-1'],
  ['PORT', '8080x'],
  ['PUBLIC_URL', 'ftp://x'],
  ['PUBLIC_URL', 'http://user:secret@x'],
  ['TRUST_PROXY', '10.0.0.0/33'],
  ['TRUST_PROXY', '10.0.0'],
  ['DATABASE_URL', 'mysql://u:secret@db/x'],
  ['ADMIN_PASSWORD', 'secret'],
  ['GRACE_SECONDS', '1e3'],
  ['SESSION_SECONDS', '0'],
  ['BODY_LIMIT_BYTES', '1'],
  ['UPLOAD_LIMIT_BYTES', '999'],
  ['CHAT_KEEP_DAYS', '0'],
  ['RATE_LIMIT_FACTOR', '0'],
  ['WORKERS', '0'],
  ['NATS_URL', 'http://u:secret@nats'],
])('%s=%s is refused by one sentence that names it and repeats no secret', (name, text) => {
  const problems = problemsOf({ [name]: text });
  expect(problems).toHaveLength(1);
  expect(problems[0]).toMatch(new RegExp(`^${name} must `));
  expect(problems[0]).not.toContain('secret');
});

test.each(['127.0.0.1', '127.9.9.9', '::1', 'localhost'])(
  'the demo keeps its known password on %s',
  (host) => {
    expect(readConfig({ DEMO: '1', HOST: host }).demo).toBe(true);
  },
);

test.each(['0.0.0.0', '::', '192.168.1.5', 'chat.example.com'])(
  'the demo refuses its known password on %s',
  (host) => {
    expect(problemsOf({ DEMO: '1', HOST: host })).toEqual([expect.stringContaining('DEMO_PASSWORD')]);
    expect(readConfig({ DEMO: '1', HOST: host, DEMO_PASSWORD: 'mine-alone' }).host).toBe(host);
  },
);

test('a certificate without its key, and a file that is not there, are refused', () => {
  expect(problemsOf({ TLS_CERT: pem })).toEqual(['TLS_CERT and TLS_KEY must be set together.']);
  expect(problemsOf({ TLS_CERT: path.join(dir, 'none.pem'), TLS_KEY: pem })).toEqual([
    'TLS_CERT must be a file this user can read.',
  ]);
});

test('the table of settings has one line for each', () => {
  const lines = settingsTable().split('\n').slice(2);
  expect(lines.map((line) => /^\| `([A-Z_]+)` \|/.exec(line)?.[1])).toEqual(SETTINGS.map(({ name }) => name));
});
