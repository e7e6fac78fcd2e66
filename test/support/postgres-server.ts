/**
 * Starts the one PostgreSQL of a test run: the embedded one in a temp dir, without fsync, or the server that
 * TEST_DATABASE_URL names (PostgreSQL 15 or later; its user must be allowed to create databases).
 */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestProject } from 'vitest/node';
import { startEmbedded } from '../../src/store/embedded/start.js';

declare module 'vitest' {
  export interface ProvidedContext {
    /** URL of the run's PostgreSQL; its database is not used, only its server. */
    testServerUrl: string;
    /** True when that server outlives the run and others may use it. */
    testServerIsShared: boolean;
  }
}

const PREFIX = 'floorwalker-test-';

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** A run that was killed leaves its PostgreSQL behind: stop it and remove its directory. */
async function sweepKilledRuns(): Promise<void> {
  for (const name of (await readdir(tmpdir())).filter((entry) => entry.startsWith(PREFIX))) {
    const dir = path.join(tmpdir(), name);
    const runner = Number(await readFile(path.join(dir, 'runner.pid'), 'utf8').catch(() => 'NaN'));
    if (Number.isNaN(runner) || isAlive(runner)) continue;
    const lines = await readFile(path.join(dir, 'pg18/cluster/postmaster.pid'), 'utf8').catch(() => '');
    const postmaster = Number(lines.split('\n')[0]);
    try {
      if (postmaster > 0 && lines.split('\n')[1]?.startsWith(dir)) process.kill(postmaster, 'SIGQUIT');
    } catch {
      // it is gone, or another user's
    }
    await rm(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }).catch(() => undefined);
  }
}

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const outside = process.env.TEST_DATABASE_URL;
  if (outside) {
    project.provide('testServerUrl', outside);
    project.provide('testServerIsShared', true);
    return async () => undefined;
  }
  await sweepKilledRuns();
  const dataDir = await mkdtemp(path.join(tmpdir(), PREFIX));
  await writeFile(path.join(dataDir, 'runner.pid'), String(process.pid));
  const server = await startEmbedded({
    dataDir,
    durable: false,
    maxConnections: 300,
    log: { info: () => undefined, warn: (fields, message) => console.warn(message, fields) },
  });
  project.provide('testServerUrl', server.url);
  project.provide('testServerIsShared', false);
  return async () => {
    await server.stop();
    await rm(dataDir, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  };
}
