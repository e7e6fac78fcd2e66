/**
 * Critical wait (live-agent-chat.md §11): it starts with a line of the visitor nobody has answered, whoever was there when it
 * was said, and ends with an agent's answer; both within 250 ms of their time.
 */
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { auditFloor } from '../support/floor-audit.js';
import { type AgentClient, closeWorlds, connect, openWorld, visit, type World } from './floor-world.js';

let world: World;
let skill: string;
let buttonId: string;
afterAll(() => closeWorlds());
afterEach(async () => {
  const { errors } = world;
  await auditFloor(world.db);
  await world.close();
  expect(errors).toEqual([]);
});

async function open(running: boolean, button: object = {}): Promise<void> {
  world = await openWorld({ graceMs: 600_000 }, running);
  skill = await world.skill('Support');
  buttonId = await world.button({ SkillId: skill, ...button });
}
const agentNamed = async (name: string, config: object) =>
  connect(world.floor, await world.agent(name, { skills: [skill], config }));

/** Accepts what is offered to the agent next; gives the chat's id. */
async function take(agent: AgentClient): Promise<string> {
  const { offer } = await agent.next('offered');
  await world.floor.accept(agent.connectionId, offer.offerId);
  return offer.chat.chatId;
}

const alerts = ({ events }: AgentClient) =>
  events.flatMap((event) => (event.type === 'criticalWait' ? [event.alert] : []));

async function later(agent: AgentClient, ms: number): Promise<void> {
  await world.leap(ms);
  world.floor.contact(agent.connectionId);
  await world.floor.tick();
}

describe('a question waits since it was asked', () => {
  it.each([{ button: {} }, { button: { AutoGreeting: 'Hello, what can I do for you?' } }])(
    'before the chat was accepted, greeted or not: $button',
    async ({ button }) => {
      await open(false, button);
      const ana = await agentNamed('ana', { CriticalWaitTime: 30 });
      await ana.status('Online');
      const vera = await visit(world, { buttonId });
      await vera.say('is anybody there?');
      await world.leap(10_000);
      const chatId = await take(ana);
      await later(ana, 19_000);
      expect(alerts(ana)).toEqual([]);
      await later(ana, 1_500);
      expect(alerts(ana)).toEqual([true]);
      await world.floor.sendLine(ana.connectionId, { chatId, text: 'yes' });
      await world.floor.tick();
      expect(alerts(ana)).toEqual([true, false]);
    },
  );

  it('of an agent who is lost, and is the next one’s to answer', async () => {
    await open(false);
    const ana = await agentNamed('ana', { CriticalWaitTime: 30 });
    const ben = await agentNamed('ben', { CriticalWaitTime: 40 });
    await ana.status('Online');
    const vera = await visit(world, { buttonId });
    await take(ana);
    await vera.say('my order is lost');
    await ben.status('Online');
    await ana.status('Offline');
    await vera.say('hello?');
    const chatId = await take(ben);
    await later(ben, 35_000);
    expect(alerts(ben)).toEqual([]);
    await later(ben, 6_000);
    expect(alerts(ben)).toEqual([true]);
    await world.floor.sendLine(ben.connectionId, { chatId, text: 'I am here' });
    await later(ben, 60_000);
    expect(alerts(ben)).toEqual([true, false]);
  });

  it('and is over once somebody answered it', async () => {
    await open(false);
    const ana = await agentNamed('ana', { CriticalWaitTime: 30 });
    const ben = await agentNamed('ben', { CriticalWaitTime: 30 });
    await ana.status('Online');
    const vera = await visit(world, { buttonId });
    const chatId = await take(ana);
    await vera.say('my order is lost');
    await world.floor.sendLine(ana.connectionId, { chatId, text: 'which one?' });
    await ben.status('Online');
    await ana.status('Offline');
    await take(ben);
    await later(ben, 60_000);
    expect(alerts(ben)).toEqual([]);
  });
});

describe('within 250 ms', () => {
  it.each([{ elsewhere: false }, { elsewhere: true }])(
    'an alert comes and goes, its lines stored by another process: $elsewhere',
    async ({ elsewhere }) => {
      await open(true);
      const there = elsewhere ? await world.anotherFloor() : world.floor;
      const ana = await agentNamed('ana', { CriticalWaitTime: 1 });
      await ana.status('Online');
      const vera = await visit(world, { buttonId }, there);
      const chatId = await take(ana);
      const late: number[] = [];
      for (let i = 0; i < 4; i += 1) {
        await vera.say('hello?');
        const { line } = await ana.next('line');
        late.push((await ana.next('criticalWait')).at - line.at - 1_000);
        await world.floor.sendLine(ana.connectionId, { chatId, text: 'yes' });
        const answer = (await ana.next('line')).line;
        late.push((await ana.next('criticalWait')).at - answer.at);
        await new Promise((resolve) => setTimeout(resolve, 137 * i));
      }
      expect(alerts(ana)).toEqual([true, false, true, false, true, false, true, false]);
      expect(Math.max(...late)).toBeLessThan(250);
    },
    30_000,
  );

  it('many lines at once ring too', async () => {
    await open(true);
    const ana = await agentNamed('ana', { CriticalWaitTime: 1 });
    await ana.status('Online');
    const vera = await visit(world, { buttonId });
    await take(ana);
    await world.floor.tick(); // the next look is 2 s away
    await Promise.all(['a', 'b', 'c', 'd'].map((text) => vera.say(text)));
    const { line } = await ana.next('line');
    expect((await ana.next('criticalWait')).at - line.at - 1_000).toBeLessThan(250);
  });
});
