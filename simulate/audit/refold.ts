/**
 * What a login's log says, worked out anew. The server's meter folds events one by one and keeps a tail of slices; this
 * keeps the sets of chats that are offered and running, so a doubled or missing event shows by name, and cuts the whole
 * history at the last contact at the end. The two share no line of code.
 */
import type { LogEvent } from './stored.js';

/** ChatReq… and NumFlag… of LiveAgentSession. */
export interface Counts {
  assigned: number;
  engaged: number;
  declined: number;
  timedOut: number;
  flagRaised: number;
  flagLoweredAgent: number;
  flagLoweredSupervisor: number;
}

/** Milliseconds. */
export interface Spans {
  onlineMs: number;
  awayMs: number;
  idleMs: number;
  inChatsMs: number;
  atCapacityMs: number;
}

/** What held from `from` until the next moment. */
export interface Moment {
  readonly from: number;
  readonly status: string;
  readonly engaged: number;
  readonly offered: number;
  readonly capacity: number | null;
}

export interface Refolded {
  readonly loginAt: number;
  /** Time of the last event. */
  readonly at: number;
  /** The last moment the agent's client is known to have been there; the row ends here. */
  readonly contactAt: number;
  readonly counts: Counts;
  /** From `loginAt` to `contactAt`. */
  readonly spans: Spans;
  readonly last: Moment;
  readonly isLost: boolean;
  readonly hasEnded: boolean;
  /** What cannot be, in words. */
  readonly problems: readonly string[];
}

export function noCounts(): Counts {
  return {
    assigned: 0,
    engaged: 0,
    declined: 0,
    timedOut: 0,
    flagRaised: 0,
    flagLoweredAgent: 0,
    flagLoweredSupervisor: 0,
  };
}

/** Adds up what held between two moments of a history. */
export function spansBetween(history: readonly Moment[], from: number, until: number): Spans {
  const spans: Spans = { onlineMs: 0, awayMs: 0, idleMs: 0, inChatsMs: 0, atCapacityMs: 0 };
  history.forEach((moment, i) => {
    const begin = Math.max(moment.from, from);
    const end = Math.min(history[i + 1]?.from ?? until, until);
    if (end <= begin) return;
    const ms = end - begin;
    const isOnline = moment.status === 'Online';
    const load = moment.engaged + moment.offered;
    if (isOnline) spans.onlineMs += ms;
    if (moment.status === 'Away') spans.awayMs += ms;
    if (isOnline && moment.engaged === 0) spans.idleMs += ms;
    if (moment.engaged > 0) spans.inChatsMs += ms;
    if (isOnline && moment.capacity !== null && moment.capacity > 0 && load >= moment.capacity) {
      spans.atCapacityMs += ms;
    }
  });
  return spans;
}

/** Works out one login. `events` in the order of seq. */
export function refold(events: readonly LogEvent[]): Refolded {
  const problems: string[] = [];
  const counts = noCounts();
  const offered = new Set<number>();
  const running = new Set<number>();
  const flagged = new Set<number>();
  const history: Moment[] = [];
  let status = '';
  let capacity: number | null = null;
  let isLost = false;
  let hasEnded = false;
  let contactAt = Number.NEGATIVE_INFINITY;
  let before = Number.NEGATIVE_INFINITY;

  const take = (set: Set<number>, event: LogEvent, what: string) => {
    if (event.chatId === null || !set.delete(event.chatId)) {
      problems.push(`event ${event.seq} (${event.kind}) is about chat ${event.chatId}, which is not ${what}`);
    }
  };
  const put = (set: Set<number>, event: LogEvent, what: string) => {
    if (event.chatId === null || set.has(event.chatId)) {
      problems.push(`event ${event.seq} (${event.kind}): chat ${event.chatId} is ${what} already`);
    }
    set.add(event.chatId ?? Number.NaN);
  };

  events.forEach((event, index) => {
    const { seq, at, kind, detail } = event;
    if (seq !== index + 1) problems.push(`event ${seq} stands where ${index + 1} should`);
    if (at < before) problems.push(`event ${seq} (${kind}) is earlier than the one before it`);
    if (event.contactAt > at) problems.push(`event ${seq} (${kind}) knows of a contact after it`);
    if ((kind === 'login') !== (index === 0)) problems.push(`event ${seq} is ${kind}`);
    if (hasEnded) problems.push(`event ${seq} (${kind}) comes after logout`);
    before = at;
    // logging in is itself a contact
    contactAt = Math.max(contactAt, kind === 'login' ? at : event.contactAt);
    switch (kind) {
      case 'login':
        status = String(detail?.status);
        capacity = (detail?.capacity as number | null) ?? null;
        break;
      case 'status':
        if (status === detail?.status) problems.push(`event ${seq} sets the status to what it is`);
        status = String(detail?.status);
        break;
      case 'capacity':
        capacity = (detail?.capacity as number | null) ?? null;
        break;
      case 'offer': {
        put(offered, event, 'offered');
        counts.assigned += 1;
        const load = offered.size + running.size;
        if (capacity === null || load > capacity) {
          problems.push(
            `event ${seq} offers chat ${event.chatId} to an agent of capacity ${capacity} who then has ${load}`,
          );
        }
        if (status !== 'Online') problems.push(`event ${seq} is an offer to an agent who is ${status}`);
        if (isLost) problems.push(`event ${seq} is an offer to an agent whose line is lost`);
        break;
      }
      case 'engage':
        take(offered, event, 'offered');
        put(running, event, 'running');
        counts.engaged += 1;
        break;
      case 'decline':
        take(offered, event, 'offered');
        counts.declined += 1;
        break;
      case 'timeout':
        take(offered, event, 'offered');
        counts.timedOut += 1;
        break;
      case 'withdraw':
        take(offered, event, 'offered');
        break;
      case 'disengage':
        take(running, event, 'running');
        flagged.delete(event.chatId ?? Number.NaN);
        break;
      case 'flagRaise':
        put(flagged, event, 'flagged');
        counts.flagRaised += 1;
        if (!running.has(event.chatId ?? Number.NaN)) problems.push(`event ${seq} raises a flag in no chat`);
        break;
      case 'flagLowerAgent':
        take(flagged, event, 'flagged');
        counts.flagLoweredAgent += 1;
        break;
      case 'flagLowerSupervisor':
        take(flagged, event, 'flagged');
        counts.flagLoweredSupervisor += 1;
        break;
      case 'lost':
        if (isLost) problems.push(`event ${seq} loses a lost login`);
        isLost = true;
        break;
      case 'resume':
        if (!isLost) problems.push(`event ${seq} resumes a login that was not lost`);
        isLost = false;
        break;
      case 'logout':
        if (offered.size + running.size > 0) {
          problems.push(
            `event ${seq} ends a login that still has ${offered.size} offers and ${running.size} chats`,
          );
        }
        hasEnded = true;
        break;
      default:
        problems.push(`event ${seq} is of an unknown kind, ${kind}`);
    }
    history.push({ from: at, status, engaged: running.size, offered: offered.size, capacity });
  });

  const loginAt = events[0]?.at ?? Number.NaN;
  return {
    loginAt,
    at: before,
    contactAt,
    counts,
    spans: spansBetween(history, loginAt, contactAt),
    last: history[history.length - 1] ?? { from: Number.NaN, status, engaged: 0, offered: 0, capacity },
    isLost,
    hasEnded,
    problems,
  };
}
