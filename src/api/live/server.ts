/**
 * The `/live` end of the HTTP server: which upgrades are let in, who is connected, the sweep for silent sockets, and
 * a clean goodbye. Invariant: a socket is let in only from an allowed origin, counts against its user once it has said
 * hello, and is told 1012 (reconnect at once) when the server is drained.
 */

import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { type ConnectionDeps, type LiveConnection, type LiveUser, serveConnection } from './connection.js';
import { LIVE_LIMITS, LIVE_PATH } from './schema.js';

export interface LiveServerDeps extends Omit<ConnectionDeps, 'onHello'> {
  /** Origins of web pages that may connect, beside pages of this very host: `https://chat.example.com`. */
  readonly allowedOrigins: readonly string[];
  /** How often the sockets are looked through for silent ones, ms. */
  readonly heartbeatMs: number;
}

export interface LiveServer {
  /** Handles an upgrade for `/live` and answers true; leaves any other to somebody else. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean;
  /** Lets nobody in any more and closes every socket with 1012; resolves when they are gone, in at most 2 s. */
  drain(): Promise<void>;
  /** Sockets that are open now, for metrics. */
  connections(): number;
}

/** Sockets that may wait for their hello at a time; more are answered 503. */
const MOST_UNGREETED = 2_000;
const GOODBYE_MS = 2_000;

export function createLiveServer(deps: LiveServerDeps): LiveServer {
  const wss = new WebSocketServer({
    noServer: true,
    maxPayload: LIVE_LIMITS.client_frame_bytes,
    perMessageDeflate: false,
    // Answered by the connection, which counts them: nobody who does not read may fill a buffer with pongs.
    autoPong: false,
    clientTracking: true,
  });
  const connections = new Set<LiveConnection>();
  const ofUser = new Map<string, Set<LiveConnection>>();
  const userOf = new Map<LiveConnection, string>();
  let draining = false;

  const sweep = setInterval(() => {
    for (const connection of connections) connection.sweep();
  }, deps.heartbeatMs);
  sweep.unref();

  function greeted(connection: LiveConnection, user: LiveUser): void {
    const mine = ofUser.get(user.userId) ?? new Set();
    ofUser.set(user.userId, mine);
    for (const other of mine) {
      if (other.tab() === connection.tab()) other.close(4409, 'The same tab connected again');
    }
    mine.add(connection);
    userOf.set(connection, user.userId);
    const [oldest] = mine;
    if (mine.size > LIVE_LIMITS.sockets_per_user) oldest?.close(4409, 'Too many sockets of this user');
  }

  function forget(connection: LiveConnection): void {
    connections.delete(connection);
    const userId = userOf.get(connection);
    userOf.delete(connection);
    if (userId === undefined) return;
    const mine = ofUser.get(userId);
    mine?.delete(connection);
    if (mine?.size === 0) ofUser.delete(userId);
  }

  return {
    handleUpgrade(request, socket, head) {
      if (pathOf(request) !== LIVE_PATH) return false;
      // An upgrade socket without a listener would end the process on a reset.
      socket.on('error', () => socket.destroy());
      if (draining || connections.size - userOf.size >= MOST_UNGREETED)
        refuse(socket, '503 Service Unavailable');
      else if (!isAllowedOrigin(request, deps.allowedOrigins)) refuse(socket, '403 Forbidden');
      else {
        wss.handleUpgrade(request, socket, head, (ws) => {
          const connection = serveConnection(ws, { ...deps, onHello: greeted });
          connections.add(connection);
          ws.on('close', () => forget(connection));
        });
      }
      return true;
    },
    async drain() {
      draining = true;
      clearInterval(sweep);
      const gone = Promise.all([...wss.clients].map((ws) => new Promise((done) => ws.once('close', done))));
      for (const connection of [...connections]) connection.close(1012);
      let timer: ReturnType<typeof setTimeout> | undefined;
      await Promise.race([
        gone,
        new Promise((done) => {
          timer = setTimeout(done, GOODBYE_MS);
        }),
      ]);
      clearTimeout(timer);
      for (const ws of wss.clients) ws.terminate();
      wss.close();
    },
    connections: () => connections.size,
  };
}

function pathOf(request: IncomingMessage): string {
  const url = request.url ?? '';
  const end = url.indexOf('?');
  return end === -1 ? url : url.slice(0, end);
}

/**
 * Programs send no Origin. A page must come from this host or from a listed origin: the token in the first frame
 * keeps others out anyway, this keeps a page that stole one from using it from elsewhere (DECISIONS 11).
 */
function isAllowedOrigin(request: IncomingMessage, allowed: readonly string[]): boolean {
  const origin = request.headers.origin;
  if (origin === undefined) return true;
  if (allowed.includes(origin)) return true;
  try {
    return new URL(origin).host === request.headers.host;
  } catch {
    return false;
  }
}

function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
