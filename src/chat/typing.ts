/**
 * Typing and sneak peek: said once, never stored, at most twice a second a chat and side (DECISIONS 4). Who is in a chat
 * is remembered for two seconds, so that a key stroke costs no query.
 */
import type { Database } from '../store/database.js';
import type { AgentFeeds } from './agent-feeds.js';
import type { AgentTransient, VisitorMessage } from './floor.js';
import type { VisitorWaiters } from './visitor-waiters.js';
import type { Wakeups } from './wakeups.js';

export interface Typing {
  /** An agent types; nothing happens unless the agent is in the chat. */
  agent(chatId: number, loginId: number, userId: string, typing: boolean): void;
  /** The visitor of a chat types, or has typed this so far. */
  visitor(chatId: number, transient: VisitorTyping): void;
}

export type VisitorTyping =
  | { readonly type: 'visitorTyping'; readonly typing: boolean }
  | { readonly type: 'visitorSneakPeek'; readonly position: number; readonly text: string };

const COALESCE_MS = 500;
const REMEMBER_MS = 2_000;
const CHATS_REMEMBERED = 20_000;

interface People {
  readonly sessionId: string;
  readonly agents: readonly {
    readonly loginId: number;
    readonly userId: string;
    readonly name: string;
    readonly peek: boolean;
  }[];
}

export function createTyping(parts: {
  db: Database;
  feeds: AgentFeeds;
  waiters: VisitorWaiters;
  wakeups: Wakeups;
  onError: (error: unknown) => void;
}): Typing {
  const { db, feeds, waiters, wakeups, onError } = parts;
  const people = new Map<number, { until: number; known: Promise<People | undefined> }>();
  /** What waits for its half second: the latest of each kind and side. */
  const pending = new Map<string, { last: number; timer: NodeJS.Timeout | undefined; run: () => void }>();

  function peopleIn(chatId: number): Promise<People | undefined> {
    const now = performance.now();
    const cached = people.get(chatId);
    if (cached && cached.until > now) return cached.known;
    if (people.size >= CHATS_REMEMBERED) people.clear();
    const known = readPeople(db, chatId);
    people.set(chatId, { until: now + REMEMBER_MS, known });
    return known;
  }

  function coalesced(key: string, run: () => Promise<void>): void {
    const start = () => void run().catch(onError);
    const now = performance.now();
    const entry = pending.get(key);
    if (!entry) {
      const begun = { last: now, timer: undefined as NodeJS.Timeout | undefined, run: start };
      pending.set(key, begun);
      start();
      // Forgotten when it has been quiet; a later one starts at once again.
      begun.timer = setTimeout(() => pending.delete(key), COALESCE_MS).unref();
      return;
    }
    entry.run = start;
    clearTimeout(entry.timer);
    entry.timer = setTimeout(
      () => {
        pending.delete(key);
        entry.run();
      },
      Math.max(0, entry.last + COALESCE_MS - now),
    ).unref();
  }

  return {
    agent(chatId, loginId, userId, typing) {
      coalesced(`a${chatId}.${loginId}`, async () => {
        const known = await peopleIn(chatId);
        const agent = known?.agents.find((one) => one.loginId === loginId);
        if (!known || !agent) return;
        const message: VisitorMessage = {
          type: typing ? 'AgentTyping' : 'AgentNotTyping',
          message: { name: agent.name, agentId: userId },
        };
        if (!waiters.transient(known.sessionId, message)) {
          wakeups.send({ visitorTransients: [[known.sessionId, message]] });
        }
        const others = known.agents.filter((one) => one.loginId !== loginId);
        toAgents(
          others.map((one) => one.loginId),
          { type: 'agentTyping', chatId: String(chatId), userId, typing },
        );
      });
    },
    visitor(chatId, transient) {
      coalesced(`v${chatId}${transient.type}`, async () => {
        const known = await peopleIn(chatId);
        const agents = (known?.agents ?? []).filter(({ peek }) => peek || transient.type === 'visitorTyping');
        toAgents(
          agents.map(({ loginId }) => loginId),
          { ...transient, chatId: String(chatId) } as AgentTransient,
        );
      });
    },
  };

  function toAgents(loginIds: readonly number[], transient: AgentTransient): void {
    for (const loginId of loginIds) feeds.transient(loginId, transient);
    // Tabs of one agent may be on several processes: everybody else is told as well.
    if (loginIds.length > 0)
      wakeups.send({ agentTransients: loginIds.map((loginId) => [loginId, transient] as const) });
  }
}

async function readPeople(db: Database, chatId: number): Promise<People | undefined> {
  const [row] = await db.query<{ session_id: string; agents: People['agents'] }>(
    `SELECT v.session_id, coalesce((SELECT jsonb_agg(jsonb_build_object('loginId', e.login_id, 'userId', e.user_id,
         'name', e.name, 'peek', l.settings->'seesSneakPeek'))
       FROM engagement e JOIN login l ON l.id = e.login_id WHERE e.chat_id = v.chat_id AND e.ended_at IS NULL), '[]') AS agents
     FROM conversation v WHERE v.chat_id = $1 AND v.open`,
    [chatId],
    'floor.peopleIn',
  );
  return row && { sessionId: row.session_id, agents: row.agents };
}
