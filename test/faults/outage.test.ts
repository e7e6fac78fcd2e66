/**
 * The database is away for a minute while agents and visitors go on sending (DECISIONS 3, 4): nobody is logged out,
 * what was acknowledged is there once and in order, and what was not is there once after it was said again under its
 * client id or sequence. Two servers on the database; the floor's clock runs ten times as fast as the real one.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LiveClient } from '../../src/live-client/client.js';
import { type Database, openDatabase } from '../../src/store/database.js';
import { type ChatServer, chatServerBehindRelay, NodeWebSocket } from '../support/chat-server.js';
import { type Relay, relay } from '../support/relay.js';
import { setFloorTime } from '../support/time.js';
import { type RawVisitor, rawVisitor } from './raw-visitor.js';

const SPEED = 10;
/** Floor seconds. Twice the grace, which is the default. */
const OUTAGE_S = 60;
const GRACE_S = 30;
const REST_MS = 40;
/** What a client repeats a request after. Anything else is an answer. */
const AGAIN = new Set(['SERVER_UNAVAILABLE', 'closed', 'timeout']);

let here: ChatServer;
let there: ChatServer;
let way: Relay;
let network: Relay;
/** Past the relay: what the database really holds. */
let db: Database;
const visitors: RawVisitor[] = [];

beforeAll(async () => {
  let directUrl: string;
  [here, way, directUrl] = await chatServerBehindRelay({
    GRACE_SECONDS: String(GRACE_S),
    LOG_LEVEL: 'silent',
  });
  there = await here.second();
  network = await relay({ host: '127.0.0.1', port: here.port });
  db = await openDatabase({ url: directUrl, poolSize: 1 });
});
afterAll(async () => {
  for (const visitor of visitors) visitor.stop();
  await db?.close();
  await there?.close();
  await here?.close();
  network?.close();
  way?.close();
});

interface Chat {
  readonly agent: LiveClient;
  readonly visitor: RawVisitor;
  readonly chatId: string;
  readonly loginId: string | null;
}

async function chatOf(agent: LiveClient, visitorsUrl: string, name: string): Promise<Chat> {
  await agent.request('setStatus', { status: 'Online' });
  const visitor = await rawVisitor(visitorsUrl, here, name);
  visitors.push(visitor);
  const { offerId } = await agent.until((s) => s.offers[0]);
  const { chat } = await agent.request('acceptOffer', { offerId });
  await visitor.heard('ChatEstablished');
  return { agent, visitor, chatId: chat.chat.chatId, loginId: agent.snapshot().loginId };
}

/** The agent's lines, each said again under its id until it is acknowledged. */
async function agentSays({ agent, chatId }: Chat, isOver: () => boolean) {
  const acknowledged: string[] = [];
  const refusals: string[] = [];
  for (let i = 0; !isOver(); i++) {
    const text = `agent ${i}`;
    for (;;) {
      try {
        await agent.request('sendMessage', { chatId, text, clientId: text });
        break;
      } catch (error) {
        const { code } = error as { code: string };
        if (!AGAIN.has(code)) throw error;
        refusals.push(code);
        await sleep(100);
      }
    }
    acknowledged.push(text);
    await sleep(REST_MS);
  }
  return { acknowledged, refusals };
}

async function visitorSays({ visitor }: Chat, isOver: () => boolean): Promise<void> {
  for (let i = 0; !isOver(); i++) {
    expect(await visitor.say(`visitor ${i}`)).toBe(true);
    await sleep(REST_MS);
  }
}

const floorNow = async () => (await db.query<{ now: number }>('SELECT floor_now() AS now'))[0]?.now ?? 0;

test('a minute without the database logs nobody out and loses nothing that was acknowledged', async () => {
  const reconnecting = { backoff_ms: { first: 50, most: 200 }, request_timeout_ms: 3_000 };
  const ana = await here.agent('ana', {
    ...reconnecting,
    url: `http://127.0.0.1:${network.port}`,
    WebSocket: NodeWebSocket,
  });
  const chats = [await chatOf(ana, there.url, 'Vera')];
  const ben = await there.agent('ben', reconnecting);
  chats.push(await chatOf(ben, here.url, 'Victor'));
  const lost: number[] = [];
  ana.on('disconnected', ({ code }) => lost.push(code));
  const ended: string[] = [];
  for (const { agent } of chats) agent.on('loggedOut', () => ended.push('loggedOut'));
  await setFloorTime(db, { speed: SPEED });
  await sleep(500);

  let isOver = false;
  const talking = Promise.all(
    chats.map(async (chat) => {
      const [said] = await Promise.all([agentSays(chat, () => isOver), visitorSays(chat, () => isOver)]);
      return said;
    }),
  );
  await sleep(700);
  const before = chats.map(({ visitor }) => visitor.acknowledged.length);
  way.cut();
  const cutAt = await floorNow();
  await sleep((OUTAGE_S * 500) / SPEED);
  const during = chats.map(({ visitor }) => visitor.acknowledged.length);
  // In the middle of it one agent's own connection breaks, and is refused until the database is back.
  network.cut();
  await sleep(200);
  network.restore();
  await sleep((OUTAGE_S * 500) / SPEED - 100);
  expect((await floorNow()) - cutAt).toBeGreaterThan(OUTAGE_S * 1_000);
  way.restore();
  // Long enough for whoever was going to be logged out.
  await sleep((GRACE_S * 1_000) / SPEED + 1_500);
  isOver = true;
  const said = await talking;

  expect(lost.length).toBeGreaterThan(0);
  expect(ended).toEqual([]);
  for (const [index, { agent, visitor, chatId, loginId }] of chats.entries()) {
    const { acknowledged, refusals } = said[index] as (typeof said)[0];
    // The outage was one: nothing but a line under way was acknowledged in it, and there were lines after it.
    expect((during[index] as number) - (before[index] as number)).toBeLessThanOrEqual(1);
    expect(visitor.acknowledged.length).toBeGreaterThan((during[index] as number) + 10);
    expect(refusals.length).toBeGreaterThan(5);

    const lines = await db.query<{ kind: string; text: string; sequence: number }>(
      'SELECT kind, text, sequence FROM chat_message WHERE chat_id = $1 ORDER BY sequence',
      [chatId],
    );
    const textsOf = (kind: string) => lines.filter((line) => line.kind === kind).map(({ text }) => text);
    expect(textsOf('visitor')).toEqual(visitor.acknowledged);
    expect(textsOf('agent')).toEqual(acknowledged);
    // Both ends were told of every line, once, in order; also of those whose answer the outage took.
    await expect
      .poll(
        () =>
          visitor.received.filter(({ type }) => type === 'ChatMessage').map(({ message }) => message.text),
        { timeout: 5_000 },
      )
      .toEqual(acknowledged);
    const { snapshot } = await agent.request('getSnapshot', {});
    expect(snapshot).toMatchObject({ loginId, status: 'Online' });
    await expect
      .poll(() => agent.snapshot().chats[0]?.lines.map(({ text }) => text))
      .toEqual(lines.map(({ text }) => text));
  }

  const logins = await db.query<{ ended_at: number | null }>('SELECT ended_at FROM login');
  expect(logins).toEqual([{ ended_at: null }, { ended_at: null }]);
  for (const { agent, chatId } of chats) {
    await agent.request('endChat', { chatId });
    await agent.request('logout', {});
  }
  // One record a login, whose times hold the outage too.
  const sessions = await db.query<{ online: number; engaged: number; span: number }>(
    `SELECT time_in_online_status::float8 AS online, chat_req_engaged::float8 AS engaged,
            extract(epoch FROM logout_time - login_time)::float8 AS span FROM so_live_agent_session`,
  );
  expect(sessions).toHaveLength(2);
  for (const { online, engaged, span } of sessions) {
    expect(engaged).toBe(1);
    expect(span).toBeGreaterThan(OUTAGE_S + GRACE_S);
    expect(Math.abs(online - span)).toBeLessThanOrEqual(1);
  }
}, 60_000);
