/** Clients that mean no good: too long, too many, too slow, too curious. The server stays up, and honest clients served. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LIVE_LIMITS, OPERATIONS, PROTOCOL_VERSION } from '../../../src/api/live/schema.js';
import type { LiveClient } from '../../../src/live-client/client.js';
import { type ChatServer, chatServer, type RawVisitor } from '../../support/chat-server.js';
import { type RawSocket, rawSocket } from '../../support/raw-socket.js';

let server: ChatServer;
let ana: LiveClient;
let visitor: RawVisitor;
let chatId: string;
let offerId: string;
let tokens: Record<'ben' | 'ana' | 'supervisor', string>;
beforeAll(async () => {
  // Nobody is to be closed for silence where something else is to close it.
  server = await chatServer({ GRACE_SECONDS: '60', HEARTBEAT_SECONDS: '30' });
  const [a, b, s] = await Promise.all(['ana', 'ben', 'supervisor'].map((who) => server.token(who)));
  tokens = { ana: a as string, ben: b as string, supervisor: s as string };
  ana = await server.agent('ana');
  await ana.request('setStatus', { status: 'Online' });
  visitor = server.visitor();
  await visitor.request();
  ({ offerId } = await ana.until((s) => s.offers[0]));
  ({ chatId } = (await ana.request('acceptOffer', { offerId })).chat.chat);
});
afterAll(() => server?.close());

async function greeted(who: keyof typeof tokens, more: object = {}): Promise<RawSocket> {
  const socket = await rawSocket(server.url);
  const tab = `t${Math.random()}`;
  socket.send({ type: 'hello', protocol: PROTOCOL_VERSION, token: tokens[who], tab, ...more });
  await socket.next('welcome');
  return socket;
}

/** How long an honest request takes now, ms. */
async function honest(): Promise<number> {
  const began = performance.now();
  await ana.request('getSnapshot', {});
  return performance.now() - began;
}

const request = (id: number, op: string, params: unknown = {}) => ({ type: 'request', id, op, params });

describe('frames', () => {
  it('of a megabyte close the socket, whole or in pieces', async () => {
    const whole = await greeted('ben');
    whole.send(request(1, 'sendMessage', { chatId, text: 'x'.repeat(1 << 20) }));
    expect(await whole.closed()).toBe(1009);
    const pieces = await greeted('ben');
    pieces.ws.send('{"type":"request","id":1,"op":"', { fin: false });
    for (let n = 0; n < 100; n++) pieces.ws.send('x'.repeat(10_000), { fin: false });
    expect(await pieces.closed()).toBe(1009);
    expect(await honest()).toBeLessThan(1_000);
  });

  it('in floods are closed, while others are served', async () => {
    const flooders = await Promise.all(['ben', 'ben', 'supervisor'].map((who) => greeted(who as 'ben')));
    const kinds = [
      () => '{"type":"heartbeat"}',
      (n: number) => JSON.stringify(request(n, 'getSnapshot')),
      () => '\u0000not json',
    ];
    for (const [n, { ws }] of flooders.entries()) {
      const kind = kinds[n % kinds.length] as (n: number) => string;
      for (let frame = 0; frame < 10_000; frame++) ws.send(kind(frame));
    }
    const took = await honest();
    const codes = await Promise.all(flooders.map((one) => one.closed()));
    // Unreadable ones are closed for what they are before they are a flood.
    for (const code of codes) expect([4429, 4400]).toContain(code);
    expect(codes).toContain(4429);
    expect(took).toBeLessThan(3_000);
  });

  it('that are pings count as well', async () => {
    const pinger = await greeted('ben');
    let pongs = 0;
    pinger.ws.on('pong', () => {
      pongs += 1;
    });
    pinger.ws.ping('hello');
    await expect.poll(() => pongs).toBe(1);
    for (let n = 0; n < 10_000; n++) pinger.ws.ping('x'.repeat(100));
    expect(await pinger.closed()).toBe(4429);
  });

  it('with names of JavaScript for operations, or nonsense for parameters, are refused', async () => {
    const socket = await greeted('ben');
    const odd = ['__proto__', 'toString', 'hasOwnProperty', 'constructor', '', ' getSnapshot', 'GETSNAPSHOT'];
    for (const [id, op] of odd.entries()) {
      socket.send(request(id, op));
      expect(await socket.next('refusal')).toMatchObject({ id, error: { code: 'unknown_operation' } });
    }
    for (const params of [[], 7, 'x', true, { chatId: { $ne: null } }, { chatId: ['1'], text: 'x' }]) {
      socket.send(request(99, 'sendMessage', params));
      expect(await socket.next('refusal')).toMatchObject({ id: 99, error: { code: 'bad_params' } });
    }
    const deep = `${'['.repeat(30_000)}${']'.repeat(30_000)}`;
    socket.send(`{"type":"request","id":100,"op":"sendMessage","params":${deep}}`);
    expect(await socket.next('refusal')).toMatchObject({ id: 100, error: { code: 'bad_params' } });
    socket.send(`{"type":"request","id":101,"op":"getSnapshot","params":{"__proto__":{"a":1}}}`);
    expect(await socket.next('response')).toMatchObject({ id: 101 });
    expect(({} as { a?: number }).a).toBeUndefined();
    socket.ws.close();
  });

  it('that are not UTF-8 close the socket', async () => {
    const socket = await greeted('ben');
    const raw = (socket.ws as unknown as { _socket: { write(data: Buffer): void } })._socket;
    // A masked text frame of two bytes that are no character.
    raw.write(Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0xc3, 0x28]));
    expect([1006, 1007]).toContain(await socket.closed());
  });

  it('before the welcome are refused; a second hello is an error', async () => {
    const socket = await rawSocket(server.url);
    const hello = { type: 'hello', protocol: PROTOCOL_VERSION, token: tokens.ben, tab: 'early' };
    for (const frame of [hello, request(1, 'logout'), hello]) socket.send(frame);
    expect(await socket.next('refusal')).toMatchObject({ id: 1, error: { code: 'bad_frame' } });
    await socket.next('welcome');
    socket.ws.close();
  });
});

describe('a reader who never reads', () => {
  it('is cut off when its buffer is full, and costs no more than that', async () => {
    for (let n = 0; n < 12; n++) {
      await ana.request('sendMessage', { chatId, text: `${n} ${'x'.repeat(3_900)}` });
    }
    const lazy = await greeted('ana');
    const raw = (lazy.ws as unknown as { _socket: { pause(): void; resume(): void } })._socket;
    raw.pause();
    const ask = async () => {
      for (let id = 0; id < 2_000 && lazy.ws.readyState === lazy.ws.OPEN; id++) {
        lazy.send(request(id, 'getSnapshot'));
        await new Promise((resolve) => setTimeout(resolve, 20));
        if (id % 50 === 49) expect(await honest()).toBeLessThan(3_000);
        if (id > 300) break;
      }
    };
    await ask();
    raw.resume();
    expect([1006, 4413]).toContain(await lazy.closed());
  }, 30_000);
});

describe('a visitor who never stops talking', () => {
  it('does not make a welcome nobody can be sent: the newest lines come', async () => {
    const ben = await server.agent('ben');
    await ana.request('setStatus', { status: 'Away' });
    await ben.request('setStatus', { status: 'Online' });
    const talker = server.visitor();
    await talker.request();
    const offered = await ben.until((s) => s.offers[0]);
    const { chat } = await ben.request('acceptOffer', { offerId: offered.offerId });
    const id = chat.chat.chatId;
    await server.db.query(
      `WITH said AS (
         INSERT INTO chat_message (chat_id, sequence, kind, at, name, text)
         SELECT v.chat_id, v.last_sequence + n, 'visitor', v.at, 'V', n || repeat('語', 3900)
           FROM conversation v, generate_series(1, 2000) n WHERE v.chat_id = $1)
       UPDATE conversation SET last_sequence = last_sequence + 2000 WHERE chat_id = $1`,
      [Number(id)],
    );
    const socket = await greeted('ben');
    const welcome = JSON.stringify(socket.frames[0]);
    expect(Buffer.byteLength(welcome)).toBeLessThan(LIVE_LIMITS.unread_bytes);
    const sue = await server.agent('supervisor');
    const watched = await sue.watchChat(id);
    expect(watched.lines.at(-1)?.text).toMatch(/^2000/);
    expect(watched.lines.length).toBeLessThan(300);
    const { snapshot } = await ben.request('getSnapshot', {});
    expect(snapshot.chats[0]?.lines.at(-1)?.text).toMatch(/^2000/);
    // The connection goes on.
    expect((await ben.request('sendMessage', { chatId: id, text: 'I see' })).line.sequence).toBeGreaterThan(
      2_000,
    );
    await ben.request('endChat', { chatId: id });
    await ben.request('logout', {});
    await ana.request('setStatus', { status: 'Online' });
    for (const one of [ben, sue]) one.close();
    socket.ws.close();
  });
});

describe('what belongs to others', () => {
  it('is not touched: every operation on a chat of somebody else is refused, and nothing happens', async () => {
    const before = ana.snapshot();
    const ben = await server.agent('ben');
    await ben.request('setStatus', { status: 'Online' });
    const userId = ben.snapshot().userId;
    const params = {
      chatId,
      offerId,
      userId,
      text: 'hello',
      type: 'x',
      data: 'y',
      message: 'help',
      status: 'Away',
      to: { kind: 'agent', id: userId },
      beforeSequence: 1,
    };
    const harmless = new Set([
      'setStatus',
      'logout',
      'getSnapshot',
      'getEvents',
      'getQuickTexts',
      'getDirectory',
    ]);
    for (const op of Object.keys(OPERATIONS).filter((one) => !harmless.has(one))) {
      const answer = await ben.request(op as 'endChat', params).then(
        () => 'done',
        (error: { code: string }) => error.code,
      );
      expect([op, answer]).toEqual([
        op,
        expect.stringMatching(/^(NOT_FOUND|INVALID_OPERATION|INSUFFICIENT_ACCESS)$/),
      ]);
    }
    ben.signal({ type: 'typing', chatId, typing: true });
    ben.signal({ type: 'sneakPeek', chatId, text: 'I am not in there' });
    await visitor.say('still here');
    await ana.until((s) => s.chats[0]?.lines.at(-1)?.text === 'still here');
    const [was, is] = [before.chats[0], ana.snapshot().chats[0]];
    expect(is).toEqual({ ...was, lines: is?.lines });
    expect(JSON.stringify(visitor.delivered)).not.toContain('AgentTyping');
    await ben.request('logout', {});
    ben.close();
  });

  it('is not resumed: a login named in hello is only gone on with by its own agent', async () => {
    const { loginId } = ana.snapshot();
    const thief = await rawSocket(server.url);
    const resume = { loginId, lastEventId: 0 };
    thief.send({ type: 'hello', protocol: PROTOCOL_VERSION, token: tokens.ben, tab: 'thief', resume });
    expect(await thief.next('welcome')).toMatchObject({
      resumed: false,
      missed: [],
      snapshot: { status: 'Offline', loginId: null, chats: [] },
    });
    thief.send(request(1, 'getEvents', { afterEventId: 0 }));
    expect(await thief.next('response')).toMatchObject({ result: { events: [] } });
    thief.ws.close();
    for (const odd of [
      { loginId: '../x', lastEventId: 0 },
      { loginId: loginId ?? '', lastEventId: 2 ** 50 },
    ]) {
      const own = await greeted('ana', { resume: odd });
      expect(own.frames[0]).toMatchObject({ missed: [], snapshot: { loginId } });
      own.ws.close();
    }
  });

  it('is no view of supervisors for agents, whatever they send', async () => {
    const ben = await greeted('ben', { maySupervise: true, user: { maySupervise: true } });
    for (const [id, op] of ['watchBoard', 'watchChat', 'getOpenLogins', 'unwatchBoard'].entries()) {
      ben.send(request(id, op, { chatId, maySupervise: true }));
      expect(await ben.next('refusal')).toMatchObject({ id, error: { code: 'INSUFFICIENT_ACCESS' } });
    }
    ben.ws.close();
  });
});

describe('a curious supervisor', () => {
  it('watches so many chats over one socket, and no more', async () => {
    const sue = await greeted('supervisor');
    // Asked in one go, and one chat many times: the same is one.
    for (let id = 0; id < 50; id++) sue.send(request(id, 'watchChat', { chatId }));
    for (let n = 0; n < 50; n++) await sue.next('response');
    const made = await server.db.query<{ id: number }>(
      `WITH made AS (
         INSERT INTO chat (chat_key, state, deployment_id, skill_ids, request, requested_at, waiting_since, seq, at)
         SELECT 'hostile' || n, 'waiting', $1, '{}', '{"prechatDetails": []}', t, t, 0, t
           FROM generate_series(1, $2) n, (SELECT floor_now() AS t) now RETURNING id, at)
       INSERT INTO conversation (chat_id, session_id, at) SELECT id, 'x' || id, at FROM made RETURNING chat_id AS id`,
      [server.deploymentId, LIVE_LIMITS.watched_chats + 5],
    );
    for (const { id } of made) sue.send(request(1_000 + id, 'watchChat', { chatId: String(id) }));
    for (let n = 0; n < 6; n++) {
      expect(await sue.next('refusal')).toMatchObject({ error: { code: 'REQUEST_LIMIT_EXCEEDED' } });
    }
    sue.ws.close();
  });

  it('who asks for the board again and again gets it, and others are served', async () => {
    const sue = await greeted('supervisor');
    for (let id = 0; id < 60; id++) sue.send(request(id, id % 2 === 0 ? 'watchBoard' : 'unwatchBoard'));
    expect(await honest()).toBeLessThan(3_000);
    for (let n = 0; n < 60; n++) await sue.next('response');
    sue.ws.close();
  });
});

it('more sockets of one user than allowed close the oldest', async () => {
  const sockets: RawSocket[] = [];
  for (let n = 0; n <= LIVE_LIMITS.sockets_per_user; n++) sockets.push(await greeted('ben'));
  expect(await sockets[0]?.closed()).toBe(4409);
  for (const { ws } of sockets) ws.close();
});
