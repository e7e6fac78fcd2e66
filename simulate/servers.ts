/**
 * The servers of a simulation, all on one database: inside this process, which starts quickest, or each as a process of
 * its own, which can be killed and started again at the same address.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { readConfig } from '../src/config.js';
import { startServer } from '../src/server.js';

export interface SimulatedServer {
  readonly url: string;
  close(): Promise<void>;
}

export interface ServerProcess extends SimulatedServer {
  /** kill -9: not a word to anybody. */
  kill(): Promise<void>;
  start(): Promise<void>;
}

/** Times of a floor at this speed: what clients keep by the real clock goes as much faster. */
export interface FloorTimes {
  readonly speed: number;
  readonly graceSeconds: number;
  readonly heartbeatSeconds: number;
  readonly flushSeconds: number;
}

/** As the product ships it. */
export const PRODUCT_TIMES: Omit<FloorTimes, 'speed'> = {
  graceSeconds: 30,
  heartbeatSeconds: 5,
  flushSeconds: 5,
};

const POLL_HOLD_SECONDS = 15;
const START_PATIENCE_MS = 60_000;

const seconds = (value: number) => String(Math.round(Math.max(0.05, value) * 1000) / 1000);

/** Environment of a server. Heartbeats and held polls are measured by the clients' clocks, all else by the floor's. */
function settingsOf(databaseUrl: string, times: FloorTimes, dataDir: string): Record<string, string> {
  return {
    LOG_LEVEL: 'error',
    DATABASE_URL: databaseUrl,
    DATA_DIR: dataDir,
    GRACE_SECONDS: seconds(times.graceSeconds),
    HEARTBEAT_SECONDS: seconds(times.heartbeatSeconds / times.speed),
    CONTACT_FLUSH_SECONDS: seconds(times.flushSeconds),
    POLL_HOLD_SECONDS: seconds(POLL_HOLD_SECONDS / times.speed),
    SESSION_SECONDS: '86400',
    // visitors come from all over the world, through a proxy that says so
    TRUST_PROXY: '127.0.0.1',
    // a fast floor means fast people
    RATE_LIMIT_FACTOR: seconds(Math.max(10, 4 * times.speed)),
  };
}

/** A server inside this process. */
export async function serverHere(databaseUrl: string, times: FloorTimes): Promise<SimulatedServer> {
  const config = readConfig({ PORT: '0', ...settingsOf(databaseUrl, times, tmpdir()) });
  const server = await startServer({ config, print: () => undefined });
  return { url: server.url, close: () => server.close() };
}

/** A port nobody listens on: clients reconnect to the address they know, so a restart needs the same one. */
async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Run from its sources a server takes half as much time again. */
const PROGRAM = { built: ['dist/cli.js'], sources: ['--import', 'tsx', 'src/cli.ts'] };
const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** A server as a process of its own, as built or from the sources. Resolves when it is ready. */
export async function serverProcess(
  databaseUrl: string,
  times: FloorTimes,
  program: 'built' | 'sources' = 'sources',
): Promise<ServerProcess> {
  const port = await freePort();
  const dataDir = await mkdtemp(path.join(tmpdir(), 'floorwalker-simulate-server-'));
  let child: ChildProcess | undefined;

  async function start(): Promise<void> {
    const started = spawn(process.execPath, [...PROGRAM[program], 'start'], {
      cwd: ROOT,
      env: {
        PATH: process.env.PATH ?? '',
        PORT: String(port),
        ...settingsOf(databaseUrl, times, dataDir),
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    child = started;
    let output = '';
    started.stdout.on('data', (chunk) => {
      output += chunk;
    });
    const began = performance.now();
    while (!output.includes('is ready at')) {
      if (started.exitCode !== null) throw new Error(`a server ended with ${started.exitCode}: ${output}`);
      if (performance.now() - began > START_PATIENCE_MS) throw new Error('a server does not get ready');
      await wait(20);
    }
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }

  await start();
  return {
    url: `http://127.0.0.1:${port}`,
    start,
    kill: () => end('SIGKILL'),
    async close() {
      await end('SIGTERM');
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
