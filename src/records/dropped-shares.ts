/** Manual shares that end with the ownership they were given under (salesforce-data-api.md §21). */
import { sharedObject } from '../access/sharing/shared-objects.js';
import { tableOf } from '../store/columns.js';
import type { Tx } from '../store/database.js';
import { quoteIdentifier as q } from '../store/sql.js';
import type { Saved } from './object-rules.js';

/**
 * Drops the manual shares of rows whose owner this transaction has changed. The outbox knows which those are; it has
 * been written before.
 */
export async function dropSharesOfNewOwners(tx: Tx, { object, ids, fields }: Saved): Promise<void> {
  if (fields === undefined || !fields.has('OwnerId')) return;
  const shared = sharedObject(object);
  if (shared === undefined || shared.via !== undefined || shared.share === undefined) return;
  await tx.query(
    `WITH moved AS (
       SELECT DISTINCT record_id AS id, at FROM change
        WHERE tx = pg_current_xact_id() AND object = $2 AND record_id = ANY($1) AND 'OwnerId' = ANY(fields)
     ), dropped AS (
       UPDATE ${q(tableOf(shared.share))} AS share
          SET is_deleted = true, deleted_at = moved.at, deleted_with = share.id, bin_emptied_at = moved.at,
              last_modified_date = greatest(share.last_modified_date, moved.at)
         FROM moved WHERE share.parent_id = moved.id AND NOT share.is_deleted
       RETURNING share.id, moved.at
     )
     INSERT INTO change (object, record_id, kind, at) SELECT $3, id, 'delete', at FROM dropped`,
    [ids, object.name, shared.share.name],
  );
}
