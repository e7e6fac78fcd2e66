/**
 * `floorwalker start`. The database starts while the rest of the server is still being loaded: on a first start that
 * is half a second saved.
 */
import cluster, { type Worker } from 'node:cluster';
import { readConfig } from '../config.js';
import { createHttp } from '../server/http.js';
import { reachDatabase } from '../server/reach-database.js';
import { STOP, type WorkerReady } from './worker-messages.js';

/**
 * A second signal means "at once", but not so soon: Ctrl-C reaches every process at the terminal, and npm passes its
 * own on besides, so one wish arrives two or three times.
 */
const SAME_WISH_MS = 2_000;
/** A stop that takes longer is cut short: whoever stops us will use kill -9 soon. */
const STOP_PATIENCE_MS = 25_000;

/** How long a crash waits for the database to stop; the next start attaches to one that did not. */
const CRASH_PATIENCE_MS = 10_000;

interface StartOptions {
  readonly demo?: true;
}

/** Loaded only by a parent of workers. */
async function loadWorkers() {
  const { startWorkers } = await import('./workers.js');
  return startWorkers;
}

/**
 * Runs the server until SIGTERM or SIGINT. `fail` says what went wrong and ends the process.
 * @throws ConfigError, EmbeddedError, and what the database or the port has to say.
 */
export async function start(
  options: StartOptions,
  print: (line: string) => void,
  fail: (error: unknown) => void,
): Promise<void> {
  const config = readConfig({ ...process.env, ...(options.demo ? { DEMO: '1' } : {}) });
  const app = createHttp(config);
  const reaching = reachDatabase({
    config,
    log: app.log,
    role: 'server',
    onFailure: (error) => {
      app.log.fatal({ err: error }, 'the database is lost');
      fail(error);
    },
  });
  const starting =
    config.workers > 1 && cluster.isPrimary
      ? Promise.all([reaching, loadWorkers()]).then(([reached, startWorkers]) =>
          startWorkers({
            config,
            log: app.log,
            reached,
            print,
            args: ['start', ...(options.demo ? ['--demo'] : [])],
          }),
        )
      : Promise.all([reaching, import('../server.js')]).then(([reached, { startServer }]) =>
          // What a worker has to say to the operator its parent says.
          startServer({ config, app, reached, print: cluster.isPrimary ? print : () => undefined }),
        );

  // A mistake of ours: nothing in memory can be trusted any more, but the database can still be stopped properly.
  let crashed = false;
  process.once('uncaughtException', (error) => {
    crashed = true;
    app.log.fatal({ err: error }, 'the server cannot go on');
    setTimeout(() => fail(error), CRASH_PATIENCE_MS).unref();
    reaching.then((reached) => reached.close()).finally(() => fail(error));
  });

  let askedAt: number | undefined;
  const stop = (signal: NodeJS.Signals) => {
    if (askedAt !== undefined) {
      if (performance.now() - askedAt > SAME_WISH_MS) process.exit(130);
      return;
    }
    askedAt = performance.now();
    if (cluster.isPrimary) print(`Stopping (${signal}) …`);
    setTimeout(() => fail(new Error('it did not stop in time')), STOP_PATIENCE_MS).unref();
    // A start under way is finished first: PostgreSQL is then stopped properly, too.
    starting.then((server) => server.close()).then(() => process.exit(0), fail);
  };
  if (cluster.worker) {
    serveUnderParent(cluster.worker, starting, stop);
  } else {
    process.on('SIGTERM', stop);
    process.on('SIGINT', stop);
  }
  await starting.catch((error: unknown) => {
    if (!crashed) throw error; // otherwise it fails because its database is being stopped
  });
}

/**
 * A worker ends when its parent says so or is gone. Ctrl-C reaches every process at the terminal, the parent too: it is
 * the parent's to answer.
 */
function serveUnderParent(
  worker: Worker,
  starting: Promise<{ readonly url: string }>,
  stop: (signal: NodeJS.Signals) => void,
): void {
  process.on('SIGTERM', () => undefined);
  process.on('SIGINT', () => undefined);
  process.on('message', (message) => {
    if (message === STOP) stop('SIGTERM');
  });
  process.on('disconnect', () => stop('SIGTERM'));
  starting.then(
    ({ url }) => {
      if (worker.isConnected()) worker.send({ url } satisfies WorkerReady);
    },
    () => undefined,
  );
}
