/**
 * The published visitor client rx-sfliveagent-client 1.0.0, whole, against the server over TCP: no SEQUENCE, ack −1 and
 * up, affinity `null` on Visitor calls, an aborted poll after chatEnd, no DELETE (live-agent-chat.md §16.1).
 */

import { startSession } from 'rx-sfliveagent-client';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { LiveClient } from '../../src/live-client/client.js';
import { type ChatServer, chatServer } from '../support/chat-server.js';

let server: ChatServer;
let ana: LiveClient;
beforeAll(async () => {
  server = await chatServer();
  ana = await server.agent('ana');
});
beforeEach(async () => {
  await ana.request('setStatus', { status: 'Online' });
});
afterAll(() => server?.close());

const visitor = (name: string) => ({
  visitorName: name,
  language: 'en',
  userAgent: 'rx',
  screenResolution: '1900x1200',
  prechatDetails: [],
  prechatEntities: [],
  receiveQueueUpdates: true,
  isPost: true,
});

function startChat(name: string) {
  const session = startSession(
    {
      host: server.url,
      version: '42',
      organizationId: server.organizationId.slice(0, 15),
      deploymentId: server.deploymentId.slice(0, 15),
      buttonId: server.buttonId.slice(0, 15),
    },
    visitor(name),
  );
  const events: { type: string; message: Record<string, unknown> }[] = [];
  const errors: Error[] = [];
  session.all$.subscribe((event: unknown) => {
    if (event instanceof Error) errors.push(event);
    else if (typeof event === 'object' && event !== null) events.push(event as (typeof events)[number]);
  });
  const seen = (type: string) =>
    expect.poll(() => events.map((event) => event.type), { timeout: 10_000 }).toContain(type);
  return { session, events, errors, seen };
}

const offerFrom = (name: string) => ana.until((s) => s.offers.find((one) => one.chat.visitorName === name));

describe('rx-sfliveagent-client', () => {
  it('asks for a chat, talks, and ends it', async () => {
    const { session, events, errors, seen } = startChat('Rita');
    await seen('ChatRequestSuccess');
    const { offerId } = await offerFrom('Rita');
    const { chat } = await ana.request('acceptOffer', { offerId });
    const { chatId } = chat.chat;
    await seen('ChatEstablished');

    await session.api.chasitorTyping();
    await session.api.chasitorSneakPeek({ position: 1, text: 'Where' } as never);
    await session.api.chasitorNotTyping();
    await session.api.chatMessage({ text: 'Where is my order?' });
    await ana.until((s) =>
      s.chats.find((c) => c.chat.chatId === chatId)?.lines.some((line) => line.text === 'Where is my order?'),
    );
    await ana.request('sendMessage', { chatId, text: 'On its way.' });
    await seen('ChatMessage');
    expect(events.find((event) => event.type === 'ChatMessage')?.message).toMatchObject({
      text: 'On its way.',
      name: expect.any(String),
    });

    await session.api.customEvent({ type: 'cart', data: '3' });
    await session.api.multiNoun({
      nouns: [{ prefix: 'Chasitor', noun: 'ChatMessage', data: { text: 'and this' } as never }],
    });
    await ana.until((s) =>
      s.chats.find((c) => c.chat.chatId === chatId)?.lines.some((line) => line.text === 'and this'),
    );

    const ended = new Promise((resolve) =>
      ana.on('chatEnded', (event) => event.chatId === chatId && resolve(event)),
    );
    await session.api.chatEnd();
    expect(await ended).toMatchObject({ endedBy: 'Visitor' });
    await seen('ChatEnd');
    expect(errors.filter((error) => (error as { response?: unknown }).response !== undefined)).toEqual([]);
  });

  it('hears that the agent ended it', async () => {
    const { events, seen } = startChat('Ralf');
    const { offerId } = await offerFrom('Ralf');
    const { chat } = await ana.request('acceptOffer', { offerId });
    await seen('ChatEstablished');
    await ana.request('endChat', { chatId: chat.chat.chatId });
    await seen('ChatEnded');
    expect(events.find((event) => event.type === 'ChatEnded')?.message).toMatchObject({ reason: 'agent' });
  });

  it('hears that nobody is there', async () => {
    await ana.request('logout', {});
    await server.changeButton({ HasQueue: false });
    const { events, seen } = startChat('Rosa');
    await seen('ChatRequestFail');
    expect(events.find((event) => event.type === 'ChatRequestFail')?.message.reason).toBe('Unavailable');
    await server.changeButton({ HasQueue: true });
  });

  it('reads availability, settings and a visitor id', async () => {
    const { session, seen } = startChat('Rob');
    await seen('ChatRequestSuccess');
    expect(await session.api.availability(undefined as never)).toMatchObject({
      type: 'Availability',
      message: { results: [{ id: server.buttonId.slice(0, 15), isAvailable: true }] },
    });
    const settings = await session.api.settings({
      Settings: { buttonIds: [server.buttonId], updateBreadcrumb: true },
    });
    expect(settings).toMatchObject({
      messages: [{ type: 'Settings', message: { buttons: [{ id: server.buttonId }] } }],
    });
    expect(await session.api.visitorId()).toMatchObject({
      messages: [{ type: 'VisitorId', message: { sessionId: expect.any(String) } }],
    });
    await session.api.chatEnd();
    await ana.until((s) => !s.offers.some((one) => one.chat.visitorName === 'Rob'));
  });

  it('serves many of them at a time, and mixes up nothing', async () => {
    const ben = await server.agent('ben');
    await ben.request('setStatus', { status: 'Online' });
    for (const agent of [ana, ben]) {
      agent.on('offered', ({ offer }) => void agent.request('acceptOffer', { offerId: offer.offerId }));
      agent.on('line', ({ line }) => {
        if (line.kind === 'visitor')
          void agent.request('sendMessage', { chatId: line.chatId, text: `re: ${line.text}` });
      });
    }
    // Capacities 2 and 3: five at once.
    const chats = ['V1', 'V2', 'V3', 'V4', 'V5'].map((name) => ({ name, ...startChat(name) }));
    await Promise.all(
      chats.map(async ({ name, session, events, seen }) => {
        await seen('ChatEstablished');
        for (let number = 0; number < 5; number++)
          await session.api.chatMessage({ text: `${name}-${number}` });
        const answers = () =>
          events.filter((event) => event.type === 'ChatMessage').map((event) => event.message.text);
        await expect.poll(answers, { timeout: 10_000 }).toHaveLength(5);
        expect(answers()).toEqual([0, 1, 2, 3, 4].map((number) => `re: ${name}-${number}`));
        await session.api.chatEnd();
      }),
    );
    await ben.request('logout', {});
    ben.close();
  });
});
