/** What everybody on the simulated floor shares: time, addresses, luck, and the board where mishaps are written up. */
import type { Agent } from 'node:http';
import type { VisitorDiary } from './diary.js';
import type { Organization } from './organization.js';
import type { Pace } from './pace.js';
import type { Random } from './random.js';

/** What happened so far, for the progress display. */
export interface Tally {
  agentsOnline: number;
  visitorsHere: number;
  visitorsGone: number;
  chats: number;
  lines: number;
  declines: number;
  timeouts: number;
  flags: number;
  drops: number;
  kills: number;
  logins: number;
  transfers: number;
  conferences: number;
  picks: number;
  files: number;
  blocks: number;
  /** The longest any visitor waited for the answer to a post, real ms. */
  slowestMs: number;
}

export interface Day {
  readonly pace: Pace;
  readonly random: Random;
  readonly organization: Organization;
  /** Servers on one database; clients are spread over them. */
  readonly urls: readonly string[];
  readonly sockets: Agent;
  /** Given when the day is over: everybody goes home. */
  readonly over: AbortSignal;
  readonly tally: Tally;
  /** Flags that are up, as `chat user`. */
  readonly flags: Set<string>;
  /** Chats with an agent in them. */
  readonly running: Set<string>;
  /** Chat keys of visitors an agent has blocked. */
  readonly blocked: Set<string>;
  /** The diary of a visitor who comes a second time, from the same address. */
  comeAgain(visitor: VisitorDiary): VisitorDiary;
  /** Something a client must never be answered; counts as a difference. */
  problem(what: string): void;
  tokenOf(userId: string): Promise<string>;
  /** Servers are killed: what was not answered may or may not have been done. */
  readonly isRough: boolean;
  readonly graceMs: number;
}

export function createTally(): Tally {
  return {
    agentsOnline: 0,
    visitorsHere: 0,
    visitorsGone: 0,
    chats: 0,
    lines: 0,
    declines: 0,
    timeouts: 0,
    flags: 0,
    drops: 0,
    kills: 0,
    logins: 0,
    transfers: 0,
    conferences: 0,
    picks: 0,
    files: 0,
    blocks: 0,
    slowestMs: 0,
  };
}
