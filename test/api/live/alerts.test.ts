/** What the clocks and the administrator tell an agent's console without anybody asking (live-agent-chat.md §6, §10). */

import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { EventType, LiveEvent } from '../../../src/api/live/schema.js';
import type { LiveClient } from '../../../src/live-client/client.js';
import { type ChatServer, chatServer, type RawVisitor } from '../../support/chat-server.js';

let server: ChatServer;
let ana: LiveClient;
beforeAll(async () => {
  server = await chatServer();
  await server.changeAgent('ana', { CriticalWaitTime: 1 });
  ana = await server.agent('ana');
});
beforeEach(async () => {
  await ana.request('setStatus', { status: 'Online' });
});
afterAll(() => server?.close());

async function established(): Promise<{ visitor: RawVisitor; chatId: string }> {
  const visitor = server.visitor();
  await visitor.request();
  const { offerId } = await ana.until((s) => s.offers.find((one) => one.chat.chatKey === visitor.id));
  const { chat } = await ana.request('acceptOffer', { offerId });
  await visitor.until('ChatEstablished');
  return { visitor, chatId: chat.chat.chatId };
}

/** The next event of a type; asked for before what makes it happen. */
function next<T extends EventType>(type: T): Promise<Extract<LiveEvent, { type: T }>> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no ${type}`)), 8_000);
    const off = ana.on(type, (event) => {
      clearTimeout(timer);
      off();
      resolve(event as unknown as Extract<LiveEvent, { type: T }>);
    });
  });
}

it('a visitor who waits for an answer raises the critical wait alert; the answer clears it', async () => {
  const { visitor, chatId } = await established();
  const raised = next('criticalWait');
  await visitor.say('hello?');
  expect(await raised).toMatchObject({ chatId, alert: true });
  const cleared = next('criticalWait');
  await ana.request('sendMessage', { chatId, text: 'here I am' });
  expect(await cleared).toMatchObject({ chatId, alert: false });
  await ana.request('endChat', { chatId });
});

it('a capacity the administrator changes takes effect within a second, as an event', async () => {
  const changed = next('settingsChanged');
  const began = performance.now();
  await server.changeAgent('ana', { Capacity: 3 });
  expect((await changed).settings.capacity).toBe(3);
  expect(performance.now() - began).toBeLessThan(1_000);
  expect(ana.snapshot().settings.capacity).toBe(3);
});

it('a visitor’s page that shows the idle warning says so', async () => {
  const { visitor, chatId } = await established();
  const shown = next('visitorIdle');
  await visitor.post('Chasitor/ChasitorIdleTimeoutWarningEvent', { idleTimeoutWarningEvent: 'triggered' });
  expect(await shown).toMatchObject({ chatId, warning: true });
  const cleared = next('visitorIdle');
  await visitor.post('Chasitor/ChasitorIdleTimeoutWarningEvent', { idleTimeoutWarningEvent: 'cleared' });
  expect(await cleared).toMatchObject({ chatId, warning: false });
  await ana.request('endChat', { chatId });
});

it('an offer that nobody takes in time goes to the next, and is counted once', async () => {
  await server.changeButton({ PushTimeout: 1 });
  const visitor = server.visitor();
  await visitor.request();
  const { offerId } = await ana.until((s) => s.offers.find((one) => one.chat.chatKey === visitor.id));
  const ended = await next('offerEnded');
  expect(ended).toMatchObject({ offerId, reason: 'pushTimeout' });
  await visitor.post('Chasitor/ChatCancel');
  await server.changeButton({ PushTimeout: 20 });
});
