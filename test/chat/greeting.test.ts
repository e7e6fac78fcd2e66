/** The automatic greeting and the ready texts (live-agent-chat.md §6). */
import { afterAll, afterEach, expect, it, test } from 'vitest';
import { auditFloor } from '../support/floor-audit.js';
import { closeWorlds, connect, engaged, openWorld, visit, type World } from './floor-world.js';

let world: World;
afterAll(() => closeWorlds());
afterEach(async () => {
  const { errors } = world;
  await auditFloor(world.db);
  await world.close();
  expect(errors).toEqual([]);
});

test.each([
  ['the agent’s', { AutoGreeting: 'Hello from Ana' }, {}, ['Hello from Ana']],
  [
    'the button’s before the agent’s',
    { AutoGreeting: 'Hello from Ana' },
    { AutoGreeting: 'Welcome' },
    ['Welcome'],
  ],
  ['none', {}, {}, []],
])('%s opens the chat', async (_whose, config, fields, expected) => {
  world = await openWorld();
  const { agent, visitor, chatId } = await engaged(world, { button: fields, config });
  await visitor.once();
  const said = visitor.received.filter(({ type }) => type === 'ChatMessage');
  expect(said.map(({ message }) => message.text)).toEqual(expected);
  await world.floor.endChat(agent.connectionId, chatId);
});

test.each([
  [false, ['Ana here']],
  [true, ['Ana here', 'Bob here', 'Cy here']],
])(
  'with HasTransferConferenceGreeting %s, who takes over or joins greets likewise',
  async (greets, expected) => {
    world = await openWorld();
    const skill = await world.skill('Support');
    const button = await world.button({ SkillId: skill });
    const agents = [];
    for (const name of ['Ana', 'Bob', 'Cy']) {
      const config = {
        AutoGreeting: `${name} here`,
        HasTransferConferenceGreeting: greets,
        OptionsHasChatTransferToAgent: true,
        OptionsHasChatConferencing: true,
      };
      const skills = name === 'Ana' ? [skill] : [];
      agents.push(await connect(world.floor, await world.agent(name.toLowerCase(), { skills, config })));
    }
    for (const one of agents) await one.status('Online');
    const [ana, bob, cy] = agents as [(typeof agents)[0], (typeof agents)[0], (typeof agents)[0]];
    const { floor } = world;
    const visitor = await visit(world, { buttonId: button });
    const { offer } = await ana.next('offered');
    const { chatId } = offer.chat;
    await floor.accept(ana.connectionId, offer.offerId);
    await floor.transfer(ana.connectionId, { chatId, to: { kind: 'agent', id: bob.state.userId } });
    await floor.accept(bob.connectionId, (await bob.next('offered')).offer.offerId);
    await floor.invite(bob.connectionId, { chatId, userId: cy.state.userId });
    await floor.accept(cy.connectionId, (await cy.next('offered')).offer.offerId);
    await floor.endChat(bob.connectionId, chatId);
    await visitor.until('ChatEnded');
    const said = visitor.received.filter(({ type }) => type === 'ChatMessage');
    expect(said.map(({ message }) => message.text)).toEqual(expected);
  },
);

it('quick texts are those of the channel Chat that may be inserted and that the agent may read, by name', async () => {
  world = await openWorld();
  const userId = await world.agent('ana', {});
  const ana = await connect(world.floor, userId);
  await expect(world.floor.quickTexts(ana.connectionId)).rejects.toMatchObject({ code: 'INVALID_OPERATION' });
  await ana.status('Online');
  const text = (Name: string, fields: object) =>
    world.create('QuickText', { Name, Message: `${Name}!`, IsInsertable: true, OwnerId: userId, ...fields });
  await text('Thanks', { Channel: 'Live Agent', Category: 'Closings' });
  await text('Mail', { Channel: 'Email' });
  await text('Both', { Channel: 'Email;Live Agent' });
  await text('Off', { Channel: 'Live Agent', IsInsertable: false });
  expect(await world.floor.quickTexts(ana.connectionId)).toEqual([
    { id: expect.stringMatching(/^574/), name: 'Both', message: 'Both!', category: 'Greetings' },
    { id: expect.stringMatching(/^574/), name: 'Thanks', message: 'Thanks!', category: 'Closings' },
  ]);
});
