/** Where a request with a list of targets goes, and where it waits (live-agent-chat.md §13.3; src/chat/routing.ts). */
import { afterAll, afterEach, expect, it } from 'vitest';
import { auditFloor } from '../support/floor-audit.js';
import { type AgentClient, closeWorlds, connect, openWorld, visit, type World } from './floor-world.js';

let world: World;
afterAll(() => closeWorlds());
afterEach(async () => {
  const { errors } = world;
  await auditFloor(world.db);
  await world.close();
  expect(errors).toEqual([]);
});

/** Ana supports, Ben sells; both Online, one slot each; a button for each, as given. */
async function scene(support: object, sales: object) {
  world = await openWorld();
  const skills = [await world.skill('Support'), await world.skill('Sales')] as const;
  const first = await world.button({ SkillId: skills[0], ...support });
  const second = await world.button({ SkillId: skills[1], ...sales });
  const ana = await connect(world.floor, await world.agent('ana', { skills: [skills[0]] }));
  const ben = await connect(world.floor, await world.agent('ben', { skills: [skills[1]] }));
  await ana.status('Online');
  await ben.status('Online');
  return { first, second, ana, ben, skills };
}

const QUEUE = { HasQueue: true };
const offers = (agent: AgentClient) => agent.events.filter(({ type }) => type === 'offered').length;
const decline = async (agent: AgentClient) =>
  world.floor.decline(agent.connectionId, (await agent.next('offered')).offer.offerId);
const buttonsOfWaiting = async () =>
  (
    await world.db.query<{ button_id: string }>(
      `SELECT button_id FROM chat WHERE state = 'waiting' ORDER BY id`,
    )
  ).map(({ button_id }) => button_id);

it('waits in the first queue, though it is not the last of the list', async () => {
  const { first, second, ana, ben } = await scene(QUEUE, {});
  await ana.status('Away');
  await ben.status('Away');
  const visitor = await visit(world, { buttonOverrides: [first, second] });
  expect((await visitor.until('ChatRequestSuccess')).message.queuePosition).toBe(1);
  await visitor.once();
  expect(visitor.received.map(({ type }) => type)).toEqual(['ChatRequestSuccess']);
  expect(await buttonsOfWaiting()).toEqual([first]);
});

it('waits in no queue that is full: in the next one with room, or is refused', async () => {
  const { first, second, ana, ben } = await scene(QUEUE, { ...QUEUE, OverallQueueLength: 1 });
  await ana.status('Away');
  await ben.status('Away');
  await visit(world, { buttonId: second });
  await visit(world, { buttonOverrides: [first, second] });
  await visit(world, { buttonOverrides: [second, first] });
  expect(await buttonsOfWaiting()).toEqual([second, first, first]);
  await (await visit(world, { buttonOverrides: [second, second] })).until('ChatRequestFail');
  const notes = await world.db.query<{ type: string }>(
    `SELECT type FROM chat_event WHERE type LIKE 'Cancel%'`,
  );
  expect(notes).toEqual([{ type: 'CancelNoQueue' }]);
});

it('goes to whoever is free, of any target, rather than into a queue; refused there it is queued after all', async () => {
  const { first, second, ana, ben } = await scene(QUEUE, {});
  await ana.status('Away');
  const visitor = await visit(world, { buttonOverrides: [first, second] });
  await decline(ben);
  expect(await buttonsOfWaiting()).toEqual([first]);
  await ana.status('Online');
  expect((await ana.next('offered')).offer.chat.buttonId).toBe(first);
  await visitor.once();
  expect(visitor.received.map(({ type }) => type)).toEqual(['ChatRequestSuccess']);
});

it('while it waits in a queue, goes to whoever of its list is free first', async () => {
  const { first, second, ana, ben } = await scene(QUEUE, {});
  await ana.status('Away');
  await ben.status('Away');
  await visit(world, { buttonOverrides: [first, second] });
  await visit(world, { buttonOverrides: [second, first] });
  await ben.status('Online');
  for (let i = 0; i < 2; i += 1) {
    const { offer } = await ben.next('offered');
    expect(offer.chat.buttonId).toBe(second);
    await world.floor.decline(ben.connectionId, offer.offerId);
  }
  expect(await buttonsOfWaiting()).toEqual([first, first]);
  await ana.status('Online');
  expect([offers(ana), offers(ben)]).toEqual([1, 2]);
});

it('is listed where agents pick, in its turn', async () => {
  const { first, second, ana, ben } = await scene({}, { RoutingType: 'Choice' });
  await ana.status('Away');
  const visitor = await visit(world, { buttonOverrides: [first, second] });
  const { request } = await ben.next('requestListed');
  await world.floor.pickChat(ben.connectionId, request.chat.chatId);
  await visitor.until('ChatEstablished');
});
