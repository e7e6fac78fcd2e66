/**
 * From the meter's milliseconds to the whole seconds of a LiveAgentSession row. Rounded here and nowhere else,
 * each total once, so that TimeInOnlineStatus + TimeInAwayStatus is the span within one second (DESIGN).
 */
import type { Figures } from './floor.js';
import { type MeterState, type Totals, totalsAt } from './meter.js';

/** Milliseconds to whole seconds, half a second up. */
export function wholeSeconds(ms: number): number {
  return Math.round(ms / 1000);
}

/** An instant cut to its whole second, as API datetimes are stored. */
export function cutToSecond(at: number): number {
  return Math.floor(at / 1000) * 1000;
}

/** Figures at `now`; a lost login stands still at its last contact. */
export function figuresAt(state: MeterState, now: number): Figures {
  const totals: Totals = totalsAt(state, state.lost || state.ended ? state.contactAt : now);
  const { counters } = state;
  return {
    chatReqAssigned: counters.assigned,
    chatReqEngaged: counters.engaged,
    chatReqDeclined: counters.declined,
    chatReqTimedOut: counters.timedOut,
    numFlagRaised: counters.flagRaised,
    numFlagLoweredAgent: counters.flagLoweredAgent,
    numFlagLoweredSupervisor: counters.flagLoweredSupervisor,
    timeInOnlineStatusMs: totals.onlineMs,
    timeInAwayStatusMs: totals.awayMs,
    timeIdleMs: totals.idleMs,
    timeInChatsMs: totals.inChatsMs,
    timeAtCapacityMs: totals.atCapacityMs,
  };
}

/** The measured fields of the row a login leaves. LogoutTime is always the last confirmed contact. */
export function sessionFields(state: MeterState): Readonly<Record<string, number>> {
  const totals = totalsAt(state, state.contactAt);
  return {
    ChatReqAssigned: state.counters.assigned,
    ChatReqEngaged: state.counters.engaged,
    ChatReqDeclined: state.counters.declined,
    ChatReqTimedOut: state.counters.timedOut,
    NumFlagRaised: state.counters.flagRaised,
    NumFlagLoweredAgent: state.counters.flagLoweredAgent,
    NumFlagLoweredSupervisor: state.counters.flagLoweredSupervisor,
    TimeInOnlineStatus: wholeSeconds(totals.onlineMs),
    TimeInAwayStatus: wholeSeconds(totals.awayMs),
    TimeIdle: wholeSeconds(totals.idleMs),
    TimeInChats: wholeSeconds(totals.inChatsMs),
    TimeAtCapacity: wholeSeconds(totals.atCapacityMs),
  };
}
