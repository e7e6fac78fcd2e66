/** Lines of a conversation too long for a snapshot: paged to the first, by whoever may read them and nobody else. */

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { LIVE_LIMITS, type Line, PROTOCOL_VERSION } from '../../../src/api/live/schema.js';
import type { LiveClient } from '../../../src/live-client/client.js';
import { type ChatServer, chatServer, type RawVisitor } from '../../support/chat-server.js';
import { rawSocket } from '../../support/raw-socket.js';

const LINES = 1_200;

let server: ChatServer;
let ana: LiveClient;
let ben: LiveClient;
let sue: LiveClient;
let visitor: RawVisitor;
let chatId: string;
let stored: Line[];
beforeAll(async () => {
  server = await chatServer({ GRACE_SECONDS: '60' });
  const backoff_ms = { first: 20, most: 100 };
  ana = await server.agent('ana', { backoff_ms });
  ben = await server.agent('ben');
  sue = await server.agent('supervisor', { backoff_ms });
});
afterAll(() => server?.close());

/** A chat of so many lines: long ones and short ones, of every kind. */
beforeEach(async () => {
  await ana.request('setStatus', { status: 'Online' });
  visitor = server.visitor();
  await visitor.request();
  const { offerId } = await ana.until((s) => s.offers.find((one) => one.chat.chatKey === visitor.id));
  chatId = (await ana.request('acceptOffer', { offerId })).chat.chat.chatId;
  await server.db.query(
    `WITH last AS (UPDATE conversation SET last_sequence = $2::int WHERE chat_id = $1::bigint)
     INSERT INTO chat_message (chat_id, sequence, kind, at, user_id, name, text, custom_type)
     SELECT $1::bigint, n, (ARRAY['visitor', 'agent', 'whisper', 'system', 'custom'])[1 + n % 5], (SELECT floor_now()), NULL, 'N',
            n || ' ' || repeat('x', CASE WHEN n < 400 THEN 7900 ELSE n % 900 END), NULL
       FROM generate_series(1, $2::int) n`,
    [chatId, LINES],
  );
  const rows = await server.db.query<{ line: Line }>(
    'SELECT chat_line(m) AS line FROM chat_message m WHERE chat_id = $1 ORDER BY sequence',
    [chatId],
  );
  stored = rows.map(({ line }) => line);
  return async () => {
    await ana.request('setStatus', { status: 'Offline' });
    await visitor.call('DELETE', `System/SessionId/${visitor.key}`);
  };
});

async function reconnected(client: LiveClient): Promise<void> {
  const back = new Promise((resolve) => {
    const off = client.on('connected', () => {
      off();
      resolve(undefined);
    });
  });
  client.drop();
  await back;
}

const own = () => ana.snapshot().chats.find(({ chat }) => chat.chatId === chatId)?.lines ?? [];
const numbers = (lines: readonly Line[]) => lines.map(({ sequence }) => sequence);
const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1);

describe('an agent who resumes into a long chat', () => {
  it('pages to its first line, in order, none twice, each as it is stored', async () => {
    await reconnected(ana);
    const shown = own();
    expect(shown.length).toBeLessThanOrEqual(LIVE_LIMITS.snapshot_lines);
    expect(shown.length).toBeGreaterThan(700);
    expect(shown.at(-1)?.sequence).toBe(LINES);
    const pages: Line[][] = [];
    for (let before = shown[0]?.sequence ?? 0; before > 1; before = pages.at(-1)?.[0]?.sequence ?? 0) {
      pages.push((await ana.request('getLines', { chatId, beforeSequence: before })).lines);
    }
    const all = [...pages.reverse().flat(), ...shown];
    expect(numbers(all)).toEqual(upTo(LINES));
    expect(all).toEqual(stored);
    for (const page of pages) {
      expect(page.length).toBeLessThanOrEqual(LIVE_LIMITS.lines_page);
      expect(JSON.stringify(page).length).toBeLessThan(LIVE_LIMITS.snapshot_characters * 1.1);
    }
    // lines of 8,000 characters are fewer a page
    expect(Math.min(...pages.slice(1).map(({ length }) => length))).toBeLessThan(LIVE_LIMITS.lines_page);
  });

  it('is shown them by the client, which keeps them over reconnects and goes on hearing new ones', async () => {
    await reconnected(ana);
    const first = own()[0]?.sequence ?? 0;
    expect(await ana.showEarlierLines(chatId, 5)).toBe(true);
    expect(own()[0]?.sequence).toBe(first - 5);
    await visitor.say('in between');
    while (await ana.showEarlierLines(chatId));
    await ana.until(() => own().length > LINES);
    expect(numbers(own())).toEqual(upTo(LINES + 1));
    await reconnected(ana);
    expect(numbers(own())).toEqual(upTo(LINES + 1));
    expect(own().slice(0, LINES)).toEqual(stored);
    expect(await ana.showEarlierLines(chatId)).toBe(false);
    expect(await ana.showEarlierLines('4711')).toBe(false);
  });

  it('gets as many as asked for, and none before the first', async () => {
    const ask = async (beforeSequence: number, limit?: number) =>
      numbers((await ana.request('getLines', { chatId, beforeSequence, ...(limit ? { limit } : {}) })).lines);
    expect(await ask(1)).toEqual([]);
    expect(await ask(3)).toEqual([1, 2]);
    expect(await ask(1_000, 3)).toEqual([997, 998, 999]);
    expect(await ask(1_000, 1)).toEqual([999]);
    expect((await ask(Number.MAX_SAFE_INTEGER)).at(-1)).toBe(LINES);
  });
});

describe('a supervisor who watches it', () => {
  it('pages to its first line likewise, over reconnects', async () => {
    const lines = () => sue.watched(chatId)?.lines ?? [];
    await sue.watchChat(chatId);
    expect(lines().length).toBeLessThan(LINES);
    while (await sue.showEarlierLines(chatId));
    expect(lines()).toEqual(stored);
    await reconnected(sue);
    await visitor.say('later');
    await expect.poll(() => lines().length).toBe(LINES + 1);
    expect(numbers(lines())).toEqual(upTo(LINES + 1));
  });
});

describe('who may not read it', () => {
  it('is refused: other agents, and everybody once it is over', async () => {
    const page = { chatId, beforeSequence: 10 };
    await expect(ben.request('getLines', page)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await ben.request('setStatus', { status: 'Away' });
    await expect(ben.request('getLines', page)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    for (const nobodys of ['4711', '0', '-1', 'x', `${chatId} `, '9999999999999999']) {
      const asked = sue.request('getLines', { ...page, chatId: nobodys });
      await expect(asked).rejects.toMatchObject({ code: 'NOT_FOUND' });
    }
    expect((await sue.request('getLines', page)).lines).toHaveLength(9);
    await ana.request('endChat', { chatId });
    await expect(ana.request('getLines', page)).rejects.toMatchObject({ code: 'INVALID_OPERATION' });
    await expect(sue.request('getLines', page)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await ben.request('logout', {});
  });

  it('is refused after leaving a chat that goes on', async () => {
    await ana.request('logout', {});
    const page = { chatId, beforeSequence: 10 };
    await expect(ana.request('getLines', page)).rejects.toMatchObject({ code: 'INVALID_OPERATION' });
    expect((await sue.request('getLines', page)).lines).toHaveLength(9);
  });
});

it('nonsense is refused as such and changes nothing', async () => {
  const state = async () =>
    JSON.stringify(
      await server.db.query(
        `SELECT (SELECT count(*) FROM chat_message) AS lines, (SELECT count(*) FROM chat_event) AS events,
           (SELECT count(*) FROM agent_event) AS told, (SELECT count(*) FROM floor_event) AS logged,
           (SELECT jsonb_agg(to_jsonb(c) ORDER BY c.chat_id) FROM conversation c) AS conversations`,
      ),
    );
  const socket = await rawSocket(server.url);
  socket.send({ type: 'hello', protocol: PROTOCOL_VERSION, token: await server.token('ana'), tab: 'odd' });
  await socket.next('welcome');
  const before = await state();
  const good = { chatId, beforeSequence: 10, limit: 5 };
  const odd: unknown[] = [
    null,
    [],
    'x',
    { chatId },
    { ...good, beforeSequence: '10' },
    { ...good, beforeSequence: 0 },
    { ...good, beforeSequence: -1 },
    { ...good, beforeSequence: 1.5 },
    { ...good, beforeSequence: 2 ** 53 },
    { ...good, beforeSequence: 1e300 },
    { ...good, beforeSequence: null },
    { ...good, limit: 0 },
    { ...good, limit: -5 },
    { ...good, limit: 201 },
    { ...good, limit: 1e12 },
    { ...good, limit: '5' },
    { ...good, limit: [5] },
    { ...good, chatId: Number(chatId) },
    { ...good, chatId: { $gt: '' } },
    { ...good, chatId: '' },
    { ...good, chatId: 'x'.repeat(201) },
  ];
  for (const [id, params] of odd.entries()) {
    socket.send({ type: 'request', id, op: 'getLines', params });
    expect(await socket.next('refusal'), JSON.stringify(params)).toMatchObject({
      id,
      error: { code: 'bad_params' },
    });
  }
  const strange = [`${chatId}'; DROP TABLE chat_message; --`, '１', '\u0000', `0x${chatId}`, `${chatId}.0`];
  for (const [id, text] of strange.entries()) {
    socket.send({ type: 'request', id, op: 'getLines', params: { ...good, chatId: text } });
    expect(await socket.next('refusal'), text).toMatchObject({ id, error: { code: 'NOT_FOUND' } });
  }
  expect(await state()).toBe(before);
  socket.send({ type: 'request', id: 99, op: 'getLines', params: good });
  expect(await socket.next('response')).toMatchObject({ id: 99 });
  socket.ws.close();
});
