/**
 * `WORKERS=n`: one process that owns the embedded database and the port, and n that serve. A worker that ends is replaced;
 * nothing is lost with it that was acknowledged, because all of that is in the database.
 * Invariant: the database is stopped after the last worker, and no worker outlives its parent.
 */
import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { FastifyBaseLogger } from 'fastify';
import type { Config } from '../config.js';
import { openHouse } from '../server/open-house.js';
import { packageVersion } from '../server/package-version.js';
import type { ReachedDatabase } from '../server/reach-database.js';
import { STOP, type WorkerReady } from './worker-messages.js';

const CLI = fileURLToPath(new URL('../cli.js', import.meta.url));
/** A worker that ends sooner than this after its start is replaced only after a pause. */
const SHORT_LIFE_MS = 5_000;
const PAUSE_MS = 1_000;

export interface WorkersOptions {
  readonly config: Config;
  readonly log: FastifyBaseLogger;
  readonly reached: ReachedDatabase;
  readonly print: (line: string) => void;
  readonly args: readonly string[];
}

export interface Workers {
  readonly url: string;
  /** Asks every worker to end, waits for it, then stops the database. */
  close(): Promise<void>;
}

/**
 * Prepares the database once, starts the workers and resolves when all of them serve.
 * @throws what the database has to say, or that a worker could not start.
 */
export async function startWorkers(options: WorkersOptions): Promise<Workers> {
  const { config, log, reached, print } = options;
  const house = await openHouse({
    config,
    log,
    reached: { url: reached.url, close: async () => undefined },
    poolSize: 2,
  });
  await house.close();
  cluster.setupPrimary({ exec: CLI, args: [...options.args] });
  let stopping = false;

  function fork(): Worker {
    const began = performance.now();
    const worker = cluster.fork({ DATABASE_URL: reached.url, WORKERS: String(config.workers) });
    worker.on('exit', (code, signal) => {
      if (stopping || !isServing.has(worker)) return;
      log.error({ pid: worker.process.pid, code, signal }, 'a worker ended; another takes its place');
      const pause = performance.now() - began < SHORT_LIFE_MS ? PAUSE_MS : 0;
      void sleep(pause).then(() => {
        if (!stopping) isServing.add(fork());
      });
    });
    return worker;
  }
  /** Workers that are replaced when they end: all but those of a start that fails. */
  const isServing = new WeakSet<Worker>();

  async function close(): Promise<void> {
    stopping = true;
    const living = Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined);
    await Promise.all(
      living.map(async (worker) => {
        if (worker.isDead()) return;
        const ended = once(worker, 'exit');
        if (worker.isConnected()) worker.send(STOP);
        await ended;
      }),
    );
    await reached.close();
  }

  try {
    const workers = Array.from({ length: config.workers }, fork);
    const [first] = await Promise.all(workers.map(readiness));
    for (const worker of workers) isServing.add(worker);
    const { url } = first as WorkerReady;
    for (const line of house.lines(url)) print(line);
    print(`Floorwalker ${packageVersion()} is ready at ${url} (${config.workers} workers)`);
    return { url, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function readiness(worker: Worker): Promise<WorkerReady> {
  return new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('exit', (code) => {
      const error = new Error(`a worker could not start (exit code ${code}); it has said why`);
      reject(Object.assign(error, { code: 'WORKER' }));
    });
  });
}
