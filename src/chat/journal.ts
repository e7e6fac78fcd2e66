/**
 * The journal writer of this process: lines of all chats, batched into one statement a commit, callers answered after
 * it (DECISIONS 4). It takes no floor lock; a conversation's row lock orders lines against the ends of chats.
 */

import { createBatcher } from './batcher.js';
import type { FloorContext } from './context.js';
import type { AgentEvent, ChatLine, ChatMessageKind, VisitorMessage } from './floor.js';
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
  ord: number;
  outcome: 'stored' | 'known' | 'closed';
  line: ChatLine | null;
  events: [loginId: number, eventId: number][] | null;
  session_id: string | null;
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
  const rows = await unavailableWhenAway(store(context, stored));
  const results: JournalResult[] = new Array(items.length);
  const events = new Map<number, AgentEvent[]>();
  const visitors = new Set<string>();
  for (const row of rows) {
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
  context.waiters.wake(visitors);
  const away = [...visitors].filter((id) => !context.waiters.has(id));
  if (agents.length + away.length > 0) context.wakeups.send({ agents, visitors: away });
  return results;
}

/**
 * Nothing was stored, and said again it is: a deadlock with a unit of work; the same line just stored by another process;
 * the agent left in this moment.
 */
const AGAIN: ReadonlySet<unknown> = new Set(['40P01', '23505', 'FW001']);

async function store(context: FloorContext, rows: readonly object[]): Promise<JournalRow[]> {
  const [only] = rows;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return rows.length === 1
        ? await context.db.query<JournalRow>(
            'SELECT ord, outcome, line, events, session_id FROM floor_journal_one($1)',
            [JSON.stringify(only)],
            'floor.journalOne',
          )
        : await context.db.query<JournalRow>(
            'SELECT ord, outcome, line, events, session_id FROM floor_journal($1)',
            [JSON.stringify(rows)],
            'floor.journal',
          );
    } catch (error) {
      if (attempt === ATTEMPTS || !AGAIN.has((error as { code?: unknown }).code)) throw error;
    }
  }
}
