/**
 * What the server stored of a simulation, read by SQL of its own: the logs, which are the truth, and everything that
 * must agree with them. Times are epoch milliseconds. Shares no code with the floor.
 */
import type { Queryable } from '../../src/store/database.js';
import type { Organization } from '../organization.js';

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

export async function readStored(db: Queryable, organization: Organization): Promise<Stored> {
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
       established_at AS "establishedAt", ended_at AS "endedAt", ended_by AS "endedBy", transcript_id AS "transcriptId"
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
  return {
    logins,
    events: groupBy(events, ({ loginId }) => loginId),
    chats,
    chatEvents: groupBy(chatEvents, ({ chatId }) => chatId),
    offers,
    engagements,
    lines: groupBy(lines, ({ chatId }) => chatId),
    written: await readWritten(db),
  };
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
