/**
 * Delivers the durable events of a login to its connections on this process, in the order of their ids, each once.
 * Invariant: a feed passes on id n+1 only after id n; a gap is read from the outbox, where commit order is id order.
 */
import type { Database } from '../store/database.js';
import { createBatcher } from './batcher.js';
import type { AgentEvent, AgentListener, AgentTransient } from './floor.js';

/** Most events of one login read at a time. */
const PAGE = 1_000;
/** The same where many logins are read together, and how many are. */
const SHORT_PAGE = 100;
const TOGETHER = 200;

interface Connection {
  readonly listener: AgentListener;
  lastId: number;
}

interface Feed {
  readonly loginId: number;
  lastId: number;
  /** Highest id known to exist. */
  hintedId: number;
  readonly connections: Map<string, Connection>;
  reading: Promise<void> | undefined;
}

export interface AgentFeeds {
  /** Events after `lastId` go to the listener from now on; `lastId` is that of the snapshot it was given. */
  attach(loginId: number, connectionId: string, listener: AgentListener, lastId: number): void;
  detach(loginId: number, connectionId: string): void;
  /** Events just committed by this process, ids ascending. */
  deliver(loginId: number, events: readonly AgentEvent[]): void;
  /** There are events up to `id`, committed by somebody. */
  hint(loginId: number, id: number): void;
  transient(loginId: number, transient: AgentTransient): void;
  /** Looks into the outboxes of all attached logins: what a missed wake-up would have said. */
  readAll(): Promise<void>;
}

interface StoredEvent {
  readonly id: number;
  readonly at: number;
  readonly body: object;
}

const eventOf = (loginId: number, { id, at, body }: StoredEvent) =>
  ({ ...body, id, loginId: String(loginId), at }) as AgentEvent;

/** Durable events after `lastId`, oldest first. */
export async function eventsAfter(
  db: Pick<Database, 'query'>,
  loginId: number,
  lastId: number,
  limit = PAGE,
): Promise<AgentEvent[]> {
  const rows = await db.query<StoredEvent>(
    'SELECT id, at, body FROM agent_event WHERE login_id = $1 AND id > $2 ORDER BY id LIMIT $3',
    [loginId, lastId, limit],
    'floor.eventsAfter',
  );
  return rows.map((row) => eventOf(loginId, row));
}

interface Gap {
  readonly loginId: number;
  readonly lastId: number;
}

/** A request put into a hundred lists is a gap in a hundred feeds: they are read by one statement. */
async function readGaps(db: Database, gaps: readonly Gap[]): Promise<AgentEvent[][]> {
  const rows = await db.query<StoredEvent & { ord: number }>(
    `SELECT g.ord, e.id, e.at, e.body
       FROM unnest($1::bigint[], $2::bigint[]) WITH ORDINALITY AS g (login_id, last_id, ord)
      CROSS JOIN LATERAL (
        SELECT a.id, a.at, a.body FROM agent_event a
         WHERE a.login_id = g.login_id AND a.id > g.last_id ORDER BY a.id LIMIT ${SHORT_PAGE}) e
      ORDER BY g.ord, e.id`,
    [gaps.map(({ loginId }) => loginId), gaps.map(({ lastId }) => lastId)],
    'floor.eventGaps',
  );
  const events: AgentEvent[][] = gaps.map(() => []);
  for (const row of rows) events[row.ord - 1]?.push(eventOf((gaps[row.ord - 1] as Gap).loginId, row));
  return events;
}

export function createAgentFeeds(db: Database, onError: (error: unknown) => void): AgentFeeds {
  const feeds = new Map<number, Feed>();
  const gaps = createBatcher<Gap, AgentEvent[]>((items) => readGaps(db, items), TOGETHER);

  function pass(feed: Feed, event: AgentEvent): void {
    feed.lastId = event.id;
    for (const connection of feed.connections.values()) {
      if (event.id <= connection.lastId) continue;
      connection.lastId = event.id;
      try {
        connection.listener.event(event);
      } catch (error) {
        onError(error);
      }
    }
  }

  async function read(feed: Feed): Promise<void> {
    try {
      while (feed.lastId < feed.hintedId && feed.connections.size > 0) {
        const events = await gaps.submit(feed);
        for (const event of events) if (event.id > feed.lastId) pass(feed, event);
        if (events.length === 0) break;
      }
    } catch (error) {
      onError(error); // the 2 s look repeats it
    } finally {
      feed.reading = undefined;
    }
  }

  function catchUp(feed: Feed): void {
    if (feed.lastId < feed.hintedId) feed.reading ??= read(feed);
  }

  return {
    attach(loginId, connectionId, listener, lastId) {
      let feed = feeds.get(loginId);
      if (!feed) {
        feed = { loginId, lastId, hintedId: lastId, connections: new Map(), reading: undefined };
        feeds.set(loginId, feed);
      }
      feed.connections.set(connectionId, { listener, lastId });
      // A snapshot older than what the feed has passed on already: go back for this connection's sake.
      if (lastId < feed.lastId) feed.lastId = lastId;
      feed.hintedId = Math.max(feed.hintedId, lastId);
      catchUp(feed);
    },
    detach(loginId, connectionId) {
      const feed = feeds.get(loginId);
      feed?.connections.delete(connectionId);
      if (feed?.connections.size === 0) feeds.delete(loginId);
    },
    deliver(loginId, events) {
      const feed = feeds.get(loginId);
      if (!feed) return;
      for (const event of events) {
        feed.hintedId = Math.max(feed.hintedId, event.id);
        if (event.id === feed.lastId + 1) pass(feed, event);
      }
      catchUp(feed);
    },
    hint(loginId, id) {
      const feed = feeds.get(loginId);
      if (!feed) return;
      feed.hintedId = Math.max(feed.hintedId, id);
      catchUp(feed);
    },
    transient(loginId, transient) {
      for (const { listener } of feeds.get(loginId)?.connections.values() ?? []) {
        try {
          listener.transient(transient);
        } catch (error) {
          onError(error);
        }
      }
    },
    async readAll() {
      if (feeds.size === 0) return;
      const rows = await db.query<{ login_id: number; last_id: number }>(
        'SELECT login_id, last_id FROM agent_outbox WHERE login_id = ANY ($1)',
        [[...feeds.keys()]],
        'floor.outboxes',
      );
      for (const { login_id, last_id } of rows) this.hint(login_id, last_id);
    },
  };
}
