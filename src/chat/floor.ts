/**
 * The floor as the protocols see it: what an agent, a visitor and the house may ask, and what they are told.
 * No HTTP and no socket in here. Every promise below resolves after the commit that makes it true; whatever
 * was answered survives a kill -9 of the process (DECISIONS 1 to 6, live-agent-chat.md §1 to §14).
 *
 * Units: times are epoch milliseconds of `floor_now()` and end in `At`; durations end in `Ms` or `Seconds`.
 * Refusals are `ApiError`s; the codes used here are listed at `FloorErrorCode`.
 */

import type { AgentTools, FileFloor, FileTransfer } from './floor-conversation.js';

/** Statuses of an agent (live-agent-chat.md §7). Offline means: no login. */
export type AgentStatus = 'Online' | 'Away' | 'Offline';

/** How a login ended; kept for our own use, no Salesforce field has it (DECISIONS 3). */
export type LoginEnd = 'logout' | 'lost' | 'supervisor' | 'deactivated' | 'shutdown';

/**
 * Codes of the `ApiError`s the floor throws.
 * INVALID_SESSION_ID  the visitor's key is unknown or its session is over (status 403, body text of §13.5)
 * NOT_FOUND           no such chat, offer or login among those the caller may touch
 * INVALID_OPERATION   it exists, but not in a state that allows this (offer gone, chat ended, not logged in)
 * INVALID_INPUT       a value out of its range
 * STRING_TOO_LONG     a text above its limit
 * INSUFFICIENT_ACCESS the agent's configuration does not allow it
 * SERVER_UNAVAILABLE  draining (status 503)
 */
export type FloorErrorCode =
  | 'INVALID_SESSION_ID'
  | 'NOT_FOUND'
  | 'INVALID_OPERATION'
  | 'INVALID_INPUT'
  | 'STRING_TOO_LONG'
  | 'INSUFFICIENT_ACCESS'
  | 'SERVER_UNAVAILABLE';

// ---------------------------------------------------------------------------------------------------------
// What both sides see of a conversation

/** `custom` carries a custom event; `whisper` goes from a supervisor to the agents, never to the visitor. */
export type ChatMessageKind = 'visitor' | 'agent' | 'system' | 'custom' | 'whisper';

/** One durable line of a chat. `sequence` ascends without gaps within the chat, in commit order. */
export interface ChatLine {
  readonly chatId: string;
  readonly sequence: number;
  readonly kind: ChatMessageKind;
  readonly at: number;
  /** 005… of the agent or supervisor who wrote it; null for visitor and system. */
  readonly userId: string | null;
  /** Name shown beside the line. */
  readonly name: string;
  readonly text: string;
  /** Of a custom event; otherwise null. */
  readonly customType: string | null;
  /** The sender's own id of the line, when one was given. */
  readonly clientId: string | null;
}

/** A pre-chat detail (live-agent-chat.md §13.3), kept as it came, so far as it is well-formed. */
export interface PrechatDetail {
  readonly label: string;
  readonly value: string | null;
  readonly transcriptFields: readonly string[];
  readonly displayToAgent: boolean;
  readonly entityMaps: readonly Readonly<Record<string, unknown>>[];
}

/** What an agent learns of the visitor before and while chatting. */
export interface ChatSummary {
  readonly chatId: string;
  /** The part of the visitor's session key before the first `!`; ChatKey of the transcript. */
  readonly chatKey: string;
  readonly visitorName: string;
  readonly deploymentId: string;
  readonly buttonId: string | null;
  readonly requestedAt: number;
  /** Only details with displayToAgent. */
  readonly details: readonly { readonly label: string; readonly value: string | null }[];
  readonly ipAddress: string | null;
  readonly userAgent: string | null;
  readonly language: string | null;
  readonly screenResolution: string | null;
}

export type OfferKind = 'push' | 'direct' | 'choice' | 'transfer' | 'conference';

/** A request in front of one agent, waiting for accept or decline. A pick (Choice) is an offer accepted as it is made. */
export interface Offer {
  readonly offerId: string;
  readonly kind: OfferKind;
  readonly chat: ChatSummary;
  readonly offeredAt: number;
  /** Push time-out; null: never. */
  readonly dueAt: number | null;
  /** Who transfers the chat or invites to it; null for a request from routing. */
  readonly from: Participant | null;
}

/** An agent in a chat, or asked into it. `name` is what the visitor reads. */
export interface Participant {
  readonly userId: string;
  readonly name: string;
}

/** A request of a Choice button: every qualified agent who is Online sees it, whoever picks it first has it. */
export interface ListedRequest {
  readonly chat: ChatSummary;
  readonly listedAt: number;
}

/** Where a chat may be transferred to: an agent (005…), any agent of a skill, or the queue of a button. */
export interface TransferTarget {
  readonly kind: 'agent' | 'skill' | 'button';
  readonly id: string;
}

/** What an agent may choose from now (configuration and who is there). `available`: asking now would not fail. */
export interface TransferTargets {
  /** Other agents, Online, with room and not in the chat; for conferences too. At most 1,000, by name. */
  readonly agents: readonly Participant[];
  readonly skills: readonly { readonly id: string; readonly label: string; readonly available: boolean }[];
  readonly buttons: readonly { readonly id: string; readonly label: string; readonly available: boolean }[];
  /** Whether the agent's configuration allows to invite these agents to a conference, or to transfer to them. */
  readonly mayTransferToAgent: boolean;
  readonly mayConference: boolean;
}

/**
 * How a transfer or an invitation goes. requested: somebody is asked · accepted · declined: who was asked refused or let
 * it time out, and nobody else is to be asked · cancelled: taken back · failed: nobody could be asked (any more).
 */
export type RequestState = 'requested' | 'accepted' | 'declined' | 'cancelled' | 'failed';

/** A chat the agent is engaged in. */
export interface EngagedChat {
  readonly chat: ChatSummary;
  readonly engagedAt: number;
  /** Every line so far the agent may read, oldest first. */
  readonly lines: readonly ChatLine[];
  /** The flag this agent has up in this chat. */
  readonly flag: { readonly message: string; readonly raisedAt: number } | null;
  /** Whether this agent owns the chat: it is transferred by its owner, and others are in it by invitation. */
  readonly isOwner: boolean;
  /** Other agents in the chat (conference), the longest in it first. */
  readonly others: readonly Participant[];
  /** The transfer this agent has asked for and nobody has accepted yet. */
  readonly transfer: { readonly to: TransferTarget; readonly requestedAt: number } | null;
  /** Agents this agent has invited who have not answered yet, in the order of the invitations. */
  readonly invited: readonly Participant[];
  /** What is wrong now (live-agent-chat.md §11); each has its event. */
  readonly alerts: {
    readonly criticalWait: boolean;
    readonly visitorIdle: boolean;
    readonly visitorConnection: boolean;
  };
  /** Files this chat's visitor was asked for, the oldest first. */
  readonly files: readonly FileTransfer[];
  /** The page the visitor looks at, where its client tells. */
  readonly location: string | null;
}

// ---------------------------------------------------------------------------------------------------------
// The agent's side

/** What an agent's configuration allows (LiveChatUserConfig, live-agent-chat.md §6). */
export interface AgentSettings {
  /** Most chats at one time; 0: none are offered. */
  readonly capacity: number;
  readonly criticalWaitSeconds: number | null;
  readonly mayRaiseFlag: boolean;
  readonly mayTransferToAgent: boolean;
  readonly mayTransferToSkill: boolean;
  readonly mayTransferToButton: boolean;
  readonly mayConference: boolean;
  readonly mayBlockVisitor: boolean;
  readonly mayRequestFile: boolean;
  readonly seesSneakPeek: boolean;
  /** A supervisor sees what this agent has not sent yet. */
  readonly isSneakPeeked: boolean;
  readonly isAutoAwayOnDecline: boolean;
  readonly isAutoAwayOnPushTimeout: boolean;
  /** What the console is to do with requests and the log-out; the floor itself does nothing with these. */
  readonly hasRequestSound: boolean;
  readonly hasLogoutSound: boolean;
  readonly hasNotifications: boolean;
  /** Supervisors may watch the chats this agent is in, and whisper to this agent. */
  readonly isMonitored: boolean;
  readonly isWhisperedTo: boolean;
}

/**
 * Everything an agent's console shows, at one moment. Applying the durable events after `lastEventId` to it
 * gives the snapshot of later.
 */
export interface AgentState {
  readonly userId: string;
  readonly name: string;
  readonly status: AgentStatus;
  /** null while Offline. */
  readonly loginId: string | null;
  readonly loginAt: number | null;
  /** Since when the status is held; null while Offline. */
  readonly statusSince: number | null;
  readonly settings: AgentSettings;
  readonly offers: readonly Offer[];
  /** Requests of Choice buttons to pick from, the oldest first; empty while Away. */
  readonly requests: readonly ListedRequest[];
  readonly chats: readonly EngagedChat[];
  /** Highest event id contained in this snapshot; 0 when the login has none yet. */
  readonly lastEventId: number;
}

export type OfferEnd =
  | 'declined'
  | 'pushTimeout'
  | 'visitorLeft'
  /** The inviter took it back, or is gone. */
  | 'withdrawn'
  /** The agent went Offline or was lost. */
  | 'agentGone';

export type ChatEndedBy = 'Agent' | 'Visitor' | 'System';

/** Durable events of a login. Ids ascend by one within the login, in commit order; redelivered until seen. */
export type AgentEvent = { readonly id: number; readonly loginId: string; readonly at: number } & (
  | {
      readonly type: 'statusChanged';
      readonly status: 'Online' | 'Away';
      readonly by: 'agent' | 'supervisor' | 'autoAway';
    }
  | { readonly type: 'settingsChanged'; readonly settings: AgentSettings }
  | { readonly type: 'offered'; readonly offer: Offer }
  | {
      readonly type: 'offerEnded';
      readonly offerId: string;
      readonly chatId: string;
      readonly reason: OfferEnd;
    }
  | { readonly type: 'requestListed'; readonly request: ListedRequest }
  /** Picked by somebody, given up, or this agent is no longer among those who may pick it. */
  | { readonly type: 'requestGone'; readonly chatId: string }
  /** The agent is engaged: accepted, accepted automatically, transferred or invited. Ends the offer, if any. */
  | { readonly type: 'chatStarted'; readonly offerId: string | null; readonly chat: EngagedChat }
  | { readonly type: 'line'; readonly line: ChatLine }
  /** The agent's engagement is over. `left`: the chat goes on without this agent (transfer, conference, logout). */
  | {
      readonly type: 'chatEnded';
      readonly chatId: string;
      readonly endedBy: ChatEndedBy;
      readonly reason: string;
      readonly left: boolean;
    }
  | { readonly type: 'flagRaised'; readonly chatId: string; readonly message: string }
  | { readonly type: 'flagLowered'; readonly chatId: string; readonly by: 'agent' | 'supervisor' }
  /** The transfer this agent asked for. Of one to a button: comes after the `chatEnded` that it begins with. */
  | {
      readonly type: 'transfer';
      readonly chatId: string;
      readonly to: TransferTarget;
      readonly state: RequestState;
    }
  /** An invitation this agent made. */
  | {
      readonly type: 'invitation';
      readonly chatId: string;
      readonly invited: Participant;
      readonly state: RequestState;
    }
  /** Somebody joined or left the chat, or it has another owner. */
  | {
      readonly type: 'participants';
      readonly chatId: string;
      readonly isOwner: boolean;
      readonly others: EngagedChat['others'];
    }
  | { readonly type: 'criticalWait'; readonly chatId: string; readonly alert: boolean }
  | { readonly type: 'visitorIdle'; readonly chatId: string; readonly warning: boolean }
  | { readonly type: 'visitorConnection'; readonly chatId: string; readonly warning: boolean }
  /** A file was asked for, or how that ended: takes the place of the one with the same transferId. */
  | { readonly type: 'fileTransfer'; readonly chatId: string; readonly file: FileTransfer }
  /** The visitor went to another page. */
  | { readonly type: 'breadcrumb'; readonly chatId: string; readonly location: string }
  /** Last event of a login. */
  | { readonly type: 'loggedOut'; readonly reason: LoginEnd }
);

/** The content of a durable event, before it has its id. */
export type AgentEventBody = AgentEvent extends infer E
  ? E extends AgentEvent
    ? Omit<E, 'id' | 'loginId' | 'at'>
    : never
  : never;

/** What is typed in a chat. */
export type TypedInChat =
  | { readonly type: 'visitorTyping'; readonly chatId: string; readonly typing: boolean }
  | {
      readonly type: 'visitorSneakPeek';
      readonly chatId: string;
      readonly position: number;
      readonly text: string;
    }
  | {
      readonly type: 'agentTyping';
      readonly chatId: string;
      readonly userId: string;
      readonly typing: boolean;
    };

/** Said once, never stored, may be lost (DECISIONS 4). */
export type AgentTransient =
  | TypedInChat
  /** A tab of the same agent opened a login: read `agentState` again. */
  | { readonly type: 'loginOpened'; readonly loginId: string };

/** One listener a connection. Called in order, never concurrently, durable events in the order of their ids. */
export interface AgentListener {
  event(event: AgentEvent): void;
  transient(transient: AgentTransient): void;
}

/** Result of `connectAgent`. */
export interface AgentConnected {
  /** Names this connection in every later call; valid on this process until `disconnectAgent`. */
  readonly connectionId: string;
  readonly state: AgentState;
  /** True when an open login goes on; false when the agent is Offline now. */
  readonly resumed: boolean;
  /**
   * When `resume` named the open login: the events after it, oldest first (the snapshot contains their effects
   * too). Otherwise empty.
   */
  readonly missed: readonly AgentEvent[];
  /** How often the client must send something; silence longer than the grace ends the login. */
  readonly heartbeatMs: number;
  readonly graceMs: number;
}

export interface AgentFloor {
  /**
   * A client of an authenticated user arrives. Several connections of one user (tabs) share one login. An open
   * login within the grace goes on; events after `lastEventId` of it are given in `missed`.
   */
  connectAgent(
    agent: {
      readonly userId: string;
      readonly resume?: { readonly loginId: string; readonly lastEventId: number };
    },
    listener: AgentListener,
  ): Promise<AgentConnected>;
  /** The connection is closed. The last one of a login makes it `lost`, which a new connection resumes. */
  disconnectAgent(connectionId: string): Promise<void>;
  /** Any frame from the agent's client. Synchronous and cheap: kept in memory, flushed every few seconds. */
  contact(connectionId: string): void;
  /** A fresh snapshot. */
  agentState(connectionId: string): Promise<AgentState>;
  /** Durable events after `lastEventId` of the connection's login, at most 1,000, oldest first. */
  eventsSince(connectionId: string, lastEventId: number): Promise<readonly AgentEvent[]>;
  /**
   * Online or Away opens a login when there is none; Offline ends it (chats go back to routing). Setting the
   * status one has changes nothing. Returns the new snapshot.
   */
  setStatus(connectionId: string, status: AgentStatus): Promise<AgentState>;
  /** The same as setStatus Offline. Returns the id of the LiveAgentSession row, or null if there was no login. */
  logout(connectionId: string): Promise<{ readonly sessionId: string | null }>;
  /** Accepts an offer; accepting one's own accepted offer again answers the same. */
  accept(connectionId: string, offerId: string): Promise<EngagedChat>;
  /** Refuses an offer (ChatReqDeclined; not for invitations). Refusing it again changes nothing. */
  decline(connectionId: string, offerId: string, reason?: string): Promise<void>;
  /**
   * Says something to the visitor; at most 4,000 characters. `clientId` (at most 64 characters) makes it
   * idempotent within the chat: the same id again returns the line stored first.
   */
  sendLine(
    connectionId: string,
    line: { readonly chatId: string; readonly text: string; readonly clientId?: string },
  ): Promise<ChatLine>;
  /** A custom event for the visitor's client. */
  sendCustomEvent(
    connectionId: string,
    event: {
      readonly chatId: string;
      readonly type: string;
      readonly data: string;
      readonly clientId?: string;
    },
  ): Promise<ChatLine>;
  /** Not awaited, not stored. */
  typing(connectionId: string, chatId: string, typing: boolean): void;
  /** Ends a chat for everyone in it. Ending an ended one changes nothing. */
  endChat(connectionId: string, chatId: string): Promise<void>;
  /**
   * Raises the assistance flag in a chat the agent is in, with a message of at most 255 characters. A raised flag stays
   * as it is. INSUFFICIENT_ACCESS unless the agent's configuration allows it.
   */
  raiseFlag(connectionId: string, chatId: string, message: string): Promise<void>;
  /** Lowers one's own flag; a lowered one stays lowered. */
  lowerFlag(connectionId: string, chatId: string): Promise<void>;
  /**
   * Takes a listed request: ChatReqAssigned and ChatReqEngaged count it. Of several agents who pick one at once the
   * first has it, the others get INVALID_OPERATION; so does an agent without room. Picking one's own again answers the
   * same.
   */
  pickChat(connectionId: string, chatId: string): Promise<EngagedChat>;
  /** Where the agent may transfer this chat to, and whom invite. NOT_FOUND unless the agent is in it. */
  transferTargets(connectionId: string, chatId: string): Promise<TransferTargets>;
  /**
   * Asks to hand the chat over; only its owner may, one transfer at a time. To an agent or skill: the chat stays with
   * this agent until somebody accepts. To a button: this agent is out of the chat at once, and has it back if nobody
   * takes it. `failed`: nobody is there to be asked, the chat stays. INSUFFICIENT_ACCESS unless the configuration allows
   * this target.
   */
  transfer(
    connectionId: string,
    transfer: { readonly chatId: string; readonly to: TransferTarget },
  ): Promise<{ readonly state: 'requested' | 'failed' }>;
  /** Takes a transfer back that nobody has accepted; one taken back already changes nothing. */
  cancelTransfer(connectionId: string, chatId: string): Promise<void>;
  /** Asks another agent into the chat. Asking who was asked already changes nothing. */
  invite(
    connectionId: string,
    invitation: { readonly chatId: string; readonly userId: string },
  ): Promise<{ readonly state: 'requested' | 'failed' }>;
  /** Takes an invitation back; one that is over changes nothing. */
  cancelInvitation(
    connectionId: string,
    invitation: { readonly chatId: string; readonly userId: string },
  ): Promise<void>;
  /** Leaves a conference; if the owner leaves, who is in it longest owns the chat. The last agent cannot leave. */
  leaveChat(connectionId: string, chatId: string): Promise<void>;
}

// ---------------------------------------------------------------------------------------------------------
// The supervisor's side. Whoever calls has checked that the user may supervise.

/** Who supervises. */
export interface Supervisor {
  readonly userId: string;
  /** Shown beside what is whispered. */
  readonly name: string;
}

export interface SupervisorFloor {
  /** Lowers the flag an agent has up in a chat; NOT_FOUND unless the agent is in it. A lowered one stays lowered. */
  lowerFlag(by: Supervisor, flag: { readonly chatId: string; readonly userId: string }): Promise<void>;
  /** Says something to the agents of a chat that its visitor never sees; at most 4,000 characters. */
  whisper(
    by: Supervisor,
    line: { readonly chatId: string; readonly text: string; readonly clientId?: string },
  ): Promise<ChatLine>;
  /** Sets an agent Away, or Offline (end reason `supervisor`); false if the agent is not logged in. */
  setStatus(
    by: Supervisor,
    agent: { readonly userId: string; readonly status: 'Away' | 'Offline' },
  ): Promise<boolean>;
}

// ---------------------------------------------------------------------------------------------------------
// The visitor's side (Chat REST API, live-agent-chat.md §13)

/** Of a new visitor session (§13.4). */
export interface VisitorSession {
  /** A UUID; the chat key. */
  readonly id: string;
  /** id ! epoch ms ! Base64 of 20 bytes. Shown once; only its hash is stored. */
  readonly key: string;
  /** Eight hex digits. */
  readonly affinityToken: string;
  /** Seconds after which a client may give up a poll. */
  readonly clientPollTimeout: number;
}

/** What ChasitorInit asks for (§13.3). Ids may have 15 or 18 characters. */
export interface ChatRequest {
  readonly organizationId: string;
  readonly deploymentId: string;
  readonly buttonId: string | null;
  readonly agentId: string | null;
  /** With agentId: the agent first, then the button. */
  readonly doFallback: boolean;
  /** Ordered `buttonId`, `agentId` or `agentId_buttonId`; overrides the three above. Empty: none. */
  readonly buttonOverrides: readonly string[];
  /** Of Visitor/VisitorId; ties the chat to a LiveChatVisitor. */
  readonly visitorId: string | null;
  readonly visitorName: string;
  readonly ipAddress: string | null;
  readonly userAgent: string | null;
  readonly language: string | null;
  readonly screenResolution: string | null;
  readonly referrer: string | null;
  readonly prechatDetails: readonly PrechatDetail[];
  readonly prechatEntities: readonly Readonly<Record<string, unknown>>[];
  readonly receiveQueueUpdates: boolean;
  /** Must be true; otherwise ChatRequestFail with reason NoPost. */
  readonly isPost: boolean;
}

/** Types of §13.7 the floor sends; the bodies are those of the reference, ready to be put on the wire. */
export type VisitorMessageType =
  | 'ChatRequestSuccess'
  | 'ChatRequestFail'
  | 'QueueUpdate'
  | 'ChatEstablished'
  | 'ChatMessage'
  | 'AgentTyping'
  | 'AgentNotTyping'
  | 'AgentDisconnect'
  | 'ChatTransferred'
  | 'TransferToButtonInitiated'
  | 'ChatEnded'
  | 'CustomEvent'
  | 'FileTransfer'
  | 'NewVisitorBreadcrumb'
  | 'RichMessage'
  | 'ChasitorSessionData'
  | 'ReconnectSession';

export interface VisitorMessage {
  readonly type: VisitorMessageType;
  readonly message: Readonly<Record<string, unknown>>;
}

/** Result of a poll (§13.5, DECISIONS 6). */
export type VisitorPoll =
  /** Deliver with these numbers; `sequence` names the last message. ChatEstablished always opens its batch. */
  | {
      readonly kind: 'batch';
      readonly messages: readonly VisitorMessage[];
      readonly sequence: number;
      readonly offset: number;
    }
  /** Nothing within the hold: 204. */
  | { readonly kind: 'empty' }
  /** A newer poll of the session came: 409. */
  | { readonly kind: 'superseded' }
  /** The server is going away: 503. */
  | { readonly kind: 'draining' };

/** Identifies a POST, so that a repeated one is done once; `part` counts the nouns of a MultiNoun from 0. */
export interface VisitorPost {
  readonly sequence: number;
  readonly part?: number;
  /** The affinity token it came with: another one since each ReconnectSession, with which the sequences start over. */
  readonly affinity?: string | undefined;
}

export interface Availability {
  readonly id: string;
  /** Absent for an id nobody knows: clients take that as false (§13.2). */
  readonly isAvailable?: boolean;
  /** Seconds; −1 unknown. Only when asked for, only for buttons. */
  readonly estimatedWaitTime?: number;
}

export interface ButtonSettings extends Availability {
  readonly type: 'Standard' | 'Invite' | 'ToAgent';
  readonly language: string | null;
  readonly prechatUrl: string | null;
}

/** Every call takes the whole session key; an unknown or ended one is INVALID_SESSION_ID. */
export interface VisitorFloor {
  createSession(): Promise<VisitorSession>;
  /** DELETE System/SessionId: ends a running chat as the visitor would, and the session. */
  deleteSession(key: string): Promise<void>;
  /** ChasitorInit: queues ChatRequestSuccess or ChatRequestFail before it resolves. Once a session. */
  requestChat(key: string, request: ChatRequest, post?: VisitorPost): Promise<void>;
  /** At most 4,000 characters. Before the chat is established it is kept for the agent. */
  sendMessage(key: string, text: string, post?: VisitorPost): Promise<void>;
  sendCustomEvent(
    key: string,
    event: { readonly type: string; readonly data: string },
    post?: VisitorPost,
  ): Promise<void>;
  typing(key: string, typing: boolean): Promise<void>;
  /** Unsent text, at most 2,000 characters; also counts as typing. */
  sneakPeek(key: string, peek: { readonly position: number; readonly text: string }): Promise<void>;
  /** ChatEnd and ChatCancel: ends a running chat, withdraws a waiting request. Queues ChatEnded. */
  endChat(key: string, reason: string, post?: VisitorPost): Promise<void>;
  /** Visitor/Breadcrumb with a session: the page the visitor looks at now, at most 2,000 characters. */
  breadcrumb(key: string, location: string): Promise<void>;
  /** Chasitor/SensitiveDataRuleTriggered with a session: rules, by id or name, the visitor's client applied itself. */
  sensitiveDataTriggered(
    key: string,
    rules: readonly { readonly id?: string | undefined; readonly name?: string | undefined }[],
  ): Promise<void>;
  /** Chasitor/ChasitorIdleTimeoutWarningEvent. */
  idleWarning(key: string, event: 'triggered' | 'cleared'): Promise<void>;
  /**
   * One long poll. `ack` undefined: everything delivered counts as confirmed. Holds at most `holdMs` of real
   * time while there is nothing; `signal` ends the hold when the client has gone (resolves `empty`).
   */
  poll(
    key: string,
    poll: { readonly ack?: number; readonly holdMs: number; readonly signal?: AbortSignal },
  ): Promise<VisitorPoll>;
  /**
   * The answer that carried the batch ending with `sequence` could not be sent whole: a next poll without `ack` gets
   * it again. Clients that send `ack` need no such help.
   */
  undelivered(key: string, sequence: number): Promise<void>;
  /** ReconnectSession: numbers start over; ChasitorSessionData is queued first. */
  reconnect(key: string): Promise<{ readonly affinityToken: string }>;
  /** Visitor/Availability of buttons and agents. */
  availability(
    ids: readonly string[],
    options: { readonly estimatedWaitTime: boolean },
  ): Promise<readonly Availability[]>;
  /** Visitor/Settings: the buttons asked for, unknown ones left out. */
  buttonSettings(
    ids: readonly string[],
    options: { readonly estimatedWaitTime: boolean },
  ): Promise<readonly ButtonSettings[]>;
  /** Visitor/VisitorId: a new visitor's key (a UUID); the LiveChatVisitor row comes with the first chat. */
  visitorId(): Promise<{ readonly sessionId: string }>;
  /** Whether the id names the organization and one of its deployments; 15 or 18 characters each. */
  knowsDeployment(organizationId: string, deploymentId: string): Promise<boolean>;
}

// ---------------------------------------------------------------------------------------------------------
// The house

/** Figures of LiveAgentSession, in milliseconds and counts. */
export interface Figures {
  readonly chatReqAssigned: number;
  readonly chatReqEngaged: number;
  readonly chatReqDeclined: number;
  readonly chatReqTimedOut: number;
  readonly numFlagRaised: number;
  readonly numFlagLoweredAgent: number;
  readonly numFlagLoweredSupervisor: number;
  readonly timeInOnlineStatusMs: number;
  readonly timeInAwayStatusMs: number;
  readonly timeIdleMs: number;
  readonly timeInChatsMs: number;
  readonly timeAtCapacityMs: number;
}

/** A login that is still open, with its figures so far. */
export interface OpenLogin {
  readonly loginId: string;
  readonly userId: string;
  readonly status: 'Online' | 'Away';
  /** False while the contact is lost. */
  readonly connected: boolean;
  readonly loginAt: number;
  readonly statusSince: number;
  readonly contactAt: number;
  readonly capacity: number | null;
  readonly engaged: number;
  readonly offered: number;
  readonly figures: Figures;
}

/** A record by its label. */
export interface Labelled {
  readonly id: string;
  readonly label: string;
}

/** What the ids in requests and chats are called; of each kind at most 2,000, by label. */
export interface Directory {
  readonly buttons: readonly Labelled[];
  readonly skills: readonly Labelled[];
  readonly deployments: readonly Labelled[];
}

export interface Floor extends AgentFloor, AgentTools {
  readonly visitor: VisitorFloor;
  readonly supervisor: SupervisorFloor;
  readonly files: FileFloor;
  /**
   * Lines of a running chat numbered below `beforeSequence`, the newest `limit` of them, at most 200, oldest first; whispers
   * too. For agents who are in the chat and for who may supervise: NOT_FOUND for others and for no running chat,
   * INVALID_OPERATION for an agent who was in it.
   */
  linesBefore(
    reader: { readonly userId: string; readonly maySupervise: boolean },
    page: { readonly chatId: string; readonly beforeSequence: number; readonly limit: number },
  ): Promise<readonly ChatLine[]>;
  directory(): Promise<Directory>;
  /** Logins open now, by login id, figures at this moment; at most 10,000. */
  openLogins(): Promise<readonly OpenLogin[]>;
  /** Ends every open login (`floorwalker close-floor`); returns how many. */
  closeFloor(reason: 'shutdown'): Promise<number>;
  /** Ends the open login of a user who was deactivated or frozen; true if there was one. */
  logOutUser(userId: string, reason: 'deactivated' | 'supervisor'): Promise<boolean>;
  /** From now on polls answer `draining` and new work is refused; what runs is finished. */
  drain(): Promise<void>;
  /** Flushes contacts and the journal, ends timers and listeners. Logins stay resumable. Implies `drain`. */
  stop(): Promise<void>;
}
