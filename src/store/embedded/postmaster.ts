/**
 * The postmaster process: spawning it, finding one that already runs, waiting until it answers, stopping it.
 * It is spawned detached, in a session of its own: Ctrl-C would otherwise end it before its last checkpoint, and
 * it has to outlive a killed node so that the next one can attach.
 * Invariant: `bringUp` returns only when the server on this data directory accepts connections.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { open, readFile, readlink, realpath, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Account } from './account.js';
import type { Binaries } from './binaries.js';
import { isAlive, SUPERUSER } from './cluster.js';
import { EmbeddedError } from './embedded-error.js';
import { give, type Layout, SOCKET_PORT } from './layout.js';

const POLL_MS = 25;
const LOCK_RETRY_MS = 250;
/** How long a lock file of a dead or dying postmaster may stand in the way (a zombie waits for pid 1). */
const LOCK_PATIENCE_MS = 20_000;
const CONNECT_TIMEOUT_MS = 5_000;
/** Recovery after a crash may be long: say every 10 s that it is still going on. */
const PATIENCE_NOTE_MS = 10_000;
const LOG_KEPT_BYTES = 10 * 1024 * 1024;
const LOG_TAIL_BYTES = 4_000;
/** A fast shutdown writes a checkpoint; past this it is told to stop at once (recovery does the rest). */
const FAST_STOP_MS = 30_000;

/** PostgreSQL says so while it starts, recovers or stops. */
const CANNOT_CONNECT_NOW = '57P03';

export interface PostmasterOptions {
  readonly binaries: Binaries;
  readonly layout: Layout;
  readonly account: Account;
  readonly environment: NodeJS.ProcessEnv;
  readonly socketDir: string;
  readonly password: string;
  /** `name=value` settings of postgresql.conf. */
  readonly settings: readonly string[];
  readonly log: EmbeddedLog;
}

export interface EmbeddedLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

export interface Postmaster {
  readonly pid: number;
  /** True when it was running already: the previous node did not stop it. */
  readonly attached: boolean;
}

/** The first lines of postmaster.pid that matter here. */
async function runningPid(layout: Layout): Promise<number | undefined> {
  const text = await readFile(path.join(layout.cluster, 'postmaster.pid'), 'utf8').catch(() => '');
  const pid = Number(text.split('\n')[0]);
  return Number.isInteger(pid) && pid > 0 ? pid : undefined;
}

/** The keeper's connection, not yet connected: the superuser, for whom PostgreSQL keeps slots free. */
export function clientOf(options: { socketDir: string; password: string }): pg.Client {
  return new pg.Client({
    host: options.socketDir,
    port: SOCKET_PORT,
    user: SUPERUSER,
    password: options.password,
    database: 'postgres',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    application_name: 'floorwalker keeper',
  });
}

/** Whether the server answers: 'ready', 'busy' (starting, recovering, stopping) or 'absent'. */
async function knock(
  options: Pick<PostmasterOptions, 'socketDir' | 'password' | 'layout'>,
): Promise<'ready' | 'busy' | 'absent'> {
  if (!existsSync(path.join(options.socketDir, `.s.PGSQL.${SOCKET_PORT}`))) return 'absent';
  const client = clientOf(options);
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.end();
    return 'ready';
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    if (code === CANNOT_CONNECT_NOW) return 'busy';
    if (code === '28P01') {
      throw new EmbeddedError(
        `${options.layout.password} does not hold the password of the database in ${options.layout.cluster}.`,
      );
    }
    if (code === '53300') return 'ready'; // every connection taken is an answer too
    if (code === 'ECONNREFUSED' || code === 'ENOENT' || code === 'ECONNRESET') return 'absent';
    if (/terminated|timeout/i.test(message)) return 'busy';
    throw error;
  }
}

/** Whether a postmaster is there and lets us in, now. */
export async function answers(options: Parameters<typeof knock>[0]): Promise<boolean> {
  return (await knock(options)) === 'ready';
}

/**
 * Removes a lock file whose process is certainly not its postmaster: after a restart of the machine or the container
 * the same process id belongs to something else, and PostgreSQL, which only asks whether it lives, would wait for
 * ever. A postmaster's working directory is its cluster; what cannot be looked at is left alone.
 */
async function removeStaleLock(layout: Layout): Promise<boolean> {
  const pid = await runningPid(layout);
  if (pid === undefined || process.platform !== 'linux') return false;
  const directory = await readlink(`/proc/${pid}/cwd`).catch(() => undefined);
  if (directory === undefined || directory === (await realpath(layout.cluster))) return false;
  await rm(path.join(layout.cluster, 'postmaster.pid'), { force: true });
  return true;
}

/** What PostgreSQL wrote into its log since `from`, at most the last 4,000 bytes. */
async function logSince(layout: Layout, from: number): Promise<string> {
  const bytes = await readFile(layout.log).catch(() => Buffer.alloc(0));
  return bytes
    .subarray(Math.max(from, bytes.length - LOG_TAIL_BYTES))
    .toString('utf8')
    .trim();
}

/** Puts a long log aside and answers with the size of what is left: where the next start's lines begin. */
async function rotateLog(layout: Layout): Promise<number> {
  const size = (await stat(layout.log).catch(() => undefined))?.size ?? 0;
  if (size <= LOG_KEPT_BYTES) return size;
  await rename(layout.log, `${layout.log}.1`);
  return 0;
}

/** A core holds what is said in chats, and would take the room that a PostgreSQL without any has been waiting for. */
const WITHOUT_CORE = ['/bin/sh', '-c', 'ulimit -c 0; exec "$0" "$@"'];

async function spawnPostmaster(options: PostmasterOptions): Promise<ChildProcess> {
  const log = await open(options.layout.log, 'a', 0o600);
  try {
    await give(options.layout.log, options.account);
    const [command = '', ...args] = [
      ...options.account.prefix,
      ...WITHOUT_CORE,
      options.binaries.postgres,
      '-D',
      options.layout.cluster,
      '-k',
      `"${options.socketDir.replaceAll('"', '""')}"`, // the setting is a list: a path may hold a comma
      ...options.settings.flatMap((setting) => ['-c', setting]),
    ];
    const child = spawn(command, args, {
      detached: true,
      cwd: '/',
      env: options.environment,
      stdio: ['ignore', log.fd, log.fd],
      ...options.account.ids,
    });
    child.on('error', (error) => options.log.warn({ err: error }, 'PostgreSQL could not be spawned')); // pid is undefined
    child.unref();
    return child;
  } finally {
    await log.close();
  }
}

/** Waits while `state` says busy, telling the log every 10 s. */
async function knockUntilDecided(options: PostmasterOptions): Promise<'ready' | 'absent'> {
  let noted = performance.now();
  for (;;) {
    const state = await knock(options);
    if (state !== 'busy') return state;
    if (performance.now() - noted > PATIENCE_NOTE_MS) {
      noted = performance.now();
      options.log.warn({}, 'waiting for the embedded PostgreSQL: it is recovering, starting or stopping');
    }
    await sleep(POLL_MS);
  }
}

/** Waits until the spawned postmaster answers; its end before that is an answer too. */
async function waitForAnswer(options: PostmasterOptions, child: ChildProcess): Promise<'ready' | 'ended'> {
  for (;;) {
    // First the process, then the door: what answers after our child ended is somebody else's postmaster.
    if (child.exitCode !== null || child.signalCode !== null) return 'ended';
    if ((await knockUntilDecided(options)) === 'ready' && (await runningPid(options.layout)) === child.pid) {
      return 'ready';
    }
    await sleep(POLL_MS);
  }
}

/**
 * Starts the postmaster or attaches to the one that runs, and waits until it accepts connections (recovery after
 * a crash included, however long it takes, as long as the process lives).
 * @throws EmbeddedError with the end of PostgreSQL's log.
 */
export async function bringUp(options: PostmasterOptions): Promise<Postmaster> {
  const started = performance.now();
  const patient = () => performance.now() - started < LOCK_PATIENCE_MS;
  for (;;) {
    if ((await knockUntilDecided(options)) === 'ready') {
      const running = await runningPid(options.layout);
      if (running !== undefined) return { pid: running, attached: true };
      if (!patient()) throw new EmbeddedError(`${options.layout.cluster}/postmaster.pid is missing.`);
      await sleep(POLL_MS); // it is stopping: the pid file goes first
      continue;
    }
    const from = await rotateLog(options.layout);
    const child = await spawnPostmaster(options);
    if (child.pid !== undefined && (await waitForAnswer(options, child)) === 'ready') {
      return { pid: child.pid, attached: false };
    }
    const said = await logSince(options.layout, from);
    if (/lock file .* already exists/.test(said) && (await removeStaleLock(options.layout))) continue;
    const blocked = /lock file .* already exists|pre-existing shared memory block/.test(said);
    if (!blocked || !patient()) {
      throw new EmbeddedError(
        `PostgreSQL did not start. Its log (${options.layout.log}) ends with:\n${said}`,
      );
    }
    await sleep(LOCK_RETRY_MS);
  }
}

/** Stops it: fast shutdown with a checkpoint, then, after 30 s, at once. Returns when the process is gone. */
export async function bringDown(pid: number, layout: Layout): Promise<void> {
  const started = performance.now();
  const signal = (name: NodeJS.Signals) => {
    try {
      process.kill(pid, name);
    } catch {
      // it is gone already
    }
  };
  signal('SIGINT');
  let pressed = false;
  // The pid file goes last, and unlike the pid it does not linger as a zombie.
  while (isAlive(pid) && (await runningPid(layout)) === pid) {
    if (!pressed && performance.now() - started > FAST_STOP_MS) {
      pressed = true;
      signal('SIGQUIT');
    }
    if (performance.now() - started > 2 * FAST_STOP_MS) return;
    await sleep(POLL_MS);
  }
}
