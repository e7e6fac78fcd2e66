/**
 * Under which account PostgreSQL runs. It refuses root, so as root there are three ways, tried in this order
 * (DECISIONS 10): the owner of DATA_DIR when that is not root; the account `nobody` (65534); a user namespace in
 * which root looks like `nobody`. Each way is tried by really running the binaries, because a 65534 that may not
 * enter /root is found out by nothing else.
 * Invariant: the account that is returned can execute the binaries and enter the data directory.
 */
import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { type Binaries, platformHint } from './binaries.js';
import { EmbeddedError } from './embedded-error.js';

const run = promisify(execFile);
const NOBODY = 65534;
const PROBE_TIMEOUT_MS = 20_000;

/** How to spawn a PostgreSQL program: what goes before its command, and the ids to take. */
export interface Account {
  readonly name: string;
  readonly prefix: readonly string[];
  /** Spawn options; absent where the process keeps its own account. */
  readonly ids: { readonly uid: number; readonly gid: number } | undefined;
  /** Who owns the files as seen from outside. */
  readonly fileUid: number;
  readonly fileGid: number;
}

const NAMESPACE = ['unshare', '--user', `--map-user=${NOBODY}`, `--map-group=${NOBODY}`];

function candidates(owner: { uid: number; gid: number }): Account[] {
  const uid = process.getuid?.() ?? 0;
  const gid = process.getgid?.() ?? 0;
  const namespace = { name: 'unshare --user', prefix: NAMESPACE, ids: undefined, fileUid: uid, fileGid: gid };
  if (uid !== 0) {
    // The namespace helps an ordinary uid without a passwd entry (containers), which initdb refuses.
    return [{ name: 'the same user', prefix: [], ids: undefined, fileUid: uid, fileGid: gid }, namespace];
  }
  const as = (name: string, id: number, group: number): Account => ({
    name,
    prefix: [],
    ids: { uid: id, gid: group },
    fileUid: id,
    fileGid: group,
  });
  const ways = [as('nobody (65534)', NOBODY, NOBODY), namespace];
  return owner.uid === 0 ? ways : [as(`the owner of DATA_DIR (${owner.uid})`, owner.uid, owner.gid), ...ways];
}

/** The text of a failed probe, without our own command line in it. */
function reasonOf(error: unknown): string {
  const { stderr, code, message } = error as { stderr?: string; code?: unknown; message?: string };
  const text = stderr?.trim() || (code === 'EACCES' ? 'may not execute it' : String(code ?? message));
  return text.split('\n')[0] ?? text;
}

/**
 * Picks the first account that can run the binaries in `dataDir` (which exists).
 * @throws EmbeddedError naming every way and why it failed.
 */
export async function chooseAccount(
  binaries: Binaries,
  dataDir: string,
  environment: NodeJS.ProcessEnv,
): Promise<Account> {
  const failures: string[] = [];
  for (const account of candidates(await stat(dataDir))) {
    // `initdb --show` runs `postgres --version` itself and also refuses root and an account without a name.
    const enter = ['/bin/sh', '-c', 'cd "$0" && exec "$@"', dataDir];
    const probe = [...enter, binaries.initdb, '--show', '--pgdata=probe', '--username=floorwalker'];
    const [command = '', ...args] = [...account.prefix, ...probe];
    try {
      await run(command, args, { env: environment, timeout: PROBE_TIMEOUT_MS, cwd: '/', ...account.ids });
      return account;
    } catch (error) {
      failures.push(`${account.name}: ${reasonOf(error)}`);
    }
  }
  throw new EmbeddedError(
    `PostgreSQL cannot be started from here (it does not run as root). Tried: ${failures.join('; ')}.${platformHint()} ` +
      'Ways out: start as an ordinary user; give DATA_DIR to one and keep the project where it may be read ' +
      '(not below /root); or allow user namespaces (unshare --user). Or set DATABASE_URL.',
  );
}
