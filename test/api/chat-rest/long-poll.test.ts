/** The message loop: holding, numbering, acknowledging, taking over, giving up (live-agent-chat.md §13.5, DECISIONS 6). */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LiveClient } from '../../../src/live-client/client.js';
import { type ChatServer, chatServer, type RawVisitor } from '../../support/chat-server.js';

let server: ChatServer;
let ana: LiveClient;
beforeAll(async () => {
  server = await chatServer();
  ana = await server.agent('ana');
  await ana.request('setStatus', { status: 'Online' });
});
afterAll(() => server?.close());

/** A chat that is established, and its id. */
async function established(
  options?: Parameters<ChatServer['visitor']>[0],
): Promise<{ visitor: RawVisitor; chatId: string }> {
  const visitor = server.visitor(options);
  await visitor.request();
  const offer = await ana.until((s) => s.offers.find((one) => one.chat.chatKey === visitor.id));
  await ana.request('acceptOffer', { offerId: offer.offerId });
  await visitor.until('ChatEstablished');
  return { visitor, chatId: offer.chat.chatId };
}

async function over(visitor: RawVisitor): Promise<void> {
  await visitor.post('Chasitor/ChatEnd', { reason: 'client' });
  await ana.until((s) => !s.chats.some((one) => one.chat.chatKey === visitor.id));
}

describe('a poll', () => {
  it('has something to say right after ChasitorInit', async () => {
    const visitor = server.visitor();
    await visitor.open();
    await visitor.init();
    const first = await visitor.poll();
    expect(first.status).toBe(200);
    expect(visitor.delivered[0]).toMatchObject({
      type: 'ChatRequestSuccess',
      message: { connectionTimeout: expect.any(Number), visitorId: expect.any(String) },
    });
    await visitor.post('Chasitor/ChatCancel');
  });

  it('puts ChatEstablished first in its own batch, and counts from zero', async () => {
    const { visitor } = await established();
    const batch = visitor.delivered.find((one) => one.type === 'ChatEstablished')?.batch;
    const beside = visitor.delivered.filter((one) => one.batch === batch);
    expect(beside[0]?.type).toBe('ChatEstablished');
    expect(beside.map((one) => one.type)).not.toContain('QueueUpdate');
    expect(beside[0]?.message).toMatchObject({
      name: expect.any(String),
      userId: expect.stringMatching(/^005/),
      items: [],
      sneakPeekEnabled: expect.any(Boolean),
      chasitorIdleTimeout: { isEnabled: expect.any(Boolean) },
    });
    // The last message's number is one less than how many there were.
    expect(visitor.delivered.at(-1)?.batch).toBe(visitor.delivered.length - 1);
    await over(visitor);
  });

  it('answers 204 after the hold, and again to the same ack', async () => {
    const { visitor } = await established();
    const began = performance.now();
    expect((await visitor.poll()).status).toBe(204);
    const held_ms = performance.now() - began;
    expect(held_ms).toBeGreaterThan(800);
    expect(held_ms).toBeLessThan(3_000);
    expect((await visitor.poll()).status).toBe(204);
    await over(visitor);
  });

  it('wakes up for a message', async () => {
    const { visitor, chatId } = await established();
    const held = visitor.poll();
    await new Promise((resolve) => setTimeout(resolve, 100));
    const began = performance.now();
    await ana.request('sendMessage', { chatId, text: 'hello' });
    expect((await held).status).toBe(200);
    expect(performance.now() - began).toBeLessThan(500);
    expect(visitor.delivered.at(-1)).toMatchObject({
      type: 'ChatMessage',
      message: { text: 'hello', name: expect.any(String) },
    });
    await over(visitor);
  });

  it('gives the same batch to the same ack, and what is newer after it', async () => {
    const { visitor, chatId } = await established();
    await ana.request('sendMessage', { chatId, text: 'one' });
    const before = visitor.delivered.at(-1)?.batch ?? -1;
    const first = (await visitor.poll({ ack: before })).json<{ messages: unknown[]; sequence: number }>();
    await ana.request('sendMessage', { chatId, text: 'two' });
    const again = (await visitor.poll({ ack: before })).json<{ messages: unknown[]; sequence: number }>();
    expect(again.messages.slice(0, first.messages.length)).toEqual(first.messages);
    const all = [...again.messages];
    if (again.sequence === first.sequence)
      all.push(...(await visitor.poll({ ack: again.sequence })).json<{ messages: unknown[] }>().messages);
    expect(all).toMatchObject([{ message: { text: 'one' } }, { message: { text: 'two' } }]);
    await over(visitor);
  });

  it('confirms what was delivered when the client never sends an ack', async () => {
    const { visitor, chatId } = await established({ ack: false });
    for (const text of ['one', 'two', 'three']) {
      await ana.request('sendMessage', { chatId, text });
      await visitor.poll();
    }
    const said = visitor.delivered.filter((one) => one.type === 'ChatMessage').map((one) => one.message.text);
    expect(said).toEqual(['one', 'two', 'three']);
    await over(visitor);
  });

  it('answers the older of two with 409 and goes on with the newer', async () => {
    const { visitor, chatId } = await established();
    const older = visitor.poll();
    await new Promise((resolve) => setTimeout(resolve, 100));
    const newer = visitor.poll();
    expect((await older).status).toBe(409);
    await ana.request('sendMessage', { chatId, text: 'still here' });
    expect((await newer).status).toBe(200);
    expect(visitor.delivered.at(-1)?.message.text).toBe('still here');
    await over(visitor);
  });

  it('frees its slot when the client hangs up, and loses nothing', async () => {
    const { visitor, chatId } = await established();
    const hangUp = new AbortController();
    const dropped = visitor.poll({ signal: hangUp.signal }).catch((error: Error) => error.name);
    await new Promise((resolve) => setTimeout(resolve, 100));
    hangUp.abort();
    expect(await dropped).toBe('AbortError');
    await ana.request('sendMessage', { chatId, text: 'after the tunnel' });
    const next = await visitor.poll();
    expect(next.status).toBe(200);
    expect(visitor.delivered.at(-1)?.message.text).toBe('after the tunnel');
    await over(visitor);
  });

  it('brings ChatEnded and is refused afterwards', async () => {
    const { visitor, chatId } = await established();
    await ana.request('endChat', { chatId });
    expect(await visitor.until('ChatEnded')).toMatchObject({
      message: { reason: 'agent', attachedRecords: [] },
    });
    let last = await visitor.poll();
    for (let polls = 0; polls < 3 && last.status === 204; polls++) last = await visitor.poll();
    expect([last.status, last.text]).toEqual([403, 'Session required but was invalid or not found']);
    expect((await visitor.say('too late')).status).toBe(403);
  });
});

describe('when the server goes away', () => {
  it('answers held polls at once with 503, and the session goes on after a restart', async () => {
    const { visitor, chatId } = await established();
    const held = visitor.poll();
    await new Promise((resolve) => setTimeout(resolve, 100));
    const began = performance.now();
    await server.stop();
    expect((await held).status).toBe(503);
    expect(performance.now() - began).toBeLessThan(5_000);
    await server.start();
    const back = await visitor.call('GET', `System/ReconnectSession?ReconnectSession.offset=0`, {
      headers: { 'x-liveagent-affinity': 'null' },
    });
    expect(back.json()).toMatchObject({
      messages: [
        {
          type: 'ReconnectSession',
          message: { resetSequence: true, affinityToken: expect.stringMatching(/^[0-9a-f]{8}$/) },
          affinityToken: expect.any(String),
        },
      ],
    });
    const first = (await visitor.poll({ ack: -1 })).json<{ messages: { type: string }[] }>();
    expect(first.messages[0]?.type).toBe('ChasitorSessionData');
    await ana.request('sendMessage', { chatId, text: 'we are back' });
    await visitor.until('ChatMessage');
    await over(visitor);
  });
});
