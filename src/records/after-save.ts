/**
 * What follows from every write, in the transaction that made it: the object's own rules, the audit trail of the set-up, a
 * recalculation of row access, and the epoch of rights when somebody's rights may have changed. The call then answers only when every node has heard
 * of it (DECISIONS 8).
 */
import { changesRights, raiseEpoch, settleRights } from '../access/epoch.js';
import { requestRecalculation } from '../access/sharing/jobs.js';
import type { Tx } from '../store/database.js';
import { noteInAuditTrail } from './audit-trail.js';
import { dropSharesOfNewOwners } from './dropped-shares.js';
import type { Saved } from './object-rules.js';
import { rulesOf } from './rules.js';

export async function afterSave(tx: Tx, saved: Saved): Promise<void> {
  const { object, fields } = saved;
  await rulesOf(object).afterSave?.(tx, saved);
  await noteInAuditTrail(tx, saved);
  await dropSharesOfNewOwners(tx, saved);
  await requestRecalculation(tx, saved);
  if (!changesRights(object.name, fields === undefined ? undefined : [...fields])) return;
  const epoch = await raiseEpoch(tx);
  tx.afterCommit((db) => settleRights(db, epoch));
}
