/**
 * The long polls this process holds, and the transient messages for them. A waiter is registered before its poll looks
 * for messages, so what arrives between the look and the wait still wakes it. Lost with the process, by design.
 */
import type { VisitorMessage } from './floor.js';

/** At most one transient of a kind waits: the latest (DECISIONS 4). */
export interface Transients {
  readonly early: readonly VisitorMessage[];
  readonly late: readonly VisitorMessage[];
}

export interface Waiter {
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
  wakeAll(): void;
  drain(): void;
  readonly size: number;
  has(sessionId: string): boolean;
}

type End = 'superseded' | 'timeout' | 'gone' | 'draining';

export function createVisitorWaiters(): VisitorWaiters {
  interface State {
    woken: boolean;
    ended: End | undefined;
    resolve: (() => void) | undefined;
    typing: VisitorMessage | undefined;
  }
  const held = new Map<string, State>();
  let draining = false;

  function poke(state: State): void {
    state.resolve?.();
    state.resolve = undefined;
  }
  function finish(state: State, how: End): void {
    state.ended ??= how;
    poke(state);
  }

  return {
    begin(sessionId, holdMs, signal) {
      const older = held.get(sessionId);
      if (older) finish(older, 'superseded');
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
      for (const id of sessionIds) {
        const state = held.get(id);
        if (!state) continue;
        state.woken = true;
        poke(state);
      }
    },
    transient(sessionId, message) {
      const state = held.get(sessionId);
      if (!state) return false;
      state.typing = message;
      state.woken = true;
      poke(state);
      return true;
    },
    wakeAll() {
      this.wake([...held.keys()]);
    },
    drain() {
      draining = true;
      for (const state of held.values()) finish(state, 'draining');
    },
    get size() {
      return held.size;
    },
    has: (sessionId) => held.has(sessionId),
  };
}
