/** Transfers and conferences: who is asked, who has the chat, what is counted, what is written (DECISIONS 12). */
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { auditFloor } from '../support/floor-audit.js';
import {
  type AgentClient,
  closeWorlds,
  connect,
  openWorld,
  type VisitorClient,
  visit,
  type World,
} from './floor-world.js';

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
  OptionsHasChatConferencing: true,
};

interface Scene {
  readonly ana: AgentClient;
  readonly bob: AgentClient;
  readonly cy: AgentClient;
  readonly visitor: VisitorClient;
  readonly chatId: string;
  readonly skill: string;
  readonly button: string;
  /** Another button, of a skill that bob and cy have. */
  readonly other: string;
  readonly otherSkill: string;
}

/** Ana is in a chat with Vera; Bob and Cy are Online with one slot each. */
async function scene(config: object = MAY, other: object = {}, button: object = {}): Promise<Scene> {
  world = await openWorld();
  const skill = await world.skill('Support');
  const otherSkill = await world.skill('Sales');
  const first = await world.button({ SkillId: skill, PushTimeout: 20, ...button });
  const second = await world.button({ SkillId: otherSkill, PushTimeout: 20, ...other });
  const clients: AgentClient[] = [];
  for (const name of ['ana', 'bob', 'cy']) {
    const skills = name === 'ana' ? [skill] : [otherSkill];
    clients.push(await connect(world.floor, await world.agent(name, { skills, config, capacity: 1 })));
  }
  const [ana, bob, cy] = clients as [AgentClient, AgentClient, AgentClient];
  const [anas] = await world.db.query<{ id: string }>(
    'SELECT live_chat_user_config_id AS id FROM so_live_chat_user_config_user WHERE user_id = $1',
    [ana.state.userId],
  );
  const configId = anas?.id as string;
  await world.create('UserConfigTransferSkill', { LiveChatUserConfigId: configId, SkillId: otherSkill });
  await world.create('UserConfigTransferButton', {
    LiveChatUserConfigId: configId,
    LiveChatButtonId: second,
  });
  for (const one of clients) await one.status('Online');
  const visitor = await visit(world, { buttonId: first });
  const { offer } = await ana.next('offered');
  await world.floor.accept(ana.connectionId, offer.offerId);
  await visitor.until('ChatEstablished');
  return {
    ana,
    bob,
    cy,
    visitor,
    chatId: offer.chat.chatId,
    skill,
    button: first,
    other: second,
    otherSkill,
  };
}

const noted = async (chatId: string) =>
  (
    await world.db.query<{ type: string }>('SELECT type FROM chat_event WHERE chat_id = $1 ORDER BY seq', [
      Number(chatId),
    ])
  ).map(({ type }) => type);

/** Assigned, engaged, declined, timed out so far. */
const counts = async (agent: AgentClient) => {
  const [row] = await world.db.query<{ c: Record<string, number> }>(
    `SELECT meter->'counters' AS c FROM login WHERE user_id = $1 ORDER BY id DESC LIMIT 1`,
    [agent.state.userId],
  );
  return [row?.c.assigned, row?.c.engaged, row?.c.declined, row?.c.timedOut];
};

const chatsOf = async (agent: AgentClient) => (await world.floor.agentState(agent.connectionId)).chats;
const toAgent = (id: string) => ({ kind: 'agent', id }) as const;

describe('a transfer to an agent', () => {
  it('leaves the chat with its owner until it is accepted; then the owner is out of it', async () => {
    const { ana, bob, visitor, chatId } = await scene();
    await visitor.say('hello');
    const { floor } = world;
    const asked = { chatId, to: toAgent(bob.state.userId) };
    expect(await floor.transfer(ana.connectionId, asked)).toEqual({ state: 'requested' });
    expect(await floor.transfer(ana.connectionId, asked)).toEqual({ state: 'requested' });
    expect((await chatsOf(ana))[0]?.transfer).toMatchObject({ to: asked.to });
    const { offer } = await bob.next('offered');
    expect(offer).toMatchObject({ kind: 'transfer', from: { userId: ana.state.userId, name: 'ana' } });
    await floor.sendLine(ana.connectionId, { chatId, text: 'one moment' });
    const chat = await floor.accept(bob.connectionId, offer.offerId);
    expect(chat).toMatchObject({ isOwner: true, others: [], transfer: null });
    expect(chat.lines.map(({ text }) => text)).toEqual(['hello', 'one moment']);
    expect((await ana.next('transfer')).state).toBe('requested');
    expect((await ana.next('transfer')).state).toBe('accepted');
    expect(await ana.next('chatEnded')).toMatchObject({ left: true, reason: 'transfer' });
    expect((await visitor.until('ChatTransferred')).message).toMatchObject({ name: 'bob' });
    await expect(floor.sendLine(ana.connectionId, { chatId, text: 'x' })).rejects.toMatchObject({
      code: 'INVALID_OPERATION',
    });
    await visitor.say('still there?');
    expect((await bob.next('line')).line.text).toBe('still there?');
    await floor.endChat(bob.connectionId, chatId);
    expect(await counts(ana)).toEqual([1, 1, 0, 0]);
    expect(await counts(bob)).toEqual([1, 1, 0, 0]);
    expect(await noted(chatId)).toEqual([
      'ChatRequest',
      'PushAssignment',
      'Accept',
      'TransferRequest',
      'Transfer',
      'EndAgent',
    ]);
    await floor.tick();
    const [transcript] = await world.db.query('SELECT owner_id FROM so_live_chat_transcript');
    expect(transcript).toEqual({ owner_id: bob.state.userId });
  });

  it('declined, timed out or taken back, stays with its owner and counts as no refusal', async () => {
    const { ana, bob, chatId } = await scene();
    const { floor } = world;
    const asked = { chatId, to: toAgent(bob.state.userId) };
    await floor.transfer(ana.connectionId, asked);
    await floor.decline(bob.connectionId, (await bob.next('offered')).offer.offerId);
    expect((await ana.next('transfer')).state).toBe('requested');
    expect((await ana.next('transfer')).state).toBe('declined');
    await floor.transfer(ana.connectionId, asked);
    await world.leap(21_000);
    floor.contact(bob.connectionId);
    await floor.tick();
    expect((await bob.next('offerEnded')).reason).toBe('declined');
    expect((await bob.next('offerEnded')).reason).toBe('pushTimeout');
    expect((await floor.agentState(bob.connectionId)).status).toBe('Online');
    await ana.next('transfer');
    expect((await ana.next('transfer')).state).toBe('declined');
    await floor.transfer(ana.connectionId, asked);
    await floor.cancelTransfer(ana.connectionId, chatId);
    await floor.cancelTransfer(ana.connectionId, chatId);
    expect((await bob.next('offerEnded')).reason).toBe('withdrawn');
    await ana.next('transfer');
    expect((await ana.next('transfer')).state).toBe('cancelled');
    expect(await counts(bob)).toEqual([3, 0, 0, 0]);
    expect((await chatsOf(ana))[0]).toMatchObject({ isOwner: true, transfer: null });
    expect((await noted(chatId)).slice(3)).toEqual([
      'TransferRequest',
      'TransferDeclined',
      'TransferRequest',
      'TransferDeclined',
      'TransferRequest',
      'TransferCancelled',
    ]);
  });

  it('fails when the agent is not there, full or oneself, and is refused where it is not allowed', async () => {
    const { ana, bob, chatId } = await scene();
    const { floor } = world;
    await bob.status('Away');
    const asked = { chatId, to: toAgent(bob.state.userId) };
    expect(await floor.transfer(ana.connectionId, asked)).toEqual({ state: 'failed' });
    expect((await floor.transferTargets(ana.connectionId, chatId)).agents.map(({ name }) => name)).toEqual([
      'cy',
    ]);
    await expect(
      floor.transfer(ana.connectionId, { chatId, to: toAgent(ana.state.userId) }),
    ).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    await expect(floor.transfer(bob.connectionId, asked)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('is refused to agents whose configuration does not allow it', async () => {
    const { ana, bob, chatId, otherSkill, other } = await scene({});
    for (const to of [
      toAgent(bob.state.userId),
      { kind: 'skill', id: otherSkill } as const,
      { kind: 'button', id: other } as const,
    ]) {
      await expect(world.floor.transfer(ana.connectionId, { chatId, to })).rejects.toMatchObject({
        code: 'INSUFFICIENT_ACCESS',
      });
    }
    await expect(
      world.floor.invite(ana.connectionId, { chatId, userId: bob.state.userId }),
    ).rejects.toMatchObject({ code: 'INSUFFICIENT_ACCESS' });
    expect(await world.floor.transferTargets(ana.connectionId, chatId)).toMatchObject({
      agents: [],
      skills: [],
      buttons: [],
    });
  });

  it('ends with its owner going Offline, its receiver going Offline, and its visitor leaving', async () => {
    const { ana, bob, cy, visitor, chatId } = await scene();
    const { floor } = world;
    await floor.transfer(ana.connectionId, { chatId, to: toAgent(bob.state.userId) });
    await bob.status('Offline');
    await ana.next('transfer');
    expect((await ana.next('transfer')).state).toBe('failed');
    await floor.transfer(ana.connectionId, { chatId, to: toAgent(cy.state.userId) });
    await ana.status('Offline');
    await visitor.until('AgentDisconnect');
    expect((await cy.next('offerEnded')).reason).toBe('withdrawn');
    expect(await counts(cy)).toEqual([1, 0, 0, 0]);
    expect((await ana.next('chatEnded')).left).toBe(true);
    const [offer] = (await ana.status('Online')).offers;
    await floor.accept(ana.connectionId, offer?.offerId as string);
    await floor.transfer(ana.connectionId, { chatId, to: toAgent(cy.state.userId) });
    await visitor.end();
    expect((await cy.next('offerEnded')).reason).toBe('visitorLeft');
    expect((await ana.next('chatEnded')).left).toBe(false);
  });
});

describe('a transfer to a skill', () => {
  it('asks one agent after the other, and comes back when nobody is left', async () => {
    const { ana, bob, cy, chatId, otherSkill } = await scene();
    const { floor } = world;
    const to = { kind: 'skill', id: otherSkill } as const;
    expect(await floor.transferTargets(ana.connectionId, chatId)).toMatchObject({
      skills: [{ id: otherSkill, label: 'Sales', available: true }],
      buttons: [{ available: true }],
    });
    await floor.transfer(ana.connectionId, { chatId, to });
    await floor.decline(bob.connectionId, (await bob.next('offered')).offer.offerId);
    await floor.decline(cy.connectionId, (await cy.next('offered')).offer.offerId);
    await ana.next('transfer');
    expect(await ana.next('transfer')).toMatchObject({ state: 'declined', to });
    await floor.transfer(ana.connectionId, { chatId, to });
    const { offer } = await bob.next('offered');
    await floor.accept(bob.connectionId, offer.offerId);
    expect(await ana.next('chatEnded')).toMatchObject({ left: true });
    expect((await floor.openLogins()).map(({ engaged, offered }) => [engaged, offered])).toEqual([
      [0, 0],
      [1, 0],
      [0, 0],
    ]);
  });

  it('that loses the agent asked goes on to the next one', async () => {
    const { ana, bob, cy, chatId, otherSkill } = await scene();
    await world.floor.transfer(ana.connectionId, { chatId, to: { kind: 'skill', id: otherSkill } });
    await bob.next('offered');
    await bob.status('Offline');
    expect((await cy.next('offered')).offer.kind).toBe('transfer');
    await cy.status('Offline');
    await ana.next('transfer');
    expect((await ana.next('transfer')).state).toBe('failed');
  });
});

describe('a transfer to a button', () => {
  it('takes the owner out at once and queues the chat there', async () => {
    const { ana, bob, visitor, chatId, other } = await scene();
    const { floor } = world;
    const to = { kind: 'button', id: other } as const;
    expect(await floor.transfer(ana.connectionId, { chatId, to })).toEqual({ state: 'requested' });
    expect(await ana.next('chatEnded')).toMatchObject({ left: true, reason: 'transfer' });
    await visitor.until('TransferToButtonInitiated');
    await visitor.say('anybody?');
    const { offer } = await bob.next('offered');
    expect(offer).toMatchObject({ kind: 'push', chat: { buttonId: other } });
    const chat = await floor.accept(bob.connectionId, offer.offerId);
    expect(chat.lines.map(({ text }) => text)).toEqual(['anybody?']);
    expect((await ana.next('transfer')).state).toBe('requested');
    expect((await ana.next('transfer')).state).toBe('accepted');
    expect((await visitor.until('ChatTransferred')).message).toMatchObject({ name: 'bob' });
    expect(visitor.received.map(({ type }) => type)).not.toContain('AgentDisconnect');
    expect((await noted(chatId)).slice(3)).toEqual([
      'TransferredToButton',
      'LeaveAgent',
      'PushAssignment',
      'Accept',
      'Transfer',
    ]);
  });

  it('comes back to who sent it when nobody takes it', async () => {
    const { ana, bob, cy, visitor, chatId, other, button } = await scene();
    const { floor } = world;
    await floor.transfer(ana.connectionId, { chatId, to: { kind: 'button', id: other } });
    await floor.decline(bob.connectionId, (await bob.next('offered')).offer.offerId);
    await floor.decline(cy.connectionId, (await cy.next('offered')).offer.offerId);
    await ana.next('transfer');
    expect((await ana.next('transfer')).state).toBe('failed');
    const { offer } = await ana.next('offered');
    expect(offer).toMatchObject({ kind: 'direct', chat: { buttonId: button } });
    await floor.accept(ana.connectionId, offer.offerId);
    await visitor.until('ChatTransferred');
    expect((await noted(chatId)).slice(-4)).toEqual([
      'TransferToButtonFailed',
      'PushAssignment',
      'Accept',
      'ChatResumedAfterTransfer',
    ]);
    expect(await counts(ana)).toEqual([2, 2, 0, 0]);
  });

  it('comes back to its own button when who sent it does not react, or is gone', async () => {
    const { ana, bob, cy, visitor, chatId, skill, other } = await scene();
    const { floor } = world;
    const dot = await connect(floor, await world.agent('dot', { skills: [skill] }));
    await floor.transfer(ana.connectionId, { chatId, to: { kind: 'button', id: other } });
    await floor.decline(bob.connectionId, (await bob.next('offered')).offer.offerId);
    await dot.status('Online');
    await floor.decline(cy.connectionId, (await cy.next('offered')).offer.offerId);
    expect((await ana.next('offered')).offer.kind).toBe('direct');
    await world.leap(20_001);
    for (const { connectionId } of [ana, bob, cy, dot]) floor.contact(connectionId);
    await floor.tick();
    await floor.accept(dot.connectionId, (await dot.next('offered')).offer.offerId);
    await visitor.until('ChatTransferred');
    expect(await counts(ana)).toEqual([2, 1, 0, 1]);
  });

  it('taken back, is open to others of its own button when its owner goes', async () => {
    const { ana, bob, chatId, skill, other, button } = await scene();
    const dot = await connect(world.floor, await world.agent('dot', { skills: [skill] }));
    await dot.status('Online');
    await world.floor.transfer(ana.connectionId, { chatId, to: { kind: 'button', id: other } });
    await bob.next('offered');
    await world.floor.cancelTransfer(ana.connectionId, chatId);
    await ana.status('Offline');
    expect((await dot.next('offered')).offer).toMatchObject({ kind: 'push', chat: { buttonId: button } });
  });

  it("taken back is its owner's again, also while it is offered", async () => {
    const { ana, bob, chatId, other, button } = await scene();
    const { floor } = world;
    await floor.transfer(ana.connectionId, { chatId, to: { kind: 'button', id: other } });
    await bob.next('offered');
    await floor.cancelTransfer(ana.connectionId, chatId);
    expect((await bob.next('offerEnded')).reason).toBe('withdrawn');
    expect(await chatsOf(ana)).toMatchObject([{ isOwner: true, chat: { buttonId: button } }]);
    await floor.cancelTransfer(ana.connectionId, chatId);
    expect(await counts(ana)).toEqual([2, 2, 0, 0]);
  });

  it('waits in its queue, and is refused where there is neither agent nor queue', async () => {
    const { ana, bob, cy, chatId, other } = await scene(MAY, { HasQueue: true });
    const { floor } = world;
    await bob.status('Away');
    await cy.status('Away');
    const to = { kind: 'button', id: other } as const;
    await floor.transfer(ana.connectionId, { chatId, to });
    await bob.status('Online');
    const { offer } = await bob.next('offered');
    await floor.accept(bob.connectionId, offer.offerId);
    await bob.status('Offline');
    await ana.next('transfer');
    expect((await ana.next('transfer')).state).toBe('accepted');
  });

  it('fails at once where nobody is and no queue', async () => {
    const { ana, bob, cy, chatId, other } = await scene();
    await bob.status('Away');
    await cy.status('Away');
    const to = { kind: 'button', id: other } as const;
    expect(await world.floor.transfer(ana.connectionId, { chatId, to })).toEqual({ state: 'failed' });
    expect(await noted(chatId)).toContain('TransferToButtonFailed');
    expect(await chatsOf(ana)).toHaveLength(1);
  });
});

describe('a conference', () => {
  it('is joined by invitation; everybody reads everything; the owner leaves and an heir goes on', async () => {
    const { ana, bob, cy, visitor, chatId } = await scene();
    const { floor } = world;
    for (const one of [bob, cy]) {
      const invitation = { chatId, userId: one.state.userId };
      expect(await floor.invite(ana.connectionId, invitation)).toEqual({ state: 'requested' });
      expect(await floor.invite(ana.connectionId, invitation)).toEqual({ state: 'requested' });
    }
    expect((await chatsOf(ana))[0]?.invited.map(({ name }) => name)).toEqual(['bob', 'cy']);
    const { offer } = await bob.next('offered');
    expect(offer).toMatchObject({ kind: 'conference', from: { name: 'ana' } });
    const joined = await floor.accept(bob.connectionId, offer.offerId);
    expect(joined).toMatchObject({ isOwner: false, others: [{ name: 'ana' }] });
    expect(await ana.next('participants')).toMatchObject({ isOwner: true, others: [{ name: 'bob' }] });
    expect((await visitor.until('RichMessage')).message).toMatchObject({
      type: 'AgentJoinedConference',
      name: 'bob',
    });
    await floor.decline(cy.connectionId, (await cy.next('offered')).offer.offerId);
    expect(await ana.next('invitation')).toMatchObject({ state: 'declined', invited: { name: 'cy' } });
    await visitor.say('hello both');
    expect((await bob.next('line')).line.text).toBe('hello both');
    expect((await ana.next('line')).line.text).toBe('hello both');
    await floor.sendLine(bob.connectionId, { chatId, text: 'hi' });
    expect((await ana.next('line')).line).toMatchObject({ text: 'hi', name: 'bob' });
    await floor.leaveChat(ana.connectionId, chatId);
    expect(await ana.next('chatEnded')).toMatchObject({ left: true });
    expect(await bob.next('participants')).toMatchObject({ isOwner: true, others: [] });
    expect((await visitor.until('RichMessage')).message).toMatchObject({
      type: 'AgentLeftConference',
      name: 'ana',
    });
    await expect(floor.leaveChat(bob.connectionId, chatId)).rejects.toMatchObject({
      code: 'INVALID_OPERATION',
    });
    await floor.endChat(bob.connectionId, chatId);
    await visitor.until('ChatEnded');
    expect([await counts(ana), await counts(bob), await counts(cy)]).toEqual([
      [1, 1, 0, 0],
      [1, 1, 0, 0],
      [1, 0, 0, 0],
    ]);
    expect((await noted(chatId)).slice(3)).toEqual([
      'ConferenceRequest',
      'ConferenceRequest',
      'OperatorJoinedConference',
      'ConferenceRequestDeclined',
      'OperatorLeftConference',
      'EndAgent',
    ]);
  });

  it('goes on without whoever is lost, and is over when the visitor leaves', async () => {
    const { ana, bob, cy, visitor, chatId } = await scene();
    const { floor } = world;
    for (const one of [bob, cy]) await floor.invite(ana.connectionId, { chatId, userId: one.state.userId });
    for (const one of [bob, cy])
      await floor.accept(one.connectionId, (await one.next('offered')).offer.offerId);
    await ana.status('Offline');
    expect((await chatsOf(bob))[0]).toMatchObject({ isOwner: true, others: [{ name: 'cy' }] });
    expect(visitor.received.map(({ type }) => type)).not.toContain('AgentDisconnect');
    await visitor.end();
    expect(await bob.next('chatEnded')).toMatchObject({ left: false, endedBy: 'Visitor' });
    expect(await cy.next('chatEnded')).toMatchObject({ left: false, endedBy: 'Visitor' });
  });

  it('invitations are taken back, by a call or with the inviter', async () => {
    const { ana, bob, cy, chatId } = await scene();
    const { floor } = world;
    await floor.invite(ana.connectionId, { chatId, userId: bob.state.userId });
    await floor.cancelInvitation(ana.connectionId, { chatId, userId: bob.state.userId });
    await floor.cancelInvitation(ana.connectionId, { chatId, userId: bob.state.userId });
    expect((await bob.next('offerEnded')).reason).toBe('withdrawn');
    await floor.invite(ana.connectionId, { chatId, userId: cy.state.userId });
    await ana.status('Offline');
    expect((await cy.next('offerEnded')).reason).toBe('withdrawn');
    expect((await noted(chatId)).slice(3, 7)).toEqual([
      'ConferenceRequest',
      'ConferenceRequestCanceled',
      'ConferenceRequest',
      'ConferenceRequestCanceled',
    ]);
  });
});
