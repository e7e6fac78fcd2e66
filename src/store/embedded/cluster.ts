/**
 * Makes the database cluster, once. It is built beside its place and renamed into it, so a kill in the middle
 * leaves no half cluster, and of two first starts at the same moment one wins and the other uses its work.
 * Invariant: `cluster/` is absent or complete: UTF8, locale C, scram passwords only.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Account } from './account.js';
import type { Binaries } from './binaries.js';
import { EmbeddedError } from './embedded-error.js';
import type { Layout } from './layout.js';

const run = promisify(execFile);
const INITDB_TIMEOUT_MS = 120_000;
/** The superuser; only the keeper signs in as it. */
export const SUPERUSER = 'postgres';

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** An initdb whose start was killed goes on for a moment and writes into what is being removed. */
const REMOVED = { recursive: true, force: true, maxRetries: 20, retryDelay: 50 };

/** Removes what a killed first start left: directories named by the pid of a process that is gone. */
async function removeLeftovers(layout: Layout): Promise<void> {
  for (const name of await readdir(layout.root)) {
    const pid = /^initdb-(\d+)$/.exec(name)?.[1];
    if (pid !== undefined && (Number(pid) === process.pid || !isAlive(Number(pid)))) {
      await rm(path.join(layout.root, name), REMOVED);
    }
  }
}

/**
 * Creates the cluster when there is none.
 * @throws EmbeddedError with initdb's own words.
 */
export async function ensureCluster(
  binaries: Binaries,
  layout: Layout,
  account: Account,
  environment: NodeJS.ProcessEnv,
): Promise<void> {
  if (existsSync(path.join(layout.cluster, 'PG_VERSION'))) return;
  await removeLeftovers(layout);
  const workshop = path.join(layout.root, `initdb-${process.pid}`);
  const [command = '', ...args] = [
    ...account.prefix,
    binaries.initdb,
    `--pgdata=${workshop}`,
    `--username=${SUPERUSER}`,
    `--pwfile=${layout.password}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale-provider=libc',
    '--locale=C',
    '--no-instructions',
  ];
  try {
    await run(command, args, { env: environment, cwd: '/', timeout: INITDB_TIMEOUT_MS, ...account.ids });
  } catch (error) {
    await rm(workshop, REMOVED);
    const { stderr, message } = error as { stderr?: string; message: string };
    throw new EmbeddedError(`The database could not be created: ${(stderr || message).trim()}`);
  }
  await rename(workshop, layout.cluster).catch(async (error: NodeJS.ErrnoException) => {
    await rm(workshop, REMOVED);
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
  });
}
