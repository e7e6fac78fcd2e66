/** The database is away for a while: sockets stay, calls are refused as such, nobody is logged out (DECISIONS 3, 11). */

import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ChatServer, chatServerBehindRelay } from '../../support/chat-server.js';
import type { Relay } from '../../support/relay.js';

let server: ChatServer;
let way: Relay;
beforeAll(async () => {
  [server, way] = await chatServerBehindRelay({ GRACE_SECONDS: '2', LOG_LEVEL: 'silent' });
});
afterAll(async () => {
  await server?.close();
  way?.close();
});

const OUTAGE_MS = 5_000;

it('keeps sockets and logins through an outage longer than the grace, and loses nothing acknowledged', async () => {
  const ana = await server.agent('ana');
  const { loginId } = (await ana.request('setStatus', { status: 'Online' })).snapshot;
  const visitor = server.visitor();
  await visitor.request();
  const { offerId } = await ana.until((s) => s.offers[0]);
  const { chat } = await ana.request('acceptOffer', { offerId });
  const { chatId } = chat.chat;
  await visitor.until('ChatEstablished');
  await visitor.say('before');
  await ana.request('sendMessage', { chatId, text: 'before, too' });
  const losses: unknown[] = [];
  ana.on('disconnected', (loss) => losses.push(loss));

  way.cut();
  await new Promise((resolve) => setTimeout(resolve, 200));
  await expect(ana.request('sendMessage', { chatId, text: 'into the void' })).rejects.toMatchObject({
    code: 'SERVER_UNAVAILABLE',
  });
  const refused = await visitor.say('into the void');
  expect(refused.status).toBe(503);
  expect(refused.headers['retry-after']).toBeDefined();
  expect((await server.visitor().call('GET', 'System/SessionId')).status).toBe(503);
  await new Promise((resolve) => setTimeout(resolve, OUTAGE_MS));
  way.restore();

  const said = async (text: string) =>
    (await ana.request('sendMessage', { chatId, text, clientId: text }).catch(() => undefined))?.line.text;
  await expect.poll(() => said('after'), { timeout: 10_000, interval: 200 }).toBe('after');
  // Longer than the grace: whoever was going to be logged out would be by now.
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  expect(losses).toEqual([]);
  const { snapshot } = await ana.request('getSnapshot', {});
  expect(snapshot).toMatchObject({ loginId, status: 'Online' });
  expect(snapshot.chats[0]?.lines.map((line) => line.text)).toEqual(['before', 'before, too', 'after']);
  await expect
    .poll(
      async () => {
        await visitor.poll();
        return visitor.delivered.filter((one) => one.type === 'ChatMessage').map((one) => one.message.text);
      },
      { timeout: 10_000 },
    )
    .toEqual(['before, too', 'after']);
  await ana.request('endChat', { chatId });
  await ana.request('logout', {});
  ana.close();
}, 60_000);
