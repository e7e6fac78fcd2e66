/** What every part of the floor on this process shares. Made once by create-floor.ts; holds no state of its own. */
import type { Clock } from '../clock.js';
import type { Database, Tx } from '../store/database.js';
import type { AgentFeeds } from './agent-feeds.js';
import type { Contacts } from './contacts.js';
import type { Login } from './entities.js';
import type { NodeTime } from './node-time.js';
import type { OneAtATime } from './one-at-a-time.js';
import type { SafetyRules } from './safety-rules.js';
import type { Typing } from './typing.js';
import type { VisitorContacts } from './visitor-contacts.js';
import type { VisitorWaiters } from './visitor-waiters.js';
import type { Wakeups } from './wakeups.js';

/** How often a process looks for what no wake-up told it (DECISIONS 4); real milliseconds. */
export const LOOK_MS = 2_000;

export interface FloorLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Milliseconds of the floor's clock, except `pollHoldMs`. */
export interface FloorSettings {
  /** How long a login survives without contact. */
  readonly graceMs: number;
  /** How often an agent's client must be heard. */
  readonly heartbeatMs: number;
  readonly contactFlushMs: number;
  /** Largest file a visitor may send, bytes; default 5 MiB. */
  readonly uploadLimitBytes?: number;
}

export interface FloorContext {
  readonly db: Database;
  readonly clock: Clock;
  readonly time: NodeTime;
  readonly log: FloorLog;
  readonly settings: FloorSettings;
  /** Names this process among those on one database. */
  readonly nodeId: string;
  /** Where units of work queue (work.ts). */
  readonly works: OneAtATime;
  readonly contacts: Contacts;
  readonly visitorContacts: VisitorContacts;
  readonly feeds: AgentFeeds;
  readonly waiters: VisitorWaiters;
  readonly wakeups: Wakeups;
  readonly typing: Typing;
  /** Who may not chat, and what is masked. */
  readonly safety: SafetyRules;
  /** Inserts the LiveAgentSession row of a login that ends, in its transaction; gives the row's id. */
  saveSession(tx: Tx, login: Login): Promise<string>;
  /** A deadline was set: the scheduler must not sleep past it. */
  deadlineSet(dueAt: number): void;
  /** Chats ended: their transcripts wait to be written. */
  chatsEnded(): void;
}
