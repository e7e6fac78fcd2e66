/**
 * The session meter: what a login's LiveAgentSession row will say. Two pure functions and nothing else: `apply`
 * folds one event into the state, `totalsAt` reads it. No database, no clock, no socket (DECISIONS 2).
 *
 * Invariant: the state after n events depends on those events only; times are whole milliseconds and exact.
 * Totals hold what lies before the last *confirmed contact*; what came after it waits in the tail, because a
 * login that is lost ends at its last contact and everything later must not have been counted.
 */

/** Statuses in which time is measured; Offline belongs to no login. */
export type MeteredStatus = 'Online' | 'Away';

/**
 * What happens to a login. `at` is the time of the event; `contactAt` the last contact of the agent's client
 * known when the event was written. Both in epoch milliseconds, `contactAt <= at`.
 */
export type MeterEvent = { readonly at: number; readonly contactAt: number } & (
  | { readonly kind: 'login'; readonly status: MeteredStatus; readonly capacity: number | null }
  | { readonly kind: 'status'; readonly status: MeteredStatus }
  | { readonly kind: 'capacity'; readonly capacity: number | null }
  /** A request is put before the agent: pushed, direct, picked up (Choice), a transfer or an invitation. */
  | { readonly kind: 'offer' }
  /** An offer ends in an engagement. */
  | { readonly kind: 'engage' }
  /** An offer ends by a manual decline. */
  | { readonly kind: 'decline' }
  /** An offer ends by its push time-out. */
  | { readonly kind: 'timeout' }
  /** An offer ends in any other way: visitor gone, agent gone, invitation refused or taken back. */
  | { readonly kind: 'withdraw' }
  /** An engagement ends, whoever ended it. A flag still up ends with it and is counted nowhere. */
  | { readonly kind: 'disengage' }
  | { readonly kind: 'flagRaise' }
  | { readonly kind: 'flagLowerAgent' }
  | { readonly kind: 'flagLowerSupervisor' }
  /** The last connection of the agent is gone. */
  | { readonly kind: 'lost' }
  /** The agent is back within the grace; the gap counts in the status held. */
  | { readonly kind: 'resume' }
  | { readonly kind: 'logout' }
);

export type MeterEventKind = MeterEvent['kind'];

/** One count for each ChatReq… and NumFlag… field. */
export interface Counters {
  readonly assigned: number;
  readonly engaged: number;
  readonly declined: number;
  readonly timedOut: number;
  readonly flagRaised: number;
  readonly flagLoweredAgent: number;
  readonly flagLoweredSupervisor: number;
}

/** The five times, in milliseconds. */
export interface Totals {
  readonly onlineMs: number;
  readonly awayMs: number;
  readonly idleMs: number;
  readonly inChatsMs: number;
  readonly atCapacityMs: number;
}

/** From `from` on, until the next slice begins, this held. */
export interface Slice {
  readonly from: number;
  readonly status: MeteredStatus;
  readonly engaged: number;
  readonly offered: number;
  readonly capacity: number | null;
}

/** Plain data: stored as JSON and compared with a fold of the log. */
export interface MeterState {
  /** Events folded so far. */
  readonly seq: number;
  readonly loginAt: number;
  /** Time of the last event. */
  readonly at: number;
  /** Last confirmed contact; the totals reach up to here. */
  readonly contactAt: number;
  readonly lost: boolean;
  readonly ended: boolean;
  readonly counters: Counters;
  readonly totals: Totals;
  /** Never empty; the first slice begins at `contactAt`, the last one holds now. */
  readonly tail: readonly Slice[];
}

/** Most slices between two contacts. The floor stops offering to a login long before (`TAIL_ROUTABLE`). */
export const TAIL_LIMIT = 256;

/** A login with a longer tail gets no offers until its contact moves: nobody can fill the tail from outside. */
export const TAIL_ROUTABLE = 64;

const NO_COUNTS: Counters = {
  assigned: 0,
  engaged: 0,
  declined: 0,
  timedOut: 0,
  flagRaised: 0,
  flagLoweredAgent: 0,
  flagLoweredSupervisor: 0,
};

const NO_TIME: Totals = { onlineMs: 0, awayMs: 0, idleMs: 0, inChatsMs: 0, atCapacityMs: 0 };

/** Which counter an event adds one to. */
const COUNTED: Partial<Record<MeterEventKind, keyof Counters>> = {
  offer: 'assigned',
  engage: 'engaged',
  decline: 'declined',
  timeout: 'timedOut',
  flagRaise: 'flagRaised',
  flagLowerAgent: 'flagLoweredAgent',
  flagLowerSupervisor: 'flagLoweredSupervisor',
};

/** Change of (offered, engaged) an event makes. */
const LOAD: Partial<Record<MeterEventKind, readonly [offered: number, engaged: number]>> = {
  offer: [1, 0],
  engage: [-1, 1],
  decline: [-1, 0],
  timeout: [-1, 0],
  withdraw: [-1, 0],
  disengage: [0, -1],
};

/** The slice that holds after the last event. */
export function current(state: Pick<MeterState, 'tail'>): Slice {
  return state.tail[state.tail.length - 1] as Slice;
}

/**
 * Folds one event into the state; `state` is null for the first event, which must be `login`.
 * Time stands still when a clock went back: `at` before the last event counts as the last event's time.
 * Throws on an impossible event (an end without a beginning, anything after `logout`): the log is then wrong,
 * and going on would make the row wrong too.
 */
export function apply(state: MeterState | null, event: MeterEvent): MeterState {
  if (state === null) return begin(event);
  check(!state.ended, 'an event after logout');
  check(event.kind !== 'login', 'a second login event');
  const at = Math.max(event.at, state.at);
  const confirmed = confirm(state, Math.min(event.contactAt, at));
  const before = current(confirmed);
  const [offered, engaged] = LOAD[event.kind] ?? [0, 0];
  const after: Slice = {
    from: at,
    status: event.kind === 'status' ? event.status : before.status,
    engaged: before.engaged + engaged,
    offered: before.offered + offered,
    capacity: event.kind === 'capacity' ? event.capacity : before.capacity,
  };
  check(after.engaged >= 0 && after.offered >= 0, `${event.kind} without what it ends`);
  check(event.kind !== 'lost' || !state.lost, 'lost twice');
  check(event.kind !== 'resume' || state.lost, 'resume without lost');
  const counted = COUNTED[event.kind];
  return {
    seq: state.seq + 1,
    loginAt: state.loginAt,
    at,
    contactAt: confirmed.contactAt,
    lost: event.kind === 'lost' ? true : event.kind === 'resume' ? false : state.lost,
    ended: event.kind === 'logout',
    counters: counted ? { ...state.counters, [counted]: state.counters[counted] + 1 } : state.counters,
    totals: confirmed.totals,
    tail: append(confirmed.tail, after),
  };
}

/**
 * The times up to `t` (epoch milliseconds). `t` before the last confirmed contact counts as that contact: what
 * lies further back is no longer kept apart. A row is always `counters` and `totalsAt(contactAt)`.
 */
export function totalsAt(state: MeterState, t: number): Totals {
  return addTail(state.totals, state.tail, Math.max(t, state.contactAt));
}

function begin(event: MeterEvent): MeterState {
  if (event.kind !== 'login') throw new Error(`meter: ${event.kind} before login`);
  return {
    seq: 1,
    loginAt: event.at,
    at: event.at,
    // Logging in is itself a contact.
    contactAt: event.at,
    lost: false,
    ended: false,
    counters: NO_COUNTS,
    totals: NO_TIME,
    tail: [{ from: event.at, status: event.status, engaged: 0, offered: 0, capacity: event.capacity }],
  };
}

/** Moves what lies at or before a contact from the tail into the totals. */
function confirm(state: MeterState, contactAt: number): Pick<MeterState, 'contactAt' | 'totals' | 'tail'> {
  if (contactAt <= state.contactAt) return state;
  const totals = addTail(state.totals, state.tail, contactAt);
  let first = 0;
  while (first + 1 < state.tail.length && (state.tail[first + 1] as Slice).from <= contactAt) first += 1;
  const holding = state.tail[first] as Slice;
  return { contactAt, totals, tail: [{ ...holding, from: contactAt }, ...state.tail.slice(first + 1)] };
}

function addTail(totals: Totals, tail: readonly Slice[], until: number): Totals {
  let { onlineMs, awayMs, idleMs, inChatsMs, atCapacityMs } = totals;
  for (let i = 0; i < tail.length; i += 1) {
    const slice = tail[i] as Slice;
    const ms = Math.min(tail[i + 1]?.from ?? until, until) - slice.from;
    if (ms <= 0) continue;
    if (slice.status === 'Away') awayMs += ms;
    else {
      onlineMs += ms;
      if (slice.engaged === 0) idleMs += ms;
      if (isAtCapacity(slice)) atCapacityMs += ms;
    }
    // Away does not end chats: time in chats runs on (live-agent-chat.md §4).
    if (slice.engaged > 0) inChatsMs += ms;
  }
  return { onlineMs, awayMs, idleMs, inChatsMs, atCapacityMs };
}

function isAtCapacity(slice: Slice): boolean {
  return slice.capacity !== null && slice.capacity > 0 && slice.engaged + slice.offered >= slice.capacity;
}

/** A slice of no length is replaced, a slice like the one before it is not begun. */
function append(tail: readonly Slice[], after: Slice): readonly Slice[] {
  const last = tail[tail.length - 1] as Slice;
  if (isSame(last, after)) return tail;
  const kept = last.from === after.from ? tail.slice(0, -1) : tail;
  const before = kept[kept.length - 1];
  if (before && isSame(before, after)) return kept;
  check(kept.length < TAIL_LIMIT, `more than ${TAIL_LIMIT} slices since the last contact`);
  return [...kept, after];
}

function isSame(a: Slice, b: Slice): boolean {
  return (
    a.status === b.status && a.engaged === b.engaged && a.offered === b.offered && a.capacity === b.capacity
  );
}

function check(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(`meter: ${what}`);
}
