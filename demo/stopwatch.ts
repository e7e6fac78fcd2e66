/**
 * What the script itself did, counted and timed on its own side of the socket, to compare with the row the server
 * wrote. Shares no code with the server's meter. Times are real milliseconds.
 */

export interface Tally {
  readonly counts: { offered: number; accepted: number; declined: number };
  /** From now on the agent has this status, this many chats and this many offers. */
  now(state: Partial<{ status: 'Online' | 'Away' | 'Offline'; chats: number; offers: number }>): void;
  /** Whole seconds. */
  seconds(): Record<'online' | 'away' | 'idle' | 'inChats' | 'atCapacity' | 'span', number>;
}

export function createTally(capacity: number): Tally {
  const state = { status: 'Offline' as 'Online' | 'Away' | 'Offline', chats: 0, offers: 0 };
  const ms = { online: 0, away: 0, idle: 0, inChats: 0, atCapacity: 0, span: 0 };
  let since = performance.now();
  return {
    counts: { offered: 0, accepted: 0, declined: 0 },
    now(change) {
      const at = performance.now();
      const slice = at - since;
      since = at;
      if (state.status !== 'Offline') {
        ms.span += slice;
        if (state.status === 'Online') ms.online += slice;
        else ms.away += slice;
        if (state.chats > 0) ms.inChats += slice;
        if (state.status === 'Online' && state.chats === 0) ms.idle += slice;
        if (state.status === 'Online' && state.chats + state.offers >= capacity) ms.atCapacity += slice;
      }
      Object.assign(state, change);
    },
    seconds: () => {
      const whole = (value: number) => Math.round(value / 1000);
      return {
        online: whole(ms.online),
        away: whole(ms.away),
        idle: whole(ms.idle),
        inChats: whole(ms.inChats),
        atCapacity: whole(ms.atCapacity),
        span: whole(ms.span),
      };
    },
  };
}
