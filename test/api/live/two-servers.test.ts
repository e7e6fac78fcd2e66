/** Two server processes' worth of state on one database: an agent here, a visitor there, and the agent moving over. */

import { afterAll, beforeAll, expect, it } from 'vitest';
import { DEFAULT_DEMO_PASSWORD } from '../../../src/config.js';
import { connectLive } from '../../../src/live-client/client.js';
import { type ChatServer, chatServer, NodeWebSocket, passwordGrant } from '../../support/chat-server.js';

let here: ChatServer;
let there: ChatServer;
beforeAll(async () => {
  here = await chatServer();
  there = await here.second();
});
afterAll(async () => {
  await there?.close();
  await here?.close();
});

it('an agent on one server chats with a visitor on the other', async () => {
  const ana = await here.agent('ana');
  await ana.request('setStatus', { status: 'Online' });
  const visitor = there.visitor();
  await visitor.request();
  const { offerId } = await ana.until((s) => s.offers.find((one) => one.chat.chatKey === visitor.id));
  const { chat } = await ana.request('acceptOffer', { offerId });
  const { chatId } = chat.chat;
  await visitor.until('ChatEstablished');
  const began = performance.now();
  await visitor.say('from over there');
  await ana.until((s) => s.chats[0]?.lines.some((line) => line.text === 'from over there'));
  // A wake-up between servers, not the look every 2 s.
  expect(performance.now() - began).toBeLessThan(1_500);
  const typing = new Promise((resolve) => ana.on('visitorTyping', resolve));
  await visitor.post('Chasitor/ChasitorTyping');
  await typing;
  const held = visitor.poll();
  await ana.request('sendMessage', { chatId, text: 'hello over there' });
  await held;
  expect((await visitor.until('ChatMessage')).message.text).toBe('hello over there');
  await ana.request('endChat', { chatId });
  await visitor.until('ChatEnded');
  await ana.request('logout', {});
  ana.close();
});

it('tabs of one agent on two servers are one login, and hear the same', async () => {
  const [one, two] = await Promise.all([here.agent('ben'), there.agent('ben')]);
  const { snapshot } = await one.request('setStatus', { status: 'Online' });
  await two.until((s) => s.loginId === snapshot.loginId && s.status === 'Online');
  await two.request('setStatus', { status: 'Away' });
  await one.until((s) => s.status === 'Away');
  const visitor = here.visitor();
  await two.request('setStatus', { status: 'Online' });
  await visitor.request();
  const offers = await Promise.all([one, two].map((tab) => tab.until((s) => s.offers[0])));
  expect(offers[0]).toEqual(offers[1]);
  const { chat } = await two.request('acceptOffer', { offerId: offers[1]?.offerId ?? '' });
  const { chatId } = chat.chat;
  await one.until((s) => s.chats.some((c) => c.chat.chatId === chatId));
  for (const [index, tab] of [one, two, one, two].entries())
    await tab.request('sendMessage', { chatId, text: `${index}` });
  const texts = (tab: typeof one) => tab.snapshot().chats[0]?.lines.map((line) => line.text);
  await expect
    .poll(() => [texts(one), texts(two)])
    .toEqual([
      ['0', '1', '2', '3'],
      ['0', '1', '2', '3'],
    ]);
  await one.request('logout', {});
  await two.until((s) => s.status === 'Offline');
  one.close();
  two.close();
});

it('an agent whose server goes away goes on in the same login on the other', async () => {
  const token = await passwordGrant(here.url, 'ana@floorwalker.demo', DEFAULT_DEMO_PASSWORD);
  const onThere = await connectLive({ url: there.url, token, WebSocket: NodeWebSocket, tab: 'moving' });
  const { snapshot } = await onThere.request('setStatus', { status: 'Online' });
  onThere.close();
  const onHere = await connectLive({ url: here.url, token, WebSocket: NodeWebSocket, tab: 'moving' });
  expect(onHere.snapshot()).toMatchObject({ loginId: snapshot.loginId, status: 'Online' });
  await onHere.request('logout', {});
  onHere.close();
});

it('a poll that moves to the other server takes the place of the older one', async () => {
  const visitor = here.visitor();
  await visitor.request();
  const older = visitor.poll();
  await new Promise((resolve) => setTimeout(resolve, 100));
  const moved = there.visitor({ session: visitor });
  const newer = moved.poll({ ack: visitor.delivered.at(-1)?.batch ?? -1 });
  expect((await older).status).toBe(409);
  expect([200, 204]).toContain((await newer).status);
  await visitor.post('Chasitor/ChatCancel');
});
