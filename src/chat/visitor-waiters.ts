/**
 * The long polls this process holds, and the transient messages for them. A waiter is registered before its poll looks
 * for messages, so what arrives between the look and the wait still wakes it.
 *
 * Of sessions that polled here last it is remembered under which token, up to which number they were served, and that
 * nothing has been heard of since: the next poll of such a session has nothing to read or write before it waits. All of
 * it is lost with the process, by design: without it a poll looks.
 *
 * Who stores a line may borrow the poll held for it (`borrow`) and hand it the batch its statement made. While it is
 * borrowed a poll is like one that is looking: nothing else answers it.
 */
import type { VisitorMessage } from './floor.js';

/** At most one transient of a kind waits: the latest (DECISIONS 4). */
export interface Transients {
  readonly early: readonly VisitorMessage[];
  readonly late: readonly VisitorMessage[];
}

/** The last poll of a session, when it was here. */
export interface LastPoll {
  readonly token: number;
  /** Number of the last message that was delivered. */
  readonly sequence: number;
  /** There may be something: look before waiting. */
  readonly woken: boolean;
}

/** Where a held poll stands: what it was served under, and up to which number. */
export interface Standing {
  readonly token: number;
  readonly sequence: number;
}

/** A batch made for a held poll, already in its session's row. */
export interface Delivery extends Standing {
  readonly session_id: string;
  readonly batch: readonly VisitorMessage[];
  readonly taken_id: number;
  readonly more: boolean;
}

/** A held poll that waits for what its borrower's statement says. */
export interface BorrowedPoll extends Standing {
  readonly session_id: string;
  /** Has to be called, once. Without a delivery the poll looks for itself. */
  settle(delivery: Delivery | undefined): void;
}

export interface Waiter {
  /** undefined: it was elsewhere, too long ago, or has not ended. */
  readonly last: LastPoll | undefined;
  /** To be said before the poll is answered: what it was served. An older poll says it in vain. */
  served(poll: { readonly token: number; readonly sequence: number; readonly more: boolean }): void;
  /**
   * Resolves `woken` when there may be something, `superseded` when a newer poll is here, `timeout`, `gone`, or with a
   * batch that was made for it. `standing`: where it stands, if such a batch may be made.
   */
  wait(
    standing: Standing | undefined,
  ): Promise<'woken' | 'superseded' | 'timeout' | 'gone' | 'draining' | Delivery>;
  /** Transients to deliver; taken away. */
  transients(): Transients;
  end(): void;
}

export interface VisitorWaiters {
  /** Ends an older poll of the session here. `chatId`: the session's chat, if one was requested. */
  begin(sessionId: string, holdMs: number, signal: AbortSignal | undefined, chatId?: number): Waiter;
  /** The poll held for the visitor of this chat, if it stands still. */
  borrow(chatId: number): BorrowedPoll | undefined;
  /** There may be something for these sessions; gives those whose poll is not held here, but perhaps elsewhere. */
  wake(sessionIds: Iterable<string>): string[];
  /** For a session whose poll is held here; otherwise nothing happens, and false. */
  transient(sessionId: string, message: VisitorMessage): boolean;
  /** What is remembered of this session is wrong now: its poll, held or next, looks. */
  forget(sessionId: string): void;
  /** Wake-ups may have been missed: every poll, held or next, looks. */
  forgetAll(): void;
  drain(): void;
  /** Sessions that are held or remembered. */
  readonly size: number;
  has(sessionId: string): boolean;
}

/** Sessions remembered after their poll was answered; past it the one longest unseen is forgotten. */
const REMEMBERED = 50_000;

type End = 'superseded' | 'timeout' | 'gone' | 'draining';

export function createVisitorWaiters(): VisitorWaiters {
  interface State {
    woken: boolean;
    ended: End | undefined;
    resolve: (() => void) | undefined;
    typing: VisitorMessage | undefined;
    standing: Standing | undefined;
    borrowed: boolean;
    delivery: Delivery | undefined;
  }
  const held = new Map<string, State>();
  const remembered = new Map<string, LastPoll>();
  /** Sessions of the polls held, by chat. */
  const chats = new Map<number, string>();
  let draining = false;

  function poke(state: State): void {
    if (state.borrowed) return;
    state.resolve?.();
    state.resolve = undefined;
  }
  function remember(sessionId: string, last: LastPoll): void {
    // Set again, so that the map's order is the order of last use.
    remembered.delete(sessionId);
    remembered.set(sessionId, last);
    if (remembered.size > REMEMBERED) remembered.delete(remembered.keys().next().value as string);
  }
  function wakeOne(sessionId: string): void {
    const last = remembered.get(sessionId);
    if (last && !last.woken) remembered.set(sessionId, { ...last, woken: true });
    const state = held.get(sessionId);
    if (!state) return;
    state.woken = true;
    poke(state);
  }
  function finish(state: State, how: End): void {
    state.ended ??= how;
    poke(state);
  }

  return {
    begin(sessionId, holdMs, signal, chatId) {
      const older = held.get(sessionId);
      if (older) {
        finish(older, 'superseded');
        // It may be taking something right now: the newer one has to look, and to be known as the newer one.
        remembered.delete(sessionId);
      }
      const state: State = {
        woken: false,
        ended: draining ? 'draining' : undefined,
        resolve: undefined,
        typing: older?.typing,
        standing: undefined,
        borrowed: false,
        delivery: undefined,
      };
      held.set(sessionId, state);
      if (chatId !== undefined) chats.set(chatId, sessionId);
      const timer = setTimeout(() => finish(state, 'timeout'), holdMs);
      const gone = () => finish(state, 'gone');
      if (signal?.aborted) gone();
      signal?.addEventListener('abort', gone, { once: true });
      return {
        last: remembered.get(sessionId),
        served({ token, sequence, more }) {
          if (held.get(sessionId) === state)
            remember(sessionId, { token, sequence, woken: more || state.woken });
        },
        async wait(standing) {
          if (!state.woken && !state.ended) {
            state.standing = standing;
            await new Promise<void>((resolve) => {
              state.resolve = resolve;
            });
            state.standing = undefined;
          }
          if (state.delivery) return state.delivery;
          if (state.ended) return state.ended;
          state.woken = false;
          return 'woken';
        },
        transients() {
          const message = state.typing;
          state.typing = undefined;
          if (!message) return { early: [], late: [] };
          // "is typing" belongs before what was then said, "is not typing" after it
          return message.type === 'AgentTyping'
            ? { early: [message], late: [] }
            : { early: [], late: [message] };
        },
        end() {
          clearTimeout(timer);
          signal?.removeEventListener('abort', gone);
          if (held.get(sessionId) !== state) return;
          held.delete(sessionId);
          if (chatId !== undefined) chats.delete(chatId);
        },
      };
    },
    borrow(chatId) {
      const session_id = chats.get(chatId);
      const state = session_id === undefined ? undefined : held.get(session_id);
      // Who was poked goes on in this turn of the event loop, who is typing comes along: both look for themselves.
      if (session_id === undefined || !state?.standing || !state.resolve) return undefined;
      if (state.typing || state.borrowed) return undefined;
      state.borrowed = true;
      return {
        session_id,
        ...state.standing,
        settle(delivery) {
          state.borrowed = false;
          state.delivery = delivery;
          if (!delivery) state.woken = true;
          poke(state);
        },
      };
    },
    wake(sessionIds) {
      const ids = [...sessionIds];
      for (const id of ids) wakeOne(id);
      return ids.filter((id) => !held.has(id));
    },
    transient(sessionId, message) {
      const state = held.get(sessionId);
      if (!state) return false;
      state.typing = message;
      state.woken = true;
      poke(state);
      return true;
    },
    forget(sessionId) {
      remembered.delete(sessionId);
      wakeOne(sessionId);
    },
    forgetAll() {
      remembered.clear();
      for (const id of held.keys()) wakeOne(id);
    },
    drain() {
      draining = true;
      for (const state of held.values()) finish(state, 'draining');
    },
    get size() {
      return Math.max(held.size, remembered.size);
    },
    has: (sessionId) => held.has(sessionId),
  };
}
