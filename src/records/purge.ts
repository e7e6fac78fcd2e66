/**
 * What time takes away (salesforce-data-api.md §14, §23, §4.5): deleted records 15 days after they went to the Recycle
 * Bin, or a day after the bin was emptied of them; their entries in the delete log 15 days after that; histories after
 * 24 months; the rest of what only serves for a while. In batches of well below a second each, so that followers and
 * the replication horizon are never held back (DECISIONS 7). Several nodes may purge at once.
 */

import { sharedObject } from '../access/sharing/shared-objects.js';
import type { SObjectDescription } from '../objects/language.js';
import { OBJECTS } from '../objects/registry.js';
import { columnOf, hasTable, tableOf } from '../store/columns.js';
import type { Database, Tx } from '../store/database.js';
import { quoteIdentifier as q } from '../store/sql.js';
import { emptyOverfullBin } from './bin-capacity.js';

const BATCH_ROWS = 5_000;

export interface PurgeReport {
  /** Records removed for good. */
  readonly records: number;
  /** Entries dropped from the delete log. */
  readonly logEntries: number;
  readonly histories: number;
}

/** Removes everything that is due. */
export async function purge(
  db: Database,
  objects: readonly SObjectDescription[] = OBJECTS,
): Promise<PurgeReport> {
  const stored = objects.filter(hasTable);
  await emptyOverfullBin(db, stored);
  let records = 0;
  for (const object of stored) records += await inBatches(db, (tx) => purgeRecords(tx, object));
  let histories = 0;
  for (const object of stored.filter(({ associate }) => associate?.type === 'History')) {
    histories += await inBatches(db, (tx) => dropOld(tx, tableOf(object), 'created_date', '24 months'));
  }
  const logEntries = await inBatches(db, dropLogEntries);
  await inBatches(db, (tx) =>
    dropOld(tx, 'recently_viewed', 'greatest(viewed_at, referenced_at)', '90 days'),
  );
  await inBatches(db, (tx) => dropOld(tx, 'change', 'at', '3 days'));
  return { records, logEntries, histories };
}

/** Runs a batch until it finds less than it could take; each in a transaction of its own. */
async function inBatches(db: Database, batch: (tx: Tx) => Promise<number>): Promise<number> {
  let sum = 0;
  for (;;) {
    const count = await db.tx(batch);
    sum += count;
    if (count < BATCH_ROWS) return sum;
  }
}

async function purgeRecords(tx: Tx, object: SObjectDescription): Promise<number> {
  const table = q(tableOf(object));
  // Whose row it was decides who may still hear of its deletion.
  const shared = sharedObject(object);
  const owner =
    shared === undefined
      ? 'NULL'
      : shared.via === undefined
        ? '"row".owner_id'
        : `(SELECT parent.owner_id FROM ${q(tableOf(shared.owner))} AS parent WHERE parent.id = "row".${q(columnOf(shared.via))})`;
  const [row] = await tx.query<{ count: number }>(
    `WITH due AS MATERIALIZED (
       SELECT id FROM ${table}, (SELECT floor_now() AS now) AS t
        WHERE is_deleted AND (deleted_at < t.now - interval '15 days' OR bin_emptied_at < t.now - interval '24 hours')
        LIMIT ${BATCH_ROWS} FOR UPDATE OF ${table} SKIP LOCKED
     ), gone AS (
       DELETE FROM ${table} AS "row" USING due WHERE "row".id = due.id
       RETURNING "row".id, ${owner} AS owner_id, "row".deleted_at
     ), logged AS (
       INSERT INTO delete_log (id, object, owner_id, deleted_date, purged_at)
       SELECT id, $1, owner_id, deleted_at, (SELECT floor_now()) FROM gone
       ON CONFLICT (id) DO UPDATE SET deleted_date = excluded.deleted_date, purged_at = excluded.purged_at
     ), noted AS (
       INSERT INTO change (object, record_id, kind, at) SELECT $1, id, 'purge', (SELECT floor_now()) FROM gone
     )
     SELECT count(*) AS count FROM gone`,
    [object.name],
  );
  return row?.count ?? 0;
}

/** Forgets deletions purged 15 days ago, and remembers how far back the log reaches now. */
async function dropLogEntries(tx: Tx): Promise<number> {
  const [row] = await tx.query<{ count: number }>(
    `WITH due AS MATERIALIZED (
       SELECT id FROM delete_log WHERE purged_at < (SELECT floor_now()) - interval '15 days'
        LIMIT ${BATCH_ROWS} FOR UPDATE SKIP LOCKED
     ), gone AS (
       DELETE FROM delete_log USING due WHERE delete_log.id = due.id RETURNING object, deleted_date
     ), horizon AS (
       INSERT INTO delete_log_horizon AS old (object, earliest_date_available)
       SELECT object, max(deleted_date) FROM gone GROUP BY object
       ON CONFLICT (object) DO UPDATE SET
         earliest_date_available = greatest(old.earliest_date_available, excluded.earliest_date_available)
     )
     SELECT count(*) AS count FROM gone`,
  );
  return row?.count ?? 0;
}

/** Removes rows older than an age; `when` is SQL over the table's columns. All three come from this file. */
async function dropOld(tx: Tx, table: string, when: string, age: string): Promise<number> {
  const [row] = await tx.query<{ count: number }>(
    `WITH due AS MATERIALIZED (
       SELECT ctid AS place FROM ${q(table)} WHERE ${when} < (SELECT floor_now()) - $1::interval
        LIMIT ${BATCH_ROWS} FOR UPDATE SKIP LOCKED
     ), gone AS (
       DELETE FROM ${q(table)} USING due WHERE ${q(table)}.ctid = due.place RETURNING 1
     )
     SELECT count(*) AS count FROM gone`,
    [age],
  );
  return row?.count ?? 0;
}

export interface Purging {
  /** Resolves when the purge under way, if any, is over. */
  stop(): Promise<void>;
}

const EVERY_MS = 3_600_000;
/** Floor time between two purges; `delayOf` turns it into real time. */
export function startPurging(
  db: Database,
  delayOf: (floorMs: number) => number,
  onError: (error: unknown) => void,
): Purging {
  let running: Promise<unknown> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const next = (): void => {
    if (stopped) return;
    timer = setTimeout(() => {
      running = purge(db).catch(onError).finally(next);
    }, delayOf(EVERY_MS));
    timer.unref();
  };
  next();
  return {
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
