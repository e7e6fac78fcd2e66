/**
 * One unit of work of the floor: enter under the floor lock, load what is touched, change it in place, save all of it
 * in one statement, commit; only then tell anybody. Nothing that was told can be undone, nothing undone was told.
 *
 * Everything that changes an offer, an engagement, a status or a capacity goes through here (DECISIONS 2).
 */

import { isoOf } from '../clock.js';
import { ApiError } from '../errors.js';
import { isConnectionLoss, type Tx } from '../store/database.js';
import { type Button, findButton } from './configuration.js';
import { latestContact } from './contacts.js';
import type { FloorContext } from './context.js';
import { type Chat, type Conversation, type Login, parseNumber } from './entities.js';
import type { AgentEvent, AgentEventBody, ChatMessageKind, VisitorMessage } from './floor.js';
import { findLogin, loadChat, loadLogin, loadLogins, lockConversation } from './load.js';
import { apply, current, type MeterEvent, TAIL_ROUTABLE } from './meter.js';
import { chatRow, conversationRow, engagementRow, loginRow, offerRow } from './save-rows.js';

/** What happened to a login, without its times: `record` puts them in. */
export type MeterChange = MeterEvent extends infer E
  ? E extends MeterEvent
    ? Omit<E, 'at' | 'contactAt'>
    : never
  : never;

/** Who did it, for the log. */
export interface Cause {
  readonly chatId?: number;
  /** 005… of the user, `visitor` or `system`. */
  readonly actor?: string;
  readonly detail?: Readonly<Record<string, unknown>>;
  /** The agent's own client asked for it: that is a contact. */
  readonly byAgent?: boolean;
  /** When it happened, if not now (a time-out found late). */
  readonly at?: number;
}

/** A line the floor itself says in a chat (greeting, notice). */
export interface FloorLine {
  readonly chatId: number;
  readonly kind: ChatMessageKind;
  readonly userId: string | null;
  readonly name: string;
  readonly text: string;
  readonly visitorMessage: VisitorMessage | null;
}

export interface Work {
  readonly context: FloorContext;
  readonly tx: Tx;
  /** `floor_now()` read after the lock. */
  readonly now: number;
  /** Of any state; the same object each time. */
  login(id: number): Promise<Login | undefined>;
  /** Many of them, read in one statement; ids of none are passed over. */
  logins(ids: readonly number[]): Promise<readonly Login[]>;
  openLoginOf(userId: string): Promise<Login | undefined>;
  chat(id: number): Promise<Chat | undefined>;
  /**
   * Locks the chat's conversation and loads it into the chat: no line is stored until the commit. Several chats are
   * to be locked in ascending order of their ids.
   */
  conversation(chat: Chat): Promise<Conversation>;
  /** A button that can be asked, as it is in this unit of work; undefined for null and for one that is not there. */
  button(id: string | null): Promise<Button | undefined>;
  /** Folds an event into the login's meter and logs it. */
  record(login: Login, change: MeterChange, cause: Cause): void;
  /** Logs an event of a chat: a Type of LiveChatTranscriptEvent. */
  note(
    chat: Chat,
    type: string,
    about?: { login?: Login; userId?: string | null; detail?: string; at?: number },
  ): void;
  /** Says that a login or chat was changed in place, where `record` or `note` do not. */
  touch(changed: { login?: Login; chat?: Chat }): void;
  tell(login: Login, body: AgentEventBody): void;
  post(chat: Pick<Chat, 'sessionId'>, message: VisitorMessage): void;
  say(line: FloorLine): void;
  /** The visitor's session ends with what is posted now. */
  closeSession(sessionId: string): void;
  /** The login has more room now: it gets what waits, at the end of this unit of work. */
  serveLater(login: Login): void;
  deadline(dueAt: number | null): void;
  /** Takes a login just inserted into this unit of work. */
  adopt(login: Login): void;
  /** Writes what was changed so far, so that the next query sees it. Routing asks the database, and calls this first. */
  save(): Promise<void>;
  /** The same where a login is among it: who has room depends on nothing else. */
  saveLogins(): Promise<void>;
  /** Runs after the commit, before anybody is told. */
  afterCommit(fn: () => void): void;
}

/** Whether routing may offer this login something now. */
export function isRoutable(login: Login): boolean {
  const { engaged, offered, capacity } = current(login.meter);
  return (
    login.endedAt === null &&
    login.status === 'Online' &&
    login.connected &&
    engaged + offered < (capacity ?? 0) &&
    login.meter.tail.length <= TAIL_ROUTABLE
  );
}

/** A login a caller has named; INVALID_OPERATION once it has ended. */
export async function openLoginNamed(work: Work, loginId: number): Promise<Login> {
  const login = await work.login(loginId);
  if (!login || login.endedAt !== null) throw new ApiError('INVALID_OPERATION', 'the login has ended');
  return login;
}

/** A chat a caller has named; NOT_FOUND if there is none. */
export async function chatNamed(work: Work, chatId: string): Promise<Chat> {
  const number = parseNumber(chatId);
  const chat = number === undefined ? undefined : await work.chat(number);
  if (!chat) throw new ApiError('NOT_FOUND', `no chat ${chatId}`);
  return chat;
}

/** Begins a unit of work in a transaction that holds the floor lock since `now`; `freed` gathers who is to be served. */
export function openWork(
  context: FloorContext,
  tx: Tx,
  now: number,
  effects: Effects,
  freed: Set<Login>,
): Work {
  const logins = new Map<number, Login>();
  const chats = new Map<number, Chat>();
  const buttons = new Map<string, Button | undefined>();
  let pending = newPending();

  const remember = (login: Login | undefined) => {
    if (!login) return undefined;
    const known = logins.get(login.id);
    if (known) return known;
    logins.set(login.id, login);
    return login;
  };

  const work: Work = {
    context,
    tx,
    now,
    saveLogins: async () => {
      if (pending.logins.size > 0) await work.save();
    },
    login: async (id) => logins.get(id) ?? remember(await loadLogin(tx, id)),
    async logins(ids) {
      const unknown = ids.filter((id) => !logins.has(id));
      if (unknown.length > 0) for (const login of await loadLogins(tx, unknown)) remember(login);
      return ids.flatMap((id) => logins.get(id) ?? []);
    },
    openLoginOf: async (userId) => {
      const login = remember(await findLogin(tx, userId));
      // ended in this unit of work already, though not yet saved
      return login?.endedAt === null ? login : undefined;
    },
    async chat(id) {
      const known = chats.get(id);
      if (known) return known;
      const chat = await loadChat(tx, id);
      if (chat) chats.set(id, chat);
      return chat;
    },
    adopt: (login) => logins.set(login.id, login),
    async conversation(chat) {
      chat.conversation ??= await lockConversation(tx, chat.id);
      pending.chats.add(chat);
      return chat.conversation;
    },
    async button(id) {
      if (id === null) return undefined;
      if (!buttons.has(id)) buttons.set(id, await findButton(tx, id));
      return buttons.get(id);
    },
    record(login, change, cause) {
      const at = Math.max(cause.at ?? now, login.meter.at);
      const contactAt = cause.byAgent ? at : Math.min(at, latestContact(context.contacts, login, now));
      const event = { ...change, at, contactAt } as MeterEvent;
      login.meter = apply(login.meter, event);
      login.contactAt = Math.max(login.contactAt, contactAt);
      pending.logins.add(login);
      pending.floorEvents.push(floorEventRow(login.id, login.meter.seq, event, cause));
    },
    note(chat, type, about = {}) {
      chat.seq += 1;
      chat.at = Math.max(about.at ?? now, chat.at);
      pending.chats.add(chat);
      pending.chatEvents.push({
        chat_id: chat.id,
        seq: chat.seq,
        at: isoOf(chat.at),
        type,
        user_id: about.userId ?? about.login?.userId ?? null,
        login_id: about.login?.id ?? null,
        detail: about.detail?.slice(0, 255) ?? null,
      });
    },
    touch({ login, chat }) {
      if (login) pending.logins.add(login);
      if (chat) pending.chats.add(chat);
    },
    tell: (login, body) => pending.told.push({ login, at: Math.max(now, login.meter.at), body }),
    post: (chat, message) => pending.posted.push({ sessionId: chat.sessionId, message }),
    say: (line) => pending.lines.push(line),
    closeSession: (sessionId) => pending.closing.add(sessionId),
    serveLater: (login) => freed.add(login),
    deadline(dueAt) {
      if (dueAt !== null) effects.dueAts.push(dueAt);
    },
    afterCommit: (fn) => effects.after.push(fn),
    async save() {
      const saving = pending;
      pending = newPending();
      const { told, posted, closing, lines } = saving;
      const size =
        saving.logins.size + saving.chats.size + told.length + posted.length + lines.length + closing.size;
      if (size === 0) return;
      const rows = await tx.query<{ login_id: number; told_id: number; last_id: number }>(
        'SELECT login_id, told_id, last_id FROM floor_write($1)',
        [JSON.stringify(savedRows(saving, now))],
        'floor.write',
      );
      for (const { login_id, told_id, last_id } of rows) {
        const mine = told.filter(({ login }) => login.id === login_id);
        const events = effects.events.get(login_id) ?? { list: [], lastId: 0 };
        // Lists of requests and lines said here are numbered behind these: the feed reads those.
        events.list.push(
          ...mine.map(
            ({ at, body }, index) =>
              ({
                ...body,
                id: told_id - mine.length + index + 1,
                loginId: String(login_id),
                at,
              }) as AgentEvent,
          ),
        );
        events.lastId = last_id;
        effects.events.set(login_id, events);
      }
      for (const { sessionId } of posted) effects.visitors.add(sessionId);
      for (const sessionId of closing) effects.visitors.add(sessionId);
      for (const { chatId } of lines) {
        const chat = chats.get(chatId);
        if (chat) effects.visitors.add(chat.sessionId);
      }
      for (const chat of saving.chats) {
        if (chat.state === 'ended') effects.chatsEnded = true;
        // The lines just stored moved its clocks: it is read again (and still locked) when next asked for.
        chat.conversation = null;
        // What has ended is saved; a second save in this unit of work does not write it again.
        removeWhere(chat.offers, (offer) => offer.state !== 'open');
        removeWhere(chat.engagements, (engagement) => engagement.endedAt !== null);
      }
    },
  };
  return work;
}

interface Pending {
  readonly logins: Set<Login>;
  readonly chats: Set<Chat>;
  readonly floorEvents: object[];
  readonly chatEvents: object[];
  readonly told: { login: Login; at: number; body: AgentEventBody }[];
  readonly posted: { sessionId: string; message: VisitorMessage }[];
  readonly lines: FloorLine[];
  readonly closing: Set<string>;
}

/** What is to be done once the commit is through. */
export interface Effects {
  readonly events: Map<number, { readonly list: AgentEvent[]; lastId: number }>;
  readonly visitors: Set<string>;
  readonly dueAts: number[];
  readonly after: (() => void)[];
  chatsEnded: boolean;
}

function newPending(): Pending {
  return {
    logins: new Set(),
    chats: new Set(),
    floorEvents: [],
    chatEvents: [],
    told: [],
    posted: [],
    lines: [],
    closing: new Set(),
  };
}

export function newEffects(): Effects {
  return { events: new Map(), visitors: new Set(), dueAts: [], after: [], chatsEnded: false };
}

function savedRows(saving: Pending, now: number): object {
  const chats = [...saving.chats];
  return {
    now: isoOf(now),
    logins: [...saving.logins].map((login) => loginRow(login, isRoutable(login))),
    floor_events: saving.floorEvents,
    chats: chats.map(chatRow),
    chat_events: saving.chatEvents,
    offers: chats.flatMap((chat) => chat.offers.map((offer) => offerRow(chat, offer))),
    engagements: chats.flatMap((chat) => chat.engagements.map((one) => engagementRow(chat, one))),
    conversations: chats.flatMap(({ id, conversation }) =>
      conversation ? [conversationRow(id, conversation)] : [],
    ),
    visitor_messages: saving.posted.map(({ sessionId, message }, ord) => ({
      ord,
      session_id: sessionId,
      at: isoOf(now),
      type: message.type,
      body: message.message,
    })),
    closing_sessions: [...saving.closing],
    agent_events: saving.told.map(({ login, at, body }, ord) => ({
      ord,
      login_id: login.id,
      at: isoOf(at),
      body,
    })),
    lines: saving.lines.map((line, ord) => ({
      ord,
      chat_id: line.chatId,
      kind: line.kind,
      user_id: line.userId,
      name: line.name,
      text: line.text,
      visitor_type: line.visitorMessage?.type ?? null,
      visitor_body: line.visitorMessage?.message ?? null,
    })),
  };
}

/** A meter event as a row of the log; what `foldLog` reads back. */
export function floorEventRow(loginId: number, seq: number, event: MeterEvent, cause: Cause): object {
  const { kind, at, contactAt, ...fields } = event;
  const detail = { ...fields, ...cause.detail };
  return {
    login_id: loginId,
    seq,
    at: isoOf(at),
    contact_at: isoOf(contactAt),
    kind,
    chat_id: cause.chatId ?? null,
    actor: cause.actor ?? null,
    detail: Object.keys(detail).length > 0 ? detail : null,
  };
}

/** After the commit: local listeners directly, other processes by a hint. */
export function announce(context: FloorContext, effects: Effects): void {
  const { feeds, waiters, wakeups } = context;
  for (const fn of effects.after) fn();
  for (const [loginId, { list, lastId }] of effects.events) {
    feeds.deliver(loginId, list);
    feeds.hint(loginId, lastId);
  }
  const visitors = waiters.wake(effects.visitors);
  for (const dueAt of effects.dueAts) context.deadlineSet(dueAt);
  if (effects.chatsEnded) context.chatsEnded();
  const agents = [...effects.events].map(([loginId, { lastId }]) => [loginId, lastId] as const);
  if (agents.length + visitors.length + effects.dueAts.length > 0) {
    const dueAt = effects.dueAts.length > 0 ? { dueAt: Math.min(...effects.dueAts) } : {};
    wakeups.send({ agents, visitors, ...dueAt });
  }
}

function removeWhere<T>(list: T[], is: (item: T) => boolean): void {
  for (let i = list.length - 1; i >= 0; i -= 1) if (is(list[i] as T)) list.splice(i, 1);
}

/** What a caller is told while the database cannot be reached: try again (DECISIONS 11). */
export async function unavailableWhenAway<T>(running: Promise<T>): Promise<T> {
  try {
    return await running;
  } catch (error) {
    if (isConnectionLoss(error)) {
      throw new ApiError('SERVER_UNAVAILABLE', 'The database is not available, try again later', {
        status: 503,
      });
    }
    throw error;
  }
}
