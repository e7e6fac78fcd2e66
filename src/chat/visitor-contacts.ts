/**
 * When each visitor's client was last heard: gathered in memory, written with the agents' contacts; earlier where somebody
 * waits for it (visitor-silence.ts).
 */
import type { Database } from '../store/database.js';
import type { NodeTime } from './node-time.js';

export interface VisitorContacts {
  /** The visitor of this session was heard just now. */
  note(sessionId: string): void;
  /** Whether the visitor was heard since what is written. */
  isUnwritten(sessionId: string): boolean;
  /** Sessions whose next contact somebody waits for, instead of those named before; each is told of once. */
  await(sessionIds: ReadonlySet<string>): void;
  /** Writes what was heard, of all or of these sessions; `now` is the floor's time just read. */
  flush(now: number, sessionIds?: Iterable<string>): Promise<void>;
}

export function createVisitorContacts(db: Database, time: NodeTime, onAwaited: () => void): VisitorContacts {
  /** session id -> performance.now() */
  let heard = new Map<string, number>();
  /** Being written just now. */
  const writing = new Set<ReadonlyMap<string, number>>();
  let awaited = new Set<string>();

  function taken(sessionIds: Iterable<string> | undefined): Map<string, number> {
    if (sessionIds === undefined) {
      const all = heard;
      heard = new Map();
      return all;
    }
    const some = new Map<string, number>();
    for (const id of sessionIds) {
      const mark = heard.get(id);
      if (mark === undefined) continue;
      some.set(id, mark);
      heard.delete(id);
    }
    return some;
  }

  return {
    note(sessionId) {
      heard.set(sessionId, performance.now());
      if (awaited.delete(sessionId)) onAwaited();
    },
    isUnwritten(sessionId) {
      if (heard.has(sessionId)) return true;
      for (const marks of writing) if (marks.has(sessionId)) return true;
      return false;
    },
    await(sessionIds) {
      awaited = new Set(sessionIds);
    },
    async flush(now, sessionIds) {
      const flushed = taken(sessionIds);
      if (flushed.size === 0) return;
      writing.add(flushed);
      const ids = [...flushed.keys()];
      const times = ids.map((id) => Math.floor(now - time.since(flushed.get(id) as number)));
      try {
        await db.query(
          `WITH locked AS (
             SELECT c.session_id FROM visitor_contact c WHERE c.session_id = ANY (string_to_array($1, ',')) ORDER BY c.session_id FOR UPDATE
           )
           UPDATE visitor_contact c SET contact_at = greatest(c.contact_at, to_timestamp(heard.ms / 1000.0))
             FROM unnest(string_to_array($1, ','), string_to_array($2, ',')::bigint[]) AS heard (session_id, ms), locked
            WHERE c.session_id = heard.session_id AND locked.session_id = heard.session_id`,
          // Joined once: an array would have every one of thousands of ids looked at for what to escape.
          [ids.join(','), times.join(',')],
          'floor.flushVisitors',
        );
      } catch (error) {
        // Not written, still heard; newer marks win.
        for (const [id, mark] of flushed) if (!heard.has(id)) heard.set(id, mark);
        throw error;
      } finally {
        writing.delete(flushed);
      }
    },
  };
}
