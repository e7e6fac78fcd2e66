/**
 * The order in which one socket learns what happened: a snapshot of a login before its events, and the events once
 * each, in ascending ids. Invariant: of a login that began while the socket was open every event is sent; of one that
 * was there before, every event after the welcome's snapshot.
 */

import type { AgentEvent, AgentState } from '../../chat/floor.js';
import { wireEvent, wireSnapshot } from './operations.js';

export interface EventStreamDeps {
  readonly send: (frame: object) => void;
  /** A fresh snapshot; undefined when the connection has ended meanwhile. */
  readonly readState: () => Promise<AgentState | undefined>;
  /** Runs work that reads a snapshot and sends it, after all such work before it: no snapshot overtakes a newer one. */
  readonly inTurn: (work: () => Promise<void>) => Promise<void>;
  /** The snapshot could not be read. Without it the client would show nonsense. */
  readonly failed: (error: unknown) => void;
}

export interface EventStream {
  /** The welcome with this snapshot has been sent: events flow from now on. */
  open(state: AgentState): void;
  /** This snapshot has been sent in answer to a request, in its turn. */
  answered(state: AgentState): void;
  event(event: AgentEvent): void;
  /** Another tab opened this login. */
  loginOpened(loginId: string): void;
}

export function createEventStream({ send, readState, inTurn, failed }: EventStreamDeps): EventStream {
  let isOpen = false;
  let isReading = false;
  /** The login whose events are sent, and the last of them. */
  let told: { loginId: string; lastEventId: number } | undefined;
  /** Snapshots that were asked for, so far. */
  let reads = 0;
  /** Events of logins the client has no snapshot of yet, and how many snapshots had been asked for when each came. */
  let early: { readonly event: AgentEvent; readonly reads: number }[] = [];
  /** A login that was opened after the snapshot that is being read was asked for. */
  let opened: string | undefined;

  function tell(event: AgentEvent): void {
    if (told === undefined || event.loginId !== told.loginId || event.id <= told.lastEventId) return;
    told.lastEventId = event.id;
    send({ type: 'event', event: wireEvent(event) });
  }

  /** The client has this snapshot now. What waits of the login before is said first, then what waits of this one. */
  function adopt({ loginId }: AgentState): void {
    const waiting = early;
    early = [];
    for (const { event } of waiting) tell(event);
    if (loginId === null || loginId === told?.loginId) return;
    told = { loginId, lastEventId: 0 };
    for (const { event } of waiting) tell(event);
  }

  function isSnapshotWanted(): boolean {
    return early.length > 0 || (opened !== undefined && opened !== told?.loginId);
  }

  /** Sends snapshots until there is one for every event that waits. */
  async function read(): Promise<void> {
    if (isReading) return;
    isReading = true;
    try {
      do await inTurn(readOnce);
      while (isSnapshotWanted());
    } catch (error) {
      failed(error);
    } finally {
      isReading = false;
    }
  }

  async function readOnce(): Promise<void> {
    reads++;
    opened = undefined;
    const state = await readState();
    if (state === undefined) {
      early = [];
      return;
    }
    send({ type: 'snapshot', snapshot: wireSnapshot(state) });
    const waiting = early;
    adopt(state);
    // What came while the snapshot was read may belong to a login younger than it.
    early = waiting.filter((one) => one.reads === reads && one.event.loginId !== told?.loginId);
  }

  return {
    open(state) {
      isOpen = true;
      const { loginId, lastEventId } = state;
      if (loginId !== null) told = { loginId, lastEventId };
      const isOfAnother = early.some(({ event }) => event.loginId !== told?.loginId);
      if (isOfAnother || (opened !== undefined && opened !== loginId)) void read();
      else adopt(state);
    },
    answered: adopt,
    event(event) {
      if (isOpen && event.loginId === told?.loginId) {
        tell(event);
        return;
      }
      early.push({ event, reads });
      if (isOpen) void read();
    },
    loginOpened(loginId) {
      if (told?.loginId === loginId) return;
      opened = loginId;
      if (isOpen) void read();
    },
  };
}
