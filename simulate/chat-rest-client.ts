/**
 * A visitor's client of the Chat REST API, as light as it can be: thousands of them poll in one process. Knows the
 * protocol only (live-agent-chat.md §13), nothing of Floorwalker.
 */
import { Agent, type IncomingMessage, request } from 'node:http';
import { type SimulatedFile, uploadForm } from './files.js';

export interface Reply {
  /** 0: no answer came. */
  readonly status: number;
  readonly text: string;
}

export interface ChatMessage {
  readonly type: string;
  readonly message: Readonly<Record<string, unknown>>;
}

export interface ChatRestClient {
  /** The chat key; '' before `open`. */
  readonly sessionId: string;
  /** A new session. */
  open(): Promise<Reply>;
  /**
   * Posts a noun. A client that counts its posts sends one again, with the same number, until it is answered or
   * `giveUp` is given; the others ask once.
   */
  post(noun: string, body: object, giveUp?: AbortSignal): Promise<Reply>;
  /** One long poll; the messages it brought. */
  poll(hangUp?: AbortSignal): Promise<Reply & { readonly messages: readonly ChatMessage[] }>;
  reconnect(): Promise<Reply>;
  remove(): Promise<Reply>;
  availability(ids: readonly string[], organizationId: string, deploymentId: string): Promise<Reply>;
  /** Sends a file to the address of FileTransfer/Requested; `breaksOff`: half of it, then the connection is gone. */
  upload(to: UploadAddress, file: SimulatedFile, breaksOff: boolean): Promise<Reply>;
}

/** From FileTransfer/Requested (live-agent-chat.md §13.7), and whose file it is. */
export interface UploadAddress {
  readonly uploadServletUrl: string;
  readonly cdmServletUrl: string;
  readonly fileToken: string;
  readonly organizationId: string;
}

export interface ChatRestClientOptions {
  readonly url: string;
  readonly agent: Agent;
  /** Where the visitor is, as the proxy in front of the servers would say. */
  readonly address: string;
  /** Sends `ack` and X-LIVEAGENT-SEQUENCE, as some clients do and others do not. */
  readonly confirms: boolean;
  /** Real milliseconds between two tries of a post. */
  readonly retryMs: number;
  /** Told how long an answered post took, real ms. */
  readonly answered: (ms: number) => void;
}

/** Sockets of all simulated visitors. */
export function createVisitorSockets(): Agent {
  return new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY, maxFreeSockets: 512 });
}

/** Status and text of an answer; 0 when it broke off. */
function replyOf(response: IncomingMessage): Promise<Reply> {
  return new Promise((resolve) => {
    const nothing = () => resolve({ status: 0, text: '' });
    let text = '';
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => {
      text += chunk;
    });
    response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    response.on('error', nothing);
    response.on('aborted', nothing);
  });
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

export function createChatRestClient(options: ChatRestClientOptions): ChatRestClient {
  const base = new URL(options.url);
  let session = { id: '', key: '', affinityToken: 'null' };
  let ack = -1;
  let sequence = 1;
  /** Counts the times the numbers started over. */
  let epoch = 0;

  function call(
    method: string,
    path: string,
    more: { headers?: Record<string, string>; body?: object; signal?: AbortSignal } = {},
  ): Promise<Reply> {
    const payload = more.body === undefined ? undefined : JSON.stringify(more.body);
    return new Promise((resolve) => {
      const nothing = () => resolve({ status: 0, text: '' });
      const sent = request(
        {
          host: base.hostname,
          port: base.port,
          method,
          path: `/chat/rest/${path}`,
          agent: options.agent,
          ...(more.signal ? { signal: more.signal } : {}),
          headers: {
            'x-liveagent-api-version': '48',
            'x-forwarded-for': options.address,
            'x-liveagent-affinity': session.affinityToken,
            ...(session.key === '' ? {} : { 'x-liveagent-session-key': session.key }),
            ...(payload === undefined
              ? {}
              : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(payload)) }),
            ...more.headers,
          },
        },
        (response) => void replyOf(response).then(resolve),
      );
      sent.on('error', nothing);
      sent.end(payload);
    });
  }

  return {
    get sessionId() {
      return session.id;
    },
    async open() {
      const reply = await call('GET', 'System/SessionId');
      if (reply.status === 200) session = JSON.parse(reply.text) as typeof session;
      return reply;
    },
    async post(noun, body, giveUp) {
      const headers: Record<string, string> = options.confirms
        ? { 'x-liveagent-sequence': String(sequence) }
        : {};
      sequence += 1;
      for (;;) {
        const began = performance.now();
        const reply = await call('POST', noun, { body, headers });
        if (reply.status === 200) options.answered(performance.now() - began);
        const mayAgain = options.confirms && (reply.status === 0 || reply.status === 503);
        if (!mayAgain || giveUp?.aborted) return reply;
        await pause(options.retryMs);
      }
    },
    async poll(hangUp) {
      const path = options.confirms ? `System/Messages?ack=${ack}` : 'System/Messages';
      const asked = epoch;
      const reply = await call('GET', path, hangUp ? { signal: hangUp } : {});
      if (reply.status !== 200) return { ...reply, messages: [] };
      const batch = JSON.parse(reply.text) as { messages: ChatMessage[]; sequence: number };
      // a poll that was under way while the numbers started over still has one of the old
      if (asked === epoch) ack = batch.sequence;
      return { ...reply, messages: batch.messages };
    },
    async reconnect() {
      const reply = await call('GET', 'System/ReconnectSession?ReconnectSession.offset=0', {
        headers: { 'x-liveagent-affinity': 'null' },
      });
      if (reply.status !== 200) return reply;
      const { messages } = JSON.parse(reply.text) as { messages: { message: { affinityToken: string } }[] };
      session = { ...session, affinityToken: messages[0]?.message.affinityToken ?? '' };
      ack = -1;
      sequence = 1;
      epoch += 1;
      return reply;
    },
    upload({ uploadServletUrl, cdmServletUrl, fileToken, organizationId }, file, breaksOff) {
      const { contentType, body } = uploadForm(file);
      const query = new URLSearchParams({
        orgId: organizationId,
        chatKey: session.id,
        fileToken,
        encoding: 'UTF-8',
      });
      return new Promise((resolve) => {
        const nothing = () => resolve({ status: 0, text: '' });
        const sent = request(
          `${uploadServletUrl}?${query}`,
          {
            method: 'POST',
            agent: options.agent,
            headers: {
              referer: cdmServletUrl,
              'content-type': contentType,
              'content-length': String(body.length),
              'x-forwarded-for': options.address,
            },
          },
          (response) => void replyOf(response).then(resolve),
        );
        sent.on('error', nothing);
        if (!breaksOff) sent.end(body);
        else {
          sent.write(body.subarray(0, body.length / 2));
          setTimeout(() => {
            nothing();
            sent.destroy();
          }, options.retryMs);
        }
      });
    },
    remove: () => call('DELETE', `System/SessionId/${session.key}`),
    availability: (ids, organizationId, deploymentId) =>
      call(
        'GET',
        `Visitor/Availability?org_id=${organizationId}&deployment_id=${deploymentId}&Availability.ids=${ids.join(',')}`,
      ),
  };
}
