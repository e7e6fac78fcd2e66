/**
 * What the server stored of a simulation, read by SQL of its own: the logs, which are the truth, and everything that
 * must agree with them. Times are epoch milliseconds. Shares no code with the floor.
 */
import type { Queryable } from '../../src/store/database.js';
import type { Organization } from '../organization.js';
import { SECRET } from '../secrets.js';

export interface LogEvent {
  readonly loginId: number;
  readonly seq: number;
  readonly at: number;
  readonly contactAt: number;
  readonly kind: string;
  readonly chatId: number | null;
  readonly detail: Readonly<Record<string, unknown>> | null;
}

/** A login as its row has it, the meter's state included. */
export interface StoredLogin {
  readonly id: number;
  readonly userId: string;
  readonly startedAt: number;
  readonly status: string;
  readonly capacity: number | null;
  readonly engaged: number;
  readonly offered: number;
  readonly seq: number;
  readonly at: number;
  readonly endedAt: number | null;
  readonly endReason: string | null;
  readonly sessionId: string | null;
  readonly meter: {
    readonly seq: number;
    readonly loginAt: number;
    readonly at: number;
    readonly contactAt: number;
    readonly lost: boolean;
    readonly ended: boolean;
    readonly counters: Readonly<Record<string, number>>;
    readonly totals: Readonly<Record<string, number>>;
  };
}

export interface StoredChat {
  readonly id: number;
  readonly chatKey: string;
  readonly state: string;
  readonly buttonId: string | null;
  readonly requestedAt: number;
  readonly establishedAt: number | null;
  readonly endedAt: number | null;
  readonly endedBy: string | null;
  readonly transcriptId: string | null;
  /** The visitor's. */
  readonly address: string | null;
}

/** A file transfer, with what is stored of its bytes. */
export interface StoredFile {
  readonly chatId: number;
  readonly transferId: string;
  readonly state: string;
  readonly name: string | null;
  readonly size: number | null;
  readonly pieces: number;
  readonly bytes: number;
  /** SHA-256 of the pieces in their order. */
  readonly fingerprint: string;
}

/** That rules masked something, kept beside the line. */
export interface StoredHit {
  readonly chatId: number;
  readonly line: number | null;
  readonly at: number;
  readonly kind: string;
  readonly userId: string | null;
  readonly rules: string;
}

/** A table with something in it that a rule ought to have masked. */
export interface Leak {
  readonly table: string;
  readonly rows: number;
}

export interface ChatEvent {
  readonly chatId: number;
  readonly seq: number;
  readonly at: number;
  readonly type: string;
  readonly userId: string | null;
  readonly loginId: number | null;
  readonly detail: string | null;
}

export interface StoredOffer {
  readonly chatId: number;
  readonly generation: number;
  readonly loginId: number;
  readonly kind: string;
  readonly state: string;
  readonly offeredAt: number;
  readonly endedAt: number | null;
}

export interface StoredEngagement {
  readonly chatId: number;
  readonly generation: number;
  readonly loginId: number;
  readonly kind: string;
  readonly startedAt: number;
  readonly endedAt: number | null;
}

export interface StoredLine {
  readonly chatId: number;
  readonly sequence: number;
  readonly kind: string;
  readonly at: number;
  readonly userId: string | null;
  readonly name: string;
  readonly text: string;
}

/** An event of any login of the database, in the order of the transactions that wrote them. */
export interface WrittenEvent {
  readonly loginId: number;
  readonly seq: number;
  readonly at: number;
  readonly kind: string;
  readonly dueAt: number | null;
}

export interface Stored {
  readonly logins: readonly StoredLogin[];
  readonly events: ReadonlyMap<number, readonly LogEvent[]>;
  readonly chats: readonly StoredChat[];
  readonly chatEvents: ReadonlyMap<number, readonly ChatEvent[]>;
  readonly offers: readonly StoredOffer[];
  readonly engagements: readonly StoredEngagement[];
  readonly lines: ReadonlyMap<number, readonly StoredLine[]>;
  /** In the order they were asked for. */
  readonly files: ReadonlyMap<number, readonly StoredFile[]>;
  readonly hits: ReadonlyMap<number, readonly StoredHit[]>;
  /** Of the whole database. */
  readonly leaks: readonly Leak[];
  /** Of the whole database: one floor has one order. */
  readonly written: readonly WrittenEvent[];
}

function groupBy<T>(rows: readonly T[], key: (row: T) => number): Map<number, T[]> {
  const groups = new Map<number, T[]>();
  for (const row of rows) {
    const group = groups.get(key(row));
    if (group) group.push(row);
    else groups.set(key(row), [row]);
  }
  return groups;
}

export async function readStored(
  db: Queryable,
  organization: Pick<Organization, 'agents' | 'deploymentId'>,
): Promise<Stored> {
  const users = organization.agents.map(({ userId }) => userId);
  const logins = await db.query<StoredLogin>(
    `SELECT id, user_id AS "userId", started_at AS "startedAt", status, capacity, engaged, offered, seq, at,
       ended_at AS "endedAt", end_reason AS "endReason", session_id AS "sessionId", meter
     FROM login WHERE user_id = ANY ($1) ORDER BY id`,
    [users],
  );
  const loginIds = logins.map(({ id }) => id);
  const events = await db.query<LogEvent>(
    `SELECT login_id AS "loginId", seq, at, contact_at AS "contactAt", kind, chat_id AS "chatId", detail
     FROM floor_event WHERE login_id = ANY ($1) ORDER BY login_id, seq`,
    [loginIds],
  );
  const chats = await db.query<StoredChat>(
    `SELECT id, chat_key AS "chatKey", state, button_id AS "buttonId", requested_at AS "requestedAt",
       established_at AS "establishedAt", ended_at AS "endedAt", ended_by AS "endedBy", transcript_id AS "transcriptId",
       request->>'ipAddress' AS address
     FROM chat WHERE deployment_id = $1 ORDER BY id`,
    [organization.deploymentId],
  );
  const chatIds = chats.map(({ id }) => id);
  const chatEvents = await db.query<ChatEvent>(
    `SELECT chat_id AS "chatId", seq, at, type, user_id AS "userId", login_id AS "loginId", detail
     FROM chat_event WHERE chat_id = ANY ($1) ORDER BY chat_id, seq`,
    [chatIds],
  );
  const offers = await db.query<StoredOffer>(
    `SELECT chat_id AS "chatId", generation, login_id AS "loginId", kind, state, offered_at AS "offeredAt",
       ended_at AS "endedAt" FROM offer WHERE chat_id = ANY ($1) ORDER BY chat_id, generation`,
    [chatIds],
  );
  const engagements = await db.query<StoredEngagement>(
    `SELECT chat_id AS "chatId", generation, login_id AS "loginId", kind, started_at AS "startedAt",
       ended_at AS "endedAt" FROM engagement WHERE chat_id = ANY ($1) ORDER BY chat_id, generation`,
    [chatIds],
  );
  const lines = await db.query<StoredLine>(
    `SELECT chat_id AS "chatId", sequence, kind, at, user_id AS "userId", name, text
     FROM chat_message WHERE chat_id = ANY ($1) ORDER BY chat_id, sequence`,
    [chatIds],
  );
  const files = await db.query<StoredFile>(
    `SELECT f.chat_id AS "chatId", f.id AS "transferId", f.state, f.name, f.size, count(p.nth)::int AS pieces,
       coalesce(sum(length(p.data)), 0)::int AS bytes,
       encode(sha256(coalesce(string_agg(p.data, '' ORDER BY p.nth), '')), 'hex') AS fingerprint
     FROM file_transfer f LEFT JOIN file_chunk p ON p.transfer_id = f.id
     WHERE f.chat_id = ANY ($1) GROUP BY f.id ORDER BY f.chat_id, f.requested_at, f.id`,
    [chatIds],
  );
  const hits = await db.query<StoredHit>(
    `SELECT chat_id AS "chatId", line, at, kind, user_id AS "userId", rules
     FROM sensitive_data_hit WHERE chat_id = ANY ($1) ORDER BY chat_id, at, nth`,
    [chatIds],
  );
  return {
    logins,
    events: groupBy(events, ({ loginId }) => loginId),
    chats,
    chatEvents: groupBy(chatEvents, ({ chatId }) => chatId),
    offers,
    engagements,
    lines: groupBy(lines, ({ chatId }) => chatId),
    files: groupBy(files, ({ chatId }) => chatId),
    hits: groupBy(hits, ({ chatId }) => chatId),
    leaks: await readLeaks(db),
    written: await readWritten(db),
  };
}

/** Looks through every row of every table: a secret must not stand in an outbox, an index of words or a log either. */
async function readLeaks(db: Queryable): Promise<Leak[]> {
  const tables = await db.query<{ name: string }>(
    `SELECT quote_ident(relname) AS name FROM pg_class
      WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'file_chunk' ORDER BY 1`,
  );
  const counts = tables.map(
    ({ name }) => `SELECT '${name}' AS "table", count(*)::int AS rows FROM ${name} t WHERE t::text ~ $1`,
  );
  const found = await db.query<Leak>(counts.join(' UNION ALL '), [SECRET]);
  return found.filter(({ rows }) => rows > 0);
}

/**
 * Under the floor's lock a transaction gets its number after the one before it has committed, so the numbers are the
 * order in which the floor was changed. (A database restored from a dump has lost it.)
 */
function readWritten(db: Queryable): Promise<WrittenEvent[]> {
  return db.query<WrittenEvent>(
    `SELECT e.login_id AS "loginId", e.seq, e.at, e.kind,
       CASE WHEN e.kind IN ('timeout', 'withdraw') THEN (SELECT max(o.due_at) FROM offer o
         WHERE o.chat_id = e.chat_id AND o.login_id = e.login_id AND o.state = 'timedOut' AND o.ended_at = e.at)
       END AS "dueAt"
     FROM floor_event e ORDER BY age(e.xmin) DESC, e.login_id, e.seq`,
  );
}
