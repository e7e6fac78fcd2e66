/**
 * The typed client of `/live`: requests as promises, events and signals as listeners, one current snapshot, heartbeat,
 * reconnection with back-off and resumption from the last event. Runs in Node and in a browser.
 * Invariant: each event of a login reaches the listeners once and in order, whatever the connection does; a request is
 * answered, refused, or rejected after its time-out, never forgotten.
 */

import {
  type AgentSignal,
  type Board,
  CLOSE_CODES,
  type CloseCode,
  EVENTS,
  type EventType,
  LIVE_LIMITS,
  LIVE_PATH,
  type Line,
  type LiveEvent,
  type LiveSignal,
  OPERATIONS,
  type Operation,
  type Params,
  PROTOCOL_VERSION,
  type Result,
  type ServerFrame,
  SIGNALS,
  type SignalType,
  type Snapshot,
  serverFrame,
  type WatchedChat,
  type Welcome,
} from '../api/live/schema.js';
import { hasEarlier, keepingEarlierLines, withEarlier } from './earlier-lines.js';
import { createEmitter, type Emitter } from './emitter.js';
import { openSocket, type SocketConstructor, type SocketLike } from './socket.js';
import { applyEvent } from './state.js';
import { createViews, type Views } from './views.js';

/** A request the server refused, or that could not be answered: `code` is one of ERROR_CODES, a Salesforce code, or `timeout` / `closed`. */
export class LiveError extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.name = 'LiveError';
    this.code = code;
  }
}

export interface LiveClientOptions {
  /** `http(s)://` or `ws(s)://` base of the server; the path is `/live`. */
  readonly url: string;
  /** The access token, or what fetches one: asked before every connection, so a refreshed token is used. */
  readonly token: string | (() => string | Promise<string>);
  /** This tab's own name; made up when absent. */
  readonly tab?: string;
  /** Name and version, for the server's log. */
  readonly client?: string;
  /** The class of the `ws` package where there is no global WebSocket (Node 20). */
  readonly WebSocket?: SocketConstructor;
  /** false: one connection, no second. Default true. */
  readonly reconnect?: boolean;
  readonly request_timeout_ms?: number;
  /** First and longest wait between attempts. Default 250 and 10,000. */
  readonly backoff_ms?: { readonly first: number; readonly most: number };
}

export type LiveListeners = {
  [T in EventType]: Extract<LiveEvent, { type: T }>;
} & {
  [T in SignalType]: Extract<LiveSignal, { type: T }>;
} & {
  /** Every event, also of types listened for one by one. */
  event: LiveEvent;
  /** After every welcome, and after every event. */
  snapshot: Snapshot;
  connected: Welcome;
  /** The supervisor's board, whenever it is different. */
  board: Board;
  /** A watched chat, whenever it is different; `ended` comes last. */
  watched: WatchedChat;
  /** The connection is lost; the client tries again in `retry_ms` unless it is null. */
  disconnected: { readonly code: number; readonly reason: string; readonly retry_ms: number | null };
  /** Error frames: what the server could not tie to a request. */
  refused: LiveError;
};

export interface LiveClient {
  readonly on: Emitter<LiveListeners>['on'];
  /** Rejects with LiveError. Sent again by itself after a reconnect, as long as its time-out has not passed. */
  request<O extends Operation>(op: O, params: Params<O>): Promise<Result<O>>;
  /** Dropped while there is no connection. */
  signal(signal: AgentSignal): void;
  /** Current as of the last event. */
  snapshot(): Snapshot;
  /**
   * Shows the supervisor's board: `board()` is current from then on, over reconnects too. Rejects with LiveError
   * INSUFFICIENT_ACCESS for who may not supervise.
   */
  watchBoard: Views['watchBoard'];
  unwatchBoard: Views['unwatchBoard'];
  /** undefined unless it is watched. */
  board: Views['board'];
  /** Watches a chat live, likewise; `watched(chatId)` is current until its state is `ended`. */
  watchChat: Views['watchChat'];
  unwatchChat: Views['unwatchChat'];
  watched: Views['watched'];
  /**
   * Shows earlier lines of a long chat, one's own or a watched one: the snapshot or the watched chat has them from then on,
   * over reconnects too. Resolves with whether there are still earlier ones. At most `limit` more, or lines_page.
   */
  showEarlierLines(chatId: string, limit?: number): Promise<boolean>;
  /** Resolves as soon as the snapshot satisfies the condition, which it may do already. Rejects with `timeout`. */
  until<T>(condition: (snapshot: Snapshot) => T | undefined | false | null, timeout_ms?: number): Promise<T>;
  /** Ends the connection; the login stays until its grace has passed. Log out with `setStatus` first. */
  close(): void;
  /** For tests and simulations: the connection breaks without a word, as in a tunnel. */
  drop(): void;
}

type SentEvent = Extract<ServerFrame, { type: 'event' }>['event'];

/** Heartbeats without any frame from the server before the connection is taken for dead. */
const SILENT_BEATS = 3;

interface Waiting {
  readonly frame: string;
  readonly op: Operation;
  readonly timer: ReturnType<typeof setTimeout>;
  resolve(value: unknown): void;
  reject(error: LiveError): void;
}

/** Connects and says hello. Resolves with the client once welcome; rejects with LiveError when refused for good. */
export function connectLive(options: LiveClientOptions): Promise<LiveClient> {
  const emitter = createEmitter<LiveListeners>();
  const url = liveUrl(options.url);
  const tab = options.tab ?? `tab-${randomName()}`;
  const request_timeout_ms = options.request_timeout_ms ?? 15_000;
  const backoff_ms = options.backoff_ms ?? { first: 250, most: 10_000 };
  const waiting = new Map<number, Waiting>();

  let socket: SocketLike | undefined;
  let welcomed = false;
  let over = false;
  let attempts = 0;
  let nextRequestId = 1;
  let snapshot: Snapshot | undefined;
  /** The login whose events come, and the last of them that reached the listeners. */
  let seen: { loginId: string; lastEventId: number } | undefined;
  let heartbeat: ReturnType<typeof setInterval> | undefined;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let silentBeats = 0;

  return new Promise<LiveClient>((resolveClient, rejectClient) => {
    const views = createViews({
      ask: (op, params) => client.request(op, params as Params<typeof op>),
      shown: (board) => emitter.emit('board', board),
      watched: (watched) => emitter.emit('watched', watched),
    });
    const client: LiveClient = {
      on: emitter.on,
      request(op, params) {
        return new Promise((resolve, reject) => {
          if (over) return reject(new LiveError('closed', 'The client is closed'));
          const id = nextRequestId++;
          const frame = JSON.stringify({ type: 'request', id, op, params: named(op, params) });
          const timer = setTimeout(() => {
            waiting.delete(id);
            reject(new LiveError('timeout', `${op} was not answered within ${request_timeout_ms} ms`));
          }, request_timeout_ms);
          waiting.set(id, { frame, op, timer, resolve: resolve as (value: unknown) => void, reject });
          if (welcomed) socket?.send(frame);
        });
      },
      signal(signal) {
        if (welcomed) socket?.send(JSON.stringify({ type: 'signal', signal }));
      },
      snapshot: current,
      watchBoard: views.watchBoard,
      unwatchBoard: views.unwatchBoard,
      board: views.board,
      watchChat: views.watchChat,
      unwatchChat: views.unwatchChat,
      watched: views.watched,
      async showEarlierLines(chatId, limit) {
        const [first] = linesShown(chatId);
        if (first === undefined || first.sequence === 1) return false;
        const { lines } = await client.request('getLines', {
          chatId,
          beforeSequence: first.sequence,
          ...(limit === undefined ? {} : { limit }),
        });
        views.showEarlier(chatId, lines);
        const { chats } = current();
        const chat = chats.find((one) => one.chat.chatId === chatId);
        const longer = chat && withEarlier(chat.lines, lines);
        if (chat && longer && longer !== chat.lines) {
          snapshot = {
            ...current(),
            chats: chats.map((one) => (one === chat ? { ...one, lines: longer } : one)),
          };
          emitter.emit('snapshot', snapshot);
        }
        return hasEarlier(linesShown(chatId));
      },
      until(condition, timeout_ms = 10_000) {
        return new Promise((resolve, reject) => {
          const now = condition(current());
          if (now) return resolve(now);
          const timer = setTimeout(() => {
            off();
            reject(new LiveError('timeout', `Not so within ${timeout_ms} ms: ${condition}`));
          }, timeout_ms);
          const off = emitter.on('snapshot', (after) => {
            const found = condition(after);
            if (!found) return;
            clearTimeout(timer);
            off();
            resolve(found);
          });
        });
      },
      close() {
        finish(new LiveError('closed', 'The client is closed'));
        socket?.close(1000);
      },
      drop() {
        const dropped = socket as (SocketLike & { terminate?: () => void }) | undefined;
        if (dropped?.terminate) dropped.terminate();
        else dropped?.close();
      },
    };

    function connect(): void {
      retry = undefined;
      welcomed = false;
      Promise.resolve()
        .then(() => (typeof options.token === 'string' ? options.token : options.token()))
        .then((token) => {
          if (over) return;
          let helloTimer: ReturnType<typeof setTimeout> | undefined;
          const current = openSocket(url, options.WebSocket, {
            open() {
              helloTimer = setTimeout(() => current.close(), 2 * LIVE_LIMITS.hello_ms);
              const resume = snapshot?.loginId === seen?.loginId ? seen : undefined;
              const said = {
                type: 'hello',
                protocol: PROTOCOL_VERSION,
                token,
                tab,
                resume,
                client: options.client,
              };
              current.send(JSON.stringify(said));
            },
            text(data) {
              silentBeats = 0;
              const frame = readFrame(data);
              if (frame === undefined) return;
              if (frame.type === 'welcome') clearTimeout(helloTimer);
              take(frame);
            },
            closed(code, reason) {
              clearTimeout(helloTimer);
              if (socket === current) lost(code, reason);
            },
          });
          socket = current;
        })
        .catch((error: unknown) => lost(1006, error instanceof Error ? error.message : String(error)));
    }

    /** A half-open connection shows no error, and its closing handshake may take minutes: nobody waits for it. */
    function abandon(): void {
      const dead = socket;
      socket = undefined;
      dead?.close();
      lost(1006, 'The server fell silent');
    }

    function lost(code: number, reason: string): void {
      clearInterval(heartbeat);
      welcomed = false;
      if (over) return;
      const advice = code in CLOSE_CODES ? CLOSE_CODES[code as CloseCode].reconnect : 'later';
      if (advice === 'no' || options.reconnect === false) {
        emitter.emit('disconnected', { code, reason, retry_ms: null });
        const name = code in CLOSE_CODES ? CLOSE_CODES[code as CloseCode].name : 'closed';
        finish(new LiveError(name, reason === '' ? `The connection was closed with ${code}` : reason));
        return;
      }
      const retry_ms = retryDelay(attempts++, advice === 'at once', backoff_ms);
      emitter.emit('disconnected', { code, reason, retry_ms });
      retry = setTimeout(connect, retry_ms);
    }

    function finish(error: LiveError): void {
      over = true;
      clearInterval(heartbeat);
      clearTimeout(retry);
      for (const [id, one] of waiting) {
        waiting.delete(id);
        clearTimeout(one.timer);
        one.reject(error);
      }
      rejectClient(error);
    }

    function take(frame: ServerFrame): void {
      if (frame.type === 'welcome') begin(frame);
      else if (frame.type === 'event') event(frame.event);
      else if (frame.type === 'snapshot') adopt(frame.snapshot);
      else if (frame.type === 'signal') signal(frame.signal);
      else if (frame.type === 'response' || frame.type === 'refusal') answer(frame);
      else if (views.take(frame)) return;
      else if (frame.type === 'error')
        emitter.emit('refused', new LiveError(frame.error.code, frame.error.message));
    }

    function begin(frame: Welcome): void {
      welcomed = true;
      attempts = 0;
      heartbeat = setInterval(() => {
        if (++silentBeats > SILENT_BEATS) abandon();
        else socket?.send('{"type":"heartbeat"}');
      }, frame.heartbeatMs);
      // The new snapshot contains what was missed already; the listeners have not heard of it.
      for (const one of frame.missed) hear(one);
      adopt(frame.snapshot);
      const { loginId, lastEventId } = frame.snapshot;
      if (loginId !== null) seen = { loginId, lastEventId };
      for (const { frame: sent } of waiting.values()) socket?.send(sent);
      views.renew();
      emitter.emit('connected', frame);
      resolveClient(client);
    }

    /** Takes a newer snapshot. Which events the listeners have heard is another matter: those still come. */
    function adopt(fresh: Snapshot): void {
      const isOlder =
        fresh.loginId !== null &&
        fresh.loginId === snapshot?.loginId &&
        fresh.lastEventId < snapshot.lastEventId;
      if (isOlder) return;
      snapshot = keepingEarlierLines(fresh, snapshot);
      if (fresh.loginId !== null && fresh.loginId !== seen?.loginId) {
        seen = { loginId: fresh.loginId, lastEventId: 0 };
      }
      emitter.emit('snapshot', snapshot);
    }

    /** Of a chat of one's own, else of a watched one; none of any other. */
    function linesShown(chatId: string): readonly Line[] {
      const own = current().chats.find(({ chat }) => chat.chatId === chatId);
      return (own ?? views.watched(chatId))?.lines ?? [];
    }

    function event(sent: SentEvent): void {
      const heard = hear(sent);
      if (snapshot === undefined || heard === 'repeated') return;
      if (heard !== 'unknown') snapshot = applyEvent(snapshot, heard);
      else if (sent.loginId === snapshot.loginId && sent.id > snapshot.lastEventId)
        snapshot = { ...snapshot, lastEventId: sent.id };
      emitter.emit('snapshot', snapshot);
    }

    /** Tells the listeners of an event they have not heard of. */
    function hear(sent: SentEvent): LiveEvent | 'repeated' | 'unknown' {
      if (seen?.loginId === sent.loginId && sent.id <= seen.lastEventId) return 'repeated';
      // A login that is over says its last words after the next one's snapshot: they do not move the mark.
      if (seen === undefined || seen.loginId === sent.loginId)
        seen = { loginId: sent.loginId, lastEventId: sent.id };
      const read = readTyped<LiveEvent>(EVENTS, sent);
      if (read === undefined) return 'unknown';
      const { id, loginId, at } = sent;
      const heard = { ...read, id, loginId, at };
      emitter.emit(heard.type, heard as never);
      emitter.emit('event', heard);
      return heard;
    }

    function signal(sent: { type: string }): void {
      const read = readTyped<LiveSignal>(SIGNALS, sent);
      if (read !== undefined) emitter.emit(read.type, read as never);
    }

    function answer(frame: Extract<ServerFrame, { type: 'response' | 'refusal' }>): void {
      const one = waiting.get(frame.id);
      if (one === undefined) return;
      waiting.delete(frame.id);
      clearTimeout(one.timer);
      if (frame.type === 'refusal') {
        one.reject(new LiveError(frame.error.code, frame.error.message));
        return;
      }
      const result = OPERATIONS[one.op].result.safeParse(frame.result);
      if (!result.success) {
        one.reject(new LiveError('bad_frame', `The answer to ${one.op} is not what the contract says`));
        return;
      }
      if ('snapshot' in result.data) adopt(result.data.snapshot);
      one.resolve(result.data);
    }

    function current(): Snapshot {
      // Nobody has the client before the first welcome.
      if (snapshot === undefined) throw new LiveError('closed', 'There was no welcome yet');
      return snapshot;
    }

    connect();
  });
}

/** A line without an id of its own gets one: sent again after a reconnect, it still counts once. */
function named<O extends Operation>(op: O, params: Params<O>): object {
  if (op !== 'sendMessage' && op !== 'sendCustomEvent') return params;
  return { clientId: randomName(), ...params };
}

function randomName(): string {
  return Array.from({ length: 3 }, () => Math.random().toString(36).slice(2, 10)).join('');
}

function liveUrl(base: string): string {
  const url = new URL(base);
  url.protocol = url.protocol === 'https:' || url.protocol === 'wss:' ? 'wss:' : 'ws:';
  url.pathname = LIVE_PATH;
  url.search = '';
  return url.href;
}

/** Doubles from the first wait to the longest; half of it is drawn by lot, so a restarted server is not stormed. */
function retryDelay(attempt: number, atOnce: boolean, backoff: { first: number; most: number }): number {
  const most = Math.min(backoff.most, backoff.first * 2 ** Math.min(attempt, 16));
  const wait = most / 2 + (Math.random() * most) / 2;
  return atOnce && attempt === 0 ? Math.random() * backoff.first : wait;
}

function readFrame(data: string): ServerFrame | undefined {
  try {
    return serverFrame.safeParse(JSON.parse(data)).data;
  } catch {
    return undefined;
  }
}

/** Type and checked body of an event or signal; undefined for types this client is too old to know. */
function readTyped<T>(
  types: Record<string, { body: { safeParse(value: unknown): { success: boolean; data?: unknown } } }>,
  sent: { type: string },
): T | undefined {
  if (!Object.hasOwn(types, sent.type)) return undefined;
  const read = types[sent.type]?.body.safeParse(sent);
  return read?.success ? ({ type: sent.type, ...(read.data as object) } as T) : undefined;
}
