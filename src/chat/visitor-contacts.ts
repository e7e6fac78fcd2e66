/** When each visitor's client was last heard: gathered in memory, written with the agents' contacts. */
import { isoOf } from '../clock.js';
import type { Database } from '../store/database.js';
import type { NodeTime } from './node-time.js';

export interface VisitorContacts {
  note(sessionId: string): void;
  /** Writes what was heard; `now` is the floor's time just read. */
  flush(now: number): Promise<void>;
}

export function createVisitorContacts(db: Database, time: NodeTime): VisitorContacts {
  let heard = new Map<string, number>();
  return {
    note(sessionId) {
      heard.set(sessionId, performance.now());
    },
    async flush(now) {
      if (heard.size === 0) return;
      const flushed = heard;
      heard = new Map();
      const ids = [...flushed.keys()];
      const times = ids.map((id) => isoOf(Math.floor(now - time.since(flushed.get(id) as number))));
      await db.query(
        `WITH locked AS (
           SELECT c.session_id FROM visitor_contact c WHERE c.session_id = ANY ($1) ORDER BY c.session_id FOR UPDATE
         )
         UPDATE visitor_contact c SET contact_at = greatest(c.contact_at, heard.contact_at)
           FROM unnest($1::text[], $2::timestamptz[]) AS heard (session_id, contact_at), locked
          WHERE c.session_id = heard.session_id AND locked.session_id = heard.session_id`,
        [ids, times],
        'floor.flushVisitors',
      );
    },
  };
}
