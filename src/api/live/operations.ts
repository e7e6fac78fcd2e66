/**
 * What each operation of the contract does on the floor. Invariant: parameters come here checked by the schema, and
 * what goes out is what the schema says; a floor whose shapes drift from the contract does not compile.
 */

import type { z } from 'zod';
import type { AgentEvent, AgentFloor, AgentState, AgentTransient } from '../../chat/floor.js';
import type { LiveEvent, LiveSignal, OPERATIONS, Operation, Result, Snapshot } from './schema.js';

/** The floor hands out readonly records; on the wire that makes no difference. */
type Frozen<T> = T extends object ? { readonly [K in keyof T]: Frozen<T[K]> } : T;

type CheckedParams<O extends Operation> = z.output<(typeof OPERATIONS)[O]['params']>;

type Handlers = {
  readonly [O in Operation]: (
    floor: AgentFloor,
    connectionId: string,
    params: CheckedParams<O>,
  ) => Promise<Frozen<Result<O>>>;
};

export const HANDLERS: Handlers = {
  setStatus: async (floor, connection, { status }) => ({
    snapshot: wireSnapshot(await floor.setStatus(connection, status)),
  }),
  logout: (floor, connection) => floor.logout(connection),
  acceptOffer: async (floor, connection, { offerId }) => ({ chat: await floor.accept(connection, offerId) }),
  declineOffer: async (floor, connection, { offerId, reason }) => {
    await floor.decline(connection, offerId, reason);
    return {};
  },
  sendMessage: async (floor, connection, { chatId, text, clientId }) => ({
    line: await floor.sendLine(connection, { chatId, text, ...(clientId === undefined ? {} : { clientId }) }),
  }),
  sendCustomEvent: async (floor, connection, { chatId, type, data, clientId }) => ({
    line: await floor.sendCustomEvent(connection, {
      chatId,
      type,
      data,
      ...(clientId === undefined ? {} : { clientId }),
    }),
  }),
  endChat: async (floor, connection, { chatId }) => {
    await floor.endChat(connection, chatId);
    return {};
  },
  getSnapshot: async (floor, connection) => ({ snapshot: wireSnapshot(await floor.agentState(connection)) }),
  getEvents: async (floor, connection, { afterEventId }) => ({
    events: (await floor.eventsSince(connection, afterEventId)).map(wireEvent),
  }),
};

/** The floor's snapshot is the wire's; the assignment is the proof. */
export function wireSnapshot(state: AgentState): Frozen<Snapshot> {
  return state;
}

export function wireEvent(event: AgentEvent): Frozen<LiveEvent> {
  return event;
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
  if (op === 'sendMessage' || op === 'sendCustomEvent' || op === 'endChat') {
    return (params as { chatId: string }).chatId;
  }
  return LOGIN_LANE;
}
