/**
 * Reading the outbox `change`. A follower sees every write of a record exactly once and in an order in which each
 * transaction is whole, however late a transaction commits: it reads only what is older than every transaction still
 * running, in (tx, seq) order. By seq alone it would pass over a change whose transaction commits after a younger one's
 * (DECISIONS 7).
 */
import type { Queryable } from './database.js';

export type ChangeKind = 'create' | 'update' | 'delete' | 'undelete' | 'purge';

export interface Change {
  /** Object name. */
  readonly object: string;
  readonly recordId: string;
  readonly kind: ChangeKind;
  /** Names of the fields whose values an update changed; null for the other kinds. */
  readonly fields: readonly string[] | null;
  /** Epoch milliseconds, the stamp of the write. */
  readonly at: number;
}

/** Where a follower has got to. Plain text, to be kept anywhere. */
export interface ChangePosition {
  readonly tx: string;
  readonly seq: string;
}

/** Before the first change there is. */
export const FROM_THE_BEGINNING: ChangePosition = { tx: '0', seq: '0' };

/** Where a follower starts that reads everything else anew first: it misses nothing that commits from now on. */
export async function currentPosition(db: Queryable): Promise<ChangePosition> {
  const [row] = await db.query<{ tx: string }>('SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS tx');
  if (row === undefined) throw new Error('no snapshot');
  return { tx: row.tx, seq: '0' };
}

const MOST_CHANGES = 1_000;

/** Changes behind a position, of some objects or of all, oldest first; `next` is where to go on, also when there were none. */
export async function changesAfter(
  db: Queryable,
  position: ChangePosition,
  objects?: readonly string[],
  limit = MOST_CHANGES,
): Promise<{ readonly changes: readonly Change[]; readonly next: ChangePosition }> {
  const rows = await db.query<{
    tx: string;
    seq: string;
    object: string;
    record_id: string;
    kind: ChangeKind;
    fields: string[] | null;
    at: number;
  }>(
    `SELECT tx::text AS tx, seq::text AS seq, object, record_id, kind, fields, at FROM change
      WHERE (tx, seq) > ($1::xid8, $2::bigint) AND tx < pg_snapshot_xmin(pg_current_snapshot())
        AND ($3::text[] IS NULL OR object = ANY($3))
      ORDER BY tx, seq LIMIT $4`,
    [position.tx, position.seq, objects ?? null, limit],
    'changes.after',
  );
  const last = rows.at(-1);
  return {
    changes: rows.map(({ object, record_id, kind, fields, at }) => ({
      object,
      recordId: record_id,
      kind,
      fields,
      at,
    })),
    next: last === undefined ? position : { tx: last.tx, seq: last.seq },
  };
}
