/**
 * Visitors who are not heard (live-agent-chat.md §11), with two processes: one whose poll is held anywhere is not silent; one
 * who is, is reported on time; and what was heard is known in time to who must know it.
 */
import { afterAll, afterEach, expect, it } from 'vitest';
import type { RunningFloor } from '../../src/chat/create-floor.js';
import type { Database } from '../../src/store/database.js';
import { type AgentClient, closeWorlds, connect, openWorld, visit, type World } from './floor-world.js';

let world: World;
afterAll(() => closeWorlds());
afterEach(async () => {
  const { errors } = world;
  await world.close();
  expect(errors).toEqual([]);
});

/** Contacts are written every minute alone, unless somebody needs them. */
const SELDOM = { graceMs: 600_000, contactFlushMs: 60_000 };

async function chatting(
  warningSeconds: number,
  timeoutSeconds: number,
  options: { settings?: object; through?: (db: Database) => Database } = {},
): Promise<{ agent: AgentClient; key: string; there: RunningFloor }> {
  const settings = { ...SELDOM, ...options.settings };
  world = await openWorld(settings, true, options.through);
  await world.db.query(
    'UPDATE so_live_chat_deployment SET connection_warning_duration = $1, connection_timeout_duration = $2',
    [warningSeconds, timeoutSeconds],
  );
  const there = await world.anotherFloor();
  const skill = await world.skill('Support');
  const buttonId = await world.button({ SkillId: skill });
  const agent = await connect(world.floor, await world.agent('ana', { skills: [skill] }));
  await agent.status('Online');
  const visitor = await visit(world, { buttonId }, there);
  const { offer } = await agent.next('offered');
  await world.floor.accept(agent.connectionId, offer.offerId);
  await visitor.until('ChatEstablished');
  return { agent, key: visitor.key, there };
}

const noted = async () =>
  (
    await world.db.query<{ type: string; at: number }>(
      `SELECT type, at FROM chat_event WHERE type LIKE 'Connection%' ORDER BY seq`,
    )
  ).map(({ type, at }) => ({ type, at }));
const present = async () => (await world.db.query<{ at: number }>('SELECT floor_now() AS at'))[0]?.at ?? 0;

it('are not those whose polls another process holds', async () => {
  const { key, there } = await chatting(2, 4);
  for (const until = performance.now() + 10_000; performance.now() < until; ) {
    const { kind } = await there.visitor.poll(key, { ack: 99, holdMs: 5_500 });
    expect(kind).toBe('empty');
  }
  expect(await noted()).toEqual([]);
}, 30_000);

it('are reported and given up on time, counted from the end of the last poll', async () => {
  const { key, there } = await chatting(2, 4);
  await there.visitor.poll(key, { ack: 99, holdMs: 2_700 });
  const left = await present();
  await new Promise((resolve) => setTimeout(resolve, 4_700));
  const events = await noted();
  expect(events.map(({ type }) => type)).toEqual(['ConnectionWarning', 'ConnectionTimeout']);
  for (const [i, { at }] of events.entries()) {
    expect(at - left - (i + 1) * 2_000).toBeGreaterThan(-50);
    expect(at - left - (i + 1) * 2_000).toBeLessThan(250);
  }
}, 30_000);

it('who come back have their warning taken back at once, wherever they come', async () => {
  const { agent, key, there } = await chatting(1, 60);
  for (const floor of [there, world.floor]) {
    expect((await agent.next('visitorConnection')).warning).toBe(true);
    const back = await present();
    await floor.visitor.poll(key, { ack: 99, holdMs: 20 });
    const event = await agent.next('visitorConnection');
    expect(event.warning).toBe(false);
    expect(event.at - back).toBeLessThan(500);
  }
}, 30_000);

it('who were heard while it could not be written are not forgotten', async () => {
  let isAway = false;
  const { key } = await chatting(5, 60, {
    through: (db) => ({
      ...db,
      query: (text, values, name) =>
        isAway && name === 'floor.flushVisitors'
          ? Promise.reject(Object.assign(new Error('away'), { code: '57P01' }))
          : db.query(text, values, name),
    }),
  });
  await new Promise((resolve) => setTimeout(resolve, 400)); // the other process heard it before
  isAway = true;
  await world.floor.visitor.poll(key, { ack: 99, holdMs: 20 });
  const heard = await present();
  await world.floor.tick();
  expect(world.errors.splice(0)).not.toEqual([]);
  isAway = false;
  await world.floor.tick();
  const [contact] = await world.db.query<{ at: number }>('SELECT contact_at AS at FROM visitor_contact');
  expect(Math.abs((contact?.at ?? 0) - heard)).toBeLessThan(100);
  world.errors.splice(0);
});
