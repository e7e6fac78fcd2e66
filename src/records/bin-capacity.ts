/**
 * How much the Recycle Bin holds: 5,000 records for each licence of the organization. Beyond that the oldest leave it
 * once they are two hours old, with the children that went with them, as if it had been emptied of them
 * (salesforce-data-api.md §14).
 */
import type { SObjectDescription } from '../objects/language.js';
import { tableOf } from '../store/columns.js';
import type { Database } from '../store/database.js';
import { quoteIdentifier as q } from '../store/sql.js';
import { markEmptied } from './empty-recycle-bin.js';

const RECORDS_PER_LICENCE = 5_000;
/** Records taken out in one transaction, their children not counted: it commits well within a second. */
const BATCH = 1_000;

/** Takes out of the bin what it cannot hold; gives the number of records. */
export async function emptyOverfullBin(
  db: Database,
  objects: readonly SObjectDescription[],
): Promise<number> {
  const binned = objects.filter(({ flags }) => flags.includes('undeletable'));
  const newest = await newestThatLeaves(db, binned);
  if (newest === undefined) return 0;
  let emptied = 0;
  for (const object of binned) {
    for (let batch = BATCH; batch === BATCH; emptied += batch) {
      batch = await db.tx(async (tx) => {
        const rows = await tx.query<{ id: string }>(
          `SELECT id FROM ${q(tableOf(object))}
            WHERE is_deleted AND bin_emptied_at IS NULL AND deleted_with = id
              AND deleted_at <= least($1::timestamptz, (SELECT floor_now()) - interval '2 hours')
            ORDER BY deleted_at LIMIT ${BATCH} FOR UPDATE SKIP LOCKED`,
          [newest],
        );
        const [clock] = await tx.query<{ at: string }>('SELECT (SELECT floor_now())::text AS at');
        const ids = rows.map(({ id }) => id);
        if (clock !== undefined && ids.length > 0) await markEmptied(tx, object, ids, clock.at);
        return ids.length;
      });
    }
  }
  return emptied;
}

/** When the newest record went to the bin that it has no room for; undefined while there is room. */
async function newestThatLeaves(
  db: Database,
  objects: readonly SObjectDescription[],
): Promise<string | undefined> {
  if (objects.length === 0) return undefined;
  const bin = objects.map(
    (object) =>
      `SELECT deleted_at FROM ${q(tableOf(object))} WHERE is_deleted AND bin_emptied_at IS NULL AND deleted_with = id`,
  );
  const [row] = await db.query<{ at: string }>(
    `SELECT deleted_at::text AS at FROM (${bin.join(' UNION ALL ')}) AS bin ORDER BY deleted_at DESC
     OFFSET ${RECORDS_PER_LICENCE} * (SELECT greatest(coalesce(sum(total_licenses), 0), 1)::bigint
                                        FROM so_user_license WHERE NOT is_deleted) LIMIT 1`,
  );
  return row?.at;
}
