/** A time-out that cannot be fired, whatever the reason, holds up no other (DECISIONS 5). */
import { afterAll, afterEach, expect, it } from 'vitest';
import { closeWorlds, connect, openWorld, visit, type World } from './floor-world.js';

let world: World;
afterAll(() => closeWorlds());
afterEach(() => world.close());

/** Whatever happens to the first chat from now on collides with an event that is there already. */
const spoil = () =>
  world.db.query(
    `INSERT INTO chat_event (chat_id, seq, at, type) SELECT id, seq + 1, at, 'Other' FROM chat ORDER BY id LIMIT 1`,
  );
const failures = () =>
  world.errors.filter((error) => JSON.stringify(error).includes('a time-out failed')).length;

it('of an offer', async () => {
  world = await openWorld({ graceMs: 600_000 });
  const skill = await world.skill('Support');
  const buttonId = await world.button({ SkillId: skill, PushTimeout: 30 });
  const agent = await connect(world.floor, await world.agent('ana', { skills: [skill], capacity: 2 }));
  await agent.status('Online');
  for (const visitorName of ['Vera', 'Vic']) {
    await visit(world, { buttonId, visitorName });
    await agent.next('offered');
    await world.leap(100);
  }
  await spoil();
  await world.leap(31_000);
  await world.floor.tick();
  const ended = await agent.next('offerEnded');
  expect(ended.reason).toBe('pushTimeout');
  expect(await world.db.query('SELECT state FROM offer WHERE generation = 1 ORDER BY chat_id')).toEqual([
    { state: 'open' },
    { state: 'timedOut' },
  ]);
  // once a look, not once a time-out
  const before = failures();
  expect(before).toBeGreaterThan(0);
  await world.floor.tick();
  expect(failures() - before).toBeLessThanOrEqual(1);
});

it('of a silent visitor', async () => {
  world = await openWorld({ graceMs: 600_000 });
  await world.db.query('UPDATE so_live_chat_deployment SET connection_timeout_duration = 60');
  const skill = await world.skill('Support');
  const buttonId = await world.button({ SkillId: skill, HasQueue: true });
  for (const visitorName of ['Vera', 'Vic']) await visit(world, { buttonId, visitorName });
  await world.floor.tick();
  await spoil();
  await world.leap(61_000);
  await world.floor.tick();
  expect(await world.db.query('SELECT state FROM chat ORDER BY id')).toEqual([
    { state: 'waiting' },
    { state: 'ended' },
  ]);
  expect(failures()).toBeGreaterThan(0);
});
