/** Declined requests that are offered again, and buttons whose skills change under a chat (live-agent-chat.md §8.2). */
import { afterAll, afterEach, describe, expect, it } from 'vitest';
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

const offers = (agent: AgentClient) => agent.events.filter(({ type }) => type === 'offered').length;
const decline = async (agent: AgentClient) =>
  world.floor.decline(agent.connectionId, (await agent.next('offered')).offer.offerId);

/** Ana and Ben of one skill, one slot each; Offline yet. */
async function scene(button: object, config: object = {}) {
  world = await openWorld();
  const skill = await world.skill('Support');
  const buttonId = await world.button({
    SkillId: skill,
    OptionsHasRerouteDeclinedRequest: true,
    NumberOfReroutingAttempts: 1,
    ...button,
  });
  const ana = await connect(world.floor, await world.agent('ana', { skills: [skill], config }));
  const ben = await connect(world.floor, await world.agent('ben', { skills: [skill], config }));
  return { skill, buttonId, ana, ben };
}

describe('a declined request', () => {
  it('is offered again as often as the button says, then no more', async () => {
    const { buttonId, ana, ben } = await scene({ NumberOfReroutingAttempts: 2 });
    await ana.status('Online');
    await ben.status('Online');
    const visitor = await visit(world, { buttonId });
    for (let round = 0; round < 3; round += 1) {
      await decline(ana);
      await decline(ben);
    }
    await visitor.until('ChatRequestFail');
    expect([offers(ana), offers(ben)]).toEqual([3, 3]);
  });

  it('is offered without limit where none is set, and once where nothing is rerouted', async () => {
    const { skill, buttonId, ana } = await scene({ NumberOfReroutingAttempts: null });
    await ana.status('Online');
    const visitor = await visit(world, { buttonId });
    for (let round = 0; round < 5; round += 1) await decline(ana);
    await visitor.end();
    const once = await visit(world, { buttonId: await world.button({ SkillId: skill }) });
    await ana.next('offered');
    await decline(ana);
    await once.until('ChatRequestFail');
  });

  it('waits for an agent who declined and is Away by that, and back', async () => {
    const { buttonId, ana } = await scene({ HasQueue: true }, { IsAutoAwayOnDecline: true });
    await ana.status('Online');
    await visit(world, { buttonId });
    await decline(ana);
    expect((await ana.next('statusChanged')).status).toBe('Away');
    await ana.status('Online');
    expect(offers(ana)).toBe(2);
    await decline(ana);
    await ana.status('Online');
    // the one attempt is used up
    expect(offers(ana)).toBe(2);
  });

  it('is not offered again before everybody there was asked, full ones too', async () => {
    const { buttonId, ana, ben } = await scene({ HasQueue: true });
    await ben.status('Online');
    await visit(world, { buttonId });
    const { chat } = await world.floor.accept(ben.connectionId, (await ben.next('offered')).offer.offerId);
    await ana.status('Online');
    await visit(world, { buttonId });
    await decline(ana);
    expect(offers(ana)).toBe(1);
    await world.floor.endChat(ben.connectionId, chat.chatId);
    expect([offers(ana), offers(ben)]).toEqual([1, 2]);
    await decline(ben);
    expect(offers(ana) + offers(ben)).toBe(4);
  });

  it('is offered again when the one not asked yet goes', async () => {
    for (const how of ['Away', 'Offline'] as const) {
      const { buttonId, ana, ben } = await scene({ HasQueue: true });
      await ben.status('Online');
      await visit(world, { buttonId });
      await ben.next('offered');
      await ana.status('Online');
      await visit(world, { buttonId });
      await decline(ana);
      expect(offers(ana)).toBe(1);
      await ben.status(how);
      expect(offers(ana)).toBe(2);
      if (how === 'Away') await world.close();
    }
  });
});

describe('a button that gets other skills', () => {
  async function changing() {
    world = await openWorld();
    const [old, fresh] = [await world.skill('Old'), await world.skill('Fresh')];
    const buttonId = await world.button({ SkillId: old, HasQueue: true });
    const ana = await connect(world.floor, await world.agent('ana', { skills: [old] }));
    const ben = await connect(world.floor, await world.agent('ben', { skills: [fresh] }));
    await ana.status('Online');
    await ben.status('Online');
    await world.floor.tick();
    await visit(world, { buttonId });
    const { offer } = await ana.next('offered');
    const change = async () => {
      await world.update('LiveChatButton', { Id: buttonId, SkillId: fresh });
      await world.floor.tick();
    };
    return { ana, ben, offer, change };
  }

  it('while its chat is with an agent: given back, it goes to who has them', async () => {
    const { ana, ben, offer, change } = await changing();
    await world.floor.accept(ana.connectionId, offer.offerId);
    await change();
    await ana.status('Offline');
    expect(offers(ben)).toBe(1);
  });

  it('while its request is offered: declined, it goes to who has them', async () => {
    const { ana, ben, offer, change } = await changing();
    await change();
    await world.floor.decline(ana.connectionId, offer.offerId);
    expect(offers(ben)).toBe(1);
  });
});
