/** The door of /live: hello, tokens, versions, frames that are no frames, limits, goodbyes. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LIVE_LIMITS, PROTOCOL_VERSION } from '../../../src/api/live/schema.js';
import { type ChatServer, chatServer } from '../../support/chat-server.js';
import { type RawSocket, rawSocket } from '../../support/raw-socket.js';

let server: ChatServer;
let token: string;
beforeAll(async () => {
  server = await chatServer();
  token = await server.token('ana');
});
afterAll(() => server?.close());

const hello = (more: object = {}) => ({
  type: 'hello',
  protocol: PROTOCOL_VERSION,
  token,
  tab: `t${Math.random()}`,
  ...more,
});

async function greeted(more: object = {}): Promise<RawSocket> {
  const socket = await rawSocket(server.url);
  socket.send(hello(more));
  await socket.next('welcome');
  return socket;
}

describe('hello', () => {
  it('is answered with who one is, the times to keep, and a snapshot', async () => {
    const socket = await rawSocket(server.url);
    socket.send(hello());
    expect(await socket.next('welcome')).toMatchObject({
      protocol: 1,
      user: { id: expect.stringMatching(/^005/), username: 'ana@floorwalker.demo', name: expect.any(String) },
      serverTime: expect.any(Number),
      heartbeatMs: 400,
      graceMs: 3_000,
      resumed: false,
      missed: [],
      snapshot: { status: 'Offline', loginId: null, offers: [], chats: [], lastEventId: 0 },
    });
    socket.ws.close();
  });

  it('with a wrong token is refused and closed', async () => {
    for (const wrong of ['nonsense', `${token.slice(0, -1)}X`]) {
      const socket = await rawSocket(server.url);
      socket.send(hello({ token: wrong }));
      expect(await socket.next('error')).toMatchObject({ error: { code: 'INVALID_SESSION_ID' } });
      expect(await socket.closed()).toBe(4401);
    }
  });

  it('must be the first frame', async () => {
    for (const first of ['{"type":"heartbeat"}', 'not json', '{"type":"hello"}', '[]', 'null']) {
      const socket = await rawSocket(server.url);
      socket.send(first);
      expect(await socket.closed()).toBe(4400);
      expect(socket.frames).toMatchObject([{ type: 'error', error: { code: 'bad_frame' } }]);
    }
  });

  it('must come in time', async () => {
    const socket = await rawSocket(server.url);
    const began = performance.now();
    expect(await socket.closed()).toBe(4408);
    expect(performance.now() - began).toBeGreaterThan(LIVE_LIMITS.hello_ms - 500);
  });

  it('of another version is told which are served', async () => {
    const socket = await rawSocket(server.url);
    socket.send({ type: 'hello', protocol: 99, credentials: { of: 'the future' } });
    expect(await socket.next('error')).toMatchObject({
      error: { code: 'unsupported_version' },
      versions: [1],
    });
    expect(await socket.closed()).toBe(4426);
  });

  it('comes from this host, a program, or an allowed page; not from elsewhere', async () => {
    const elsewhere = await rawSocket(server.url, { headers: { origin: 'https://evil.example' } });
    expect(elsewhere.ws.readyState).not.toBe(elsewhere.ws.OPEN);
    const here = await rawSocket(server.url, { headers: { origin: server.url } });
    expect(here.ws.readyState).toBe(here.ws.OPEN);
    here.ws.close();
  });
});

describe('frames', () => {
  it('that cannot be read are answered, and the connection goes on', async () => {
    const socket = await greeted();
    for (const bad of ['{', '"x"', '{"type":"nothing"}', '{"type":"request","id":"1","op":"getSnapshot"}']) {
      socket.send(bad);
      expect(await socket.next('error')).toMatchObject({ error: { code: 'bad_frame' } });
    }
    socket.send({ type: 'request', id: 1, op: 'getSnapshot', params: {} });
    expect(await socket.next('response')).toMatchObject({
      id: 1,
      result: { snapshot: { status: 'Offline' } },
    });
    socket.ws.close();
  });

  it('are refused by their id when the operation or its parameters are not right', async () => {
    const socket = await greeted();
    socket.send({ type: 'request', id: 1, op: 'constructor', params: {} });
    expect(await socket.next('refusal')).toMatchObject({ id: 1, error: { code: 'unknown_operation' } });
    socket.send({ type: 'request', id: 2, op: 'setStatus', params: { status: 'Lunch' } });
    expect(await socket.next('refusal')).toMatchObject({ id: 2, error: { code: 'bad_params' } });
    socket.send({
      type: 'request',
      id: 3,
      op: 'sendMessage',
      params: { chatId: 'x', text: 'y'.repeat(4_001) },
    });
    expect(await socket.next('refusal')).toMatchObject({ id: 3, error: { code: 'bad_params' } });
    socket.ws.close();
  });

  it('that ask for what is not there are refused with a Salesforce code', async () => {
    const socket = await greeted();
    socket.send({ type: 'request', id: 1, op: 'acceptOffer', params: { offerId: '12345' } });
    expect(await socket.next('refusal')).toMatchObject({
      id: 1,
      error: { code: expect.stringMatching(/^(NOT_FOUND|INVALID_OPERATION|INVALID_INPUT)$/) },
    });
    socket.ws.close();
  });

  it('too long or binary close the connection', async () => {
    const long = await greeted();
    long.send({
      type: 'request',
      id: 1,
      op: 'getSnapshot',
      params: { pad: 'x'.repeat(LIVE_LIMITS.client_frame_bytes) },
    });
    expect(await long.closed()).toBe(1009);
    const binary = await greeted();
    binary.ws.send(Buffer.from('{"type":"heartbeat"}'), { binary: true });
    expect(await binary.closed()).toBe(1003);
  });

  it('faster than the rate are refused, a flood is closed', async () => {
    const socket = await greeted();
    for (let id = 0; id < 200; id++) socket.send({ type: 'request', id, op: 'getSnapshot', params: {} });
    expect(await socket.next('refusal')).toMatchObject({
      error: { code: expect.stringMatching(/rate_limited|too_many_requests/) },
    });
    for (let id = 0; id < 3_000; id++)
      socket.send('{"type":"signal","signal":{"type":"typing","chatId":"x","typing":true}}');
    expect(await socket.closed()).toBe(4429);
  });

  it('that never come are missed: a silent client is closed', async () => {
    const socket = await greeted();
    expect(await socket.closed()).toBe(4411);
  });

  it('heartbeats are answered', async () => {
    const socket = await greeted();
    socket.send('{"type":"heartbeat"}');
    await socket.next('heartbeat');
    socket.ws.close();
  });
});

describe('an ended session', () => {
  it('closes the socket at its next request', async () => {
    const mine = await server.token('ben');
    const socket = await greeted({ token: mine });
    await fetch(`${server.url}/services/oauth2/revoke`, {
      method: 'POST',
      body: new URLSearchParams({ token: mine }),
    });
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    socket.send({ type: 'request', id: 1, op: 'getSnapshot', params: {} });
    expect(await socket.closed()).toBe(4401);
  });
});

describe('the same tab', () => {
  it('connecting again takes the place of its older socket', async () => {
    const first = await greeted({ tab: 'one' });
    const second = await greeted({ tab: 'one' });
    expect(await first.closed()).toBe(4409);
    second.ws.close();
  });
});
