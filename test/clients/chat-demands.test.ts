/**
 * What each public visitor client demands of the server, as live-agent-chat.md §16 documents it, for the clients that
 * do not come whole from a package registry: their calls, in their order, with their headers and habits, over raw HTTP.
 */

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config.js';
import type { LiveClient } from '../../src/live-client/client.js';
import { type ChatServer, chatServer, type RawAnswer, type RawVisitor } from '../support/chat-server.js';

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

const ids = () =>
  `org_id=${server.organizationId.slice(0, 15)}&deployment_id=${server.deploymentId.slice(0, 15)}&Availability.ids=${server.buttonId.slice(0, 15)}`;
const exactlyOk = (answer: RawAnswer) => expect([answer.status, answer.text]).toEqual([200, 'OK']);

async function acceptChatOf(visitor: RawVisitor): Promise<string> {
  const { offerId } = await ana.until((s) => s.offers.find((one) => one.chat.chatKey === visitor.id));
  return (await ana.request('acceptOffer', { offerId })).chat.chat.chatId;
}

const goneFrom = (visitor: RawVisitor) =>
  ana.until((s) => ![...s.chats, ...s.offers].some((one) => one.chat.chatKey === visitor.id));

describe('liveagent-sdk 0.0.2', () => {
  it('availability, session with a client type, numbered POSTs answered exactly OK, ChatEnd and DELETE', async () => {
    const visitor = server.visitor({ sequence: true, version: '40' });
    const { messages } = (await visitor.call('GET', `Visitor/Availability?${ids()}`)).json<{
      messages: { message: { results: { isAvailable?: boolean }[] } }[];
    }>();
    expect(messages[0]?.message.results[0]?.isAvailable).toBe(true);
    await visitor.open();
    exactlyOk(await visitor.init());
    await visitor.until('ChatRequestSuccess');
    const chatId = await acceptChatOf(visitor);
    await visitor.until('ChatEstablished');
    exactlyOk(await visitor.post('Chasitor/ChasitorTyping', {}));
    exactlyOk(await visitor.say('hello'));
    await ana.request('sendMessage', { chatId, text: 'hi' });
    await visitor.until('ChatMessage');
    exactlyOk(await visitor.post('Chasitor/ChatEnd', { reason: 'client' }));
    expect((await visitor.call('DELETE', `System/SessionId/${visitor.key}`)).status).toBe(200);
    await goneFrom(visitor);
  });

  it('stops while it waits: ChatCancel, then DELETE', async () => {
    const visitor = server.visitor({ sequence: true, version: '40' });
    await visitor.open();
    exactlyOk(await visitor.init());
    exactlyOk(await visitor.post('Chasitor/ChatCancel', {}));
    expect((await visitor.call('DELETE', `System/SessionId/${visitor.key}`)).status).toBe(200);
    await goneFrom(visitor);
  });

  it('polls once more after ChatEnded, and is told at once that there is no more', async () => {
    const visitor = server.visitor({ sequence: true, version: '40' });
    await visitor.request();
    await visitor.until('ChatRequestSuccess');
    const chatId = await acceptChatOf(visitor);
    await visitor.until('ChatEstablished');
    await ana.request('endChat', { chatId });
    await visitor.until('ChatEnded');
    const began = performance.now();
    const last = await visitor.poll();
    expect([200, 204, 403]).toContain(last.status);
    expect(performance.now() - began).toBeLessThan(900);
  });
});

describe('genutility LiveAgent', () => {
  it('never acks, ends with a typed reason, and reads the token of ReconnectSession beside the message', async () => {
    const visitor = server.visitor({ ack: false, version: '34' });
    const availability = await visitor.call(
      'GET',
      `Visitor/Availability?${ids()}&Availability.needEstimatedWaitTime=0`,
    );
    expect(availability.status).toBe(200);
    await visitor.request();
    const chatId = await acceptChatOf(visitor);
    await visitor.until('ChatEstablished');
    for (const text of ['one', 'two']) {
      await ana.request('sendMessage', { chatId, text });
      await visitor.poll();
    }
    const said = () =>
      visitor.delivered.filter((one) => one.type === 'ChatMessage').map((one) => one.message.text);
    expect(said()).toEqual(['one', 'two']);
    exactlyOk(await visitor.post('Chasitor/ChasitorSneakPeek', { position: 0, text: 'thr' }));

    const back = await visitor.call('GET', 'System/ReconnectSession?ReconnectSession.offset=0', {
      headers: { 'x-liveagent-affinity': 'null' },
    });
    const [first] = back.json<{
      messages: {
        type: string;
        affinityToken: string;
        message: { affinityToken: string; resetSequence: boolean };
      }[];
    }>().messages;
    expect(first?.affinityToken).toBe(first?.message.affinityToken);
    expect(first?.message.resetSequence).toBe(true);
    exactlyOk(await visitor.post('Chasitor/ChasitorResyncState', { organizationId: server.organizationId }));
    const next = (await visitor.poll()).json<{
      messages: { type: string; message: { chatMessages: { type: string; content: string }[] } }[];
    }>();
    expect(next.messages[0]?.type).toBe('ChasitorSessionData');
    expect(next.messages[0]?.message.chatMessages.map((one) => one.content)).toEqual(['one', 'two']);

    exactlyOk(await visitor.post('Chasitor/ChatEnd', { type: 'ChatEndReason', reason: 'client' }));
    await goneFrom(visitor);
  });

  it('gives up a poll after 30 s, another client after 25 s: the hold is shorter, and longer than 20 s', () => {
    const { pollHoldMs } = readConfig({});
    expect(pollHoldMs).toBeGreaterThanOrEqual(20_000);
    expect(pollHoldMs).toBeLessThanOrEqual(24_000);
  });
});

describe('the Rocket.Chat app', () => {
  it('version 49, neither SEQUENCE nor ack, pre-chat as documented, bodies as they come', async () => {
    const visitor = server.visitor({ ack: false, version: '49' });
    await visitor.open();
    exactlyOk(
      await visitor.init({
        sessionId: visitor.id,
        prechatDetails: [
          {
            label: 'E-mail',
            value: 'v@example.com',
            transcriptFields: [],
            displayToAgent: true,
            entityMaps: [{ entityName: 'Contact', fieldName: 'Email' }],
            doKnowledgeSearch: false,
          },
        ],
        prechatEntities: [],
        buttonOverrides: [],
        receiveQueueUpdates: true,
      }),
    );
    await visitor.until('ChatRequestSuccess');
    const chatId = await acceptChatOf(visitor);
    expect(ana.snapshot().chats.find((one) => one.chat.chatId === chatId)?.chat.details).toEqual([
      { label: 'E-mail', value: 'v@example.com' },
    ]);
    // It reads messages[0].message whenever ChatEstablished or QueueUpdate is anywhere in the batch.
    const established = await visitor.until('ChatEstablished');
    const batch = visitor.delivered.filter(
      (one) => one.batch === visitor.delivered.find((o) => o.type === 'ChatEstablished')?.batch,
    );
    expect(batch[0]?.message).toEqual(established.message);
    await ana.request('endChat', { chatId });
    expect((await visitor.until('ChatEnded')).message.reason).toBe('agent');
  });

  it('meets 403 when it closes after the agent has ended', async () => {
    const visitor = server.visitor({ ack: false, version: '49' });
    await visitor.request();
    const chatId = await acceptChatOf(visitor);
    await visitor.until('ChatEstablished');
    await ana.request('endChat', { chatId });
    await visitor.until('ChatEnded');
    await visitor.poll();
    const late = await visitor.post('Chasitor/ChatEnd', { reason: 'client' });
    expect([late.status, late.text]).toEqual([403, 'Session required but was invalid or not found']);
  });
});

describe('hrk623’s LINE bridge', () => {
  it('takes the chat key out of the session key, and lives with POSTs of exactly 200', async () => {
    const visitor = server.visitor();
    await visitor.request();
    const offer = await ana.until((s) =>
      s.offers.find((one) => one.chat.chatKey === visitor.key.split('!')[0]),
    );
    const { chat } = await ana.request('acceptOffer', { offerId: offer.offerId });
    exactlyOk(await visitor.say('from LINE'));
    await ana.request('endChat', { chatId: chat.chat.chatId });
  });
});

describe('ShinjiroMoriya’s bridge', () => {
  it('takes a 204 on the first poll for a dead session: it never gets one', async () => {
    for (let time = 0; time < 10; time++) {
      const visitor = server.visitor();
      await visitor.open();
      exactlyOk(await visitor.init());
      expect((await visitor.poll()).status).toBe(200);
      exactlyOk(await visitor.post('Chasitor/ChatCancel', {}));
    }
  });
});

describe('Python clients that post a ready string', () => {
  it('send no Content-Type at all', async () => {
    const visitor = server.visitor();
    await visitor.request();
    const chatId = await acceptChatOf(visitor);
    exactlyOk(
      await visitor.call('POST', 'Chasitor/ChatMessage', { rawBody: JSON.stringify({ text: 'ready' }) }),
    );
    await ana.until((s) =>
      s.chats.find((one) => one.chat.chatId === chatId)?.lines.some((line) => line.text === 'ready'),
    );
    await ana.request('endChat', { chatId });
  });
});
