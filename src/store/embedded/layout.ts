/**
 * What lies where in DATA_DIR. `pg18` carries PostgreSQL's major version, because a data directory belongs to one
 * major: the next one gets a directory of its own beside it.
 * Invariant: what is in `pg18` belongs to the account PostgreSQL runs under, and nobody else may read cluster, password, log or socket.
 */
import { randomBytes } from 'node:crypto';
import {
  access,
  chmod,
  chown,
  constants,
  lchown,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Account } from './account.js';
import { EmbeddedError } from './embedded-error.js';

/** A socket's path must fit sockaddr_un (104 bytes on macOS, 108 on Linux); we stay at 100. */
const MAX_SOCKET_PATH_BYTES = 100;
export const SOCKET_PORT = 5432;
const PASSWORD_BYTES = 24;

export interface Layout {
  readonly root: string;
  readonly cluster: string;
  readonly libraries: string;
  readonly password: string;
  readonly log: string;
  readonly socketRecord: string;
}

export function layoutOf(dataDir: string): Layout {
  const root = path.join(path.resolve(dataDir), 'pg18');
  return {
    root,
    cluster: path.join(root, 'cluster'),
    libraries: path.join(root, 'lib'),
    password: path.join(root, 'password'),
    log: path.join(root, 'postgres.log'),
    socketRecord: path.join(root, 'socket-directory'),
  };
}

async function ownAll(directory: string, account: Account): Promise<void> {
  await lchown(directory, account.fileUid, account.fileGid);
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const child = path.join(directory, entry.name);
    if (entry.isDirectory()) await ownAll(child, account);
    else await lchown(child, account.fileUid, account.fileGid);
  }
}

/** Others may pass through to lib/ (an account is tried out before the directory is given to it), not look. */
const ROOT_MODE = 0o711;

/**
 * Creates DATA_DIR and `pg18`, still without an owner of its own.
 * @throws EmbeddedError when this user may not.
 */
export async function makeRoot(layout: Layout): Promise<void> {
  try {
    await mkdir(layout.root, { recursive: true });
    await access(layout.root, constants.W_OK | constants.X_OK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new EmbeddedError(`DATA_DIR cannot be used: no write access to ${layout.root} (${code}).`);
  }
}

/**
 * Hands `pg18` to the account: a cluster made as `nobody` and now started in a namespace (or the
 * other way round) changes owner.
 * @throws EmbeddedError when the files are somebody else's and we are not root.
 */
export async function giveRoot(layout: Layout, account: Account): Promise<void> {
  for (const directory of [layout.root, layout.cluster]) {
    const status = await lstat(directory).catch(() => undefined);
    if (status === undefined || status.uid === account.fileUid) continue;
    if (process.getuid?.() !== 0) {
      throw new EmbeddedError(
        `${directory} belongs to user ${status.uid}: start as that user or as root, or choose another DATA_DIR.`,
      );
    }
    await ownAll(layout.root, account);
    break;
  }
  await chmod(layout.root, ROOT_MODE);
}

/** Reads the database password; makes it first (mode 0600) when there is none. Two starts at once agree on one. */
export async function ensurePassword(layout: Layout, account: Account): Promise<string> {
  const fresh = randomBytes(PASSWORD_BYTES).toString('hex');
  try {
    await writeFile(layout.password, fresh, { flag: 'wx', mode: 0o600 });
    await give(layout.password, account);
    return fresh;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const known = (await readFile(layout.password, 'utf8')).trim();
  if (known === '') throw new EmbeddedError(`${layout.password} is empty: the database's password is lost.`);
  return known;
}

/** True when `directory` is a real directory of this account that nobody else may enter. */
async function isPrivate(directory: string, account: Account): Promise<boolean> {
  const status = await lstat(directory).catch(() => undefined);
  return status?.isDirectory() === true && status.uid === account.fileUid && (status.mode & 0o077) === 0;
}

/** Gives what we, as root, just made to the account. */
export async function give(file: string, account: Account): Promise<void> {
  if (account.ids) await chown(file, account.fileUid, account.fileGid);
}

async function makePrivate(directory: string, account: Account): Promise<void> {
  await chmod(directory, 0o700);
  await give(directory, account);
}

/**
 * The directory of the unix socket: `pg18/run`, or, when its path is too long for a socket, a private directory
 * below the temp dir whose name is written down in DATA_DIR so that the next start finds a running server.
 */
export async function socketDirectory(layout: Layout, account: Account): Promise<string> {
  const near = path.join(layout.root, 'run');
  if (Buffer.byteLength(path.join(near, `.s.PGSQL.${SOCKET_PORT}`)) <= MAX_SOCKET_PATH_BYTES) {
    await mkdir(near, { recursive: true, mode: 0o700 });
    await makePrivate(near, account);
    return near;
  }
  const recorded = (await readFile(layout.socketRecord, 'utf8').catch(() => '')).trim();
  if (recorded !== '' && (await isPrivate(recorded, account))) return recorded;
  const fresh = await mkdtemp(path.join(tmpdir(), 'floorwalker-'));
  await makePrivate(fresh, account);
  await writeFile(layout.socketRecord, `${fresh}\n`, { mode: 0o600 });
  await give(layout.socketRecord, account);
  return fresh;
}
