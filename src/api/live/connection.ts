/**
 * One agent's socket, from its first frame to its last: hello, welcome, requests in lanes, signals. The order of its
 * events is event-stream.ts. Invariants: nothing is answered to who has not said hello; requests about one chat are
 * done in the order they came; a frame that cannot be read is answered, never thrown.
 */

import type { WebSocket } from 'ws';
import type { SupervisedFloor } from '../../chat/board-views.js';
import type { AgentConnected, AgentState, AgentTransient, Floor } from '../../chat/floor.js';
import { ApiError } from '../../errors.js';
import { isConnectionLoss } from '../../store/database.js';
import { createEventStream } from './event-stream.js';
import { oldestEvents } from './fitting.js';
import {
  type Asking,
  HANDLERS,
  LOGIN_LANE,
  laneOf,
  wireEvent,
  wireSignal,
  wireSnapshot,
} from './operations.js';
import {
  AGENT_SIGNALS,
  CLOSE_CODES,
  type ClientFrame,
  type CloseCode,
  clientFrame,
  type Hello,
  isOperation,
  LIVE_LIMITS,
  OPERATIONS,
  PROTOCOL_VERSION,
  type Request,
  SUPERVISOR_OPERATIONS,
} from './schema.js';
import { createTokenBucket } from './token-bucket.js';
import { createTokenWatch, type TokenWatch } from './token-watch.js';
import { createWatches } from './watches.js';

/** What the token said about its bearer. */
export interface LiveUser {
  readonly userId: string;
  readonly username: string;
  readonly maySupervise: boolean;
}

export interface ConnectionDeps {
  readonly floor: SupervisedFloor;
  /** Throws ApiError INVALID_SESSION_ID; any other error means that nobody could be asked. */
  readonly authenticate: (token: string) => Promise<LiveUser>;
  /** Epoch ms of floor_now(). */
  readonly now: () => Promise<number>;
  /** The connection has said who it is: the registry may close older ones. */
  readonly onHello: (connection: LiveConnection, user: LiveUser) => void;
  readonly onFailure: (error: unknown, doing: string) => void;
  /** Multiplies the rate limits; default 1. Measurements and simulations at speed need more. */
  readonly rateFactor?: number;
}

export interface LiveConnection {
  readonly tab: () => string;
  close(code: CloseCode, reason?: string): void;
  /** Called once a heartbeat by the server: closes a silent socket. */
  sweep(): void;
}

/** A token is asked about again before a request when its last answer is older. DECISIONS 8. */
const TOKEN_FRESH_MS = 1_000;
/** … and by heartbeats, which also keep the session from expiring under a working agent. */
const TOKEN_IDLE_MS = 15_000;
/** Unreadable frames in a row before the socket is closed. */
const BAD_FRAMES = 20;
/** Beyond this many frames at once, and this many times the rate after that, the socket is closed. */
const FLOOD = { burst: 1_000, times_rate: 4 } as const;
/** Heartbeats without any frame before the socket is taken for dead. */
const SILENT_BEATS = 3;

const HEARTBEAT = '{"type":"heartbeat"}';

/** Takes over an accepted socket. Ends by itself when the socket does. */
export function serveConnection(socket: WebSocket, deps: ConnectionDeps): LiveConnection {
  const { floor } = deps;
  const times = deps.rateFactor ?? 1;
  const bucket = createTokenBucket(LIVE_LIMITS.frames_burst * times, LIVE_LIMITS.frames_per_second * times);
  const flood = createTokenBucket(
    FLOOD.burst * times,
    FLOOD.times_rate * LIVE_LIMITS.frames_per_second * times,
  );
  const lanes = new Map<string, Promise<void>>();

  let stage: 'hello' | 'connecting' | 'open' | 'closed' = 'hello';
  let hello: Hello | undefined;
  let connection: AgentConnected | undefined;
  let inFlight = 0;
  let badFrames = 0;
  let silentBeats = 0;
  let token: TokenWatch | undefined;
  let user: LiveUser | undefined;

  const stream = createEventStream({
    send,
    readState: async () => (connection === undefined ? undefined : floor.agentState(connection.connectionId)),
    inTurn: (work) => inLane(LOGIN_LANE, work),
    failed(error) {
      deps.onFailure(error, 'agentState');
      close(1013);
    },
  });
  const watches = createWatches({
    views: floor.views,
    send,
    isReady: () => socket.bufferedAmount < LIVE_LIMITS.unread_bytes / 8,
    mayStill: async () => (await isTokenGood(TOKEN_FRESH_MS / 2)) && user?.maySupervise === true,
  });
  const helloTimer = setTimeout(() => close(4408), LIVE_LIMITS.hello_ms);

  const self: LiveConnection = {
    tab: () => hello?.tab ?? '',
    close,
    sweep() {
      if (stage === 'open' && ++silentBeats > SILENT_BEATS) {
        close(4411);
        // A dead peer answers no closing handshake.
        socket.terminate();
      }
    },
  };

  socket.on('message', (data: Buffer, isBinary: boolean) => {
    if (isBinary) close(1003);
    else received(data.toString());
  });
  socket.on('ping', (data: Buffer) => {
    if (stage === 'closed') return;
    if (!flood.take()) close(4429);
    else if (socket.bufferedAmount < LIVE_LIMITS.unread_bytes / 8) socket.pong(data);
  });
  socket.on('close', ended);
  // Too long a frame, bad UTF-8, a reset: ws closes with the right code and `close` follows.
  socket.on('error', () => {});
  return self;

  function close(code: CloseCode, reason: string = CLOSE_CODES[code].name): void {
    if (stage === 'closed') return;
    socket.close(code, reason.slice(0, 120));
    ended();
  }

  function ended(): void {
    if (stage === 'closed') return;
    stage = 'closed';
    clearTimeout(helloTimer);
    watches.end();
    leave();
  }

  function leave(): void {
    if (connection === undefined) return;
    const { connectionId } = connection;
    connection = undefined;
    floor.disconnectAgent(connectionId).catch((error: unknown) => deps.onFailure(error, 'disconnectAgent'));
  }

  function send(frame: object | string): void {
    if (socket.readyState !== socket.OPEN) return;
    if (socket.bufferedAmount > LIVE_LIMITS.unread_bytes) {
      close(4413);
      socket.terminate();
      return;
    }
    socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
  }

  function sendError(code: string, message: string, more: object = {}): void {
    send({ type: 'error', error: { code, message }, ...more });
  }

  // ------------------------------------------------------------------------------------------ what comes in

  function received(text: string): void {
    if (stage === 'closed') return;
    silentBeats = 0;
    if (!flood.take()) {
      close(4429);
      return;
    }
    const frame = parse(text);
    if (stage === 'hello') {
      if (frame?.type === 'hello') void greet(frame);
      else if (frame === undefined && versionOf(text) !== undefined) refuseVersion();
      else {
        sendError('bad_frame', 'The first frame must be a hello');
        close(4400);
      }
      return;
    }
    if (stage === 'open' && connection !== undefined) floor.contact(connection.connectionId);
    if (frame?.type === 'heartbeat') {
      send(HEARTBEAT);
      void isTokenGood(TOKEN_IDLE_MS);
      return;
    }
    if (!bucket.take()) {
      if (frame?.type === 'request') refuse(frame.id, 'rate_limited', 'Too many frames');
      return;
    }
    if (frame === undefined || frame.type === 'hello') {
      sendError('bad_frame', frame === undefined ? 'Not a frame of this protocol' : 'hello was said already');
      if (++badFrames > BAD_FRAMES) close(4400);
      return;
    }
    badFrames = 0;
    if (frame.type === 'request') asked(frame);
    else signalled(frame.signal);
  }

  function refuseVersion(): void {
    sendError('unsupported_version', `This server speaks version ${PROTOCOL_VERSION}`, {
      versions: [PROTOCOL_VERSION],
    });
    close(4426);
  }

  async function greet(said: Hello): Promise<void> {
    stage = 'connecting';
    hello = said;
    clearTimeout(helloTimer);
    if (said.protocol !== PROTOCOL_VERSION) {
      refuseVersion();
      return;
    }
    try {
      const authenticate = async () => {
        // Rights change as well: the latest answer counts.
        user = await deps.authenticate(said.token);
        return user;
      };
      const greeted = await authenticate();
      token = createTokenWatch(authenticate);
      if (isClosed()) return;
      deps.onHello(self, greeted);
      const { resume } = said;
      const connected = await floor.connectAgent(
        { userId: greeted.userId, ...(resume === undefined ? {} : { resume }) },
        { event: stream.event, transient: onTransient },
      );
      connection = connected;
      if (isClosed()) {
        leave();
        return;
      }
      const serverTime = await deps.now();
      if (isClosed()) return;
      stage = 'open';
      welcome(greeted, connected, serverTime);
    } catch (error) {
      if (isClosed()) return;
      const failure = failureOf(error, 'hello');
      sendError(failure.code, failure.message);
      if (failure.code === 'INVALID_SESSION_ID') close(4401);
      else if (failure.code === 'INSUFFICIENT_ACCESS') close(4403);
      else close(failure.code === 'failure' ? 1011 : 1013);
    }
  }

  function welcome(greeted: LiveUser, connected: AgentConnected, serverTime: number): void {
    const { state } = connected;
    send({
      type: 'welcome',
      protocol: PROTOCOL_VERSION,
      user: {
        id: greeted.userId,
        username: greeted.username,
        name: state.name,
        maySupervise: greeted.maySupervise,
      },
      serverTime,
      heartbeatMs: connected.heartbeatMs,
      graceMs: connected.graceMs,
      resumed: connected.resumed,
      missed: oldestEvents(connected.missed).map(wireEvent),
      snapshot: wireSnapshot(state),
    });
    stream.open(state);
  }

  function asked({ id, op, params }: Request): void {
    if (stage !== 'open' || connection === undefined) {
      refuse(id, 'bad_frame', 'Wait for the welcome');
      return;
    }
    if (!isOperation(op)) {
      refuse(id, 'unknown_operation', `Unknown operation: ${op}`);
      return;
    }
    if (inFlight >= LIVE_LIMITS.requests_in_flight) {
      refuse(id, 'too_many_requests', 'Too many requests are unanswered');
      return;
    }
    const read = OPERATIONS[op].params.safeParse(params ?? {});
    if (!read.success) {
      const issue = read.error.issues[0];
      refuse(id, 'bad_params', `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
      return;
    }
    inFlight++;
    const { connectionId, state } = connection;
    const { userId, name } = state;
    const handle = HANDLERS[op] as (floor: Floor, asking: Asking, params: unknown) => Promise<object>;
    void inLane(laneOf(op, read.data), async () => {
      try {
        if (!(await isTokenGood(TOKEN_FRESH_MS)) || isClosed()) return;
        const maySupervise = user?.maySupervise === true;
        if (op in SUPERVISOR_OPERATIONS && !maySupervise) {
          throw new ApiError('INSUFFICIENT_ACCESS', 'The user may not supervise the floor');
        }
        const asking = { connectionId, by: { userId, name }, maySupervise, watches };
        const result = await handle(floor, asking, read.data);
        send({ type: 'response', id, result });
        if ('snapshot' in result) stream.answered(result.snapshot as AgentState);
      } catch (error) {
        const failure = failureOf(error, op);
        refuse(id, failure.code, failure.message);
      } finally {
        inFlight--;
      }
    });
  }

  /** Runs the work after all work of its lane before it. */
  function inLane(lane: string, work: () => Promise<void>): Promise<void> {
    const before = lanes.get(lane) ?? Promise.resolve();
    const run = before.then(work, work).finally(() => {
      if (lanes.get(lane) === run) lanes.delete(lane);
    });
    lanes.set(lane, run);
    return run;
  }

  function refuse(id: number, code: string, message: string): void {
    send({ type: 'refusal', id, error: { code, message } });
  }

  function signalled(signal: { type: string }): void {
    if (stage !== 'open' || connection === undefined) return;
    if (signal.type === 'typing') {
      const read = AGENT_SIGNALS.typing.body.safeParse(signal);
      if (read.success) floor.typing(connection.connectionId, read.data.chatId, read.data.typing);
      else sendError('bad_params', 'typing needs chatId and typing');
    } else if (signal.type === 'sneakPeek') {
      const read = AGENT_SIGNALS.sneakPeek.body.safeParse(signal);
      if (read.success) floor.views.agentSneakPeek(connection.state.userId, read.data.chatId, read.data.text);
      else sendError('bad_params', 'sneakPeek needs chatId and text');
    }
  }

  // ------------------------------------------------------------------------------------------- what goes out

  function onTransient(transient: AgentTransient): void {
    if (stage !== 'open') return;
    if (transient.type === 'loginOpened') {
      stream.loginOpened(transient.loginId);
      return;
    }
    const signal = wireSignal(transient);
    // Nobody waits for a signal: a slow reader is spared them.
    if (signal !== undefined && socket.bufferedAmount < LIVE_LIMITS.unread_bytes / 8)
      send({ type: 'signal', signal });
  }

  async function isTokenGood(age_ms: number): Promise<boolean> {
    if (token === undefined || (await token.isGood(age_ms))) return true;
    sendError('INVALID_SESSION_ID', 'Session expired or invalid');
    close(4401);
    return false;
  }

  function failureOf(error: unknown, doing: string): { code: string; message: string } {
    if (error instanceof ApiError) return { code: error.code, message: error.message };
    if (isConnectionLoss(error)) {
      return { code: 'SERVER_UNAVAILABLE', message: 'The server cannot reach its database' };
    }
    deps.onFailure(error, doing);
    return { code: 'failure', message: 'The server failed; nothing about it is known here' };
  }

  function isClosed(): boolean {
    return stage === 'closed';
  }
}

function parse(text: string): ClientFrame | undefined {
  try {
    return clientFrame.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** The version a hello of another protocol version names: its other fields may have changed, this one never will. */
function versionOf(text: string): number | undefined {
  try {
    const { type, protocol } = JSON.parse(text) as { type?: unknown; protocol?: unknown };
    return type === 'hello' && typeof protocol === 'number' && protocol !== PROTOCOL_VERSION
      ? protocol
      : undefined;
  } catch {
    return undefined;
  }
}
