/**
 * Puts the parts together; nothing else knows all of them. Order of a start: database, migrations, first data, demo,
 * protocols, listen. Order of a stop: no new work, flush what the floor holds, close the sockets, close the database.
 * Invariant: what was acknowledged is in the database before `close` resolves.
 */
import type { AddressInfo } from 'node:net';
import type { Config } from './config.js';
import { openHouseDatabase } from './server/house-database.js';
import { houseRoutes } from './server/house-routes.js';
import { createHttp, originOf } from './server/http.js';
import { packageVersion } from './server/package-version.js';
import type { Database } from './store/database.js';

export interface ServerOptions {
  readonly config: Config;
  /** Writes a line for the operator, whatever the log level (how to sign in, where it listens). */
  readonly print: (line: string) => void;
  /** The server cannot go on (the embedded database is lost); default: it says so and keeps answering 503. */
  readonly onFailure?: (error: Error) => void;
}

export interface Server {
  /** Where clients reach it, without a slash at the end. */
  readonly url: string;
  readonly db: Database;
  /** Stops in good order; logins stay resumable. The second call waits for the first. */
  close(): Promise<void>;
}

/** How long `/readyz` waits for the database. */
const READY_TIMEOUT_MS = 2_000;

async function databaseAnswers(db: Database): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, READY_TIMEOUT_MS, false);
  });
  const asked = db.query('SELECT 1 AS one', [], 'server.ready').then(
    () => true,
    () => false,
  );
  return Promise.race([asked, late]).finally(() => clearTimeout(timer));
}

/**
 * Starts a server and resolves when it is ready for everything.
 * @throws EmbeddedError and errors of the database or the port; nothing is left running then.
 */
export async function startServer(options: ServerOptions): Promise<Server> {
  const { config, print } = options;
  const app = createHttp(config);
  const house = await openHouseDatabase({
    config,
    role: 'server',
    log: app.log,
    onFailure: (error) => {
      app.log.fatal({ err: error }, 'the database is lost');
      options.onFailure?.(error);
    },
  });
  const { db } = house;
  let draining = false;
  let url = config.publicUrl ?? originOf({ ...config, tls: config.tls !== undefined });

  await app.register(
    houseRoutes({
      publicUrl: () => url,
      version: packageVersion(),
      demo: config.demo,
      missing: async () => [
        ...(draining ? ['draining'] : []),
        ...((await databaseAnswers(db)) ? [] : ['database']),
      ],
    }),
  );

  let closing: Promise<void> | undefined;
  const close = async () => {
    draining = true;
    await app.close();
    await house.close();
  };

  try {
    await app.listen({ port: config.port, host: config.host });
  } catch (error) {
    await close();
    throw error;
  }
  const { port } = app.server.address() as AddressInfo;
  url = config.publicUrl ?? originOf({ host: config.host, port, tls: config.tls !== undefined });
  print(`Floorwalker ${packageVersion()} is ready at ${url}`);

  return {
    url,
    db,
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}
