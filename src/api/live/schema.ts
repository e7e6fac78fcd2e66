/**
 * The `/live` contract, whole: every frame an agent's client and the server exchange over one WebSocket. The server,
 * src/live-client and the tests read this file and no other description exists; docs/agent-protocol.md is printed
 * from it. It imports zod only, so a browser can bundle it.
 *
 * Growing without breaking: operations, events and signals are unions keyed by `op` and `type`. A new member needs no
 * new PROTOCOL_VERSION: clients ignore events and signals they do not know, the server answers an operation it does
 * not know with `unknown_operation`. Only a changed meaning raises the version.
 */

import { z } from 'zod';

export const PROTOCOL_VERSION = 1;
export const LIVE_PATH = '/live';

/** What either side may count on, in bytes, characters, milliseconds and counts a second as the names say. */
export const LIVE_LIMITS = {
  /** A longer frame from a client closes the socket with 1009. */
  client_frame_bytes: 64 * 1024,
  /** A client should refuse longer frames from a server; the largest is a welcome with its snapshot. */
  server_frame_bytes: 8 * 1024 * 1024,
  /** The first frame must be a hello and arrive within this time. */
  hello_ms: 5_000,
  /** Requests and signals: a bucket of this many frames … */
  frames_burst: 120,
  /** … refilled at this rate; an empty bucket answers `rate_limited`, a flood closes with 4429. */
  frames_per_second: 40,
  /** Requests of one socket that may be unanswered at a time. */
  requests_in_flight: 64,
  /** Bytes waiting in the server for a client that does not read; past it the socket closes with 4413. */
  unread_bytes: 4 * 1024 * 1024,
  /** Sockets (browser tabs) of one user. */
  sockets_per_user: 20,
  message_characters: 4_000,
  custom_event_characters: 8_000,
  /** Events one welcome or one `getEvents` carries at most. */
  events_page: 1_000,
  /** Lines of one chat that a snapshot carries at most: the newest. */
  snapshot_lines: 1_000,
  /** Characters of lines a snapshot carries at most, shared by its chats: the newest lines; also of one list of lines or events. */
  snapshot_characters: 1_000_000,
  /** Lines one `getLines` carries at most. */
  lines_page: 200,
  /** What a sneak peek shows of an input line at most. */
  sneak_peek_characters: 2_000,
  /** Chats one socket may watch at a time. */
  watched_chats: 20,
  /** Agents and chats on a board at most, those that came first. */
  board_agents: 2_000,
  board_chats: 5_000,
} as const;

const close = (name: string, reconnect: 'no' | 'later' | 'at once', meaning: string) => ({
  name,
  reconnect,
  meaning,
});

/** Why a socket was closed. `reconnect` says what a well-behaved client does next. */
export const CLOSE_CODES = {
  1000: close('normal', 'no', 'Either side is done.'),
  1003: close('binary', 'no', 'Frames are text; a binary one was sent.'),
  1009: close('too_big', 'no', 'A frame was longer than client_frame_bytes.'),
  1011: close('failure', 'later', 'The server failed at something of its own.'),
  1012: close('restart', 'at once', 'The server is being stopped; the login stays resumable.'),
  1013: close('try_later', 'later', 'The database cannot be reached or the server is full.'),
  4400: close('bad_frame', 'no', 'The first frame was no hello, or too many frames were unreadable.'),
  4401: close('unauthorized', 'no', 'The access token is missing, unknown, expired or revoked.'),
  4403: close('forbidden', 'no', 'The user may not use the chat floor.'),
  4408: close('hello_late', 'later', 'No hello came within hello_ms.'),
  4409: close('replaced', 'no', 'The same tab connected again, or the user has too many sockets.'),
  4411: close('silent', 'at once', 'No frame came for three heartbeats.'),
  4413: close('slow_reader', 'later', 'The client did not read what was sent to it.'),
  4426: close('version', 'no', 'The protocol version is not served; the error frame names those that are.'),
  4429: close('flood', 'later', 'The client went on sending at several times its rate.'),
} as const;
export type CloseCode = keyof typeof CLOSE_CODES;

// ---------------------------------------------------------------------------------------------------------------------
// Words both directions share

const recordId = z
  .string()
  .regex(/^[a-zA-Z0-9]{15}(?:[a-zA-Z0-9]{3})?$/)
  .describe('15- or 18-character record id');
const key = z.string().min(1).max(200);
const chatId = key.describe('names the chat in every frame');
const loginId = key.describe('names one login, from Online or Away to its end');
const offerId = key.describe('names one offer to one agent; the same chat offered again is another offer');
const time = z.int().describe('epoch milliseconds, server time');
const text = (most: number) => z.string().min(1).max(most);

export const presence = z.enum(['Online', 'Away', 'Offline']).describe('the statuses of the console toolkit');
export type Presence = z.infer<typeof presence>;

/** One durable line of a chat. */
export const line = z
  .object({
    chatId,
    sequence: z.int().describe('ascends without gaps within the chat'),
    kind: z
      .enum(['visitor', 'agent', 'system', 'custom', 'whisper'])
      .describe('whisper: from a supervisor to the agents, never to the visitor'),
    at: time,
    userId: recordId.nullable().describe('who wrote it; null for visitor and system'),
    name: z.string().describe('shown beside the line'),
    text: z.string(),
    customType: z.string().nullable().describe('of a custom event'),
    clientId: z.string().nullable().describe('the sender’s own id of the line'),
  })
  .meta({ id: 'Line' });
export type Line = z.infer<typeof line>;

/** What an agent learns of the visitor before and while chatting. */
export const chatSummary = z
  .object({
    chatId,
    chatKey: z.string().describe('ChatKey of the transcript: the session key up to its first `!`'),
    visitorName: z.string(),
    deploymentId: recordId,
    buttonId: recordId.nullable(),
    requestedAt: time,
    details: z
      .array(z.object({ label: z.string(), value: z.string().nullable() }))
      .describe('pre-chat details meant for the agent'),
    ipAddress: z.string().nullable(),
    userAgent: z.string().nullable(),
    language: z.string().nullable(),
    screenResolution: z.string().nullable(),
  })
  .meta({ id: 'ChatSummary' });
export type ChatSummary = z.infer<typeof chatSummary>;

/** An agent in a chat, or asked into it. */
const participant = z.object({ userId: recordId, name: z.string().describe('what the visitor reads') });

/** A request of a Choice button: every qualified agent who is Online sees it, whoever picks it first has it. */
export const listedRequest = z.object({ chat: chatSummary, listedAt: time }).meta({ id: 'ListedRequest' });
export type ListedRequest = z.infer<typeof listedRequest>;

/** Where a chat may be transferred to. */
export const transferTarget = z
  .object({
    kind: z.enum(['agent', 'skill', 'button']),
    id: recordId.describe('of the User, the Skill (any agent who has it) or the LiveChatButton (its queue)'),
  })
  .meta({ id: 'TransferTarget' });
export type TransferTarget = z.infer<typeof transferTarget>;

const requestState = z
  .enum(['requested', 'accepted', 'declined', 'cancelled', 'failed'])
  .describe('declined: refused or timed out, and nobody else is to be asked; failed: nobody could be asked');

/** A request in front of this agent. It uses capacity until it is decided (live-agent-chat.md §0). */
export const offer = z
  .object({
    offerId,
    kind: z.enum(['push', 'direct', 'choice', 'transfer', 'conference']),
    chat: chatSummary,
    offeredAt: time,
    dueAt: time.nullable().describe('push time-out; null: never'),
    from: participant.nullable().describe('who transfers the chat or invites to it; null: routing'),
  })
  .meta({ id: 'Offer' });
export type Offer = z.infer<typeof offer>;

const others = z.array(participant).describe('other agents in the chat, the longest in it first');

/** A file the agent asked the visitor for. */
export const fileTransfer = z
  .object({
    transferId: key,
    state: z
      .enum(['requested', 'success', 'failure', 'cancelled'])
      .describe(
        'requested: not sent yet, or on its way; success: GET /chat/files/{transferId} with the access token gives it',
      ),
    name: z.string().nullable().describe('as the visitor named it; null until it is there'),
    contentType: z.string().nullable(),
    size: z.int().nullable().describe('bytes'),
    requestedAt: time,
  })
  .meta({ id: 'FileTransfer' });
export type FileTransfer = z.infer<typeof fileTransfer>;

/** A chat this agent is engaged in. */
export const engagedChat = z
  .object({
    chat: chatSummary,
    engagedAt: time,
    lines: z
      .array(line)
      .describe(
        'the lines this agent may read, oldest first; of a very long chat the newest, getLines gives those before them',
      ),
    flag: z
      .object({ message: z.string(), raisedAt: time })
      .nullable()
      .describe('the flag this agent has up here'),
    isOwner: z.boolean().describe('the owner may transfer the chat; others are in it by invitation'),
    others,
    transfer: z
      .object({ to: transferTarget, requestedAt: time })
      .nullable()
      .describe('asked for by this agent and not accepted yet'),
    invited: z.array(participant).describe('asked by this agent, and not answered yet'),
    alerts: z
      .object({ criticalWait: z.boolean(), visitorIdle: z.boolean(), visitorConnection: z.boolean() })
      .describe('what is wrong now; each has its event'),
    files: z.array(fileTransfer).describe('files the visitor was asked for, the oldest first'),
    location: z.string().nullable().describe('the page the visitor looks at, where its client tells'),
  })
  .meta({ id: 'EngagedChat' });
export type EngagedChat = z.infer<typeof engagedChat>;

/** What the agent’s configuration allows (LiveChatUserConfig, live-agent-chat.md §6). */
export const settings = z
  .object({
    capacity: z.int().describe('most chats at one time; 0: none are offered'),
    criticalWaitSeconds: z.int().nullable(),
    mayRaiseFlag: z.boolean(),
    mayTransferToAgent: z.boolean(),
    mayTransferToSkill: z.boolean(),
    mayTransferToButton: z.boolean(),
    mayConference: z.boolean(),
    mayBlockVisitor: z.boolean(),
    mayRequestFile: z.boolean(),
    seesSneakPeek: z.boolean(),
    isSneakPeeked: z.boolean().describe('supervisors see what this agent has not sent yet'),
    isAutoAwayOnDecline: z.boolean(),
    isAutoAwayOnPushTimeout: z.boolean(),
    hasRequestSound: z.boolean().default(false).describe('the console is to ring for a request'),
    hasLogoutSound: z.boolean().default(false).describe('… and when the agent is logged out'),
    hasNotifications: z.boolean().default(false).describe('… and to show notifications of the desktop'),
    isMonitored: z.boolean().default(false).describe('supervisors may watch this agent’s chats'),
    isWhisperedTo: z.boolean().default(false).describe('supervisors may whisper to this agent'),
  })
  .meta({ id: 'Settings' });
export type Settings = z.infer<typeof settings>;

/** Everything a console shows for its own agent. Snapshot + the events after lastEventId = a fresh snapshot. */
export const snapshot = z
  .object({
    userId: recordId,
    name: z.string(),
    status: presence,
    loginId: loginId.nullable().describe('null: offline'),
    loginAt: time.nullable(),
    statusSince: time.nullable(),
    settings,
    offers: z.array(offer),
    requests: z.array(listedRequest).describe('to pick from, the oldest first; none while Away'),
    chats: z.array(engagedChat),
    lastEventId: z.int().describe('the last event contained in this snapshot; 0: none yet'),
  })
  .meta({ id: 'Snapshot' });
export type Snapshot = z.infer<typeof snapshot>;

const count = z.int().min(0);
const ms = z.int().min(0).describe('milliseconds');

/** What LiveAgentSession will have, as far as it has come. */
export const figures = z
  .object({
    chatReqAssigned: count,
    chatReqEngaged: count,
    chatReqDeclined: count,
    chatReqTimedOut: count,
    numFlagRaised: count,
    numFlagLoweredAgent: count,
    numFlagLoweredSupervisor: count,
    timeInOnlineStatusMs: ms,
    timeInAwayStatusMs: ms,
    timeIdleMs: ms,
    timeInChatsMs: ms,
    timeAtCapacityMs: ms,
  })
  .meta({ id: 'Figures' });
export type Figures = z.infer<typeof figures>;

/** A login that is still open, as the supervisor’s panel shows it. */
export const openLogin = z
  .object({
    loginId,
    userId: recordId,
    status: presence.exclude(['Offline']),
    connected: z.boolean().describe('false while the contact is lost'),
    loginAt: time,
    statusSince: time,
    contactAt: time,
    capacity: z.int().nullable(),
    engaged: count,
    offered: count,
    figures: figures.describe('at the moment of the answer'),
  })
  .meta({ id: 'OpenLogin' });

/** An agent on the floor: an open login, whose LiveAgentSession is written when it ends. */
export const boardAgent = z
  .object({
    loginId,
    userId: recordId,
    name: z.string(),
    status: presence.exclude(['Offline']),
    connected: z.boolean().describe('false while the contact is lost'),
    loginAt: time,
    statusSince: time,
    capacity: z.int().nullable(),
    engaged: count,
    offered: count,
    skillIds: z.array(recordId),
    lastAcceptAt: time.nullable().describe('when a chat was last taken'),
    figuresAt: time.describe('the moment `figures` are of'),
    figures: figures.describe('open: at a later time t, each running time is t - figuresAt more'),
    running: z
      .object({
        online: z.boolean(),
        away: z.boolean(),
        idle: z.boolean(),
        inChats: z.boolean(),
        atCapacity: z.boolean(),
      })
      .describe('which times go on; none while the contact is lost'),
  })
  .meta({ id: 'BoardAgent' });
export type BoardAgent = z.infer<typeof boardAgent>;

const raisedFlag = z.object({ message: z.string(), raisedAt: time }).nullable();
const boardEngagement = {
  loginId,
  userId: recordId,
  name: z.string(),
  conference: z.boolean().describe('in it by invitation'),
  since: time,
  flag: raisedFlag.describe('the flag this agent has up here'),
};

/** A chat that is not over, as the board shows it. */
export const boardChat = z
  .object({
    chatId,
    chatKey: z.string(),
    visitorName: z.string(),
    state: z
      .enum(['waiting', 'offered', 'engaged'])
      .describe('waiting: in nobody’s hands, it stands in the queues of its button and skills'),
    buttonId: recordId.nullable(),
    skillIds: z.array(recordId).describe('an agent with any of these qualifies'),
    targetUserId: recordId.nullable().describe('the one agent it is for'),
    requestedAt: time,
    waitingSince: time,
    establishedAt: time.nullable().describe('when an agent first took it'),
    offers: z.array(
      z.object({
        loginId,
        userId: recordId,
        kind: offer.shape.kind,
        offeredAt: time,
        dueAt: time.nullable(),
      }),
    ),
    agents: z.array(z.object(boardEngagement)),
  })
  .meta({ id: 'BoardChat' });
export type BoardChat = z.infer<typeof boardChat>;

const boardButton = z
  .object({
    buttonId: recordId,
    label: z.string(),
    routing: z.string(),
    skillIds: z.array(recordId),
    hasQueue: z.boolean(),
    perAgentQueueLength: z.int().nullable(),
    overallQueueLength: z.int().nullable(),
  })
  .meta({ id: 'BoardButton' });
export type BoardButton = z.infer<typeof boardButton>;
const boardSkill = z.object({ skillId: recordId, label: z.string() });
export type BoardSkill = z.infer<typeof boardSkill>;

/** The supervisor’s board. A board + the changes of the versions after it = a fresh board. Lists ascend by their id. */
export const board = z
  .object({
    version: z.int().describe('ascends by one with each change, on one socket'),
    agents: z.array(boardAgent),
    chats: z.array(boardChat),
    buttons: z.array(boardButton),
    skills: z.array(boardSkill),
  })
  .meta({ id: 'Board' });
export type Board = z.infer<typeof board>;

/** What is new, different (given whole) or gone since the version before. */
export const boardChange = z
  .object({
    ...board.shape,
    agentsGone: z.array(loginId),
    chatsGone: z.array(chatId),
    buttonsGone: z.array(recordId),
    skillsGone: z.array(recordId),
  })
  .meta({ id: 'BoardChange' });
export type BoardChange = z.infer<typeof boardChange>;

/** A chat a supervisor watches; nobody in it notices. */
export const watchedChat = z
  .object({
    chat: chatSummary,
    state: z.enum(['waiting', 'offered', 'engaged', 'ended']).describe('ended: nothing more comes'),
    agents: z.array(
      z.object({
        ...boardEngagement,
        isSneakPeeked: z.boolean().describe('what this agent has not sent yet is shown, too'),
      }),
    ),
    files: z.array(fileTransfer).describe('files the visitor was asked for, the oldest first'),
    lines: z
      .array(line)
      .describe('oldest first, whispers too; of a long chat the newest, getLines gives those before them'),
  })
  .meta({ id: 'WatchedChat' });
export type WatchedChat = z.infer<typeof watchedChat>;

/** What is new in a watched chat: lines to append; state, agents and files where they may be different. */
export const watchedChange = z
  .object({
    chatId,
    lines: watchedChat.shape.lines,
    state: watchedChat.shape.state.optional(),
    agents: watchedChat.shape.agents.optional(),
    files: watchedChat.shape.files.optional(),
  })
  .meta({ id: 'WatchedChange' });
export type WatchedChange = z.infer<typeof watchedChange>;

// ---------------------------------------------------------------------------------------------------------------------
// Events: durable, numbered within a login, given again on resume

/** What happened to this agent, by `type`. Ids ascend by one within the login. */
export const EVENTS = {
  statusChanged: {
    doc: 'The status, by whatever cause: another tab, a supervisor, an automatic Away.',
    body: z.object({
      status: presence.exclude(['Offline']),
      by: z.enum(['agent', 'supervisor', 'autoAway']),
    }),
  },
  settingsChanged: {
    doc: 'An administrator changed the agent’s configuration.',
    body: z.object({ settings }),
  },
  offered: { doc: 'A chat request is in front of this agent.', body: z.object({ offer }) },
  offerEnded: {
    doc: 'An offer is gone without having been accepted.',
    body: z.object({
      offerId,
      chatId,
      reason: z
        .enum(['declined', 'pushTimeout', 'visitorLeft', 'withdrawn', 'agentGone'])
        .describe('withdrawn: the inviter took it back, or is gone'),
    }),
  },
  requestListed: {
    doc: 'A request of a Choice button is there to be picked.',
    body: z.object({ request: listedRequest }),
  },
  requestGone: {
    doc: 'A listed request was picked by somebody or given up, or is no longer for this agent.',
    body: z.object({ chatId }),
  },
  chatStarted: {
    doc: 'This agent is engaged from now on: accepted, accepted automatically, transferred or invited. Ends the offer, if any.',
    body: z.object({ offerId: offerId.nullable(), chat: engagedChat }),
  },
  line: { doc: 'A line of a chat, the agent’s own included.', body: z.object({ line }) },
  chatEnded: {
    doc: 'The agent’s engagement is over. `left`: the chat goes on without this agent.',
    body: z.object({
      chatId,
      endedBy: z.enum(['Agent', 'Visitor', 'System']),
      reason: z.string(),
      left: z.boolean(),
    }),
  },
  flagRaised: {
    doc: 'The agent’s assistance flag is up in this chat.',
    body: z.object({ chatId, message: z.string() }),
  },
  flagLowered: {
    doc: 'The flag is down again.',
    body: z.object({ chatId, by: z.enum(['agent', 'supervisor']) }),
  },
  transfer: {
    doc: 'How a transfer this agent asked for stands. One to a button begins with the `chatEnded` that makes room.',
    body: z.object({ chatId, to: transferTarget, state: requestState }),
  },
  invitation: {
    doc: 'How an invitation this agent made stands.',
    body: z.object({ chatId, invited: participant, state: requestState }),
  },
  participants: {
    doc: 'Agents joined or left the chat, or it has another owner.',
    body: z.object({ chatId, isOwner: z.boolean(), others }),
  },
  fileTransfer: {
    doc: 'A file was asked for, or how that ended. Takes the place of the one with the same `transferId`.',
    body: z.object({ chatId, file: fileTransfer }),
  },
  breadcrumb: {
    doc: 'The visitor went to another page.',
    body: z.object({ chatId, location: z.string() }),
  },
  criticalWait: {
    doc: 'The visitor has waited for an answer for longer than criticalWaitSeconds; cleared by the answer.',
    body: z.object({ chatId, alert: z.boolean() }),
  },
  visitorIdle: {
    doc: 'The visitor’s idle warning is shown, or cleared.',
    body: z.object({ chatId, warning: z.boolean() }),
  },
  visitorConnection: {
    doc: 'The visitor’s client has not polled for the deployment’s warning time, or polls again.',
    body: z.object({ chatId, warning: z.boolean() }),
  },
  loggedOut: {
    doc: 'The login ended and its LiveAgentSession is written. The last event of a login.',
    body: z.object({ reason: z.enum(['logout', 'lost', 'supervisor', 'deactivated', 'shutdown']) }),
  },
} as const satisfies Record<string, { doc: string; body: z.ZodObject }>;

/** What every event carries beside its body. */
export const eventHead = z.object({ id: z.int(), loginId, at: time });
export type EventHead = z.infer<typeof eventHead>;
export type EventType = keyof typeof EVENTS;
/** One event as it travels: `{ id, loginId, at, type, …body }`. */
export type LiveEvent = {
  [T in EventType]: EventHead & { type: T } & z.output<(typeof EVENTS)[T]['body']>;
}[EventType];

// ---------------------------------------------------------------------------------------------------------------------
// Signals: transient, unnumbered, at most twice a second for one matter, lost when nobody listens

/** Server to client, by `type`. */
export const SIGNALS = {
  visitorTyping: {
    doc: 'The visitor began or stopped typing.',
    body: z.object({ chatId, typing: z.boolean() }),
  },
  visitorSneakPeek: {
    doc: 'What stands in the visitor’s input line, where the agent’s configuration shows it.',
    body: z.object({ chatId, position: z.int(), text: z.string() }),
  },
  agentTyping: {
    doc: 'Another agent in the chat began or stopped typing.',
    body: z.object({ chatId, userId: recordId, typing: z.boolean() }),
  },
  agentSneakPeek: {
    doc: 'What stands in the input line of an agent whose chat is watched, where the agent’s configuration shows it.',
    body: z.object({ chatId, userId: recordId, text: z.string() }),
  },
} as const satisfies Record<string, { doc: string; body: z.ZodObject }>;

/** Client to server, by `type`. */
export const AGENT_SIGNALS = {
  typing: { doc: 'The agent began or stopped typing.', body: z.object({ chatId, typing: z.boolean() }) },
  sneakPeek: {
    doc: 'What stands in the agent’s input line. Sent only where `settings.isSneakPeeked`; supervisors who watch see it.',
    body: z.object({ chatId, text: z.string().max(LIVE_LIMITS.sneak_peek_characters) }),
  },
} as const satisfies Record<string, { doc: string; body: z.ZodObject }>;

export type SignalType = keyof typeof SIGNALS;
export type LiveSignal = {
  [T in SignalType]: { type: T } & z.output<(typeof SIGNALS)[T]['body']>;
}[SignalType];
export type AgentSignalType = keyof typeof AGENT_SIGNALS;
export type AgentSignal = {
  [T in AgentSignalType]: { type: T } & z.output<(typeof AGENT_SIGNALS)[T]['body']>;
}[AgentSignalType];

// ---------------------------------------------------------------------------------------------------------------------
// Requests: an operation, its parameters, its answer

const nothing = z.object({});
const labelled = z.object({ id: recordId, label: z.string() });

/**
 * What a client may ask. Every request is answered exactly once, by its id, after what it asked is durable. A request
 * whose answer was lost may be sent again: each operation is idempotent (lines by `clientId`).
 */
export const AGENT_OPERATIONS = {
  setStatus: {
    doc: 'Goes Online or Away, which opens a login when there is none, or Offline, which ends it (running chats go back to routing). Answers the new snapshot.',
    params: z.object({ status: presence }),
    result: z.object({ snapshot }),
  },
  logout: {
    doc: 'The same as setStatus Offline. Answers the id of the LiveAgentSession; null: there was no login.',
    params: nothing,
    result: z.object({ sessionId: recordId.nullable() }),
  },
  acceptOffer: {
    doc: 'Takes an offered chat. Accepting one’s own accepted offer again answers the same.',
    params: z.object({ offerId }),
    result: z.object({ chat: engagedChat }),
  },
  declineOffer: {
    doc: 'Refuses an offer (ChatReqDeclined; invitations do not count). Refusing it again changes nothing.',
    params: z.object({ offerId, reason: text(255).optional() }),
    result: nothing,
  },
  sendMessage: {
    doc: 'Says something to the visitor. `clientId` is the sender’s own id of the line: sent twice, it counts once.',
    params: z.object({ chatId, text: text(LIVE_LIMITS.message_characters), clientId: text(64).optional() }),
    result: z.object({ line }),
  },
  sendCustomEvent: {
    doc: 'A custom event for the visitor’s client.',
    params: z.object({
      chatId,
      type: text(255),
      data: z.string().max(LIVE_LIMITS.custom_event_characters),
      clientId: text(64).optional(),
    }),
    result: z.object({ line }),
  },
  endChat: {
    doc: 'Ends a chat for everyone in it. Ending an ended one changes nothing.',
    params: z.object({ chatId }),
    result: nothing,
  },
  raiseFlag: {
    doc: 'Raises the assistance flag in a chat the agent is in. A raised flag stays as it is.',
    params: z.object({ chatId, message: text(255) }),
    result: nothing,
  },
  lowerFlag: {
    doc: 'Lowers one’s own flag (NumFlagLoweredAgent). A lowered one stays lowered.',
    params: z.object({ chatId }),
    result: nothing,
  },
  pickChat: {
    doc: 'Takes a listed request (ChatReqAssigned and ChatReqEngaged count it). Of several agents the first has it; the others, and an agent without room, are refused with INVALID_OPERATION. Picking one’s own again answers the same.',
    params: z.object({ chatId }),
    result: z.object({ chat: engagedChat }),
  },
  getTransferTargets: {
    doc: 'Where the agent may transfer this chat to, and whom invite, as things are now. `available`: somebody could take it at once.',
    params: z.object({ chatId }),
    result: z.object({
      agents: z.array(participant).describe('Online, with room, and not in the chat'),
      skills: z.array(z.object({ id: recordId, label: z.string(), available: z.boolean() })),
      buttons: z.array(z.object({ id: recordId, label: z.string(), available: z.boolean() })),
      mayTransferToAgent: z.boolean(),
      mayConference: z.boolean(),
    }),
  },
  transfer: {
    doc: 'Asks to hand the chat over; only its owner may, one transfer at a time. To an agent or a skill: the chat stays until somebody accepts. To a button: the agent is out of it at once. `failed`: nobody is there to be asked, the chat stays.',
    params: z.object({ chatId, to: transferTarget }),
    result: z.object({ state: z.enum(['requested', 'failed']) }),
  },
  cancelTransfer: {
    doc: 'Takes back a transfer that nobody has accepted. One taken back already changes nothing.',
    params: z.object({ chatId }),
    result: nothing,
  },
  invite: {
    doc: 'Asks another agent into the chat (conference). Asking who was asked already changes nothing.',
    params: z.object({ chatId, userId: recordId }),
    result: z.object({ state: z.enum(['requested', 'failed']) }),
  },
  cancelInvitation: {
    doc: 'Takes an invitation back. One that is over changes nothing.',
    params: z.object({ chatId, userId: recordId }),
    result: nothing,
  },
  leaveChat: {
    doc: 'Leaves a conference. If the owner leaves, who is in it longest owns the chat. The last agent cannot leave.',
    params: z.object({ chatId }),
    result: nothing,
  },
  blockVisitor: {
    doc: 'Blocks the visitor’s address (a LiveChatBlockingRule) and ends the chat for everyone in it.',
    params: z.object({ chatId }),
    result: nothing,
  },
  requestFile: {
    doc: 'Asks the visitor for a file. One that is asked for already is answered again.',
    params: z.object({ chatId }),
    result: z.object({ file: fileTransfer }),
  },
  cancelFile: {
    doc: 'Takes that back, also while the file is being sent. Without one nothing happens.',
    params: z.object({ chatId }),
    result: nothing,
  },
  getQuickTexts: {
    doc: 'Ready texts for the channel Chat that the user may read, by name; at most 1,000.',
    params: nothing,
    result: z.object({
      quickTexts: z.array(
        z.object({
          id: recordId,
          name: z.string(),
          message: z.string(),
          category: z.string().nullable(),
        }),
      ),
    }),
  },
  getLines: {
    doc: 'Lines of a running chat from before those that are shown: the newest `limit` of those numbered below `beforeSequence` that fit into a frame, oldest first. Whoever is in the chat may ask, and who may supervise; whispers are among them. The first line of a chat has the sequence 1; a page that ends there is the last.',
    params: z.object({
      chatId,
      beforeSequence: z.int().min(1).describe('of the oldest line shown'),
      limit: z.int().min(1).max(LIVE_LIMITS.lines_page).optional().describe('lines_page, if absent'),
    }),
    result: z.object({ lines: z.array(line) }),
  },
  getDirectory: {
    doc: 'What the ids in requests and chats are called, by label; of each kind at most 2,000.',
    params: nothing,
    result: z.object({
      buttons: z.array(labelled),
      skills: z.array(labelled),
      deployments: z.array(labelled),
    }),
  },
  getSnapshot: { doc: 'A fresh snapshot.', params: nothing, result: z.object({ snapshot }) },
  getEvents: {
    doc: 'Events of the open login after an id, oldest first, at most events_page and as many as fit into a frame.',
    params: z.object({ afterEventId: z.int().min(0) }),
    result: z.object({ events: z.array(z.looseObject({ id: z.int(), type: z.string() })) }),
  },
} as const satisfies Record<string, { doc: string; params: z.ZodType; result: z.ZodType }>;

/** What only a user who may supervise may ask; everybody else is refused with INSUFFICIENT_ACCESS. */
export const SUPERVISOR_OPERATIONS = {
  getOpenLogins: {
    doc: 'The logins that are open now, with their figures so far.',
    params: nothing,
    result: z.object({ logins: z.array(openLogin) }),
  },
  watchBoard: {
    doc: 'Shows the board: a `board` frame comes before the answer, `boardChange` frames after it, at most four a second. A client too slow for them gets a whole `board` again. Asked again, a fresh one.',
    params: nothing,
    result: nothing,
  },
  unwatchBoard: { doc: 'Ends that.', params: nothing, result: nothing },
  watchChat: {
    doc: 'Watches a chat live without anybody in it noticing: a `watchedChat` frame comes before the answer, then `watchedChange` frames and the signals of both sides, until the chat ends or `unwatchChat`. A client too slow for them gets `watchedLost` and may ask again.',
    params: z.object({ chatId }),
    result: nothing,
  },
  unwatchChat: { doc: 'Ends that.', params: z.object({ chatId }), result: nothing },
  lowerFlagOf: {
    doc: 'Lowers the flag an agent has up in a chat (NumFlagLoweredSupervisor). A lowered one stays lowered.',
    params: z.object({ chatId, userId: recordId }),
    result: nothing,
  },
  whisper: {
    doc: 'Says something to the agents of a chat that its visitor never sees.',
    params: z.object({ chatId, text: text(LIVE_LIMITS.message_characters), clientId: text(64).optional() }),
    result: z.object({ line }),
  },
  setStatusOf: {
    doc: 'Sets an agent Away, or Offline, which ends the login. `loggedIn` false: there was none.',
    params: z.object({ userId: recordId, status: presence.exclude(['Online']) }),
    result: z.object({ loggedIn: z.boolean() }),
  },
} as const satisfies Record<string, { doc: string; params: z.ZodType; result: z.ZodType }>;

/** Everything a client may ask. */
export const OPERATIONS = { ...AGENT_OPERATIONS, ...SUPERVISOR_OPERATIONS } as const;
export type Operation = keyof typeof OPERATIONS;
export type Params<O extends Operation> = z.input<(typeof OPERATIONS)[O]['params']>;
export type Result<O extends Operation> = z.output<(typeof OPERATIONS)[O]['result']>;

/** Whether a word a client sent names an operation of ours, own properties only. */
export function isOperation(name: string): name is Operation {
  return Object.hasOwn(OPERATIONS, name);
}

/** Codes of refusals and error frames that are the protocol’s own. */
export const ERROR_CODES = {
  bad_frame: 'The frame is not JSON, or not a frame of this protocol.',
  bad_params: 'The parameters do not fit the operation; nothing was done.',
  unknown_operation: 'This server does not know the operation.',
  unsupported_version: 'The protocol version of the hello is not served.',
  rate_limited: 'Too many frames; nothing was done, try again later.',
  too_many_requests: 'More than requests_in_flight requests are unanswered.',
  failure: 'The server failed at something of its own.',
} as const;
/** Codes the server passes on, with their usual meaning in Salesforce’s enumerations. */
export const PASSED_CODES = {
  INVALID_SESSION_ID: 'The access token is missing, unknown, expired or revoked.',
  INSUFFICIENT_ACCESS: 'The user may not do this, or the agent’s configuration does not allow it.',
  NOT_FOUND: 'No such chat, offer or login among those the agent may touch.',
  INVALID_OPERATION:
    'It exists, but not in a state that allows this: the offer is gone, the chat is over, nobody is logged in.',
  INVALID_INPUT: 'A value is out of its range.',
  REQUEST_LIMIT_EXCEEDED: 'Too many watch the board, or too many chats are watched.',
  STRING_TOO_LONG: 'A text is above its limit.',
  SERVER_UNAVAILABLE: 'The server is stopping or its database is away; nothing is lost, try again.',
} as const;

// ---------------------------------------------------------------------------------------------------------------------
// Frames: one JSON object each, as text

const requestId = z
  .int()
  .min(0)
  .max(Number.MAX_SAFE_INTEGER)
  .describe('chosen by the client, unique on the socket');
const typed = z.looseObject({ type: z.string().max(64) });
/** An event before its body is checked: clients skip types they do not know, but count their ids. */
const anyEvent = z.looseObject({ ...eventHead.shape, type: z.string() });

export const hello = z.object({
  type: z.literal('hello'),
  protocol: z.int(),
  token: z
    .string()
    .min(1)
    .max(512)
    .describe('an access token; never in the address, where logs would keep it'),
  tab: text(64).describe('this tab’s own name; several tabs of one user are one login'),
  resume: z
    .object({ loginId, lastEventId: z.int().min(0) })
    .optional()
    .describe('the login this client was in, and the last event it processed'),
  client: z.string().max(100).optional().describe('name and version, for the server’s log'),
});
export type Hello = z.infer<typeof hello>;

export const request = z.object({
  type: z.literal('request'),
  id: requestId,
  op: z.string().max(64),
  params: z.unknown(),
});
export type Request = z.infer<typeof request>;

/** Client to server. */
export const clientFrame = z.discriminatedUnion('type', [
  hello,
  request,
  z.object({ type: z.literal('signal'), signal: typed }),
  z.object({ type: z.literal('heartbeat') }),
]);
export type ClientFrame = z.infer<typeof clientFrame>;

export const welcome = z.object({
  type: z.literal('welcome'),
  protocol: z.int(),
  user: z.object({ id: recordId, username: z.string(), name: z.string(), maySupervise: z.boolean() }),
  serverTime: time,
  heartbeatMs: z.int().describe('the client sends a heartbeat this often, busy or not'),
  graceMs: z.int().describe('a login without contact is closed after this long'),
  resumed: z.boolean().describe('an open login goes on'),
  missed: z
    .array(anyEvent)
    .describe(
      'events after resume.lastEventId, oldest first, as many as fit; the snapshot contains the effects of all',
    ),
  snapshot,
});
export type Welcome = z.infer<typeof welcome>;

const failure = z.object({ code: z.string(), message: z.string() });

/** Server to client. */
export const serverFrame = z.discriminatedUnion('type', [
  welcome,
  z.object({ type: z.literal('response'), id: requestId, result: z.unknown() }),
  z.object({ type: z.literal('refusal'), id: requestId, error: failure }),
  z.object({ type: z.literal('event'), event: anyEvent }),
  z.object({ type: z.literal('snapshot'), snapshot }),
  z.object({ type: z.literal('signal'), signal: typed }),
  z.object({ type: z.literal('board'), board }),
  z.object({ type: z.literal('boardChange'), change: boardChange }),
  z.object({ type: z.literal('watchedChat'), watched: watchedChat }),
  z.object({ type: z.literal('watchedChange'), change: watchedChange }),
  z.object({ type: z.literal('watchedLost'), chatId }),
  z.object({ type: z.literal('heartbeat') }),
  z.object({ type: z.literal('error'), error: failure, versions: z.array(z.int()).optional() }),
]);
export type ServerFrame = z.infer<typeof serverFrame>;
