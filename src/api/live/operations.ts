/**
 * What each operation of the contract does on the floor. Invariant: parameters come here checked by the schema, and
 * what goes out is what the schema says; a floor whose shapes drift from the contract does not compile.
 */

import type { z } from 'zod';
import type { AgentEvent, AgentState, AgentTransient, Floor, Supervisor } from '../../chat/floor.js';
import { fittingChat, fittingState, newestLines, oldestEvents } from './fitting.js';
import type { Frozen } from './frozen.js';
import {
  LIVE_LIMITS,
  type LiveEvent,
  type LiveSignal,
  type OPERATIONS,
  type Operation,
  type Result,
  type Snapshot,
} from './schema.js';
import type { Watches } from './watches.js';

type CheckedParams<O extends Operation> = z.output<(typeof OPERATIONS)[O]['params']>;

/** Who asks, over which connection. Operations of supervisors get here only for those who may supervise. */
export interface Asking {
  readonly connectionId: string;
  readonly by: Supervisor;
  readonly maySupervise: boolean;
  /** What this socket looks at. */
  readonly watches: Watches;
}

type Handlers = {
  readonly [O in Operation]: (
    floor: Floor,
    asking: Asking,
    params: CheckedParams<O>,
  ) => Promise<Frozen<Result<O>>>;
};

export const HANDLERS: Handlers = {
  setStatus: async (floor, { connectionId }, { status }) => ({
    snapshot: wireSnapshot(await floor.setStatus(connectionId, status)),
  }),
  logout: (floor, { connectionId }) => floor.logout(connectionId),
  acceptOffer: async (floor, { connectionId }, { offerId }) => ({
    chat: fittingChat(await floor.accept(connectionId, offerId)),
  }),
  declineOffer: async (floor, { connectionId }, { offerId, reason }) => {
    await floor.decline(connectionId, offerId, reason);
    return {};
  },
  sendMessage: async (floor, { connectionId }, { chatId, text, clientId }) => ({
    line: await floor.sendLine(connectionId, {
      chatId,
      text,
      ...(clientId === undefined ? {} : { clientId }),
    }),
  }),
  sendCustomEvent: async (floor, { connectionId }, { chatId, type, data, clientId }) => ({
    line: await floor.sendCustomEvent(connectionId, {
      chatId,
      type,
      data,
      ...(clientId === undefined ? {} : { clientId }),
    }),
  }),
  endChat: async (floor, { connectionId }, { chatId }) => {
    await floor.endChat(connectionId, chatId);
    return {};
  },
  raiseFlag: async (floor, { connectionId }, { chatId, message }) => {
    await floor.raiseFlag(connectionId, chatId, message);
    return {};
  },
  lowerFlag: async (floor, { connectionId }, { chatId }) => {
    await floor.lowerFlag(connectionId, chatId);
    return {};
  },
  pickChat: async (floor, { connectionId }, { chatId }) => ({
    chat: fittingChat(await floor.pickChat(connectionId, chatId)),
  }),
  getTransferTargets: (floor, { connectionId }, { chatId }) => floor.transferTargets(connectionId, chatId),
  transfer: (floor, { connectionId }, transfer) => floor.transfer(connectionId, transfer),
  cancelTransfer: async (floor, { connectionId }, { chatId }) => {
    await floor.cancelTransfer(connectionId, chatId);
    return {};
  },
  invite: (floor, { connectionId }, invitation) => floor.invite(connectionId, invitation),
  cancelInvitation: async (floor, { connectionId }, invitation) => {
    await floor.cancelInvitation(connectionId, invitation);
    return {};
  },
  leaveChat: async (floor, { connectionId }, { chatId }) => {
    await floor.leaveChat(connectionId, chatId);
    return {};
  },
  blockVisitor: async (floor, { connectionId }, { chatId }) => {
    await floor.blockVisitor(connectionId, chatId);
    return {};
  },
  requestFile: async (floor, { connectionId }, { chatId }) => ({
    file: await floor.requestFile(connectionId, chatId),
  }),
  cancelFile: async (floor, { connectionId }, { chatId }) => {
    await floor.cancelFile(connectionId, chatId);
    return {};
  },
  getQuickTexts: async (floor, { connectionId }) => ({ quickTexts: await floor.quickTexts(connectionId) }),
  getOpenLogins: async (floor) => ({ logins: await floor.openLogins() }),
  lowerFlagOf: async (floor, { by }, { chatId, userId }) => {
    await floor.supervisor.lowerFlag(by, { chatId, userId });
    return {};
  },
  whisper: async (floor, { by }, { chatId, text, clientId }) => ({
    line: await floor.supervisor.whisper(by, {
      chatId,
      text,
      ...(clientId === undefined ? {} : { clientId }),
    }),
  }),
  setStatusOf: async (floor, { by }, { userId, status }) => ({
    loggedIn: await floor.supervisor.setStatus(by, { userId, status }),
  }),
  watchBoard: async (_, { watches }) => {
    await watches.watchBoard();
    return {};
  },
  unwatchBoard: async (_, { watches }) => {
    watches.unwatchBoard();
    return {};
  },
  watchChat: async (_, { watches }, { chatId }) => {
    await watches.watchChat(chatId);
    return {};
  },
  unwatchChat: async (_, { watches }, { chatId }) => {
    watches.unwatchChat(chatId);
    return {};
  },
  getLines: async (floor, { by: { userId }, maySupervise }, { limit = LIVE_LIMITS.lines_page, ...page }) => ({
    lines: newestLines(await floor.linesBefore({ userId, maySupervise }, { ...page, limit })),
  }),
  getDirectory: (floor) => floor.directory(),
  getSnapshot: async (floor, { connectionId }) => ({
    snapshot: wireSnapshot(await floor.agentState(connectionId)),
  }),
  getEvents: async (floor, { connectionId }, { afterEventId }) => ({
    events: oldestEvents(await floor.eventsSince(connectionId, afterEventId)).map(wireEvent),
  }),
};

/** The floor's snapshot is the wire's; the assignment is the proof. */
export function wireSnapshot(state: AgentState): Frozen<Snapshot> {
  return fittingState(state);
}

export function wireEvent(event: AgentEvent): Frozen<LiveEvent> {
  return event.type === 'chatStarted' ? { ...event, chat: fittingChat(event.chat) } : event;
}

/** undefined: not for the client, the connection itself acts on it. */
export function wireSignal(transient: AgentTransient): Frozen<LiveSignal> | undefined {
  return transient.type === 'loginOpened' ? undefined : transient;
}

/** Whatever answers with a snapshot goes through here, so that none overtakes a newer one. */
export const LOGIN_LANE = '';

/**
 * Requests of one lane run one after the other: what concerns a chat in the order it was sent, what concerns the
 * login likewise, different chats side by side.
 */
export function laneOf(op: Operation, params: unknown): string {
  if (LOOKS.has(op)) return 'looks';
  return OF_A_CHAT.has(op) ? (params as { chatId: string }).chatId : LOGIN_LANE;
}

/** No chat and no login waits for who only looks. */
const LOOKS: ReadonlySet<Operation> = new Set([
  'getLines',
  'getDirectory',
  'getOpenLogins',
  'watchBoard',
  'unwatchBoard',
  'watchChat',
  'unwatchChat',
]);

const OF_A_CHAT: ReadonlySet<Operation> = new Set([
  'sendMessage',
  'sendCustomEvent',
  'endChat',
  'raiseFlag',
  'lowerFlag',
  'lowerFlagOf',
  'whisper',
  'pickChat',
  'getTransferTargets',
  'transfer',
  'cancelTransfer',
  'invite',
  'cancelInvitation',
  'leaveChat',
  'blockVisitor',
  'requestFile',
  'cancelFile',
]);
