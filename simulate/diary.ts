/**
 * What the simulated people saw and were told, written down as it happened. The audit compares it with what the server
 * stored. Nothing in here decides anything.
 */
import type { LiveEvent, Snapshot } from '../src/api/live/schema.js';

/** What an agent's client saw of one login. Floor times, epoch ms. */
export interface LoginDiary {
  readonly loginId: string;
  /** The first snapshot of it: what happened before is told by nothing else. */
  first: Snapshot | undefined;
  /** Every event after that snapshot, in order. */
  told: LiveEvent[];
  /** By the client's own clock, from what its screen showed. */
  readonly watch: Stopwatch;
  /** How often the line broke, and for how long altogether by the client's own clock. */
  drops: number;
  gapMs: number;
  /** The last word of the login was heard: nothing of it was missed. */
  isComplete: boolean;
  /** When the last frame left for a server that had said welcome, by the client's clock. */
  lastSentAt: number;
  /** The same, a hello without an answer too: it may have found the login, or come too late. */
  lastTriedAt: number;
  /** The LiveAgentSession that the answer to logging out named. */
  sessionId: string | null;
}

export interface AgentDiary {
  readonly userId: string;
  readonly name: string;
  readonly logins: Map<string, LoginDiary>;
  /** Lines that were sent. */
  tries: number;
  /** Lines the server acknowledged, in the order they were said; the text as the rules leave it. */
  readonly said: { readonly chatId: string; readonly sequence: number; readonly text: string }[];
  /** Files it fetched as soon as it was told of them. */
  readonly fetched: FetchedFile[];
  /** Pages of earlier lines it asked for. */
  readonly pages: LinesPage[];
}

/** An answer to getLines. */
export interface LinesPage {
  readonly chatId: string;
  readonly beforeSequence: number;
  readonly limit: number;
  readonly lines: readonly (readonly [sequence: number, kind: string, text: string])[];
}

export interface FetchedFile {
  readonly chatId: string;
  readonly transferId: string;
  /** As the agent was told of it. */
  readonly name: string | null;
  readonly size: number | null;
  /** SHA-256 of what came. */
  readonly fingerprint: string;
}

/** A file a visitor sent. */
export interface SentFile {
  readonly name: string;
  readonly size: number;
  readonly fingerprint: string;
  /** Of the answer; 0: none came. */
  readonly status: number;
}

export interface VisitorDiary {
  readonly name: string;
  /** Its IP address; several visitors may share one. */
  readonly address: string;
  /** The chat key; '' when no session came about. */
  sessionId: string;
  /** What was asked for was acknowledged. */
  asked: boolean;
  /** Lines answered with OK, and lines whose answer never came, in the order they were said, as the rules leave them. */
  readonly acknowledged: string[];
  readonly unsure: string[];
  /** What agents said, as delivered. */
  heard: string[];
  /** In the order in which they were answered. */
  readonly sent: SentFile[];
  /** Types of the FileTransfer messages delivered. */
  readonly fileNews: string[];
  established: number;
  transferred: number;
  failed: string | null;
  ended: string | null;
  /** Polled until the server said that there is nothing more: everything was heard. */
  stayed: boolean;
  /** How often it asked for ReconnectSession. */
  reconnects: number;
  /** Confirms what it got, so that nothing may be missing or come twice. */
  readonly confirms: boolean;
}

export interface WhisperDiary {
  readonly chatId: string;
  readonly sequence: number;
  readonly text: string;
}

export interface Times {
  readonly onlineMs: number;
  readonly awayMs: number;
  readonly idleMs: number;
  readonly inChatsMs: number;
  readonly atCapacityMs: number;
}

/** A stopwatch beside a screen: measures how long it showed what. */
export interface Stopwatch {
  readonly times: Times;
  /** Changes seen. */
  readonly transitions: number;
  /** The screen shows this from `at` on; null: no login any more. */
  see(screen: Screen | null, at: number): void;
}

export interface Screen {
  readonly status: string;
  readonly chats: number;
  readonly offers: number;
  readonly capacity: number;
}

export function createStopwatch(): Stopwatch {
  let times: Times = { onlineMs: 0, awayMs: 0, idleMs: 0, inChatsMs: 0, atCapacityMs: 0 };
  let shown: Screen | null = null;
  let since = 0;
  let transitions = 0;
  return {
    get times() {
      return times;
    },
    get transitions() {
      return transitions;
    },
    see(screen, at) {
      if (JSON.stringify(screen) === JSON.stringify(shown)) return;
      if (shown !== null) {
        const ms = at - since;
        const online = shown.status === 'Online' ? ms : 0;
        const isFull = shown.capacity > 0 && shown.chats + shown.offers >= shown.capacity;
        times = {
          onlineMs: times.onlineMs + online,
          awayMs: times.awayMs + (shown.status === 'Away' ? ms : 0),
          idleMs: times.idleMs + (shown.chats === 0 ? online : 0),
          inChatsMs: times.inChatsMs + (shown.chats > 0 ? ms : 0),
          atCapacityMs: times.atCapacityMs + (isFull ? online : 0),
        };
      }
      transitions += 1;
      shown = screen;
      since = at;
    },
  };
}
