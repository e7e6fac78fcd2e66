/**
 * Which records each user looked at last: RecentlyViewed, LastViewedDate and LastReferencedDate. A durable write for
 * every GET would halve the throughput, so a node gathers what it saw and writes it once a second in one statement;
 * whoever reads the lists flushes first (DECISIONS 8). A killed node forgets at most one second of them.
 */
import type { Caller } from '../access/caller.js';
import { rowCondition } from '../access/sharing/row-condition.js';
import type { SObjectDescription } from '../objects/language.js';
import { findObject, nameFieldOf } from '../objects/registry.js';
import { columnOf, hasTable, tableOf } from '../store/columns.js';
import type { Database } from '../store/database.js';
import { quoteIdentifier as q } from '../store/sql.js';
import { isVisibleTo } from './describe-flags.js';

export interface RecentRecord {
  /** Name of the record's object. */
  readonly type: string;
  readonly id: string;
  /** Null where records of the object have no name. */
  readonly name: string | null;
}

export interface RecentViews {
  /** The caller saw or changed this record. Costs nothing now. */
  noteViewed(caller: Caller, object: SObjectDescription, id: string): void;
  /** The caller came across this record, such as through a list of it. */
  noteReferenced(caller: Caller, object: SObjectDescription, id: string): void;
  /** Writes what was gathered; to be awaited before a statement that reads `recently_viewed`. */
  flush(): Promise<void>;
  /** Does so where this text, a statement or a list of fields, names what is gathered here. */
  flushFor(asked: string): Promise<void>;
  /** The caller's records, newest first, deleted ones left out; of one object or of all that the caller may see. */
  recent(
    caller: Caller,
    options: { readonly object?: SObjectDescription | undefined; readonly limit: number },
  ): Promise<RecentRecord[]>;
  /** Flushes for the last time and stops. */
  close(): Promise<void>;
}

/** Names that stand for what is gathered; FIELDS() may be any of them. */
const READS_VIEWS = /LastViewedDate|LastReferencedDate|RecentlyViewed|FIELDS/i;
const FLUSH_EVERY_MS = 1_000;
/** Notes a node gathers at most; more are flushed at once. */
const MOST_NOTES = 10_000;
/** Rows of one object that are kept for a user (§4.5). */
export const MOST_RECENT = 200;

interface Note {
  readonly user_id: string;
  readonly record_id: string;
  readonly object: string;
  readonly viewed: boolean;
}

export function createRecentViews(
  db: Database,
  onError: (error: unknown) => void = () => undefined,
): RecentViews {
  let notes = new Map<string, Note>();
  let flushing: Promise<void> = Promise.resolve();

  const note = (caller: Caller, object: SObjectDescription, id: string, viewed: boolean): void => {
    if (!object.flags.includes('mruEnabled')) return;
    const key = `${caller.userId}${id}`;
    const before = notes.get(key);
    notes.set(key, {
      user_id: caller.userId,
      record_id: id,
      object: object.name,
      viewed: viewed || before?.viewed === true,
    });
    if (notes.size >= MOST_NOTES) void flush().catch(onError);
  };

  const write = async (): Promise<void> => {
    if (notes.size === 0) return;
    const batch = [...notes.values()];
    notes = new Map();
    await db.tx(async (tx) => {
      await tx.query('SET LOCAL synchronous_commit = off');
      await tx.query(
        `INSERT INTO recently_viewed AS old (user_id, record_id, object, viewed_at, referenced_at)
         SELECT user_id, record_id, object, CASE WHEN viewed THEN t.now END, t.now
           FROM json_to_recordset($1::json)
                  AS note(user_id text, record_id text, object text, viewed boolean),
                (SELECT date_trunc('second', floor_now()) AS now) AS t
          ORDER BY user_id, record_id
         ON CONFLICT (user_id, record_id) DO UPDATE SET
           viewed_at = coalesce(excluded.viewed_at, old.viewed_at), referenced_at = excluded.referenced_at`,
        [JSON.stringify(batch)],
      );
    });
  };

  const flush = (): Promise<void> => {
    // One at a time, in order: who waits for a flush waits for those before it too.
    flushing = flushing.catch(() => undefined).then(write);
    return flushing;
  };

  const timer = setInterval(() => void flush().catch(onError), FLUSH_EVERY_MS);
  timer.unref();

  return {
    noteViewed: (caller, object, id) => note(caller, object, id, true),
    noteReferenced: (caller, object, id) => note(caller, object, id, false),
    flush,
    async flushFor(asked) {
      if (READS_VIEWS.test(asked)) await flush();
    },
    async recent(caller, { object, limit }) {
      await flush();
      const rows = await db.query<{ id: string; object: string }>(
        `SELECT record_id AS id, object FROM recently_viewed
          WHERE user_id = $1 AND ($2::text IS NULL OR object = $2)
          ORDER BY greatest(viewed_at, referenced_at) DESC, record_id LIMIT $3`,
        [caller.userId, object?.name ?? null, Math.min(limit, MOST_RECENT) * 2],
      );
      const names = await namesOf(db, caller, rows);
      return rows
        .flatMap(({ id, object: type }) => (names.has(id) ? [{ type, id, name: names.get(id) ?? null }] : []))
        .slice(0, limit);
    },
    async close() {
      clearInterval(timer);
      await flush();
    },
  };
}

/** Names of the records that still exist and that the caller may see. */
async function namesOf(
  db: Database,
  caller: Caller,
  rows: readonly { id: string; object: string }[],
): Promise<Map<string, string | null>> {
  const ids = new Map<string, string[]>();
  for (const { id, object } of rows) ids.set(object, [...(ids.get(object) ?? []), id]);
  const parts: string[] = [];
  const values: unknown[] = [];
  for (const [name, some] of ids) {
    const object = findObject(name);
    if (object === undefined || !hasTable(object) || !isVisibleTo(caller, object)) continue;
    const named = nameFieldOf(object);
    const column = named === undefined ? 'NULL' : q(columnOf(named));
    const place = values.push(some);
    const shared = rowCondition(caller, object, 'row', values);
    parts.push(
      `SELECT row.id, ${column}::text AS name FROM ${q(tableOf(object))} AS row
        WHERE NOT row.is_deleted AND row.id = ANY($${place}) AND ${shared}`,
    );
  }
  if (parts.length === 0) return new Map();
  const found = await db.query<{ id: string; name: string | null }>(parts.join(' UNION ALL '), values);
  return new Map(found.map(({ id, name }) => [id, name]));
}
