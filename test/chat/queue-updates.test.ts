/** Places in the queue: told when asked for, told when they change, told to be over (live-agent-chat.md §8.3, §13.5, §13.7). */
import { afterAll, afterEach, expect, it } from 'vitest';
import { closeWorlds, connect, openWorld, type VisitorClient, visit, type World } from './floor-world.js';

let world: World;
afterAll(() => closeWorlds());
afterEach(async () => {
  const { errors } = world;
  await world.close();
  expect(errors).toEqual([]);
});

const updatesOf = (visitor: VisitorClient) =>
  visitor.received.filter(({ type }) => type === 'QueueUpdate').map(({ message }) => message);

/** Everything that waits for a visitor now. */
async function drained(visitor: VisitorClient): Promise<VisitorClient> {
  for (;;) {
    const before = visitor.received.length;
    await visitor.once();
    if (visitor.received.length === before) return visitor;
  }
}

async function queue() {
  world = await openWorld();
  const skill = await world.skill('Support');
  const button = await world.button({ SkillId: skill, HasQueue: true });
  const ana = await connect(world.floor, await world.agent('ana', { capacity: 1, skills: [skill] }));
  await ana.status('Online');
  return { ana, button };
}

it('tells each visitor who asked for it the new place when the queue moves, and nobody else', async () => {
  const { ana, button } = await queue();
  const [first, second, silent, third] = [
    await visit(world, { buttonId: button, receiveQueueUpdates: true }),
    await visit(world, { buttonId: button, receiveQueueUpdates: true }),
    await visit(world, { buttonId: button, receiveQueueUpdates: false }),
    await visit(world, { buttonId: button, receiveQueueUpdates: true }),
  ];
  const places = [];
  for (const visitor of [first, second, silent, third]) {
    places.push((await visitor.until('ChatRequestSuccess')).message.queuePosition);
  }
  expect(places).toEqual([1, 2, 3, 4]);
  await world.floor.tick();
  // Nothing has moved.
  for (const visitor of [first, second, silent, third]) expect(updatesOf(await drained(visitor))).toEqual([]);

  const { offer } = await ana.next('offered');
  await world.floor.accept(ana.connectionId, offer.offerId);
  await world.floor.tick();
  expect(updatesOf(await drained(first))).toEqual([{ position: 0, estimatedWaitTime: 0 }]);
  expect(first.received.map(({ type }) => type)).toEqual([
    'ChatRequestSuccess',
    'QueueUpdate',
    'ChatEstablished',
  ]);
  expect(updatesOf(await drained(second))).toMatchObject([{ position: 1 }]);
  expect(updatesOf(await drained(silent))).toEqual([]);
  expect(updatesOf(await drained(third))).toMatchObject([{ position: 3 }]);

  // Whoever gives up makes room too.
  await silent.end();
  await world.floor.tick();
  await world.floor.tick();
  expect(updatesOf(await drained(second))).toHaveLength(1);
  expect(updatesOf(await drained(third))).toMatchObject([{ position: 3 }, { position: 2 }]);
});

it('says how long it may still take: the average less the time waited, never below 0, -1 unknown', async () => {
  const { ana, button } = await queue();
  const waits = async () => {
    const [one] = await world.floor.visitor.availability([button], { estimatedWaitTime: true });
    return one?.estimatedWaitTime;
  };
  expect(await waits()).toBe(-1);
  const first = await visit(world, { buttonId: button });
  expect((await first.until('ChatRequestSuccess')).message.estimatedWaitTime).toBe(-1);
  await world.leap(20_000);
  const { offer } = await ana.next('offered');
  await world.floor.accept(ana.connectionId, offer.offerId);
  expect(await waits()).toBe(20);

  const [second, third] = [
    await visit(world, { buttonId: button, receiveQueueUpdates: true }),
    await visit(world, { buttonId: button, receiveQueueUpdates: true }),
  ];
  expect((await third.until('ChatRequestSuccess')).message.estimatedWaitTime).toBe(20);
  await world.leap(5_000);
  await second.end();
  await world.floor.tick();
  expect((await third.until('QueueUpdate')).message).toEqual({ position: 1, estimatedWaitTime: 15 });
});

it('never says that the wait is below nothing', async () => {
  const { ana, button } = await queue();
  await visit(world, { buttonId: button });
  await world.leap(4_000);
  const { offer } = await ana.next('offered');
  await world.floor.accept(ana.connectionId, offer.offerId);
  const second = await visit(world, { buttonId: button });
  const third = await visit(world, { buttonId: button, receiveQueueUpdates: true });
  await world.leap(20_000);
  await second.end();
  await world.floor.tick();
  expect((await third.until('QueueUpdate')).message).toEqual({ position: 1, estimatedWaitTime: 0 });
});

it('is told once although several servers look at the queue', async () => {
  const { button } = await queue();
  const others = [await world.anotherFloor(), await world.anotherFloor()];
  const visitors = [];
  for (let i = 0; i < 6; i++) {
    visitors.push(await visit(world, { buttonId: button, receiveQueueUpdates: true }));
  }
  await visitors[1]?.end();
  await Promise.all([world.floor, ...others, world.floor, ...others].map((floor) => floor.tick()));
  await world.floor.tick();
  for (const [index, visitor] of visitors.entries()) {
    if (index === 1) continue;
    expect(updatesOf(await drained(visitor))).toEqual(
      index > 1 ? [{ position: index, estimatedWaitTime: -1 }] : [],
    );
  }
});
