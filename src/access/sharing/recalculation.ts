/**
 * The recalculation of row access: takes all open jobs, works through the users they concern in batches, raises the
 * epoch of rights so that every server reads the new arrays, and only then reports the jobs done. A run that dies is
 * taken over by another server when its lease has passed; a batch that runs twice changes nothing.
 */
import { randomUUID } from 'node:crypto';
import type { Database, Tx } from '../../store/database.js';
import { raiseEpoch, settleRights } from '../epoch.js';
import { expandUsers } from './expansion.js';
import { dropIdleShares } from './idle-shares.js';
import { DEFAULTS_CHANGED, SHARING_CHANNEL } from './jobs.js';

/** Keys of the transaction lock that lets one batch run at a time, so an older view never overwrites a newer one. */
const BATCH_LOCK = 0x46575348; // FWSH
const LEASE_SECONDS = 30;
/** A batch should commit well within a second: long transactions hold followers of the outbox back (DECISIONS 7). */
const BATCH_TARGET_MS = 300;
const FIRST_BATCH = 200;
const LARGEST_BATCH = 5_000;
const POLL_MS = 2_000;

export interface Recalculated {
  /** Jobs taken and finished. */
  readonly jobs: number;
  readonly users: number;
  /** Rows of the expansion added, changed or removed. */
  readonly rowsWritten: number;
}

interface OpenJob {
  readonly id: number;
  readonly cause: string;
  readonly principal_id: string | null;
}

/** Does all that is asked for now and not being done by another server. */
export async function recalculateSharing(
  db: Database,
  node: string = randomUUID(),
): Promise<Recalculated | undefined> {
  const jobs = await db.query<OpenJob>(
    `UPDATE sharing_job SET node = $1, lease_until = (SELECT floor_now()) + make_interval(secs => $2)
      WHERE finished_at IS NULL AND (node IS NULL OR lease_until < (SELECT floor_now()))
     RETURNING id, cause, principal_id`,
    [node, LEASE_SECONDS],
  );
  if (jobs.length === 0) return undefined;
  const ids = jobs.map(({ id }) => id);
  if (jobs.some(({ cause }) => cause === DEFAULTS_CHANGED)) await dropIdleShares(db);
  const users = await usersOf(db, jobs);
  const rowsWritten = await inBatches(db, ids, users);
  const epoch = await db.tx(raiseEpoch);
  await settleRights(db, epoch);
  await db.query('UPDATE sharing_job SET finished_at = (SELECT floor_now()) WHERE id = ANY($1)', [ids]);
  return { jobs: jobs.length, users: users.length, rowsWritten };
}

/** Users the jobs concern: those reached by the principals named, or all. */
async function usersOf(db: Database, jobs: readonly OpenJob[]): Promise<string[]> {
  const principals = jobs.map(({ principal_id }) => principal_id);
  const rows = principals.includes(null)
    ? await db.query<{ id: string }>('SELECT id FROM so_user ORDER BY id')
    : await db.query<{ id: string }>(
        `SELECT user_id AS id FROM principal_access WHERE principal_id = ANY($1)
          UNION SELECT id FROM so_user WHERE id = ANY($1) ORDER BY 1`,
        [principals],
      );
  return rows.map(({ id }) => id);
}

async function inBatches(db: Database, jobs: readonly number[], users: readonly string[]): Promise<number> {
  let rowsWritten = 0;
  let size = FIRST_BATCH;
  for (let done = 0; done < users.length; ) {
    const batch = users.slice(done, done + size);
    const start = performance.now();
    const written = await db.tx((tx) => oneBatch(tx, batch));
    const took = performance.now() - start;
    rowsWritten += written;
    done += batch.length;
    if (took > BATCH_TARGET_MS) size = Math.max(1, size >> 1);
    else if (took < BATCH_TARGET_MS / 3) size = Math.min(LARGEST_BATCH, size * 2);
    await db.query(
      `UPDATE sharing_job SET users_total = $2, users_done = $3, rows_written = $4,
              lease_until = (SELECT floor_now()) + make_interval(secs => $5) WHERE id = ANY($1)`,
      [jobs, users.length, done, rowsWritten, LEASE_SECONDS],
    );
  }
  return rowsWritten;
}

async function oneBatch(tx: Tx, users: readonly string[]): Promise<number> {
  // A statement of its own: what follows must see everything committed before it got the lock.
  await tx.query('SELECT pg_advisory_xact_lock($1)', [BATCH_LOCK]);
  return expandUsers(tx, users);
}

export interface Recalculation {
  /** Resolves when everything asked for so far has been done by this server, or is in another one's hands. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

export interface RecalculationOptions {
  readonly db: Database;
  /** Told when a run fails; it is tried again. */
  readonly onError: (error: unknown) => void;
}

/** Recalculates whenever somebody asks for it, until closed. */
export async function startRecalculation({ db, onError }: RecalculationOptions): Promise<Recalculation> {
  const node = randomUUID();
  let running: Promise<void> | undefined;
  let again = false;
  let closed = false;

  async function run(): Promise<void> {
    do {
      again = false;
      const did = await recalculateSharing(db, node);
      if (did !== undefined) again = true;
    } while (again && !closed);
  }

  function wake(): Promise<void> {
    if (closed) return Promise.resolve();
    again = true;
    running ??= run().finally(() => {
      running = undefined;
    });
    return running;
  }

  const hint = () => void wake().catch(onError);
  const unlisten = await db.listen(SHARING_CHANNEL, hint);
  const timer = setInterval(hint, POLL_MS);
  timer.unref();
  hint();

  return {
    settled: wake,
    async close() {
      closed = true;
      clearInterval(timer);
      await unlisten();
      await running?.catch(() => undefined);
    },
  };
}
