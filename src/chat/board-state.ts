/**
 * The supervisor's board: who is on the floor, which chats wait, are offered or run, with which flags, and the buttons and
 * skills they belong to (live-agent-chat.md §9). Plain data with nothing in it that moves by itself: what grows with time
 * is given as of a moment together with what is running, so a board is equal to another exactly when nothing happened.
 *
 * Invariant: a board with the changes after it applied equals a board read afresh (proved in test/chat/board.test.ts).
 */
import type { Figures, OfferKind } from './floor.js';

/** Which of the five times go on since `figuresAt`. All stand still while the contact is lost. */
export interface Running {
  readonly online: boolean;
  readonly away: boolean;
  readonly idle: boolean;
  readonly inChats: boolean;
  readonly atCapacity: boolean;
}

/** An open login: an agent on the floor. Its LiveAgentSession is written when it ends. */
export interface BoardAgent {
  readonly loginId: string;
  readonly userId: string;
  readonly name: string;
  readonly status: 'Online' | 'Away';
  /** False while the contact is lost. */
  readonly connected: boolean;
  readonly loginAt: number;
  readonly statusSince: number;
  readonly capacity: number | null;
  readonly engaged: number;
  readonly offered: number;
  readonly skillIds: readonly string[];
  /** When this login last took a chat; null: not yet. */
  readonly lastAcceptAt: number | null;
  /** The moment `figures` are of. At a later t, each running time is (t - figuresAt) more. */
  readonly figuresAt: number;
  readonly figures: Figures;
  readonly running: Running;
}

/** An agent in a chat, with the flag this agent has up there. */
export interface BoardEngagement {
  readonly loginId: string;
  readonly userId: string;
  readonly name: string;
  readonly conference: boolean;
  readonly since: number;
  readonly flag: { readonly message: string; readonly raisedAt: number } | null;
}

/** A chat that is not over. `waiting`: in no agent's hands, so it counts in the queues of its button and skills. */
export interface BoardChat {
  readonly chatId: string;
  readonly chatKey: string;
  readonly visitorName: string;
  readonly state: 'waiting' | 'offered' | 'engaged';
  readonly buttonId: string | null;
  readonly skillIds: readonly string[];
  /** The one agent it is for; null: anybody with one of the skills. */
  readonly targetUserId: string | null;
  readonly requestedAt: number;
  readonly waitingSince: number;
  /** When an agent first took it; null: not yet. */
  readonly establishedAt: number | null;
  readonly offers: readonly {
    readonly loginId: string;
    readonly userId: string;
    readonly kind: OfferKind;
    readonly offeredAt: number;
    readonly dueAt: number | null;
  }[];
  readonly agents: readonly BoardEngagement[];
}

export interface BoardButton {
  readonly buttonId: string;
  readonly label: string;
  readonly routing: string;
  readonly skillIds: readonly string[];
  readonly hasQueue: boolean;
  readonly perAgentQueueLength: number | null;
  readonly overallQueueLength: number | null;
}

export interface BoardSkill {
  readonly skillId: string;
  readonly label: string;
}

/** Each list ascends by its id. */
export interface Board {
  /** Ascends by one with each change, within one subscription. */
  readonly version: number;
  readonly agents: readonly BoardAgent[];
  readonly chats: readonly BoardChat[];
  readonly buttons: readonly BoardButton[];
  readonly skills: readonly BoardSkill[];
}

/** What is new, different or gone since the version before. */
export interface BoardChange {
  readonly version: number;
  readonly agents: readonly BoardAgent[];
  readonly agentsGone: readonly string[];
  readonly chats: readonly BoardChat[];
  readonly chatsGone: readonly string[];
  readonly buttons: readonly BoardButton[];
  readonly buttonsGone: readonly string[];
  readonly skills: readonly BoardSkill[];
  readonly skillsGone: readonly string[];
}

/** Most of each kind on one board, lowest ids first: a floor far beyond this needs reports, not a panel. */
export const BOARD_LIMITS = { agents: 2_000, chats: 5_000, buttons: 1_000, skills: 1_000 } as const;
