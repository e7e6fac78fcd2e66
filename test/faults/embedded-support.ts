/** What the fault tests of the embedded PostgreSQL share: child processes to kill, directories to lose, queries. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';

const CHILD = fileURLToPath(new URL('embedded-child.ts', import.meta.url));
export const NOBODY = 65534;
export const isRoot = process.getuid?.() === 0;
export const silentLog = { info: () => undefined, warn: () => undefined };

/** A server process under test. */
export interface Server {
  readonly url: string;
  readonly pid: number;
  /** The node process, to be killed. */
  readonly process: ChildProcess;
  /** Ends it in good order. */
  stop(): Promise<void>;
}

/** Starts the embedded PostgreSQL in a node process of its own; as `uid` when given (root only). */
export async function startServer(options: object, uid?: number): Promise<Server> {
  const { promise, child } = launchServer(options, uid);
  const answer = await promise;
  if ('error' in answer) throw new Error(answer.error);
  return {
    ...answer,
    process: child,
    stop: async () => {
      child.stdin?.end();
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    },
  };
}

type Answer = { url: string; pid: number } | { error: string };

/** Like `startServer`, but an answer that is an error is an answer. */
export function launchServer(
  options: object,
  uid?: number,
): { promise: Promise<Answer>; child: ChildProcess } {
  const child = spawn(process.execPath, ['--import', 'tsx', CHILD, JSON.stringify(options)], {
    stdio: ['pipe', 'pipe', 'inherit'],
    ...(uid === undefined ? {} : { uid, gid: uid }),
  });
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  const promise = new Promise<Answer>((resolve, reject) => {
    lines.once('line', (line) => resolve(JSON.parse(line) as Answer));
    child.once('error', reject);
    child.once('exit', (code, signal) => reject(new Error(`the server process ended: ${code ?? signal}`)));
  });
  return { promise, child };
}

/** kill -9, and wait until the process is gone (a zombie counts as gone). */
export async function killHard(target: ChildProcess | number): Promise<void> {
  if (typeof target !== 'number') {
    target.kill('SIGKILL');
    if (target.exitCode === null && target.signalCode === null) await once(target, 'exit');
    return;
  }
  process.kill(target, 'SIGKILL');
}

/** Runs one statement on a connection of its own. */
export async function ask<R extends object>(url: string, text: string, values: unknown[] = []): Promise<R[]> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<R>(text, values)).rows;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Tries until it works, for at most `withinMs`. */
export async function eventually<T>(work: () => Promise<T>, withinMs = 20_000): Promise<T> {
  const started = performance.now();
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (performance.now() - started > withinMs) throw error;
      await sleep(50);
    }
  }
}

const made: string[] = [];

/** A temp directory that everybody may enter, so that PostgreSQL runs as `nobody` when the tests run as root. */
export function tempDir(): string {
  const dir = mkdtempSync(path.join(tmpdir(), 'floorwalker-fault-'));
  chmodSync(dir, 0o755);
  made.push(dir);
  return dir;
}

/** Stops what a failed test left running in the temp directories, and removes them. */
export async function removeTempDirs(): Promise<void> {
  for (const dir of made.splice(0)) {
    for (const file of findPidFiles(dir)) {
      const [pid, cluster] = readFileSync(file, 'utf8').split('\n');
      if (cluster?.startsWith(dir)) {
        try {
          process.kill(Number(pid), 'SIGQUIT');
        } catch {
          // it is gone
        }
      }
    }
    rmSync(dir, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
}

function findPidFiles(dir: string): string[] {
  return execFileSync('find', [dir, '-name', 'postmaster.pid', '-type', 'f'], { encoding: 'utf8' })
    .split('\n')
    .filter(Boolean);
}
