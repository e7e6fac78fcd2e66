/**
 * Whether those who are to own records can: a queue must be meant for the object (QueueSobject), and a user who is
 * given a record must be able to read it (salesforce-data-api.md §21). That owners exist and are active is a matter of
 * references.ts.
 */
import { readersAmong } from '../access/readers.js';
import type { SObjectDescription } from '../objects/language.js';
import { fieldOf, hasOwners } from '../objects/registry.js';
import type { Tx } from '../store/database.js';
import type { Draft } from './draft.js';
import { type Origin, recordError } from './result.js';
import type { StoredRow } from './rows.js';

const OWNER = 'OwnerId';

/** Refuses drafts that name such an owner. `rows` are the records as they are; undefined when they are new. */
export async function checkNewOwners(
  tx: Tx,
  object: SObjectDescription,
  drafts: readonly Draft[],
  origin: Origin,
  rows?: ReadonlyMap<string, StoredRow>,
): Promise<void> {
  const field = fieldOf(object, OWNER);
  if (origin !== 'api' || field === undefined || !hasOwners(object)) return;
  const users = new Map<string, Draft[]>();
  const queues = new Map<string, Draft[]>();
  for (const draft of drafts) {
    const owner = draft.sent.has(field) ? draft.values.get(field) : undefined;
    if (typeof owner !== 'string' || rows?.get(draft.id ?? '')?.read(field) === owner) continue;
    const group = owner.startsWith('00G') ? queues : users;
    group.set(owner, [...(group.get(owner) ?? []), draft]);
  }
  // Whoever creates a record may own it, or give it away at once.
  if (rows !== undefined && users.size > 0) {
    const readers = await readersAmong(tx, object, [...users.keys()]);
    for (const [owner, some] of users) {
      if (readers.has(owner)) continue;
      const message = `The new owner must have read permission on ${object.labelPlural}: ${owner}`;
      for (const draft of some) draft.errors.push(recordError('TRANSFER_REQUIRES_READ', message, [OWNER]));
    }
  }
  if (queues.size === 0) return;
  const meant = await tx.query<{ id: string }>(
    'SELECT queue_id AS id FROM so_queue_sobject WHERE queue_id = ANY($1) AND sobject_type = $2 AND NOT is_deleted',
    [[...queues.keys()], object.name],
  );
  const able = new Set(meant.map(({ id }) => id));
  for (const [queue, some] of queues) {
    if (able.has(queue)) continue;
    const message = `Queue not associated with this SObject type: ${object.name}`;
    for (const draft of some) draft.errors.push(recordError('INVALID_OPERATION', message, [OWNER]));
  }
}
