/**
 * A chat as a supervisor watches it: every line, whispers too, who is in it, and what both sides have in their input
 * lines. Invariant: a watched chat with the changes after it applied equals one read afresh.
 */
import type { BoardEngagement } from './board-state.js';
import type { ChatLine, ChatSummary, TypedInChat } from './floor.js';
import type { FileTransfer } from './floor-conversation.js';

/** An agent in a watched chat; what this agent has not sent yet is shown where the configuration says so. */
export interface WatchedAgent extends BoardEngagement {
  readonly isSneakPeeked: boolean;
}

export interface WatchedChat {
  readonly chat: ChatSummary;
  readonly state: 'waiting' | 'offered' | 'engaged' | 'ended';
  readonly agents: readonly WatchedAgent[];
  /** Files the visitor was asked for, the oldest first. */
  readonly files: readonly FileTransfer[];
  /** The newest `WATCHED_LINES` of them, oldest first. */
  readonly lines: readonly ChatLine[];
}

/** What is new: lines to append; state, agents and files where they may be different. */
export interface WatchedChange {
  readonly chatId: string;
  readonly lines: readonly ChatLine[];
  readonly state?: WatchedChat['state'];
  readonly agents?: readonly WatchedAgent[];
  readonly files?: readonly FileTransfer[];
}

/** Said once, never stored. `agentSneakPeek`: what stands in the agent's input line. */
export type Overheard =
  | TypedInChat
  | {
      readonly type: 'agentSneakPeek';
      readonly chatId: string;
      readonly userId: string;
      readonly text: string;
    };

/** Lines a watched chat begins with; what comes later is appended, so a long chat may have more. */
export const WATCHED_LINES = 1_000;
