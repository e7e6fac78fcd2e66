/** Requests straight to an agent, with a fallback or without, and what becomes of such a chat later (live-agent-chat.md §13.3). */
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

/** Ana and Ben of one skill, Online with one slot each, and a button with a queue. */
async function scene(button: object = {}, config: object = {}) {
  world = await openWorld({ graceMs: 600_000 });
  const skill = await world.skill('Support');
  const buttonId = await world.button({ SkillId: skill, PushTimeout: 20, HasQueue: true, ...button });
  const ana = await connect(world.floor, await world.agent('ana', { skills: [skill], config }));
  const ben = await connect(world.floor, await world.agent('ben', { skills: [skill], config }));
  await ana.status('Online');
  await ben.status('Online');
  return { skill, buttonId, ana, ben, straight: { buttonId, agentId: ana.state.userId } };
}

const offers = (agent: AgentClient) =>
  agent.events.flatMap((event) => (event.type === 'offered' ? [event.offer.kind] : []));

/** Twenty seconds go by in which these agents do nothing, but are there. */
async function ignore(...agents: AgentClient[]): Promise<void> {
  await world.leap(20_001);
  for (const { connectionId } of agents) world.floor.contact(connectionId);
  await world.floor.tick();
}

async function take(agent: AgentClient): Promise<string> {
  const { offer } = await agent.next('offered');
  await world.floor.accept(agent.connectionId, offer.offerId);
  return offer.chat.chatId;
}

const decline = async (agent: AgentClient) =>
  world.floor.decline(agent.connectionId, (await agent.next('offered')).offer.offerId);

describe('an agent first, then the button', () => {
  for (const [name, request] of [
    ['with doFallback', (agentId: string, buttonId: string) => ({ agentId, buttonId, doFallback: true })],
    [
      'as an override',
      (agentId: string, buttonId: string) => ({ buttonOverrides: [`${agentId}_${buttonId}`] }),
    ],
  ] as const) {
    it(`goes on to the button when the agent lets it time out, ${name}`, async () => {
      const { buttonId, ana, ben } = await scene();
      await visit(world, request(ana.state.userId, buttonId));
      await ana.next('offered');
      await ignore(ana, ben);
      expect([offers(ana), offers(ben)]).toEqual([['direct'], ['push']]);
      await ignore(ana, ben);
      await ignore(ana, ben);
      // From here on it goes round at the button.
      expect([offers(ana), offers(ben)]).toEqual([
        ['direct', 'push'],
        ['push', 'push'],
      ]);
    });
  }

  it('does not ask who declined again by the button, with or without a queue', async () => {
    const { skill, straight, ana, ben } = await scene();
    await visit(world, { ...straight, doFallback: true });
    await decline(ana);
    await decline(ben);
    expect([offers(ana), offers(ben)]).toEqual([['direct'], ['push']]);
    await ben.status('Away');
    const noQueue = await world.button({ SkillId: skill });
    const visitor = await visit(world, { ...straight, buttonId: noQueue, doFallback: true });
    await decline(ana);
    await visitor.until('ChatRequestFail');
    expect(offers(ana)).toHaveLength(2);
  });

  it('waits in the queue of the button while the agent is not there', async () => {
    const { straight, ana, ben } = await scene();
    await ana.status('Away');
    await ben.status('Away');
    const visitor = await visit(world, { ...straight, doFallback: true });
    await visitor.until('ChatRequestSuccess');
    await ben.status('Online');
    expect(offers(ben)).toEqual(['push']);
  });

  it('asks the agent, then the buttons in order', async () => {
    const { buttonId, ana, ben } = await scene();
    const sales = await world.skill('Sales');
    const cy = await connect(world.floor, await world.agent('cy', { skills: [sales] }));
    await cy.status('Online');
    const second = await world.button({ SkillId: sales });
    const visitor = await visit(world, { buttonOverrides: [`${ana.state.userId}_${buttonId}`, second] });
    await decline(ana);
    await decline(ben);
    await take(cy);
    expect([offers(ana), offers(ben), offers(cy)]).toEqual([['direct'], ['push'], ['push']]);
    await visitor.until('ChatEstablished');
  });
});

describe('an agent and nobody else', () => {
  it('who declines, or lets it time out, ends the request although the button has a queue', async () => {
    const { straight, ana, ben } = await scene();
    const first = await visit(world, straight);
    await decline(ana);
    expect((await first.until('ChatRequestFail')).message.reason).toBe('Unavailable');
    const second = await visit(world, straight);
    await ana.next('offered');
    await ignore(ana, ben);
    await second.until('ChatRequestFail');
    expect(offers(ben)).toEqual([]);
  });

  it('who is not there or has no room is not waited for', async () => {
    const { straight, ana } = await scene();
    await visit(world, straight);
    await take(ana);
    await (await visit(world, straight)).until('ChatRequestFail');
  });

  it('has as long as the button gives; without a push time-out, until the visitor goes', async () => {
    const { ana, ben } = await scene();
    const visitor = await visit(world, { agentId: ana.state.userId });
    expect((await ana.next('offered')).offer.dueAt).toBeNull();
    for (let i = 0; i < 4; i += 1) await ignore(ana, ben);
    expect(offers(ana)).toHaveLength(1);
    await visitor.end();
    await ana.next('offerEnded');
  });

  it('accepts automatically where the button says so', async () => {
    const { straight, ana } = await scene({ OptionsIsAutoAccept: true });
    const visitor = await visit(world, straight);
    await visitor.until('ChatEstablished');
    await ana.next('chatStarted');
    expect(visitor.received.map(({ type }) => type)).toEqual(['ChatRequestSuccess', 'ChatEstablished']);
  });
});

describe('a running chat that was asked of one agent', () => {
  it('is open to others of its button when that agent goes', async () => {
    const { straight, ana, ben } = await scene();
    const visitor = await visit(world, straight);
    await take(ana);
    await ana.status('Offline');
    await visitor.until('AgentDisconnect');
    await take(ben);
    await visitor.until('ChatTransferred');
  });

  it('is open to others of its button when the agent goes who took it over', async () => {
    const { straight, skill, ana, ben } = await scene({}, { OptionsHasChatTransferToAgent: true });
    const cy = await connect(world.floor, await world.agent('cy', { skills: [skill] }));
    await cy.status('Online');
    await visit(world, straight);
    const chatId = await take(ana);
    await world.floor.transfer(ana.connectionId, { chatId, to: { kind: 'agent', id: ben.state.userId } });
    await take(ben);
    await ana.status('Offline');
    await ben.status('Offline');
    expect(offers(cy)).toEqual(['push']);
  });

  it('without a button is open to agents of the same skills, or else is over', async () => {
    const { ana, ben } = await scene();
    const first = await visit(world, { agentId: ana.state.userId });
    await take(ana);
    await ana.status('Offline');
    expect(offers(ben)).toEqual(['push']);
    const lone = await connect(world.floor, await world.agent('lone', {}));
    await lone.status('Online');
    const second = await visit(world, { agentId: lone.state.userId });
    await take(lone);
    await lone.status('Offline');
    await second.until('ChatEnded');
    await first.end();
  });
});
