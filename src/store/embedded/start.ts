/**
 * The embedded PostgreSQL: with no DATABASE_URL the server runs real PostgreSQL 18 as a child process, reached over
 * a unix socket, data in DATA_DIR (DECISIONS 10). One Floorwalker server owns it at a time: ownership is a session
 * advisory lock, so it ends with the process however that ends.
 * Invariant: between the return of `startEmbedded` and `stop` this process holds the lock, or is bringing a
 * crashed postmaster back up, or has called `onFailure`.
 */
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { chooseAccount } from './account.js';
import { findBinaries } from './binaries.js';
import { ensureCluster } from './cluster.js';
import { EmbeddedError } from './embedded-error.js';
import { ensurePassword, giveRoot, layoutOf, makeRoot, SOCKET_PORT, socketDirectory } from './layout.js';
import { libraryEnvironment, linkLibraries } from './libraries.js';
import {
  bringDown,
  bringUp,
  clientOf,
  type EmbeddedLog,
  type Postmaster,
  type PostmasterOptions,
} from './postmaster.js';
import { isLackOfRoom } from './room.js';
import { settingsOf } from './settings.js';

/** The application's database and the role that owns it: no superuser, as on a server of the operator's own. */
const DATABASE_NAME = 'floorwalker';
const DATABASE_USER = 'floorwalker';
/** Any fixed number: 'floor' in ASCII. The lock lives in the database `postgres`, apart from the application's. */
const OWNERSHIP_LOCK = 0x666c_6f6f;
/** After a kill -9 of node its backend notices the closed socket at once; a live owner never lets go. */
const OWNERSHIP_PATIENCE_MS = 5_000;
const LOCK_POLL_MS = 100;
const RESTART_BACKOFF_MS = [100, 200, 500, 1_000, 2_000, 5_000, 5_000, 5_000] as const;
/** How often a start is tried that failed for lack of room on the disk: whoever makes some will not tell us. */
const ROOM_POLL_MS = 2_000;

export interface EmbeddedOptions {
  readonly dataDir: string;
  readonly log: EmbeddedLog;
  /** false (tests, benches of other things): a crash of the machine may lose data; default true. */
  readonly durable?: boolean;
  readonly maxConnections?: number;
  /** Another PostgreSQL laid out as the package's `native/`; default: the installed package. */
  readonly nativeDir?: string;
  /** Called once when the database is lost for good; the server can only say so and end. */
  readonly onFailure?: (error: EmbeddedError) => void;
}

export interface Embedded {
  /** Connection URL of the application's database; holds the password, so it is never logged. */
  readonly url: string;
  /** Process id of the postmaster; another one after it was killed and came back. */
  readonly pid: number;
  /** Stops PostgreSQL with a checkpoint. The second call does nothing. */
  stop(): Promise<void>;
}

/** Takes the ownership lock on a new connection, trying for 5 s. */
async function takeOwnership(options: PostmasterOptions, dataDir: string): Promise<pg.Client> {
  const keeper = clientOf(options);
  keeper.on('error', () => undefined); // 'end' follows, and is what the keeper's owner listens to
  await keeper.connect();
  const started = performance.now();
  for (;;) {
    const { rows } = await keeper.query<{ owned: boolean }>('SELECT pg_try_advisory_lock($1) AS owned', [
      OWNERSHIP_LOCK,
    ]);
    if (rows[0]?.owned === true) return keeper;
    if (performance.now() - started > OWNERSHIP_PATIENCE_MS) {
      await keeper.end();
      throw new EmbeddedError(
        `Another Floorwalker server is running on ${dataDir}: stop it, or choose another DATA_DIR.`,
      );
    }
    await sleep(LOCK_POLL_MS);
  }
}

async function ensureDatabase(keeper: pg.Client, password: string): Promise<void> {
  const { rowCount } = await keeper.query('SELECT datname FROM pg_database WHERE datname = $1', [
    DATABASE_NAME,
  ]);
  if (rowCount !== 0) return;
  // CREATE ROLE takes no parameters.
  await keeper.query(`DROP ROLE IF EXISTS ${DATABASE_USER}`);
  await keeper.query(`CREATE ROLE ${DATABASE_USER} LOGIN CREATEDB PASSWORD ${pg.escapeLiteral(password)}`);
  await keeper.query(
    `CREATE DATABASE ${DATABASE_NAME} OWNER ${DATABASE_USER} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'`,
  );
}

/** Where the application's database is reached; holds the password. */
export function applicationUrl(options: { socketDir: string; password: string }): string {
  const host = encodeURIComponent(options.socketDir);
  return `postgresql://${DATABASE_USER}:${options.password}@localhost:${SOCKET_PORT}/${DATABASE_NAME}?host=${host}`;
}

/**
 * Starts (or attaches to) the embedded PostgreSQL on `dataDir` and takes ownership of it.
 * @throws EmbeddedError with a message for the operator: unsupported platform, no account to run under, another
 * server on the same directory, or the end of PostgreSQL's log.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const dataDir = path.resolve(options.dataDir);
  const binaries = findBinaries(options.nativeDir);
  const layout = layoutOf(dataDir);
  await makeRoot(layout);
  await linkLibraries(binaries.nativeDir, layout.libraries);
  const environment = libraryEnvironment(binaries.nativeDir, layout.libraries);
  const account = await chooseAccount(binaries, dataDir, environment);
  await giveRoot(layout, account);
  const password = await ensurePassword(layout, account);
  await ensureCluster(binaries, layout, account, environment);
  const postmasterOptions: PostmasterOptions = {
    binaries,
    layout,
    account,
    environment,
    socketDir: await socketDirectory(layout, account),
    password,
    log: options.log,
    settings: settingsOf({ durable: options.durable ?? true, maxConnections: options.maxConnections ?? 100 }),
  };

  let stopping = false;
  let recovering: Promise<void> = Promise.resolve();

  /** Brings the postmaster up and takes ownership; from then on its end is noticed. */
  const own = async (): Promise<{ postmaster: Postmaster; keeper: pg.Client }> => {
    const postmaster = await bringUp(postmasterOptions);
    const keeper = await takeOwnership(postmasterOptions, dataDir);
    keeper.once('end', () => {
      if (!stopping) recovering = recover();
    });
    return { postmaster, keeper };
  };

  /** The keeper's connection ended: the postmaster was killed or reset its backends. Bring both back. */
  const recover = async (): Promise<void> => {
    options.log.warn(
      { postmaster: owned.postmaster.pid },
      'embedded PostgreSQL went away; starting it again',
    );
    let last: unknown;
    let delay: number | undefined = RESTART_BACKOFF_MS[0];
    for (let failures = 0; delay !== undefined; ) {
      await sleep(delay);
      if (stopping) return;
      try {
        owned = await own();
        options.log.info({ postmaster: owned.postmaster.pid }, 'embedded PostgreSQL is back');
        return;
      } catch (error) {
        last = error;
        const isFull = await isLackOfRoom(layout, error);
        options.log.warn(
          { err: error },
          isFull
            ? 'embedded PostgreSQL waits for room on the disk of DATA_DIR'
            : 'embedded PostgreSQL did not come back yet',
        );
        // However long that takes; what else keeps it from starting does not pass.
        if (!isFull) failures += 1;
        delay = isFull ? ROOM_POLL_MS : RESTART_BACKOFF_MS[failures];
      }
    }
    options.onFailure?.(new EmbeddedError(`The embedded PostgreSQL is lost: ${(last as Error).message}`));
  };

  let owned = await own();
  await ensureDatabase(owned.keeper, password);
  options.log.info(
    { postmaster: owned.postmaster.pid, attached: owned.postmaster.attached, account: account.name },
    'embedded PostgreSQL is ready',
  );

  return {
    url: applicationUrl(postmasterOptions),
    get pid() {
      return owned.postmaster.pid;
    },
    async stop() {
      if (stopping) return;
      stopping = true;
      await recovering; // what it brings up is stopped with the rest
      // The lock is held until the postmaster ends the connection, so nobody attaches to what is being stopped.
      await bringDown(owned.postmaster.pid, layout);
      await owned.keeper.end().catch(() => undefined);
    },
  };
}
