/** A chat as the visitor lives it: every Chasitor noun, duplicates, ends, MultiNoun (live-agent-chat.md §13.2, §13.3). */

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { LiveClient } from '../../../src/live-client/client.js';
import {
  type ChatServer,
  chatServer,
  type RawVisitor,
  type VisitorOptions,
} from '../../support/chat-server.js';

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

const offerOf = (visitor: RawVisitor) =>
  ana.until((s) => s.offers.find((one) => one.chat.chatKey === visitor.id));
const linesOf = (visitor: RawVisitor) =>
  ana.snapshot().chats.find((one) => one.chat.chatKey === visitor.id)?.lines ?? [];

async function established(
  options?: VisitorOptions,
  more?: Record<string, unknown>,
): Promise<{ visitor: RawVisitor; chatId: string }> {
  const visitor = server.visitor(options);
  await visitor.request(more);
  const { offerId, chat } = await offerOf(visitor);
  await ana.request('acceptOffer', { offerId });
  await visitor.until('ChatEstablished');
  return { visitor, chatId: chat.chatId };
}

const gone = (visitor: RawVisitor) =>
  ana.until((s) => !s.chats.some((one) => one.chat.chatKey === visitor.id));

describe('ChasitorInit', () => {
  it('puts the visitor in front of the agent as the visitor described itself', async () => {
    const visitor = server.visitor();
    await visitor.request({
      visitorName: 'Änne ✓',
      prechatDetails: [
        { label: 'Order', value: '4711', displayToAgent: true, transcriptFields: [], entityMaps: [] },
        { label: 'Secret', value: 'x', displayToAgent: false, transcriptFields: [] },
      ],
      prechatEntities: [{ entityName: 'Contact', showOnCreate: true, entityFieldsMaps: [] }],
      trackingId: 'somebody',
    });
    const { chat, offerId } = await offerOf(visitor);
    expect(chat).toMatchObject({
      chatKey: visitor.id,
      visitorName: 'Änne ✓',
      buttonId: server.buttonId,
      details: [{ label: 'Order', value: '4711' }],
      language: 'en-US',
      screenResolution: '1900x1080',
      userAgent: 'raw',
      ipAddress: '127.0.0.1',
    });
    await visitor.post('Chasitor/ChatCancel');
    await ana.until((s) => !s.offers.some((one) => one.offerId === offerId));
  });

  it.each([['text/plain;charset=UTF-8'], [undefined], ['application/x-www-form-urlencoded']])(
    'reads JSON labelled %s',
    async (contentType) => {
      const visitor = server.visitor();
      await visitor.open();
      const answer = await visitor.call('POST', 'Chasitor/ChasitorInit', {
        headers: { 'content-type': contentType },
        body: {
          organizationId: server.organizationId,
          deploymentId: server.deploymentId,
          buttonId: server.buttonId,
          sessionId: null,
          visitorName: 'L',
          isPost: true,
        },
      });
      expect([answer.status, answer.text]).toEqual([200, 'OK']);
      await visitor.until('ChatRequestSuccess');
      await visitor.post('Chasitor/ChatCancel');
    },
  );

  it('fails with NoPost when isPost is not true', async () => {
    const visitor = server.visitor();
    await visitor.open();
    expect((await visitor.init({ isPost: false })).text).toBe('OK');
    expect(await visitor.until('ChatRequestFail')).toMatchObject({ message: { reason: 'NoPost' } });
  });

  it('fails with Unavailable when nobody is there', async () => {
    await ana.request('logout', {});
    await server.changeButton({ HasQueue: false });
    const visitor = server.visitor();
    await visitor.open();
    expect((await visitor.init()).text).toBe('OK');
    expect((await visitor.poll()).status).toBe(200);
    expect(visitor.delivered[0]).toMatchObject({
      type: 'ChatRequestFail',
      message: { reason: 'Unavailable' },
    });
    await server.changeButton({ HasQueue: true });
  });
});

describe('in a chat', () => {
  it('carries what both say, in order, and answers every POST exactly 200 OK', async () => {
    const { visitor, chatId } = await established();
    for (const text of ['Hello', 'ü \u{1f600} <b>"quoted"</b>', 'line\nbreak']) {
      const answer = await visitor.say(text);
      expect([answer.status, answer.text]).toEqual([200, 'OK']);
      await ana.request('sendMessage', { chatId, text: `re: ${text}` });
    }
    await ana.until(() => linesOf(visitor).length >= 6);
    expect(
      linesOf(visitor)
        .filter((line) => line.kind === 'visitor')
        .map((line) => line.text),
    ).toEqual(['Hello', 'ü \u{1f600} <b>"quoted"</b>', 'line\nbreak']);
    while (visitor.delivered.filter((one) => one.type === 'ChatMessage').length < 3) await visitor.poll();
    expect(
      visitor.delivered.filter((one) => one.type === 'ChatMessage').map((one) => one.message.text),
    ).toEqual(['re: Hello', 're: ü \u{1f600} <b>"quoted"</b>', 're: line\nbreak']);
    await ana.request('endChat', { chatId });
  });

  it('shows typing and the sneak peek on the other side, and keeps neither', async () => {
    const { visitor, chatId } = await established();
    const signals: object[] = [];
    const off = [
      ana.on('visitorTyping', (s) => signals.push(s)),
      ana.on('visitorSneakPeek', (s) => signals.push(s)),
    ];
    expect((await visitor.post('Chasitor/ChasitorTyping', undefined)).text).toBe('OK');
    expect((await visitor.post('Chasitor/ChasitorSneakPeek', { position: 1, text: 'my ord' })).text).toBe(
      'OK',
    );
    await expect.poll(() => signals).toContainEqual({ type: 'visitorTyping', chatId, typing: true });
    await expect
      .poll(() => signals)
      .toContainEqual({ type: 'visitorSneakPeek', chatId, position: 1, text: 'my ord' });
    expect((await visitor.post('Chasitor/ChasitorNotTyping')).text).toBe('OK');
    await expect.poll(() => signals).toContainEqual({ type: 'visitorTyping', chatId, typing: false });
    const poll = visitor.until('AgentTyping');
    await new Promise((resolve) => setTimeout(resolve, 50));
    ana.signal({ type: 'typing', chatId, typing: true });
    await poll;
    for (const one of off) one();
    expect(linesOf(visitor)).toEqual([]);
    await ana.request('endChat', { chatId });
  });

  it('carries custom events both ways', async () => {
    const { visitor, chatId } = await established();
    expect((await visitor.post('Chasitor/CustomEvent', { type: 'cart', data: '{"total":3}' })).text).toBe(
      'OK',
    );
    const line = await ana.until(() => linesOf(visitor).find((one) => one.kind === 'custom'));
    expect(line).toMatchObject({ customType: 'cart', text: '{"total":3}' });
    await ana.request('sendCustomEvent', { chatId, type: 'coupon', data: 'TEN' });
    expect(await visitor.until('CustomEvent')).toMatchObject({ message: { type: 'coupon', data: 'TEN' } });
    await ana.request('endChat', { chatId });
  });

  it('does a POST once, however often its SEQUENCE is sent', async () => {
    const { visitor, chatId } = await established({ sequence: true });
    const again = { 'x-liveagent-sequence': '77' };
    for (let time = 0; time < 3; time++) {
      expect((await visitor.post('Chasitor/ChatMessage', { text: 'once' }, again)).text).toBe('OK');
    }
    expect(
      (await visitor.post('Chasitor/ChatMessage', { text: 'next' }, { 'x-liveagent-sequence': '78' })).text,
    ).toBe('OK');
    await ana.until(() => linesOf(visitor).some((line) => line.text === 'next'));
    expect(linesOf(visitor).map((line) => line.text)).toEqual(['once', 'next']);
    await ana.request('endChat', { chatId });
  });

  it('does several nouns of one call in their order, once a SEQUENCE', async () => {
    const { visitor, chatId } = await established();
    const nouns = [
      { prefix: 'Chasitor', noun: 'ChasitorNotTyping', object: {} },
      { prefix: 'Chasitor', noun: 'ChatMessage', object: { text: 'a' } },
      { prefix: 'Chasitor', noun: 'ChatMessage', data: { text: 'b' } },
    ];
    for (let time = 0; time < 2; time++) {
      const answer = await visitor.post('System/MultiNoun', { nouns }, { 'x-liveagent-sequence': '9' });
      expect([answer.status, answer.text]).toEqual([200, 'OK']);
    }
    await ana.until(() => linesOf(visitor).length >= 2);
    expect(linesOf(visitor).map((line) => line.text)).toEqual(['a', 'b']);
    const unknown = await visitor.post('System/MultiNoun', {
      nouns: [nouns[1], { prefix: 'Chasitor', noun: 'Nothing' }],
    });
    expect(unknown.status).toBe(404);
    const nested = await visitor.post('System/MultiNoun', {
      nouns: [{ prefix: 'System', noun: 'MultiNoun', object: { nouns } }],
    });
    expect(nested.status).toBe(404);
    await visitor.post('System/MultiNoun', { nouns: [{ prefix: 'Chasitor', noun: 'ChatEnd', object: {} }] });
    await gone(visitor);
    expect(ana.snapshot().chats.map((one) => one.chat.chatId)).not.toContain(chatId);
  });

  it('is ended by the visitor, whatever else the reason says', async () => {
    const { visitor, chatId } = await established();
    const ended = new Promise((resolve) =>
      ana.on('chatEnded', (event) => event.chatId === chatId && resolve(event)),
    );
    const answer = await visitor.post('Chasitor/ChatEnd', { type: 'ChatEndReason', reason: 'client' });
    expect([answer.status, answer.text]).toEqual([200, 'OK']);
    expect(await ended).toMatchObject({ endedBy: 'Visitor' });
    // The guide: call Messages once more for the attachedRecords.
    expect(await visitor.until('ChatEnded')).toMatchObject({
      message: { reason: 'client', attachedRecords: [] },
    });
  });

  it('withdraws a waiting request by ChatCancel, then DELETE', async () => {
    const visitor = server.visitor();
    await visitor.request();
    const { offerId } = await offerOf(visitor);
    const answer = await visitor.post('Chasitor/ChatCancel', {});
    expect([answer.status, answer.text]).toEqual([200, 'OK']);
    await ana.until((s) => !s.offers.some((one) => one.offerId === offerId));
    expect((await visitor.call('DELETE', `System/SessionId/${visitor.key}`)).status).toBe(200);
    expect((await visitor.poll()).status).toBe(403);
  });

  it('is ended by DELETE as the visitor would', async () => {
    const { visitor, chatId } = await established();
    const ended = new Promise((resolve) =>
      ana.on('chatEnded', (event) => event.chatId === chatId && resolve(event)),
    );
    await visitor.call('DELETE', `System/SessionId/${visitor.key}`);
    expect(await ended).toMatchObject({ endedBy: 'Visitor' });
  });

  it('keeps what is said before it is established for the agent', async () => {
    const visitor = server.visitor();
    await visitor.request();
    expect((await visitor.say('anyone?')).text).toBe('OK');
    const { offerId } = await offerOf(visitor);
    const { chat } = await ana.request('acceptOffer', { offerId });
    expect(chat.lines.map((line) => line.text)).toEqual(['anyone?']);
    await ana.request('endChat', { chatId: chat.chat.chatId });
  });

  it('answers ResyncSession and ChasitorResyncState of old clients', async () => {
    const { visitor, chatId } = await established({ version: '34' });
    const answer = await visitor.call('GET', `System/ResyncSession/${visitor.id}`);
    expect(answer.json()).toMatchObject({
      isValid: true,
      key: visitor.key,
      affinityToken: expect.any(String),
    });
    expect(
      (await visitor.post('Chasitor/ChasitorResyncState', { organizationId: server.organizationId })).text,
    ).toBe('OK');
    await ana.request('endChat', { chatId });
  });

  it('hands the idle warning on', async () => {
    const { visitor, chatId } = await established();
    const answer = await visitor.post('Chasitor/ChasitorIdleTimeoutWarningEvent', {
      idleTimeoutWarningEvent: 'triggered',
    });
    expect([answer.status, answer.text]).toEqual([200, 'OK']);
    const wrong = await visitor.post('Chasitor/ChasitorIdleTimeoutWarningEvent', {
      idleTimeoutWarningEvent: 'maybe',
    });
    expect(wrong.status).toBe(400);
    await ana.request('endChat', { chatId });
  });
});
