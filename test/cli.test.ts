/** The command line as its users meet it: a process, what it prints and its exit code, on an embedded database. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { connectLive } from '../src/live-client/client.js';
import { removeTempDirs, tempDir } from './faults/embedded-support.js';
import { NodeWebSocket, passwordGrant } from './support/chat-server.js';

const CLI = fileURLToPath(new URL('../dist/cli.js', import.meta.url));
const BUILD = fileURLToPath(new URL('../scripts/build.mjs', import.meta.url));
const running: ChildProcess[] = [];

beforeAll(() => {
  execFileSync(process.execPath, [BUILD]);
});
afterEach(async () => {
  for (const child of running.splice(0)) {
    child.kill('SIGTERM');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }
});
afterAll(removeTempDirs);

interface Run {
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly errors: () => string;
}

function launch(args: string[], settings: Record<string, string>): Run {
  const child = spawn(process.execPath, [CLI, ...args], {
    env: { PATH: process.env.PATH ?? '', PORT: '0', LOG_LEVEL: 'silent', ...settings },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  running.push(child);
  let output = '';
  let errors = '';
  child.stdout?.on('data', (chunk) => {
    output += chunk;
  });
  child.stderr?.on('data', (chunk) => {
    errors += chunk;
  });
  return { child, output: () => output, errors: () => errors };
}

/** Runs a command to its end. */
async function run(args: string[], settings: Record<string, string>, input = '') {
  const { child, output, errors } = launch(args, settings);
  child.stdin?.end(input);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output: output(), errors: errors() };
}

/** Waits until a server has printed its address. */
async function startServer(args: string[], settings: Record<string, string>) {
  const server = launch(['start', ...args], settings);
  for (;;) {
    const url = /is ready at (\S+)\n/.exec(server.output())?.[1];
    if (url !== undefined) return { ...server, url };
    if (server.child.exitCode !== null) throw new Error(server.errors());
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function signIn(url: string, username: string, password: string): Promise<number> {
  const body = new URLSearchParams({ grant_type: 'password', client_id: 'PlatformCLI', username, password });
  return (await fetch(`${url}/services/oauth2/token`, { method: 'POST', body })).status;
}

test('first start prints how to sign in once; SIGTERM stops it with PostgreSQL and exit code 0', async () => {
  const dataDir = tempDir();
  const first = await startServer([], { DATA_DIR: dataDir });
  const [, username, password] = /user name:\s+(\S+)\s+password:\s+(\S+)/.exec(first.output()) ?? [];
  expect((await fetch(`${first.url}/readyz`)).status).toBe(200);
  expect(await signIn(first.url, username ?? '', password ?? '')).toBe(200);
  expect(await signIn(first.url, username ?? '', 'something-else')).toBe(400);
  first.child.kill('SIGTERM');
  expect(await once(first.child, 'exit')).toEqual([0, null]);
  expect(readFileSync(path.join(dataDir, 'pg18', 'postgres.log'), 'utf8')).toMatch(/is shut down\s*$/);

  const second = await startServer([], { DATA_DIR: dataDir });
  expect(second.output()).not.toContain('password');
  expect(await signIn(second.url, username ?? '', password ?? '')).toBe(200);
});

/** `npm start` in a process group of its own, as a terminal starts it; resolves when the server is ready. */
async function npmStart(dataDir: string): Promise<ChildProcess> {
  const npm = spawn('npm', ['start'], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    env: { PATH: process.env.PATH ?? '', HOME: dataDir, PORT: '0', LOG_LEVEL: 'silent', DATA_DIR: dataDir },
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  await new Promise<void>((resolve, reject) => {
    npm.stdout?.on('data', (chunk) => String(chunk).includes('is ready at') && resolve());
    npm.once('exit', (code) => reject(new Error(`npm start ended with ${code}`)));
  });
  return npm;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

test.each([
  ['npm alone, as a service manager sends it', (npm: number) => process.kill(npm, 'SIGTERM')],
  ['the whole group, as Ctrl-C sends it', (npm: number) => process.kill(-npm, 'SIGINT')],
  [
    'the whole group twice, as npm and the terminal send it',
    (npm: number) => {
      process.kill(-npm, 'SIGTERM');
      process.kill(-npm, 'SIGTERM');
    },
  ],
])('npm start stops in good order on a signal to %s', async (_who, signal) => {
  const dataDir = tempDir();
  const npm = await npmStart(dataDir);
  const lock = readFileSync(path.join(dataDir, 'pg18', 'cluster', 'postmaster.pid'), 'utf8');
  const postmaster = Number(lock.split('\n')[0]);
  signal(npm.pid ?? 0);
  const log = () => readFileSync(path.join(dataDir, 'pg18', 'postgres.log'), 'utf8');
  await expect.poll(log, { timeout: 15_000 }).toMatch(/is shut down\s*$/);
  await expect.poll(() => isAlive(postmaster), { timeout: 15_000 }).toBe(false);
});

test('a mistake of ours ends the process with code 1, and PostgreSQL in good order', async () => {
  const dataDir = tempDir();
  const mistake = path.join(dataDir, 'mistake.mjs');
  writeFileSync(mistake, "process.on('SIGUSR2', () => { throw new Error('a mistake'); });");
  const server = await startServer([], { DATA_DIR: dataDir, NODE_OPTIONS: `--import=${mistake}` });
  server.child.kill('SIGUSR2');
  expect(await once(server.child, 'exit')).toEqual([1, null]);
  expect(server.errors()).toContain('a mistake');
  expect(readFileSync(path.join(dataDir, 'pg18', 'postgres.log'), 'utf8')).toMatch(/is shut down\s*$/);
});

test('--demo prints ids, users and the password whatever the log level; a later start prints them again', async () => {
  const dataDir = tempDir();
  const settings = { DATA_DIR: dataDir, DEMO_PASSWORD: 'of-my-own-1' };
  const first = await startServer(['--demo'], settings);
  for (const expected of [
    /organization id\s+00D\w{15}\b/,
    /deployment id\s+572\w{15}\b/,
    /button id\s+573\w{15}\b/,
    /admin@floorwalker\.demo, supervisor@floorwalker\.demo, ana@floorwalker\.demo, ben@floorwalker\.demo/,
    /of-my-own-1/,
  ]) {
    expect(first.output()).toMatch(expected);
  }
  expect(await signIn(first.url, 'ana@floorwalker.demo', 'of-my-own-1')).toBe(200);
  first.child.kill('SIGINT');
  expect(await once(first.child, 'exit')).toEqual([0, null]);
  const again = await startServer([], { ...settings, DEMO: '1' });
  const idsOf = (text: string) => text.match(/\b(00D|572|573)\w{15}\b/g);
  expect(idsOf(again.output())).toEqual(idsOf(first.output()));
});

test('users and clients are kept beside a running server, and without one', async () => {
  const dataDir = tempDir();
  const settings = { DATA_DIR: dataDir };
  const server = await startServer([], { ...settings, ADMIN_PASSWORD: 'a-password-1' });
  expect(server.output()).not.toContain('a-password-1');

  const added = await run(
    ['user', 'add', 'zoe@example.com', '--password-stdin'],
    settings,
    'zoes-password\n',
  );
  expect(added).toMatchObject({
    code: 0,
    output: expect.stringMatching(/^Added zoe@example\.com \(005\w{15}\)\.\n$/),
  });
  expect(await signIn(server.url, 'zoe@example.com', 'zoes-password')).toBe(200);

  const changed = await run(['user', 'passwd', 'zoe@example.com'], settings);
  const password = /password: (\S+)/.exec(changed.output)?.[1] ?? '';
  expect(await signIn(server.url, 'zoe@example.com', password)).toBe(200);
  expect(await signIn(server.url, 'zoe@example.com', 'zoes-password')).toBe(400);

  const client = await run(['client', 'add', 'etl.job', '--confidential'], settings);
  expect(client.output).toMatch(/^Added the client etl\.job\. {2}secret: \S+/);
  server.child.kill('SIGTERM');
  await once(server.child, 'exit');

  expect((await run(['user', 'list'], settings)).output).toMatch(/zoe@example\.com +zoe +Chat Agent +active/);
  expect((await run(['client', 'list'], settings)).output).toMatch(/etl\.job +etl\.job +with a secret/);
});

test('close-floor logs every agent out and leaves their records, beside a running server and without one', async () => {
  const settings = { DATA_DIR: tempDir(), DEMO_PASSWORD: 'of-my-own-1' };
  const server = await startServer(['--demo'], settings);
  const tokenOf = (who: string) =>
    passwordGrant(server.url, `${who}@floorwalker.demo`, settings.DEMO_PASSWORD);
  const ana = await connectLive({ url: server.url, token: await tokenOf('ana'), WebSocket: NodeWebSocket });
  await ana.request('setStatus', { status: 'Online' });
  expect(await run(['close-floor'], settings)).toMatchObject({ code: 0, output: 'Ended 1 login.\n' });
  await ana.until(({ status }) => status === 'Offline');
  const soql = encodeURIComponent('SELECT Agent.Username FROM LiveAgentSession');
  const answer = await fetch(`${server.url}/services/data/v65.0/query?q=${soql}`, {
    headers: { authorization: `Bearer ${await tokenOf('admin')}` },
  });
  expect(await answer.json()).toMatchObject({
    totalSize: 1,
    records: [{ Agent: { Username: 'ana@floorwalker.demo' } }],
  });

  await ana.request('setStatus', { status: 'Away' });
  ana.close();
  server.child.kill('SIGTERM');
  await once(server.child, 'exit');
  expect((await run(['close-floor'], settings)).output).toBe('Ended 1 login.\n');
  expect((await run(['close-floor'], settings)).output).toBe('Ended 0 logins.\n');
});

test('an operator’s mistake is one message and exit code 1', async () => {
  const settings = { DATA_DIR: tempDir() };
  const wrong = await run(['start'], { ...settings, PORT: 'eighty', LOG_LEVEL: 'loud' });
  expect(wrong).toMatchObject({ code: 1, output: '' });
  expect(wrong.errors).toMatch(/^floorwalker: The settings are wrong:\n {2}- PORT .*\n {2}- LOG_LEVEL .*\n$/);

  const server = await startServer([], settings);
  const port = new URL(server.url).port;
  const taken = await run(['start'], { DATA_DIR: tempDir(), PORT: port });
  expect(taken.code).toBe(1);
  expect(taken.errors).toMatch(/^floorwalker: listen EADDRINUSE.*\n$/);
  const twice = await run(['start'], settings);
  expect(twice.errors).toMatch(/^floorwalker: Another Floorwalker server is running on .*\n$/);

  const unknown = await run(['user', 'passwd', 'nobody@example.com'], settings);
  expect(unknown).toMatchObject({ code: 1, errors: 'floorwalker: there is no user nobody@example.com\n' });
  const noDatabase = await run(['start'], {
    ...settings,
    DATABASE_URL: 'postgresql://u:hidden@127.0.0.1:1/x',
  });
  expect(noDatabase.code).toBe(1);
  expect(noDatabase.errors).toMatch(/^floorwalker: .*ECONNREFUSED.*\n$/);
  expect(noDatabase.errors).not.toContain('hidden');
});
