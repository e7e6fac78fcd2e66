/** A request that somebody could take does not wait for ever, whatever becomes of agents, buttons and transfers meanwhile. */
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import type { Database, Tx } from '../../src/store/database.js';
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

const MAY = {
  OptionsHasChatTransferToAgent: true,
  OptionsHasChatTransferToSkill: true,
  OptionsHasChatTransferToButton: true,
};

interface Person {
  readonly skills?: readonly string[];
  readonly capacity?: number;
  readonly config?: object;
}

/** The floor has seen what was made so far: nothing that waits is looked at again for its sake. */
const settled = () => world.floor.tick();

/** An agent with a client, Offline. */
async function person(name: string, { skills = [], capacity = 1, config = {} }: Person) {
  const client = await connect(
    world.floor,
    await world.agent(name, { skills, capacity, config: { ...MAY, ...config } }),
  );
  const [assigned] = await world.db.query<{ id: string }>(
    'SELECT live_chat_user_config_id AS id FROM so_live_chat_user_config_user WHERE user_id = $1',
    [client.state.userId],
  );
  return Object.assign(client, { configId: assigned?.id as string });
}

const mayTransferTo = (agent: { configId: string }, to: { skill?: string; button?: string }) =>
  to.skill === undefined
    ? world.create('UserConfigTransferButton', {
        LiveChatUserConfigId: agent.configId,
        LiveChatButtonId: to.button,
      })
    : world.create('UserConfigTransferSkill', { LiveChatUserConfigId: agent.configId, SkillId: to.skill });

const take = async (agent: AgentClient) => {
  const { offer } = await agent.next('offered');
  await world.floor.accept(agent.connectionId, offer.offerId);
  return offer.chat.chatId;
};
const decline = async (agent: AgentClient) =>
  world.floor.decline(agent.connectionId, (await agent.next('offered')).offer.offerId);

describe('a listed request that nobody sees any more', () => {
  it('is given up where there is no queue: the skill was taken from the last one, or the capacity', async () => {
    world = await openWorld();
    const skill = await world.skill('Support');
    const button = await world.button({ SkillId: skill, RoutingType: 'Choice' });
    const ana = await person('ana', { skills: [skill] });
    await ana.status('Online');
    await settled();
    const first = await visit(world, { buttonId: button });
    await ana.next('requestListed');
    await world.update('LiveChatUserConfig', { Id: ana.configId, Capacity: 0 });
    await ana.next('settingsChanged');
    await first.until('ChatRequestFail');

    await world.update('LiveChatUserConfig', { Id: ana.configId, Capacity: 1 });
    await ana.next('settingsChanged');
    const second = await visit(world, { buttonId: button });
    await ana.next('requestListed');
    await world.db.query('UPDATE so_skill_user SET is_deleted = true WHERE user_id = $1', [ana.state.userId]);
    await world.create('SkillUser', { SkillId: await world.skill('Other'), UserId: ana.state.userId });
    await second.until('ChatRequestFail');
  });

  it('goes back to who transferred it', async () => {
    world = await openWorld();
    const [skill, other] = [await world.skill('Support'), await world.skill('Sales')];
    const button = await world.button({ SkillId: skill });
    const choice = await world.button({ SkillId: other, RoutingType: 'Choice' });
    const ana = await person('ana', { skills: [skill] });
    const bob = await person('bob', { skills: [other] });
    await mayTransferTo(ana, { button: choice });
    for (const agent of [ana, bob]) await agent.status('Online');
    await settled();
    await visit(world, { buttonId: button });
    const chatId = await take(ana);
    await world.floor.transfer(ana.connectionId, { chatId, to: { kind: 'button', id: choice } });
    await bob.next('requestListed');
    await world.update('LiveChatUserConfig', { Id: bob.configId, Capacity: 0 });
    expect((await ana.next('offered')).offer.kind).toBe('direct');
  });
});

describe('a declined request of a button that asks again', () => {
  it('is offered again to who declined it and is back from Away', async () => {
    world = await openWorld();
    const skill = await world.skill('Support');
    const button = await world.button({
      SkillId: skill,
      HasQueue: true,
      OptionsHasRerouteDeclinedRequest: true,
      NumberOfReroutingAttempts: 1,
    });
    const ana = await person('ana', { skills: [skill], config: { IsAutoAwayOnDecline: true } });
    await ana.status('Online');
    await settled();
    await visit(world, { buttonId: button });
    await decline(ana);
    await ana.status('Online');
    await decline(ana);
    // once, as the button says
    expect((await ana.status('Online')).offers).toEqual([]);
  });

  it('does not go straight back to who has just transferred it there', async () => {
    world = await openWorld();
    const skill = await world.skill('Support');
    const button = await world.button({ SkillId: skill });
    const other = await world.button({
      SkillId: skill,
      HasQueue: true,
      OptionsHasRerouteDeclinedRequest: true,
    });
    const ana = await person('ana', { skills: [skill], capacity: 2 });
    const bob = await person('bob', { skills: [skill] });
    await mayTransferTo(ana, { button: other });
    await ana.status('Online');
    await visit(world, { buttonId: button });
    const chatId = await take(ana);
    await world.floor.transfer(ana.connectionId, { chatId, to: { kind: 'button', id: other } });
    // A later one does reach her.
    const later = await visit(world, { buttonId: button });
    expect(await take(ana)).not.toBe(chatId);
    await later.until('ChatEstablished');
    expect((await bob.status('Online')).offers).toMatchObject([{ kind: 'push', chat: { chatId } }]);
  });
});

it('a request for one agent who declines it is given up, though the button has a queue', async () => {
  world = await openWorld();
  const skill = await world.skill('Support');
  const button = await world.button({ SkillId: skill, HasQueue: true });
  const ana = await person('ana', { skills: [skill] });
  await ana.status('Online');
  const visitor = await visit(world, { buttonId: button, agentId: ana.state.userId });
  await decline(ana);
  await visitor.until('ChatRequestFail');
});

it('a chat whose visitor asked for one agent goes to the others of its button when that one is gone', async () => {
  world = await openWorld();
  const skill = await world.skill('Support');
  const button = await world.button({ SkillId: skill });
  const [ana, bob] = [await person('ana', { skills: [skill] }), await person('bob', { skills: [skill] })];
  for (const agent of [ana, bob]) await agent.status('Online');
  await visit(world, { buttonId: button, agentId: ana.state.userId });
  const chatId = await take(ana);
  await ana.status('Offline');
  expect(await take(bob)).toBe(chatId);
});

describe('a chat that came back from a button', () => {
  /** Ana has the chat again, after bob declined or she took it back. */
  async function back(how: 'declined' | 'taken back') {
    world = await openWorld();
    const [skill, other] = [await world.skill('Support'), await world.skill('Sales')];
    const button = await world.button({ SkillId: skill, HasQueue: true });
    const away = await world.button({ SkillId: other });
    const ana = await person('ana', { skills: [skill] });
    const bob = await person('bob', { skills: [other] });
    const cy = await person('cy', { skills: [skill] });
    await mayTransferTo(ana, { button: away });
    for (const agent of [ana, bob]) await agent.status('Online');
    await visit(world, { buttonId: button });
    const chatId = await take(ana);
    await world.floor.transfer(ana.connectionId, { chatId, to: { kind: 'button', id: away } });
    if (how === 'declined') {
      await decline(bob);
      await take(ana);
    } else await world.floor.cancelTransfer(ana.connectionId, chatId);
    await cy.status('Online');
    return { ana, cy, chatId };
  }

  for (const how of ['declined', 'taken back'] as const) {
    it(`is its button's again when its agent goes Offline (${how})`, async () => {
      const { ana, cy, chatId } = await back(how);
      await ana.status('Offline');
      expect(await take(cy)).toBe(chatId);
    });
  }
});

it('two transfers to one skill, whose agent goes Offline, each go to somebody with room', async () => {
  world = await openWorld();
  const [skill, other] = [await world.skill('Support'), await world.skill('Sales')];
  const button = await world.button({ SkillId: skill });
  const ana = await person('ana', { skills: [skill], capacity: 2 });
  const bob = await person('bob', { skills: [other], capacity: 2 });
  const [cy, dot] = [await person('cy', { skills: [other] }), await person('dot', { skills: [other] })];
  await mayTransferTo(ana, { skill: other });
  for (const agent of [ana, bob]) await agent.status('Online');
  const to = { kind: 'skill', id: other } as const;
  for (let i = 0; i < 2; i += 1) {
    await visit(world, { buttonId: button });
    await world.floor.transfer(ana.connectionId, { chatId: await take(ana), to });
    await bob.next('offered');
  }
  for (const agent of [cy, dot]) await agent.status('Online');
  await bob.status('Offline');
  expect((await cy.next('offered')).offer.kind).toBe('transfer');
  expect((await dot.next('offered')).offer.kind).toBe('transfer');
});

it('a chat follows the skills its button got while it was offered', async () => {
  world = await openWorld();
  const [skill, other] = [await world.skill('Support'), await world.skill('Sales')];
  const button = await world.button({ SkillId: skill, HasQueue: true });
  const ana = await person('ana', { skills: [skill] });
  const bob = await person('bob', { skills: [other] });
  for (const agent of [ana, bob]) await agent.status('Online');
  await visit(world, { buttonId: button });
  await world.update('LiveChatButton', { Id: button, SkillId: other });
  await world.floor.tick();
  await decline(ana);
  expect((await bob.next('offered')).offer.kind).toBe('push');
});

it('a capacity changed while a login is being opened reaches that login', async () => {
  let hold: Promise<void> | undefined;
  const slow = (tx: Tx): Tx => ({
    ...tx,
    async query<R extends object>(text: string, values?: readonly unknown[], name?: string): Promise<R[]> {
      const rows = await tx.query<R>(text, values, name);
      if (name === 'floor.findAgent') await hold;
      return rows;
    },
  });
  world = await openWorld({}, false, (db: Database) => ({
    ...db,
    tx: (fn, opening) => db.tx((tx, opened) => fn(slow(tx), opened), opening),
  }));
  const other = await world.anotherFloor();
  const ana = await person('ana', { capacity: 1 });
  await other.tick();
  let release: () => void = () => undefined;
  hold = new Promise((resolve) => {
    release = resolve;
  });
  const opening = ana.status('Online');
  await new Promise((resolve) => setTimeout(resolve, 200));
  await world.update('LiveChatUserConfig', { Id: ana.configId, Capacity: 3 });
  const followed = [world.floor, other].map((floor) => floor.tick());
  await new Promise((resolve) => setTimeout(resolve, 500));
  release();
  await Promise.all([opening, ...followed]);
  expect(await other.openLogins()).toMatchObject([{ capacity: 3 }]);
});
