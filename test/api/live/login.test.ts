/** One agent's login over /live: tabs, drops, resumption, grace, the server going and coming back. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LiveEvent, Snapshot } from '../../../src/api/live/schema.js';
import { connectLive, LiveError } from '../../../src/live-client/client.js';
import { type ChatServer, chatServer, NodeWebSocket } from '../../support/chat-server.js';

let server: ChatServer;
beforeAll(async () => {
  server = await chatServer();
});
afterAll(() => server?.close());

const isOnline = (s: Snapshot) => s.status === 'Online';

describe('a login', () => {
  it('begins Online, goes Away and back, and ends; each status is an event', async () => {
    const ana = await server.agent('ana');
    const events: LiveEvent[] = [];
    ana.on('event', (event) => events.push(event));
    const { snapshot } = await ana.request('setStatus', { status: 'Online' });
    expect(snapshot).toMatchObject({
      status: 'Online',
      loginId: expect.any(String),
      loginAt: expect.any(Number),
    });
    await ana.request('setStatus', { status: 'Away' });
    await ana.request('setStatus', { status: 'Away' });
    await ana.request('setStatus', { status: 'Online' });
    const { sessionId } = await ana.request('logout', {});
    expect(sessionId).toMatch(/^0HK/);
    await ana.until((s) => s.status === 'Offline');
    await expect.poll(() => events.at(-1)?.type).toBe('loggedOut');
    const changes = events.filter((event) => event.type === 'statusChanged').map((event) => event.status);
    expect(changes.slice(-2)).toEqual(['Away', 'Online']);
    const ids = events.map((event) => event.id);
    expect(ids).toEqual([...ids].sort((a, b) => a - b));
    expect(new Set(ids).size).toBe(ids.length);
    ana.close();
  });

  it('made again is another login', async () => {
    const ana = await server.agent('ana');
    const first = (await ana.request('setStatus', { status: 'Online' })).snapshot.loginId;
    await ana.request('setStatus', { status: 'Offline' });
    const second = (await ana.request('setStatus', { status: 'Away' })).snapshot.loginId;
    expect(second).not.toBe(first);
    await ana.request('logout', {});
    ana.close();
  });

  it('is one for several tabs, and every tab hears of everything', async () => {
    const [one, two] = await Promise.all([server.agent('ben'), server.agent('ben')]);
    const { snapshot } = await one.request('setStatus', { status: 'Online' });
    expect((await two.until((s) => isOnline(s) && s)).loginId).toBe(snapshot.loginId);
    await two.request('setStatus', { status: 'Away' });
    await one.until((s) => s.status === 'Away');
    const visitorSees = server.visitor();
    await two.request('setStatus', { status: 'Online' });
    await visitorSees.request();
    const offers = await Promise.all([one, two].map((tab) => tab.until((s) => s.offers[0])));
    expect(offers[0]).toEqual(offers[1]);
    const { chat } = await two.request('acceptOffer', { offerId: offers[0]?.offerId ?? '' });
    const { chatId } = chat.chat;
    await one.until((s) => s.chats.some((c) => c.chat.chatId === chatId));
    await one.request('sendMessage', { chatId, text: 'from the first tab', clientId: 'a' });
    await two.until((s) => s.chats[0]?.lines.some((line) => line.text === 'from the first tab'));
    // One tab closes: the login goes on.
    one.close();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect((await two.request('getSnapshot', {})).snapshot).toMatchObject({
      status: 'Online',
      loginId: snapshot.loginId,
    });
    await two.request('endChat', { chatId });
    await two.request('logout', {});
    two.close();
  });
});

describe('a dropped connection', () => {
  it('comes back within the grace to the same login, and hears what it missed, once', async () => {
    const ana = await server.agent('ana');
    const heard: LiveEvent[] = [];
    ana.on('event', (event) => heard.push(event));
    const { loginId } = (await ana.request('setStatus', { status: 'Online' })).snapshot;
    const visitor = server.visitor();
    await visitor.request();
    const offer = await ana.until((s) => s.offers[0]);
    const { chat } = await ana.request('acceptOffer', { offerId: offer.offerId });
    const back = new Promise((resolve) => ana.on('connected', resolve));
    ana.drop();
    await visitor.say('are you there?');
    await visitor.say('hello?');
    await back;
    expect(ana.snapshot().loginId).toBe(loginId);
    await ana.until((s) => s.chats[0]?.lines.length === 2);
    const lines = heard.filter((event) => event.type === 'line').map((event) => event.line.text);
    expect(lines).toEqual(['are you there?', 'hello?']);
    const ids = heard.map((event) => event.id);
    expect(ids).toEqual(Array.from({ length: ids.length }, (_, index) => (ids[0] ?? 0) + index));
    await ana.request('endChat', { chatId: chat.chat.chatId });
    await ana.request('logout', {});
    ana.close();
  });

  it('sends what was asked meanwhile when it is back, once', async () => {
    const ana = await server.agent('ana');
    await ana.request('setStatus', { status: 'Online' });
    const visitor = server.visitor();
    await visitor.request();
    const offer = await ana.until((s) => s.offers[0]);
    const { chat } = await ana.request('acceptOffer', { offerId: offer.offerId });
    ana.drop();
    const { line } = await ana.request('sendMessage', {
      chatId: chat.chat.chatId,
      text: 'from the tunnel',
      clientId: 'only-once',
    });
    const again = await ana.request('sendMessage', {
      chatId: chat.chat.chatId,
      text: 'from the tunnel',
      clientId: 'only-once',
    });
    expect(again.line.sequence).toBe(line.sequence);
    expect((await visitor.until('ChatMessage')).message.text).toBe('from the tunnel');
    await ana.request('endChat', { chatId: chat.chat.chatId });
    await ana.request('logout', {});
    ana.close();
  });

  it('that stays away longer than the grace has lost its login, whose row ends at the last contact', async () => {
    const ana = await server.agent('ana');
    const { loginId } = (await ana.request('setStatus', { status: 'Online' })).snapshot;
    ana.close();
    const left_ms = performance.now();
    const rows = () =>
      server.db.query<{ id: string; logout_time: number; login_time: number }>(
        'SELECT id, login_time, logout_time FROM so_live_agent_session ORDER BY id DESC LIMIT 1',
      );
    const [before] = await rows();
    await expect
      .poll(async () => (await rows())[0]?.id, { timeout: 15_000, interval: 100 })
      .not.toBe(before?.id);
    expect(performance.now() - left_ms).toBeGreaterThan(2_500);
    const [row] = await rows();
    expect((row?.logout_time ?? 0) - (row?.login_time ?? 0)).toBeLessThanOrEqual(2_000);
    const back = await server.agent('ana');
    expect(back.snapshot()).toMatchObject({ status: 'Offline', loginId: null });
    expect((await back.request('setStatus', { status: 'Online' })).snapshot.loginId).not.toBe(loginId);
    await back.request('logout', {});
    back.close();
  });

  it('is told no more after the client is closed', async () => {
    const ana = await server.agent('ana');
    ana.close();
    await expect(ana.request('getSnapshot', {})).rejects.toMatchObject({ code: 'closed' });
  });
});

describe('a refusal', () => {
  it('of the token ends the attempts and says why', async () => {
    const attempt = connectLive({ url: server.url, token: 'wrong', WebSocket: NodeWebSocket });
    await expect(attempt).rejects.toBeInstanceOf(LiveError);
    await expect(attempt).rejects.toMatchObject({ code: 'unauthorized' });
  });

  it('of an operation has a code', async () => {
    const ana = await server.agent('ana');
    await expect(ana.request('acceptOffer', { offerId: '999999' })).rejects.toBeInstanceOf(LiveError);
    await expect(ana.request('sendMessage', { chatId: '999999', text: 'x' })).rejects.toBeInstanceOf(
      LiveError,
    );
    ana.close();
  });
});

describe('a server that stops and comes back', () => {
  it('keeps the login: the client reconnects by itself and goes on in it', async () => {
    const ana = await server.agent('ana');
    const { loginId } = (await ana.request('setStatus', { status: 'Online' })).snapshot;
    const visitor = server.visitor();
    await visitor.request();
    const offer = await ana.until((s) => s.offers[0]);
    const { chat } = await ana.request('acceptOffer', { offerId: offer.offerId });
    const codes: number[] = [];
    ana.on('disconnected', ({ code }) => codes.push(code));
    const back = new Promise((resolve) => ana.on('connected', resolve));
    await server.stop();
    await server.start();
    await back;
    expect(codes[0]).toBe(1012);
    expect(ana.snapshot()).toMatchObject({
      loginId,
      status: 'Online',
      chats: [{ chat: { chatId: chat.chat.chatId } }],
    });
    await visitor.say('you again');
    await ana.until((s) => s.chats[0]?.lines.some((line) => line.text === 'you again'));
    await ana.request('endChat', { chatId: chat.chat.chatId });
    await ana.request('logout', {});
    ana.close();
  });
});
