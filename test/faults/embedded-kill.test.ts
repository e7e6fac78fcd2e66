/** kill -9 of either process: nothing acknowledged is lost, and one server owns a data directory at a time. */
import { execFile, spawn } from 'node:child_process';
import { chownSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, expect, test } from 'vitest';
import {
  ask,
  eventually,
  isRoot,
  killHard,
  launchServer,
  removeTempDirs,
  startServer,
  tempDir,
} from './embedded-support.js';

afterAll(removeTempDirs);

test('after kill -9 of node the next start attaches to the running PostgreSQL and finds everything', async () => {
  const dataDir = tempDir();
  const first = await startServer({ dataDir });
  await ask(first.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
  await killHard(first.process);

  const second = await startServer({ dataDir });
  expect(second.pid).toBe(first.pid);
  expect(second.url).toBe(first.url);
  expect(await ask(second.url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
  await second.stop();
  await expect(ask(second.url, 'SELECT 1')).rejects.toThrow();
});

test('after kill -9 of PostgreSQL the running server starts it again and goes on', async () => {
  const dataDir = tempDir();
  const server = await startServer({ dataDir });
  await ask(server.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
  await killHard(server.pid);

  expect(await eventually(() => ask(server.url, 'SELECT answer FROM kept'))).toEqual([{ answer: 42 }]);
  // It owns the directory still.
  const { promise } = launchServer({ dataDir });
  expect(await promise).toEqual({ error: expect.stringContaining('Another Floorwalker server is running') });
  await server.stop();
  expect(readFileSync(path.join(dataDir, 'pg18', 'postgres.log'), 'utf8')).toMatch(/is shut down\s*$/);
});

test('after kill -9 of both a start recovers; writers lose nothing that was acknowledged', async () => {
  const dataDir = tempDir();
  let acknowledged = 0;
  for (let round = 0; round < 3; round++) {
    const server = await startServer({ dataDir });
    await ask(server.url, 'CREATE TABLE IF NOT EXISTS written (id int PRIMARY KEY)');
    const [kept] = await ask<{ n: number }>(server.url, 'SELECT count(*)::int AS n FROM written');
    expect(kept?.n).toBeGreaterThanOrEqual(acknowledged);
    const client = new pg.Client({ connectionString: server.url });
    client.on('error', () => undefined);
    await client.connect();
    let id = kept?.n ?? 0;
    acknowledged = id;
    const writing = (async () => {
      for (;;) {
        await client.query('INSERT INTO written (id) VALUES ($1)', [++id]);
        acknowledged++;
      }
    })();
    const ended = expect(writing).rejects.toThrow();
    await sleep(300);
    await Promise.all([killHard(server.process), killHard(server.pid)]);
    await ended;
    expect(acknowledged).toBeGreaterThan(0);
  }
  const last = await startServer({ dataDir });
  const [kept] = await ask<{ n: number }>(last.url, 'SELECT count(*)::int AS n FROM written');
  expect(kept?.n).toBeGreaterThanOrEqual(acknowledged);
  await last.stop();
});

test('a lock file that names a process which is no PostgreSQL any more does not stand in the way', async () => {
  const dataDir = tempDir();
  const first = await startServer({ dataDir });
  await ask(first.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
  const file = path.join(dataDir, 'pg18', 'cluster', 'postmaster.pid');
  const { uid, gid } = statSync(file);
  const lock = readFileSync(file, 'utf8');
  await Promise.all([killHard(first.process), killHard(first.pid)]);
  // As after a restart of the machine: the same id, another process of the same account.
  const other = spawn('sleep', ['60'], { ...(isRoot ? { uid, gid } : {}), cwd: '/' });
  writeFileSync(file, lock.replace(/^\d+/, String(other.pid)));
  chownSync(file, uid, gid);
  try {
    const second = await startServer({ dataDir });
    expect(await ask(second.url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
    await second.stop();
  } finally {
    other.kill();
  }
});

test('a second server on the same directory is refused, and the first does not notice', async () => {
  const dataDir = tempDir();
  const first = await startServer({ dataDir });
  const { promise, child } = launchServer({ dataDir });
  expect(await promise).toEqual({
    error: `Another Floorwalker server is running on ${dataDir}: stop it, or choose another DATA_DIR.`,
  });
  child.stdin?.end();
  expect(await ask(first.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  await first.stop();
});

test('of two first starts at the same moment exactly one wins', async () => {
  const dataDir = tempDir();
  const starts = [launchServer({ dataDir }), launchServer({ dataDir })];
  const answers = await Promise.all(starts.map(({ promise }) => promise));
  const winners = answers.filter((answer) => 'url' in answer);
  expect(winners).toHaveLength(1);
  expect(answers).toContainEqual({ error: expect.stringContaining('Another Floorwalker server is running') });
  expect(await ask(winners[0]?.url ?? '', 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  for (const { child } of starts) child.stdin?.end();
  await eventually(async () => {
    await expect(ask(winners[0]?.url ?? '', 'SELECT 1')).rejects.toThrow();
  });
});

test('a first start that is killed while it makes the cluster leaves nothing the next one trips over', async () => {
  const dataDir = tempDir();
  const root = path.join(dataDir, 'pg18');
  const { promise, child } = launchServer({ dataDir });
  const ended = expect(promise).rejects.toThrow();
  await eventually(async () => {
    expect(readdirSync(root).some((name) => name.startsWith('initdb-'))).toBe(true);
  });
  await killHard(child);
  await ended;
  expect(readdirSync(root)).not.toContain('cluster');

  const server = await startServer({ dataDir });
  expect(await ask(server.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  expect(readdirSync(root).filter((name) => name.startsWith('initdb-'))).toEqual([]);
  await server.stop();
});

test('a stop and a start at the same moment: the start waits for the stop and then runs', async () => {
  const dataDir = tempDir();
  const first = await startServer({ dataDir });
  await ask(first.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
  const [, second] = await Promise.all([first.stop(), startServer({ dataDir })]);
  expect(await eventually(() => ask(second.url, 'SELECT answer FROM kept'))).toEqual([{ answer: 42 }]);
  await second.stop();
});

test('Ctrl-C at the terminal reaches the server, never PostgreSQL before its checkpoint', async () => {
  const dataDir = tempDir();
  mkdirSync(path.join(dataDir, 'x'));
  const server = await startServer({ dataDir });
  const groups = await new Promise<string>((resolve, reject) => {
    execFile('ps', ['-o', 'pgid=', '-p', `${server.pid},${server.process.pid}`], (error, out) =>
      error ? reject(error) : resolve(out),
    );
  });
  const [one, other] = groups.trim().split(/\s+/);
  expect(one).not.toBe(other);
  await server.stop();
});
