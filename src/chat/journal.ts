/**
 * The journal writer of this process: lines of all chats, batched into one statement a commit, callers answered after
 * it (DECISIONS 4). It takes no floor lock; a conversation's row lock orders lines against the ends of chats.
 *
 * A line for a visitor whose poll is held here becomes the poll's answer in the same statement, and so the same commit.
 */

import { createBatcher } from './batcher.js';
import { type FloorContext, LOOK_MS } from './context.js';
import type { AgentEvent, ChatLine, ChatMessageKind, VisitorMessage } from './floor.js';
import type { BorrowedPoll, Delivery } from './visitor-waiters.js';
import { unavailableWhenAway } from './work.js';

/** A line to store. `loginId`: an agent says it and must be engaged in the chat. */
export interface JournalItem {
  readonly chatId: number;
  readonly kind: ChatMessageKind;
  readonly loginId: number | null;
  readonly userId: string | null;
  readonly name: string;
  readonly text: string;
  readonly customType: string | null;
  /** `a:<user>:<id>` or `v:<epoch>:<sequence>:<part>`; the same again is stored once. */
  readonly clientId: string | null;
  /** What the visitor is to get. */
  readonly visitorMessage: VisitorMessage | null;
}

export type JournalResult =
  | { readonly outcome: 'stored' | 'known'; readonly line: ChatLine }
  /** The chat is over, or the agent is not in it. */
  | { readonly outcome: 'closed' };

export interface Journal {
  write(item: JournalItem): Promise<JournalResult>;
  idle(): Promise<void>;
}

const BATCH = 500;
const ATTEMPTS = 4;

interface JournalRow {
  /** null: no line, but a delivery or a time beside the lines. */
  ord: number | null;
  outcome: 'stored' | 'known' | 'closed' | 'delivered' | 'due';
  line: ChatLine | null;
  events: [loginId: number, eventId: number][] | null;
  /** Of a visitor for whom the line waits. */
  session_id: string | null;
  delivery: Delivery | null;
  /** When a clock of the chats spoken in rings next. */
  due_at: number | null;
}

export function createJournal(context: FloorContext): Journal {
  const batcher = createBatcher<JournalItem, JournalResult>((items) => write(context, items), BATCH);
  /** Lines on their way, so that one said twice at once is not stored twice by one batch. */
  const underWay = new Map<string, Promise<JournalResult>>();
  return {
    write(item) {
      if (item.clientId === null) return batcher.submit(item);
      const key = `${item.chatId} ${item.clientId}`;
      const same = underWay.get(key);
      if (same) return same;
      const result = batcher.submit(item).finally(() => underWay.delete(key));
      underWay.set(key, result);
      return result;
    },
    idle: () => batcher.idle(),
  };
}

async function write(context: FloorContext, items: readonly JournalItem[]): Promise<JournalResult[]> {
  const polls = new Map<string, BorrowedPoll>();
  for (const { chatId, visitorMessage } of items) {
    const poll = visitorMessage === null ? undefined : context.waiters.borrow(chatId);
    if (poll) polls.set(poll.session_id, poll);
  }
  try {
    return await writeAll(context, items, polls);
  } finally {
    for (const poll of polls.values()) poll.settle(undefined);
  }
}

/** Settles the polls it answers, and takes them out of `polls`. */
async function writeAll(
  context: FloorContext,
  items: readonly JournalItem[],
  polls: Map<string, BorrowedPoll>,
): Promise<JournalResult[]> {
  const stored = items.map((item, ord) => ({
    ord,
    chat_id: item.chatId,
    kind: item.kind,
    login_id: item.loginId,
    user_id: item.userId,
    name: item.name,
    text: item.text,
    custom_type: item.customType,
    client_id: item.clientId,
    visitor_type: item.visitorMessage?.type ?? null,
    visitor_body: item.visitorMessage?.message ?? null,
  }));
  const rows = await unavailableWhenAway(store(context, stored, [...polls.values()]));
  const results: JournalResult[] = new Array(items.length);
  const events = new Map<number, AgentEvent[]>();
  const visitors = new Set<string>();
  let dueAt: number | undefined;
  for (const row of rows) {
    const { delivery, due_at } = row;
    if (due_at !== null && (dueAt === undefined || due_at < dueAt)) dueAt = due_at;
    if (delivery !== null) {
      polls.get(delivery.session_id)?.settle(delivery);
      polls.delete(delivery.session_id);
    }
    if (row.ord === null || row.outcome === 'delivered' || row.outcome === 'due') continue;
    results[row.ord] =
      row.line === null || row.outcome === 'closed'
        ? { outcome: 'closed' }
        : { outcome: row.outcome, line: row.line };
    if (row.session_id !== null) visitors.add(row.session_id);
    for (const [loginId, id] of row.events ?? []) {
      const line = row.line as ChatLine;
      const list = events.get(loginId) ?? [];
      list.push({ id, loginId: String(loginId), at: line.at, type: 'line', line });
      events.set(loginId, list);
    }
  }
  const agents: (readonly [number, number])[] = [];
  for (const [loginId, list] of events) {
    list.sort((a, b) => a.id - b.id);
    context.feeds.deliver(loginId, list);
    agents.push([loginId, (list[list.length - 1] as AgentEvent).id]);
  }
  const away = context.waiters.wake(visitors);
  if (dueAt !== undefined) context.deadlineSet(dueAt);
  if (agents.length + away.length > 0) {
    context.wakeups.send({ agents, visitors: away, ...(isSoon(context, dueAt) ? { dueAt } : {}) });
  }
  return results;
}

/** Whether another process could find a deadline too late by itself, should this one not live to see it. */
function isSoon(context: FloorContext, dueAt: number | undefined): dueAt is number {
  if (dueAt === undefined) return false;
  const ms = context.time.timerFor(dueAt);
  return ms > 0 && ms < LOOK_MS;
}

/**
 * Nothing was stored, and said again it is: a deadlock with a unit of work; the line is stored already; the agent left in
 * this moment.
 */
const AGAIN: ReadonlySet<unknown> = new Set(['40P01', '23505', 'FW001']);

async function store(
  context: FloorContext,
  rows: readonly object[],
  polls: readonly BorrowedPoll[],
): Promise<JournalRow[]> {
  const asked = polls.map(({ session_id, token, sequence }) => ({ session_id, token, sequence }));
  for (let attempt = 1; ; attempt += 1) {
    try {
      // floor_store_one cannot tell of a line that is stored already
      return rows.length === 1 && attempt === 1
        ? await context.db.query<JournalRow>(
            'SELECT ord, outcome, line, events, session_id, delivery, due_at FROM floor_store_one($1, $2)',
            [JSON.stringify(rows[0]), asked.length === 0 ? null : JSON.stringify(asked[0])],
            'floor.storeOne',
          )
        : await context.db.query<JournalRow>(
            'SELECT ord, outcome, line, events, session_id, delivery, due_at FROM floor_store($1, $2)',
            [JSON.stringify(rows), JSON.stringify(asked)],
            'floor.store',
          );
    } catch (error) {
      if (attempt === ATTEMPTS || !AGAIN.has((error as { code?: unknown }).code)) throw error;
    }
  }
}
