/**
 * Manual shares that add nothing to their object's organization-wide default: they end when it is widened, and do not
 * come back when it is narrowed again (salesforce-data-api.md §21).
 */
import type { SObjectDescription } from '../../objects/language.js';
import { tableOf } from '../../store/columns.js';
import type { Database, Tx } from '../../store/database.js';
import { quoteIdentifier as q } from '../../store/sql.js';
import { accessLevelsAbove, SHIPPED_SHARING_MODEL } from './levels.js';
import { ownedObjects, sharedObject } from './shared-objects.js';
import { loadModels } from './user-sharing.js';

/** A batch commits well within a second (DECISIONS 7). */
const BATCH = 2_000;

/** Drops them all, in batches; gives their number. */
export async function dropIdleShares(db: Database): Promise<number> {
  let dropped = 0;
  for (const object of ownedObjects()) {
    const share = sharedObject(object)?.share;
    if (share === undefined) continue;
    for (let batch = BATCH; batch === BATCH; dropped += batch) {
      batch = await db.tx((tx) => dropBatch(tx, object, share));
    }
  }
  return dropped;
}

async function dropBatch(tx: Tx, object: SObjectDescription, share: SObjectDescription): Promise<number> {
  const [began] = await tx.query<{ at: string }>('SELECT begin_write()::text AS at');
  const model = (await loadModels(tx)).get(object.name) ?? SHIPPED_SHARING_MODEL;
  const rows = await tx.query<{ id: string }>(
    `WITH idle AS (
       SELECT id FROM ${q(tableOf(share))} WHERE NOT is_deleted AND access_level <> ALL($1) ORDER BY id LIMIT $2
          FOR UPDATE
     ), dropped AS (
       UPDATE ${q(tableOf(share))} AS share
          SET is_deleted = true, deleted_at = $3::timestamptz, deleted_with = share.id,
              bin_emptied_at = $3::timestamptz,
              last_modified_date = greatest(share.last_modified_date, $3::timestamptz)
         FROM idle WHERE share.id = idle.id
       RETURNING share.id
     ), noted AS (
       INSERT INTO change (object, record_id, kind, at) SELECT $4, id, 'delete', $3::timestamptz FROM dropped
     )
     SELECT id FROM dropped`,
    [accessLevelsAbove(model), BATCH, began?.at, share.name],
  );
  return rows.length;
}
