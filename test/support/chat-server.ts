/**
 * A whole server with the demo organization on a database of its own, and the two ends of a chat: agents through the
 * live client, visitors through raw HTTP. Real sockets, real PostgreSQL, real protocols.
 */

import { request as httpRequest } from 'node:http';
import { WebSocket } from 'ws';
import { DEFAULT_DEMO_PASSWORD, readConfig } from '../../src/config.js';
import { connectLive, type LiveClient, type LiveClientOptions } from '../../src/live-client/client.js';
import type { SocketConstructor } from '../../src/live-client/socket.js';
import { type Server, startServer } from '../../src/server.js';
import { migratedTestDatabase, type TestDatabase } from './database.js';
import { type Relay, relay } from './relay.js';

export const NodeWebSocket = WebSocket as unknown as SocketConstructor;

export interface ChatServer {
  readonly url: string;
  readonly port: number;
  readonly db: Server['db'];
  readonly databaseUrl: string;
  readonly organizationId: string;
  readonly deploymentId: string;
  readonly buttonId: string;
  /** An access token by the OAuth password grant; `who` is the part of the demo user's name before the @. */
  token(who: string): Promise<string>;
  /** A connected agent, offline unless a login is open. */
  agent(who: string, options?: Partial<LiveClientOptions>): Promise<LiveClient>;
  visitor(options?: VisitorOptions): RawVisitor;
  /** Changes the demo button as its administrator does, over REST. */
  changeButton(fields: Record<string, unknown>): Promise<void>;
  /** Changes an agent's chat configuration likewise. */
  changeAgent(who: string, fields: Record<string, unknown>): Promise<void>;
  /** Another server on the same database. Close it before this one. */
  second(): Promise<ChatServer>;
  /** Stops the server and keeps the database; `start` goes on with it. */
  stop(): Promise<void>;
  start(): Promise<void>;
  close(): Promise<void>;
}

/** Times short enough for tests; `env` overrides. */
const QUICK = {
  PORT: '0',
  DEMO: '1',
  LOG_LEVEL: 'error',
  POLL_HOLD_SECONDS: '1',
  HEARTBEAT_SECONDS: '0.4',
  CONTACT_FLUSH_SECONDS: '0.4',
  GRACE_SECONDS: '3',
};

export async function chatServer(env: Record<string, string> = {}): Promise<ChatServer> {
  return serverOn(await migratedTestDatabase(), env);
}

/** A server whose way to its database can be cut, and the database's own URL. Close the relay last. */
export async function chatServerBehindRelay(
  env: Record<string, string> = {},
): Promise<[server: ChatServer, way: Relay, directUrl: string]> {
  const database = await migratedTestDatabase();
  const url = new URL(database.url);
  const host = url.searchParams.get('host') ?? url.hostname;
  const port = Number(url.port || '5432');
  const between = await relay(host.startsWith('/') ? { path: `${host}/.s.PGSQL.${port}` } : { host, port });
  url.searchParams.delete('host');
  url.hostname = '127.0.0.1';
  url.port = String(between.port);
  return [await serverOn({ ...database, url: url.href }, env), between, database.url];
}

/** A server on a database; closing it drops that. */
export async function serverOn(database: TestDatabase, env: Record<string, string>): Promise<ChatServer> {
  const config = readConfig({ ...QUICK, DATABASE_URL: database.url, ...env });
  let server = await startServer({ config, print: () => {} });
  const agents = new Set<LiveClient>();
  const one = async (sql: string): Promise<string> => {
    const [row] = await server.db.query<{ id: string }>(sql);
    if (row === undefined) throw new Error(`The demo organization lacks it: ${sql}`);
    return row.id;
  };
  const organizationId = await one('SELECT id FROM so_organization LIMIT 1');
  const deploymentId = await one('SELECT id FROM so_live_chat_deployment ORDER BY id LIMIT 1');
  const buttonId = await one('SELECT id FROM so_live_chat_button ORDER BY id LIMIT 1');

  async function change(object: string, id: string, fields: Record<string, unknown>): Promise<void> {
    const answer = await fetch(`${server.url}/services/data/v60.0/sobjects/${object}/${id}`, {
      method: 'PATCH',
      headers: { authorization: `Bearer ${await self.token('admin')}`, 'content-type': 'application/json' },
      body: JSON.stringify(fields),
    });
    if (!answer.ok) throw new Error(`${object} was not changed: ${answer.status} ${await answer.text()}`);
  }

  const self: ChatServer = {
    get url() {
      return server.url;
    },
    get port() {
      return Number(new URL(server.url).port);
    },
    get db() {
      return server.db;
    },
    databaseUrl: database.url,
    organizationId,
    deploymentId,
    buttonId,
    token: (who) => passwordGrant(server.url, `${who}@floorwalker.demo`, DEFAULT_DEMO_PASSWORD),
    async agent(who, options = {}) {
      const client = await connectLive({
        url: server.url,
        token: await self.token(who),
        WebSocket: NodeWebSocket,
        ...options,
      });
      agents.add(client);
      return client;
    },
    visitor: (options) => rawVisitor(self, options),
    changeButton: (fields) => change('LiveChatButton', buttonId, fields),
    async changeAgent(who, fields) {
      const id = await one(`SELECT id FROM so_live_chat_user_config WHERE developer_name = 'Demo_${who}'`);
      await change('LiveChatUserConfig', id, fields);
    },
    second: () => serverOn({ url: database.url, drop: async () => {} }, env),
    stop: () => server.close(),
    async start() {
      server = await startServer({ config: { ...config, port: self.port }, print: () => {} });
    },
    async close() {
      for (const agent of agents) agent.close();
      await server.close();
      await database.drop();
    },
  };
  return self;
}

/** The access token of the OAuth token endpoint's password grant. */
export async function passwordGrant(url: string, username: string, password: string): Promise<string> {
  const answer = await fetch(`${url}/services/oauth2/token`, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'password', client_id: 'PlatformCLI', username, password }),
  });
  const body = (await answer.json()) as { access_token?: string };
  if (body.access_token === undefined) throw new Error(`No token: ${answer.status} ${JSON.stringify(body)}`);
  return body.access_token;
}

export interface VisitorOptions {
  /** false: never sends `ack`, as three of the public clients. Default true. */
  readonly ack?: boolean;
  /** true: sends X-LIVEAGENT-SEQUENCE. Default false, as most. */
  readonly sequence?: boolean;
  readonly version?: string;
  /** The session of another visitor, to go on with. */
  readonly session?: Pick<RawVisitor, 'id' | 'key' | 'affinityToken'>;
}

export interface RawMessage {
  readonly type: string;
  readonly message: Record<string, unknown>;
}

export interface RawAnswer {
  readonly status: number;
  readonly text: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The parsed body; throws when it is no JSON. */
  json<T = Record<string, unknown>>(): T;
}

export interface RawVisitor {
  readonly id: string;
  readonly key: string;
  readonly affinityToken: string;
  /** Every message delivered so far, in order, with the sequence of its batch. */
  readonly delivered: (RawMessage & { readonly batch: number })[];
  call(method: string, path: string, options?: CallOptions): Promise<RawAnswer>;
  open(): Promise<RawAnswer>;
  init(more?: Record<string, unknown>): Promise<RawAnswer>;
  /** SessionId, ChasitorInit, and polls until ChatRequestSuccess. */
  request(more?: Record<string, unknown>): Promise<void>;
  post(noun: string, body?: unknown, headers?: Record<string, string>): Promise<RawAnswer>;
  say(text: string): Promise<RawAnswer>;
  poll(options?: { signal?: AbortSignal; ack?: number }): Promise<RawAnswer>;
  /** Polls until a message of the type has been delivered, and gives it; one delivered before counts when `from` says so. */
  until(type: string, from?: number): Promise<RawMessage>;
}

export interface CallOptions {
  readonly headers?: Record<string, string | undefined>;
  readonly body?: unknown;
  readonly rawBody?: string;
  readonly signal?: AbortSignal;
  /** A visitor's call to another server than its own. */
  readonly at?: string;
}

/** One HTTP request with exactly the headers given: no content type, no encoding of the path. */
export function rawCall(
  url: string,
  method: string,
  path: string,
  options: CallOptions = {},
): Promise<RawAnswer> {
  const { hostname, port } = new URL(url);
  const payload = options.rawBody ?? (options.body === undefined ? undefined : JSON.stringify(options.body));
  return new Promise((resolve, reject) => {
    const headers = Object.fromEntries(
      Object.entries(options.headers ?? {}).filter(
        (entry): entry is [string, string] => entry[1] !== undefined,
      ),
    );
    if (payload !== undefined) headers['content-length'] = String(Buffer.byteLength(payload));
    const request = httpRequest(
      { hostname, port, method, path, headers, ...(options.signal ? { signal: options.signal } : {}) },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          resolve({
            status: response.statusCode ?? 0,
            text,
            headers: response.headers,
            json: <T>() => JSON.parse(text) as T,
          });
        });
      },
    );
    request.on('error', reject);
    request.end(payload);
  });
}

function rawVisitor(server: ChatServer, options: VisitorOptions = {}): RawVisitor {
  const { id = '', key = '', affinityToken = '' } = options.session ?? {};
  const session = { id, key, affinityToken };
  const delivered: (RawMessage & { batch: number })[] = [];
  const version = options.version ?? '42';
  let ack = -1;
  let sequence = 1;

  const self: RawVisitor = {
    get id() {
      return session.id;
    },
    get key() {
      return session.key;
    },
    get affinityToken() {
      return session.affinityToken;
    },
    delivered,
    call: (method, path, { headers = {}, at = server.url, ...rest } = {}) =>
      rawCall(at, method, `/chat/rest/${path}`, {
        ...rest,
        headers: {
          'x-liveagent-api-version': version,
          'x-liveagent-affinity': session.affinityToken || 'null',
          'x-liveagent-session-key': session.key || undefined,
          ...headers,
        },
      }),
    async open() {
      const answer = await self.call('GET', 'System/SessionId');
      Object.assign(session, answer.json());
      return answer;
    },
    init: (more = {}) =>
      self.post('Chasitor/ChasitorInit', {
        organizationId: server.organizationId,
        deploymentId: server.deploymentId.slice(0, 15),
        buttonId: server.buttonId,
        sessionId: session.id,
        userAgent: 'raw',
        language: 'en-US',
        screenResolution: '1900x1080',
        visitorName: 'Vera Visitor',
        prechatDetails: [],
        prechatEntities: [],
        receiveQueueUpdates: true,
        isPost: true,
        ...more,
      }),
    async request(more) {
      await self.open();
      const answer = await self.init(more);
      if (answer.text !== 'OK') throw new Error(`ChasitorInit: ${answer.status} ${answer.text}`);
      await self.until('ChatRequestSuccess');
    },
    post: (noun, body = {}, headers = {}) =>
      self.call('POST', noun, {
        body,
        headers: {
          'content-type': 'application/json',
          ...(options.sequence ? { 'x-liveagent-sequence': String(sequence++) } : {}),
          ...headers,
        },
      }),
    say: (text) => self.post('Chasitor/ChatMessage', { text }),
    async poll({ signal, ack: given } = {}) {
      const query = options.ack === false ? '' : `?ack=${given ?? ack}`;
      const answer = await self.call('GET', `System/Messages${query}`, signal ? { signal } : {});
      if (answer.status === 200) {
        const batch = answer.json<{ messages: RawMessage[]; sequence: number }>();
        ack = batch.sequence;
        for (const message of batch.messages) delivered.push({ ...message, batch: batch.sequence });
      }
      return answer;
    },
    async until(type, from = 0) {
      for (let polls = 0; polls < 30; polls++) {
        const found = delivered.slice(from).find((message) => message.type === type);
        if (found !== undefined) return found;
        const answer = await self.poll();
        if (answer.status !== 200 && answer.status !== 204) {
          throw new Error(`Poll for ${type}: ${answer.status} ${answer.text}`);
        }
      }
      throw new Error(
        `${type} never came; delivered: ${delivered.map((message) => message.type).join(', ')}`,
      );
    },
  };
  return self;
}
