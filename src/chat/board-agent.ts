/**
 * An open login as the board shows it. Invariant: `figures` plus what runs since `figuresAt` is what `totalsAt` says at
 * any later moment, so a panel counts on by itself and agrees with the meter to the millisecond.
 */
import type { BoardAgent, Running } from './board-state.js';
import { current, type MeterState } from './meter.js';
import { figuresAt } from './session-figures.js';

/** An open login as the reading gives it. */
export interface BoardLogin
  extends Pick<
    BoardAgent,
    'userId' | 'name' | 'status' | 'connected' | 'loginAt' | 'statusSince' | 'skillIds' | 'lastAcceptAt'
  > {
  readonly id: number;
  readonly meter: MeterState;
}

const STANDSTILL: Running = { online: false, away: false, idle: false, inChats: false, atCapacity: false };

export function boardAgentOf(login: BoardLogin): BoardAgent {
  const { id, meter, ...rest } = login;
  const { engaged, offered, capacity } = current(meter);
  // After the last event one slice holds until the next one.
  const at = meter.lost ? meter.contactAt : meter.at;
  return {
    loginId: String(id),
    ...rest,
    capacity,
    engaged,
    offered,
    figuresAt: at,
    figures: figuresAt(meter, at),
    running: meter.lost ? STANDSTILL : runningIn(meter),
  };
}

/** Which totals grow: asked of the meter itself, so that its rules stand in one place. */
function runningIn(meter: MeterState): Running {
  const now = figuresAt(meter, meter.at);
  const later = figuresAt(meter, meter.at + 1);
  return {
    online: later.timeInOnlineStatusMs > now.timeInOnlineStatusMs,
    away: later.timeInAwayStatusMs > now.timeInAwayStatusMs,
    idle: later.timeIdleMs > now.timeIdleMs,
    inChats: later.timeInChatsMs > now.timeInChatsMs,
    atCapacity: later.timeAtCapacityMs > now.timeAtCapacityMs,
  };
}
