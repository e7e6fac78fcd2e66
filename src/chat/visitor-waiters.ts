/**
 * The long polls this process holds, and the transient messages for them. A waiter is registered before its poll looks
 * for messages, so what arrives between the look and the wait still wakes it.
 *
 * Of sessions that polled here last it is remembered under which token, up to which number they were served, and that
 * nothing has been heard of since: the next poll of such a session has nothing to read or write before it waits. All of
 * it is lost with the process, by design: without it a poll looks.
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

export interface Waiter {
  /** undefined: it was elsewhere, too long ago, or has not ended. */
  readonly last: LastPoll | undefined;
  /** To be said before the poll is answered: what it was served. An older poll says it in vain. */
  served(poll: { readonly token: number; readonly sequence: number; readonly more: boolean }): void;
  /** Resolves `woken` when there may be something, `superseded` when a newer poll is here, `timeout`, `gone`. */
  wait(): Promise<'woken' | 'superseded' | 'timeout' | 'gone' | 'draining'>;
  /** Transients to deliver; taken away. */
  transients(): Transients;
  end(): void;
}

export interface VisitorWaiters {
  /** Ends an older poll of the session here. */
  begin(sessionId: string, holdMs: number, signal: AbortSignal | undefined): Waiter;
  /** There may be something for these sessions. */
  wake(sessionIds: Iterable<string>): void;
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
  }
  const held = new Map<string, State>();
  const remembered = new Map<string, LastPoll>();
  let draining = false;

  function poke(state: State): void {
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
    begin(sessionId, holdMs, signal) {
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
      };
      held.set(sessionId, state);
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
        async wait() {
          if (!state.woken && !state.ended) {
            await new Promise<void>((resolve) => {
              state.resolve = resolve;
            });
          }
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
          if (held.get(sessionId) === state) held.delete(sessionId);
        },
      };
    },
    wake(sessionIds) {
      for (const id of sessionIds) wakeOne(id);
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
