/**
 * Time-outs set by a server that is dead by the time they are due (DECISIONS 5): another one fires them, once, within 250 ms.
 * And who is heard by one server is not silent to the other; who was heard by one that is killed becomes so.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { PRODUCT_TIMES, type ServerProcess, serverProcess } from '../../simulate/servers.js';
import { type ChatServer, chatServerBehindRelay } from '../support/chat-server.js';
import type { Relay } from '../support/relay.js';
import { rawVisitor } from './raw-visitor.js';

let server: ChatServer | undefined;
let way: Relay | undefined;
let victim: ServerProcess | undefined;
afterEach(async () => {
  await victim?.close();
  await server?.close();
  await way?.close();
});

const LATE_MS = 250;

/** A server that stays, an agent Online there, and a server to be killed that it knows of. */
async function twoServers(prepare: (here: ChatServer) => Promise<unknown>) {
  let url: string;
  [server, way, url] = await chatServerBehindRelay({
    GRACE_SECONDS: '30',
    CONTACT_FLUSH_SECONDS: '5',
    POLL_HOLD_SECONDS: '15',
  });
  const here = server;
  await prepare(here);
  victim = await serverProcess(url, { ...PRODUCT_TIMES, speed: 1 });
  await sleep(5_500);
  const agent = await here.agent('ana');
  await agent.request('setStatus', { status: 'Online' });
  const events: { readonly type: string; readonly at: number; readonly [key: string]: unknown }[] = [];
  agent.on('event', (event) => events.push(event as never));
  const wait = async (type: string) => {
    for (const until = performance.now() + 20_000; performance.now() < until; await sleep(20)) {
      const found = events.find((event) => event.type === type);
      if (found) return found as unknown as { at: number; offer: { dueAt: number }; line: { at: number } };
    }
    throw new Error(`no ${type}; ${events.map((event) => event.type).join(', ')}`);
  };
  const accept = async () => {
    const offer = await agent.until((state) => state.offers[0]);
    await agent.request('acceptOffer', { offerId: offer.offerId });
  };
  return { here, victim, agent, wait, accept };
}

const noted = (here: ChatServer, types: readonly string[]) =>
  here.db.query<{ type: string; at: number }>(
    'SELECT type, at FROM chat_event WHERE type = ANY ($1) ORDER BY at',
    [types],
  );

test('a push time-out', async () => {
  const { here, victim, wait } = await twoServers((server) => server.changeButton({ PushTimeout: 6 }));
  const visitor = await rawVisitor(victim.url, here, 'Vera');
  const { offer } = await wait('offered');
  await victim.kill();
  const ended = await wait('offerEnded');
  visitor.stop();
  expect(ended).toMatchObject({ reason: 'pushTimeout' });
  expect(ended.at - offer.dueAt).toBeGreaterThanOrEqual(0);
  expect(ended.at - offer.dueAt).toBeLessThan(LATE_MS);
  expect(await noted(here, ['DeclineTimeout'])).toHaveLength(1);
}, 60_000);

test('a critical wait', async () => {
  const { here, victim, wait, accept } = await twoServers((server) =>
    server.changeAgent('ana', { CriticalWaitTime: 4 }),
  );
  const visitor = await rawVisitor(victim.url, here, 'Vera');
  await accept();
  await visitor.heard('ChatEstablished');
  expect(await visitor.say('hello?')).toBe(true);
  const { line } = await wait('line');
  await victim.kill();
  const alert = await wait('criticalWait');
  visitor.stop();
  expect(alert.at - line.at - 4_000).toBeGreaterThanOrEqual(0);
  expect(alert.at - line.at - 4_000).toBeLessThan(LATE_MS);
  expect(await noted(here, ['AlertCriticalWaitChat'])).toHaveLength(1);
}, 60_000);

test('a silence: nobody is silent while the other server holds the poll, and nobody is heard by one that is killed', async () => {
  const { here, victim, wait, accept } = await twoServers((server) =>
    server.db.query(
      'UPDATE so_live_chat_deployment SET connection_warning_duration = 6, connection_timeout_duration = 9',
    ),
  );
  const visitor = await rawVisitor(victim.url, here, 'Vera');
  await accept();
  await visitor.heard('ChatEstablished');
  await sleep(20_000); // longer than a poll is held, and than the time-out
  expect(await noted(here, ['ConnectionWarning', 'ConnectionTimeout'])).toEqual([]);
  await victim.kill();
  await wait('chatEnded');
  visitor.stop();
  const [contact] = await here.db.query<{ at: number }>('SELECT max(contact_at) AS at FROM visitor_contact');
  const events = await noted(here, ['ConnectionWarning', 'ConnectionTimeout']);
  expect(events.map(({ type }) => type)).toEqual(['ConnectionWarning', 'ConnectionTimeout']);
  for (const [i, seconds] of [6, 9].entries()) {
    const late = (events[i]?.at ?? 0) - (contact?.at ?? 0) - seconds * 1_000;
    expect(late).toBeGreaterThanOrEqual(0);
    expect(late).toBeLessThan(LATE_MS);
  }
}, 90_000);
