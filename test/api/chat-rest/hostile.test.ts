/**
 * A visitor who means harm, on a running server: every answer is a documented status with a short sentence, nothing of the
 * inside is in it, other people's chats stay theirs, and the server goes on.
 */
import { connect } from 'node:net';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it, test } from 'vitest';
import type { LiveClient } from '../../../src/live-client/client.js';
import {
  type ChatServer,
  chatServer,
  type RawAnswer,
  type RawVisitor,
  rawCall,
} from '../../support/chat-server.js';

/** §13.6 and the limits. */
const DOCUMENTED = new Set([200, 202, 204, 400, 403, 404, 405, 409, 413, 429, 503]);
const INSIDE = /\bat .*\.[jt]s|node_modules|SELECT |INSERT |pg_|postgres|stack|ECONN|undefined|\[object/i;

let server: ChatServer;
let ana: LiveClient;
beforeAll(async () => {
  server = await chatServer({ RATE_LIMIT_FACTOR: '100' });
  await server.changeAgent('ana', { Capacity: 20 });
  ana = await server.agent('ana');
  await ana.request('setStatus', { status: 'Online' });
});
afterAll(() => server?.close());
afterEach(async () => {
  // Whatever was done: a new visitor is served.
  const visitor = server.visitor();
  await visitor.request();
  await visitor.post('Chasitor/ChatCancel');
});

function decent(answer: RawAnswer): RawAnswer {
  expect(DOCUMENTED).toContain(answer.status);
  if (answer.status >= 400) {
    expect(answer.text.length).toBeLessThan(200);
    expect(answer.text).not.toMatch(INSIDE);
    expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8');
  }
  return answer;
}

async function chatting(): Promise<{ visitor: RawVisitor; chatId: string }> {
  const visitor = server.visitor();
  await visitor.request();
  const { offerId, chat } = await ana.until((s) => s.offers.find((one) => one.chat.chatKey === visitor.id));
  await ana.request('acceptOffer', { offerId });
  await visitor.until('ChatEstablished');
  return { visitor, chatId: chat.chatId };
}

const linesOf = (chatId: string) =>
  (ana.snapshot().chats.find((one) => one.chat.chatId === chatId)?.lines ?? []).map(({ text }) => text);

describe('keys', () => {
  it('nothing but the whole key opens a session', async () => {
    const { visitor, chatId } = await chatting();
    const [id = '', time = '', mac = ''] = visitor.key.split('!');
    const keys = [
      id,
      `${id}!`,
      `${id}!${time}`,
      `${id}!${time}!`,
      `${id}!${time}!${mac.slice(0, -1)}`,
      `${id}!${time}!${mac}x`,
      `${id}!${time}!${Buffer.alloc(20).toString('base64')}`,
      `${id}!${Number(time) + 1}!${mac}`,
      `${id.toUpperCase()}!${time}!${mac}`,
      `${id}'--!${time}!${mac}`,
      `${visitor.key}${visitor.key}`,
      '!',
      '!!!!',
      'null',
      '%00',
      'a'.repeat(5_000),
    ];
    for (const key of keys) {
      const headers = { 'x-liveagent-session-key': key };
      for (const answer of [
        await visitor.call('POST', 'Chasitor/ChatMessage', { headers, body: { text: 'not me' } }),
        await visitor.call('GET', 'System/Messages?ack=-1', { headers }),
        await visitor.call('POST', 'Chasitor/ChatEnd', { headers, body: { reason: 'client' } }),
        await visitor.call('GET', 'System/ReconnectSession', { headers }),
        await visitor.call('DELETE', `System/SessionId/${encodeURIComponent(key)}`),
        await visitor.call('POST', 'Visitor/Breadcrumb', { headers, body: { location: 'x' } }),
      ]) {
        decent(answer);
        if (key !== 'null') expect(answer.status).toBe(403);
      }
    }
    expect((await visitor.say('still me')).text).toBe('OK');
    await ana.until(() => linesOf(chatId).includes('still me') || undefined);
    expect(linesOf(chatId)).toEqual(['still me']);
    await ana.request('endChat', { chatId });
  });

  it('a wrong affinity, version or sequence harms nobody but its sender', async () => {
    const { visitor, chatId } = await chatting();
    let said = 0;
    for (const headers of [
      { 'x-liveagent-affinity': 'ffffffff' },
      { 'x-liveagent-affinity': "' OR 1=1" },
      { 'x-liveagent-api-version': '-1' },
      { 'x-liveagent-api-version': 'x'.repeat(1_000) },
      { 'x-liveagent-sequence': '-5' },
      { 'x-liveagent-sequence': '1e9' },
      { 'x-liveagent-sequence': '99999999999999999999' },
      { 'x-liveagent-sequence': 'null' },
    ]) {
      said += 1;
      expect(decent(await visitor.post('Chasitor/ChatMessage', { text: `m${said}` }, headers)).text).toBe(
        'OK',
      );
    }
    await ana.until(() => linesOf(chatId).length === said || undefined);
    for (const ack of ['abc', '-99', '999999', '1e3', '%00', '9'.repeat(50)]) {
      decent(await visitor.call('GET', `System/Messages?ack=${ack}`));
    }
    await ana.request('endChat', { chatId });
  });
});

describe('the order of things', () => {
  it('before ChasitorInit there is nothing to say, and it is not fatal to try', async () => {
    const visitor = server.visitor();
    await visitor.open();
    for (const [noun, body] of [
      ['ChatMessage', { text: 'early' }],
      ['ChasitorTyping', {}],
      ['ChasitorSneakPeek', { position: 0, text: 'x' }],
      ['CustomEvent', { type: 'a', data: 'b' }],
      ['ChasitorIdleTimeoutWarningEvent', { idleTimeoutWarningEvent: 'triggered' }],
      ['SensitiveDataRuleTriggered', { rules: [{ name: 'x' }] }],
    ] as const) {
      expect(decent(await visitor.post(`Chasitor/${noun}`, body)).status).toBe(400);
    }
    expect((await visitor.init()).text).toBe('OK');
    await visitor.until('ChatRequestSuccess');
    await visitor.post('Chasitor/ChatCancel');
  });

  it('ChasitorInit twice, at once or later, makes one chat', async () => {
    const visitor = server.visitor();
    await visitor.open();
    const answers = await Promise.all([1, 2, 3].map(() => visitor.init()));
    expect(answers.map(({ text }) => text)).toEqual(['OK', 'OK', 'OK']);
    await visitor.until('ChatRequestSuccess');
    expect((await visitor.init({ visitorName: 'Other' })).text).toBe('OK');
    const [row] = await server.db.query<{ n: number }>('SELECT count(*) AS n FROM chat WHERE chat_key = $1', [
      visitor.id,
    ]);
    expect(row?.n).toBe(1);
    await visitor.post('Chasitor/ChatCancel');
  });

  it('a POST replayed with its SEQUENCE is done once; after the end all are refused', async () => {
    const visitor = server.visitor();
    await visitor.request();
    const { offerId, chat } = await ana.until((s) => s.offers.find((one) => one.chat.chatKey === visitor.id));
    await ana.request('acceptOffer', { offerId });
    const headers = { 'x-liveagent-sequence': '7' };
    await Promise.all(
      Array.from({ length: 10 }, () => visitor.post('Chasitor/ChatMessage', { text: 'once' }, headers)),
    );
    await ana.until(() => linesOf(chat.chatId).length > 0 || undefined);
    expect(linesOf(chat.chatId)).toEqual(['once']);
    await ana.request('endChat', { chatId: chat.chatId });
    await visitor.until('ChatEnded');
    for (let i = 0; i < 3; i++) {
      expect(decent(await visitor.say('after')).status).toBe(403);
      expect(decent(await visitor.poll()).status).toBe(403);
    }
    // The end said once more by its own sender is answered, whoever had ended it.
    decent(await visitor.post('Chasitor/ChatEnd', { reason: 'client' }));
  });

  it('five polls at once: one is held, the others get 409, and nothing said is lost', async () => {
    const { visitor, chatId } = await chatting();
    const polls = Array.from({ length: 5 }, () => visitor.call('GET', 'System/Messages?ack=100'));
    await new Promise((resolve) => setTimeout(resolve, 150));
    await ana.request('sendMessage', { chatId, text: 'for one of you' });
    const answers = (await Promise.all(polls)).map(decent);
    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses.filter((status) => status === 409).length).toBe(4);
    expect(answers.filter(({ text }) => text.includes('for one of you'))).toHaveLength(1);
    await ana.request('endChat', { chatId });
  });
});

describe('sizes and shapes', () => {
  test.each([
    ['a message of 100 kB', 'Chasitor/ChatMessage', { text: 'x'.repeat(100_000) }, 400],
    ['a body of 1 MB', 'Chasitor/ChatMessage', { text: 'x'.repeat(1_000_000) }, 413],
    ['a custom event of 100 kB', 'Chasitor/CustomEvent', { type: 'a', data: 'x'.repeat(100_000) }, 400],
    ['a sneak peek of 100 kB', 'Chasitor/ChasitorSneakPeek', { position: 1, text: 'x'.repeat(100_000) }, 200],
    ['a page of 100 kB', 'Visitor/Breadcrumb', { location: 'x'.repeat(100_000) }, 200],
    [
      'a thousand nouns',
      'System/MultiNoun',
      { nouns: new Array(1_000).fill({ prefix: 'Chasitor', noun: 'ChatMessage', object: { text: 'x' } }) },
      400,
    ],
    [
      'MultiNoun in MultiNoun',
      'System/MultiNoun',
      { nouns: [{ prefix: 'System', noun: 'MultiNoun', object: {} }] },
      404,
    ],
    [
      'a noun called constructor',
      'System/MultiNoun',
      { nouns: [{ prefix: '', noun: 'constructor', object: {} }] },
      404,
    ],
    ['a text that is a number', 'Chasitor/ChatMessage', { text: 7 }, 400],
    ['a text that is a list', 'Chasitor/ChatMessage', { text: ['a'] }, 400],
    ['no text', 'Chasitor/ChatMessage', {}, 400],
    ['text null', 'Chasitor/ChatMessage', { text: null }, 400],
    ['__proto__', 'Chasitor/ChatMessage', JSON.parse('{"__proto__": {"text": "x"}}'), 400],
  ])('%s', async (_what, noun, body, status) => {
    const { visitor, chatId } = await chatting();
    expect(decent(await visitor.post(noun, body)).status).toBe(status);
    expect((await visitor.say('fine')).text).toBe('OK');
    await ana.until(() => linesOf(chatId).includes('fine') || undefined);
    expect(linesOf(chatId)).toEqual(['fine']);
    await ana.request('endChat', { chatId });
  });

  it('JSON nested ten thousand deep, or with control characters and half surrogates, breaks nothing', async () => {
    const { visitor, chatId } = await chatting();
    const deep = `${'['.repeat(10_000)}${']'.repeat(10_000)}`;
    const headers = { 'content-type': 'application/json' };
    for (const rawBody of [
      `{"text": ${deep}}`,
      `{"type": "deep", "data": ${deep}}`,
      deep,
      '{"text":"a',
      '\u0000',
      '{"text":"a"}{"text":"b"}',
    ]) {
      for (const noun of ['ChatMessage', 'CustomEvent', 'ChasitorInit']) {
        decent(await visitor.call('POST', `Chasitor/${noun}`, { headers, rawBody }));
      }
    }
    expect((await visitor.say('\u0000a\u0007\ud800b\uffff')).text).toBe('OK');
    await ana.until(() => linesOf(chatId).includes('ab') || undefined);
    await ana.request('endChat', { chatId });
  });

  it('ChasitorInit with anything in its fields is answered OK or refused, never more', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(
          fc.constantFrom(
            'organizationId',
            'deploymentId',
            'buttonId',
            'agentId',
            'doFallback',
            'buttonOverrides',
            'visitorName',
            'userAgent',
            'language',
            'screenResolution',
            'prechatDetails',
            'prechatEntities',
            'receiveQueueUpdates',
            'isPost',
            'trackingId',
            'sessionId',
          ),
          fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.string({ maxLength: 40, unit: 'binary' })),
        ),
        async (fields) => {
          const visitor = server.visitor();
          await visitor.open();
          const answer = decent(await visitor.init(fields as Record<string, unknown>));
          if (answer.status === 200) {
            expect(answer.text).toBe('OK');
            expect(decent(await visitor.poll()).status).toBe(200);
            decent(await visitor.post('Chasitor/ChatCancel'));
          } else expect(answer.status).toBe(400);
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('paths', () => {
  test.each([
    ['GET', '/chat/rest/'],
    ['GET', '/chat/rest'],
    ['GET', '/chat/rest/../services/data'],
    ['GET', '/chat/rest/..%2f..%2fetc/passwd'],
    ['GET', '/chat/rest/%2e%2e/%2e%2e/'],
    ['GET', '/chat/rest/System/../Visitor/VisitorId'],
    ['GET', '/chat/rest/System//Messages'],
    ['GET', '/chat/rest/system/messages'],
    ['GET', '/chat/rest/System/Messages/extra'],
    ['GET', '/chat/rest/constructor'],
    ['GET', '/chat/rest/__proto__/toString'],
    ['GET', '/chat/rest/System/%00'],
    ['GET', '/chat/rest/System/%zz'],
    ['GET', `/chat/rest/${'a/'.repeat(3_000)}`],
    ['PUT', '/chat/rest/System/SessionId'],
    ['PATCH', '/chat/rest/Chasitor/ChatMessage'],
    ['OPTIONS', '/chat/rest/System/Messages'],
    ['DELETE', '/chat/rest/System/SessionId/'],
    ['DELETE', '/chat/rest/System/SessionId/%'],
    ['POST', '/chat/rest/System/SessionId'],
    ['GET', '/chat/rest/Chasitor/ChasitorInit'],
  ])('%s %s is answered with a client error and no detail', async (method, path) => {
    const answer = await rawCall(server.url, method, path, { headers: { 'x-liveagent-api-version': '42' } });
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
    expect(answer.text).not.toMatch(INSIDE);
  });

  it('bytes that are no HTTP, and a request that never ends, cost their own connection only', async () => {
    const { port } = server;
    await Promise.all(
      [
        '\u0000\u0001\u0002',
        'GET / HTTP/9.9\r\n\r\n',
        'POST /chat/rest/Chasitor/ChatMessage HTTP/1.1\r\nhost: x\r\ncontent-length: 99999\r\n\r\n{',
      ].map(
        (bytes) =>
          new Promise<void>((resolve) => {
            const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
            socket.on('error', () => {});
            socket.on('close', () => resolve());
            setTimeout(() => socket.destroy(), 300);
          }),
      ),
    );
  });
});
