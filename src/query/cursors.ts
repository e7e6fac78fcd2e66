/**
 * Cursors as rows of the database (DECISIONS 9): opened by any node, continued by any other, only by the user who
 * opened them, for two days.
 */
import { isoOf } from '../clock.js';
import { ApiError } from '../errors.js';
import type { Queryable } from '../store/database.js';
import { badLocator, type Locator } from './locator.js';

const LIFETIME_MS = 2 * 24 * 60 * 60 * 1000;
/** Cursors with ids of their own that a user may have open; one more ends the oldest. */
const IDS_CURSORS_MAX = 10;
/** Expired cursors that opening another one takes away. */
const SWEPT_AT_ONCE = 100;
/** Ids such a cursor may hold. */
export const IDS_MAX = 5_000_000;
/** Ids in one row of `query_cursor_ids`. */
export const CHUNK_IDS = 2_000;

export interface Cursor {
  readonly id: string;
  readonly kind: 'keyset' | 'ids';
  readonly soql: string;
  readonly all: boolean;
  readonly totalSize: number;
  readonly maxId: string | null;
  /** Epoch milliseconds. */
  readonly openedAt: number;
}

export type NewCursor = Omit<Cursor, 'id'> & { readonly userId: string };

/** Stores a cursor and gives its id; sweeps what has expired. */
export async function openCursor(db: Queryable, cursor: NewCursor): Promise<string> {
  // Others may be sweeping too, and would wait for each other's rows in any order.
  await db.query(
    `DELETE FROM query_cursor WHERE id IN (
       SELECT id FROM query_cursor WHERE expires_at <= $1::timestamptz LIMIT $2 FOR UPDATE SKIP LOCKED)`,
    [isoOf(cursor.openedAt), SWEPT_AT_ONCE],
    'query.cursor.sweep',
  );
  const [row] = await db.query<{ id: string }>(
    `INSERT INTO query_cursor (user_id, kind, soql, all_rows, total_size, max_id, opened_at, expires_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7::timestamptz, $8::timestamptz) RETURNING id`,
    [
      cursor.userId,
      cursor.kind,
      cursor.soql,
      cursor.all,
      cursor.totalSize,
      cursor.maxId,
      isoOf(cursor.openedAt),
      isoOf(cursor.openedAt + LIFETIME_MS),
    ],
    'query.cursor.open',
  );
  return (row as { id: string }).id;
}

/**
 * Ends the oldest of a user's cursors that own their ids, as many as are too many. The last thing a transaction that
 * opened one does: until it is over, others of the same user wait here, so that each sees all that were opened.
 */
export async function endOldest(tx: Queryable, userId: string): Promise<void> {
  await tx.query(
    `SELECT pg_advisory_xact_lock(hashtextextended('query_cursor ' || $1, 0))`,
    [userId],
    'query.cursor.lock',
  );
  await tx.query(
    `DELETE FROM query_cursor WHERE id IN (
       SELECT id FROM query_cursor WHERE user_id = $1 AND kind = 'ids' ORDER BY opened_at DESC, id DESC OFFSET $2)`,
    [userId, IDS_CURSORS_MAX],
    'query.cursor.evict',
  );
}

/** A cursor, and what is known of the page a locator names. */
export interface FoundCursor extends Cursor {
  /** Keyset cursors: where the page begins; null for a place no page began at. */
  readonly page: PageBounds | null;
}

/** The cursor a locator names, if it is the user's and still alive. Throws INVALID_QUERY_LOCATOR. */
export async function findCursor(
  db: Queryable,
  userId: string,
  { cursorId, start }: Locator,
): Promise<FoundCursor> {
  const [row] = await db.query<
    Cursor & { key: string[] | null; nextStart: number | null; nextKey: string[] | null }
  >(
    `SELECT c.id, c.kind, c.soql, c.all_rows AS "all", c.total_size AS "totalSize", c.max_id AS "maxId",
            c.opened_at AS "openedAt", p.key, n.start AS "nextStart", n.key AS "nextKey"
       FROM query_cursor c
       LEFT JOIN query_cursor_page p ON p.cursor_id = c.id AND p.start = $3
       LEFT JOIN LATERAL (SELECT start, key FROM query_cursor_page
                           WHERE cursor_id = c.id AND start > $3 ORDER BY start LIMIT 1) n ON true
      WHERE c.id = $1 AND c.user_id = $2 AND c.expires_at > (SELECT floor_now())`,
    [cursorId, userId, start],
    'query.cursor.find',
  );
  if (row === undefined) throw badLocator();
  const { key, nextStart, nextKey, ...cursor } = row;
  if (key === null) return { ...cursor, page: null };
  const next = nextStart === null || nextKey === null ? undefined : { start: nextStart, key: nextKey };
  return { ...cursor, page: { key, next } };
}

// ---- keyset cursors ------------------------------------------------------------------------------------

export type Key = readonly string[];

export interface PageBounds {
  /** The key the page begins behind. */
  readonly key: Key;
  /** Where the next page began when this one was asked for before. */
  readonly next: { readonly start: number; readonly key: Key } | undefined;
}

/** Remembers where a page begins. */
export async function notePage(db: Queryable, cursorId: string, start: number, key: Key): Promise<void> {
  await db.query(
    'INSERT INTO query_cursor_page (cursor_id, start, key) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING',
    [cursorId, start, key],
    'query.cursor.note-page',
  );
}

// ---- cursors that own their ids ------------------------------------------------------------------------

/** Ids `start` … `start + count - 1` of a cursor. */
export async function idsOf(db: Queryable, { cursorId, start }: Locator, count: number): Promise<string[]> {
  const first = Math.floor(start / CHUNK_IDS);
  const last = Math.floor((start + count - 1) / CHUNK_IDS);
  const rows = await db.query<{ ids: string[] }>(
    'SELECT ids FROM query_cursor_ids WHERE cursor_id = $1 AND chunk BETWEEN $2 AND $3 ORDER BY chunk',
    [cursorId, first, last],
    'query.cursor.ids',
  );
  const skip = start - first * CHUNK_IDS;
  return rows.flatMap(({ ids }) => ids).slice(skip, skip + count);
}

export const tooManyIds = (): ApiError =>
  new ApiError(
    'OPERATION_TOO_LARGE',
    `a query in this order can return at most ${IDS_MAX} rows; order by Id, CreatedDate or LoginTime to read more`,
  );
