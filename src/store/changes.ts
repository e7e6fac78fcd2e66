/**
 * Reading the outbox `change`. A follower sees every write of a record exactly once, each transaction's in their order,
 * however late a transaction commits. By seq alone it would pass over a change whose transaction commits after a younger
 * one's (DECISIONS 7); waiting for the oldest transaction of the server, it would be held back by whoever keeps one open.
 * So it remembers the snapshot it read with: what that did not see and the present one sees has committed in between. Its
 * rows are those of transactions not begun then, and of those few then running; a transaction that stays open delays its
 * own changes and nobody else's.
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

/** Where a follower has got to: plain data, to be kept anywhere. */
export interface ChangePosition {
  /** Snapshot (pg_snapshot as text): everything it sees has been read. */
  readonly seen: string;
  /** In the middle of a reading too large for one call: the snapshot it is made with; null: not in one. */
  readonly until: string | null;
  /** The last change of that reading; both '0' outside of one. */
  readonly tx: string;
  readonly seq: string;
}

/** Everything that snapshot sees has been read, and nothing else. */
export const positionAfter = (seen: string): ChangePosition => ({ seen, until: null, tx: '0', seq: '0' });

/** Before the first change there is. */
export const FROM_THE_BEGINNING: ChangePosition = positionAfter('1:1:');

/** Where a follower starts that reads everything else anew first: it misses nothing that commits from now on. */
export async function currentPosition(db: Queryable): Promise<ChangePosition> {
  const [row] = await db.query<{ seen: string }>('SELECT pg_current_snapshot()::text AS seen');
  if (row === undefined) throw new Error('no snapshot');
  return positionAfter(row.seen);
}

const MOST_CHANGES = 1_000;

const COLUMNS = 'c.tx, c.seq, c.object, c.record_id, c.kind, c.fields, c.at';
/** What the reading is about; the whole row comparison goes on after the last change of a reading begun before. */
const WANTED = `(c.tx, c.seq) > ($3::xid8, $4::bigint) AND ($5::text[] IS NULL OR c.object = ANY($5))
  AND pg_visible_in_snapshot(c.tx, r.until)`;

/**
 * What has committed behind a position, of some objects or of all, in (tx, seq) order; `next` is where to go on, also when
 * there was nothing. What is more than `limit` comes with the next calls.
 */
export async function changesAfter(
  db: Queryable,
  position: ChangePosition,
  objects?: readonly string[],
  limit = MOST_CHANGES,
): Promise<{ readonly changes: readonly Change[]; readonly next: ChangePosition }> {
  const rows = await db.query<{
    until: string;
    tx: string | null;
    seq: string;
    object: string;
    record_id: string;
    kind: ChangeKind;
    fields: string[] | null;
    at: number;
  }>(
    // One branch reads transactions begun since, one those that were running: an OR of both would read the whole index.
    `SELECT r.until::text AS until, c.tx::text AS tx, c.seq::text AS seq, c.object, c.record_id, c.kind, c.fields, c.at
       FROM (SELECT coalesce($2::pg_snapshot, pg_current_snapshot()) AS until) r
       LEFT JOIN LATERAL (
         (SELECT ${COLUMNS} FROM change c WHERE c.tx >= pg_snapshot_xmax($1::pg_snapshot) AND ${WANTED}
           ORDER BY c.tx, c.seq LIMIT $6)
         UNION ALL
         (SELECT ${COLUMNS} FROM change c WHERE c.tx = ANY(array(SELECT pg_snapshot_xip($1::pg_snapshot))) AND ${WANTED}
           ORDER BY c.tx, c.seq LIMIT $6)
         ORDER BY tx, seq LIMIT $6) c ON true
      ORDER BY c.tx, c.seq`,
    [position.seen, position.until, position.tx, position.seq, objects ?? null, limit],
    'changes.after',
  );
  const found = rows.filter(({ tx }) => tx !== null);
  const { until, tx, seq } = rows.at(-1) as { until: string; tx: string | null; seq: string };
  const isMore = tx !== null && found.length === limit;
  return {
    changes: found.map(({ object, record_id, kind, fields, at }) => ({
      object,
      recordId: record_id,
      kind,
      fields,
      at,
    })),
    next: isMore ? { seen: position.seen, until, tx, seq } : positionAfter(until),
  };
}
