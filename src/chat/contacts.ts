/**
 * When each agent's client was last heard: kept in memory, written every few seconds in one statement (DECISIONS 3).
 * Only what the agent's own client sends is contact.
 *
 * `goodSince` is the beginning of this process's unbroken run of good flushes. A login may be given up only when that
 * run is longer than the grace: after a start or an outage nobody can know who was there meanwhile.
 */
import { type Clock, isoOf } from '../clock.js';
import type { Database } from '../store/database.js';
import type { Login } from './entities.js';
import type { NodeTime } from './node-time.js';

export interface Contacts {
  /** The agent of this login was heard just now. */
  note(loginId: number): void;
  /** The last contact of this login was written with an event of its log: nothing is left to flush. */
  settled(loginId: number): void;
  /** When a login was last heard here and not yet written, given that it is `now`; undefined: nothing unwritten. */
  heardAt(loginId: number, now: number): number | undefined;
  /** Writes what was heard and that this process lives; gives `floor_now()`. Rejects when the database is away. */
  flush(): Promise<number>;
  /** Beginning of the run of good flushes; undefined while there is none. */
  readonly goodSince: number | undefined;
  /** Other processes alive on this database, as of the last flush. */
  readonly peers: number;
}

/** When the agent of a login was last heard: as stored, as folded into its meter, or by this process since. */
export function latestContact(
  contacts: Pick<Contacts, 'heardAt'>,
  login: Pick<Login, 'id' | 'contactAt' | 'meter'>,
  now: number,
): number {
  return Math.max(login.contactAt, login.meter.contactAt, contacts.heardAt(login.id, now) ?? 0);
}

export function createContacts(
  db: Database,
  clock: Clock,
  time: NodeTime,
  nodeId: string,
  nodeLifeMs: number,
): Contacts {
  /** login id -> performance.now() of the last frame */
  let heard = new Map<number, number>();
  let goodSince: number | undefined;
  let peers = 0;

  return {
    note(loginId) {
      heard.set(loginId, performance.now());
    },
    settled(loginId) {
      heard.delete(loginId);
    },
    heardAt(loginId, now) {
      const mark = heard.get(loginId);
      return mark === undefined ? undefined : Math.floor(now - time.since(mark));
    },
    async flush() {
      const flushed = heard;
      heard = new Map();
      const ids = [...flushed.keys()];
      try {
        const now = await clock.now();
        // Taken after the answer came: a slow answer makes a contact a little too old, never too young.
        const times = ids.map((id) => isoOf(Math.floor(now - time.since(flushed.get(id) as number))));
        const [row] = await db.query<{ peers: number }>(
          `WITH alive AS (
             INSERT INTO floor_node (id, started_at, alive_at) VALUES ($3, $4, $4)
             ON CONFLICT (id) DO UPDATE SET alive_at = greatest(floor_node.alive_at, excluded.alive_at)
           ), locked AS (
             SELECT c.login_id FROM login_contact c WHERE c.login_id = ANY ($1) ORDER BY c.login_id FOR UPDATE
           ), written AS (
             UPDATE login_contact c SET contact_at = greatest(c.contact_at, heard.contact_at)
               FROM unnest($1::bigint[], $2::timestamptz[]) AS heard (login_id, contact_at), locked
              WHERE c.login_id = heard.login_id AND locked.login_id = heard.login_id
           )
           SELECT count(*) AS peers FROM floor_node WHERE id <> $3 AND alive_at > $4::timestamptz - $5 * interval '1 ms'`,
          [ids, times, nodeId, isoOf(now), nodeLifeMs],
          'floor.flushContacts',
        );
        if (!row) throw new Error('no answer to the contact flush');
        goodSince ??= now;
        // A clock that was set back must not make the run longer than it is.
        if (goodSince > now) goodSince = now;
        peers = row.peers;
        time.anchor(now);
        return now;
      } catch (error) {
        goodSince = undefined;
        // Not written, still heard; newer marks win.
        for (const [id, mark] of flushed) if (!heard.has(id)) heard.set(id, mark);
        throw error;
      }
    },
    get goodSince() {
      return goodSince;
    },
    get peers() {
      return peers;
    },
  };
}
