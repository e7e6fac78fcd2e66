/**
 * The floor's own records as code holds them inside one unit of work (work.ts): loaded under the floor lock, changed in
 * place, saved in one statement. Times are epoch milliseconds.
 */
import type {
  AgentSettings,
  ChatEndedBy,
  ChatRequest,
  LoginEnd,
  OfferKind,
  Participant,
  TransferTarget,
} from './floor.js';
import type { MeterState } from './meter.js';

/** One login of one agent. Load and capacity are in the meter, nowhere else. */
export interface Login {
  readonly id: number;
  readonly userId: string;
  /** What visitors read in chats the agent takes from now on. */
  name: string;
  readonly startedAt: number;
  status: 'Online' | 'Away';
  statusSince: number;
  /** Some server holds a socket of the agent. */
  connected: boolean;
  settings: AgentSettings;
  lastOfferAt: number | null;
  meter: MeterState;
  /** Last contact flushed by any server, or noted by this one. */
  contactAt: number;
  endedAt: number | null;
  endReason: LoginEnd | null;
  /** The LiveAgentSession row, once the login has ended. */
  sessionId: string | null;
}

export type OfferState = 'open' | 'accepted' | 'declined' | 'timedOut' | 'withdrawn';

/** A request in front of one agent. */
export interface OpenOffer {
  readonly generation: number;
  readonly loginId: number;
  readonly userId: string;
  readonly name: string;
  readonly kind: OfferKind;
  state: OfferState;
  readonly offeredAt: number;
  readonly dueAt: number | null;
  endedAt: number | null;
  /** Whose transfer or invitation it is. */
  readonly fromLoginId: number | null;
  readonly from: Participant | null;
}

/** An agent in a chat. */
export interface Engagement {
  readonly generation: number;
  readonly loginId: number;
  readonly userId: string;
  readonly name: string;
  /** primary: the owner of the chat. */
  kind: 'primary' | 'conference';
  readonly startedAt: number;
  endedAt: number | null;
  flagMessage: string | null;
  flagRaisedAt: number | null;
}

/** The clocks of a conversation; see the table. */
export interface Conversation {
  open: boolean;
  criticalWaitMs: number | null;
  idleWarningMs: number | null;
  idleTimeoutMs: number | null;
  /** The visitor's first line no agent has answered yet; lines alone change it. */
  readonly askedAt: number | null;
  criticalDueAt: number | null;
  criticalSince: number | null;
  idleWarningDueAt: number | null;
  idleWarnedAt: number | null;
  idleDueAt: number | null;
  answeredAt: number | null;
  /** When the visitor's silence was reported; kept with its contact, not here. */
  readonly visitorWarnedAt: number | null;
}

/** Where a chat may be tried next: an agent first if there is one, then the button. */
export interface RoutingTarget {
  readonly buttonId: string | null;
  readonly agentId: string | null;
}

/**
 * A transfer nobody has accepted yet. To an agent or a skill, its offer is open and the owner still in the chat. To a
 * button, the owner is out and the chat waits; `origin` is where it came from, and `returning` says that nobody took it.
 */
export interface Transfer {
  readonly fromLoginId: number;
  readonly fromUserId: string;
  readonly to: TransferTarget;
  readonly requestedAt: number;
  /** Users who have been asked (skill). */
  readonly asked: readonly string[];
  readonly originButtonId: string | null;
  readonly returning: boolean;
}

/** What is kept of ChasitorInit. */
export type StoredRequest = Omit<ChatRequest, 'organizationId' | 'deploymentId' | 'isPost'>;

export type ChatState = 'waiting' | 'offered' | 'engaged' | 'ended';

export interface Chat {
  readonly id: number;
  readonly chatKey: string;
  readonly sessionId: string;
  state: ChatState;
  readonly deploymentId: string;
  buttonId: string | null;
  skillIds: readonly string[];
  targetUserId: string | null;
  fallbacks: readonly RoutingTarget[];
  readonly request: StoredRequest;
  readonly requestedAt: number;
  waitingSince: number;
  establishedAt: number | null;
  endedAt: number | null;
  declinedBy: readonly string[];
  timedOutBy: readonly string[];
  attempts: number;
  generation: number;
  lastAssignedUserId: string | null;
  lastOperatorUserId: string | null;
  queuePosition: number | null;
  /** The present target is a Choice button: the request is listed, not pushed. */
  byChoice: boolean;
  transfer: Transfer | null;
  endedBy: ChatEndedBy | null;
  endReason: string | null;
  outcome: 'Completed' | 'Missed' | 'Dropped' | 'Blocked' | null;
  seq: number;
  at: number;
  /** Open ones, and those ended in this unit of work. */
  readonly offers: OpenOffer[];
  /** Running ones, and those ended in this unit of work. */
  readonly engagements: Engagement[];
  /** Only after `work.conversation(chat)`, which locks it: lines change it without the floor lock. */
  conversation: Conversation | null;
}

/** `chat-generation`: names an offer to the outside. */
export function offerIdOf(chatId: number, generation: number): string {
  return `${chatId}-${generation}`;
}

/** Reads an offer id; undefined if it is none. */
export function parseOfferId(id: string): { chatId: number; generation: number } | undefined {
  const match = /^([1-9]\d{0,15})-([1-9]\d{0,9})$/.exec(id);
  return match ? { chatId: Number(match[1]), generation: Number(match[2]) } : undefined;
}

/** Reads a chat or login id of ours; undefined if it is none. */
export function parseNumber(id: string): number | undefined {
  return /^[1-9]\d{0,15}$/.test(id) ? Number(id) : undefined;
}
