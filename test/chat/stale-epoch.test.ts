/**
 * A visitor's numbers start over with ReconnectSession, on one server, while another still remembers the session as it
 * was: what is said again there under its new number is the same line, not a second one.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ChatServer, chatServer } from '../support/chat-server.js';

let here: ChatServer;
let there: ChatServer;
beforeAll(async () => {
  here = await chatServer();
  there = await here.second();
}, 60_000);
afterAll(async () => {
  await there?.close();
  await here?.close();
});

it.each([
  ['with its affinity token', true],
  ['without one', false],
])('a POST retried at a server that missed the reconnect is stored once: %s', async (_, sendsToken) => {
  const ana = await here.agent('ana');
  await ana.request('setStatus', { status: 'Online' });
  const visitor = here.visitor();
  await visitor.request();
  const { offerId } = await ana.until((state) => state.offers[0]);
  const { chat } = await ana.request('acceptOffer', { offerId });
  await visitor.until('ChatEstablished');
  const say = (at: ChatServer, text: string, sequence: number, affinity: string) =>
    visitor.call('POST', 'Chasitor/ChatMessage', {
      body: { text },
      headers: {
        'content-type': 'application/json',
        'x-liveagent-sequence': String(sequence),
        'x-liveagent-affinity': sendsToken ? affinity : 'null',
      },
      at: at.url,
    });
  const first = visitor.affinityToken;
  // Both servers remember the session with its first numbers.
  expect((await say(here, 'one', 1, first)).text).toBe('OK');
  expect((await say(there, 'two', 2, first)).text).toBe('OK');

  const back = await visitor.call('GET', 'System/ReconnectSession?ReconnectSession.offset=0', {
    at: there.url,
  });
  const [{ affinityToken = '' } = {}] = back.json<{ messages: { affinityToken: string }[] }>().messages;
  // The number was never used before the reconnect; the answer is lost, and the next server asked is the other one.
  for (const server of [there, here, there, here]) {
    expect((await say(server, 'seven', 7, affinityToken)).text).toBe('OK');
  }
  expect((await say(here, 'one again', 1, affinityToken)).text).toBe('OK');
  expect((await say(there, 'one again', 1, affinityToken)).text).toBe('OK');

  const lines = await here.db.query<{ text: string }>(
    "SELECT text FROM chat_message WHERE chat_id = $1 AND kind = 'visitor' ORDER BY sequence",
    [chat.chat.chatId],
  );
  expect(lines.map(({ text }) => text)).toEqual(['one', 'two', 'seven', 'one again']);
  await ana.request('endChat', { chatId: chat.chat.chatId });
  ana.close();
});
