/** One agent, one visitor, one row: the floor's main job on a real database (issue 10). */
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { auditFloor } from '../support/floor-audit.js';
import {
  type AgentClient,
  closeWorlds,
  connect,
  openWorld,
  sessionRows,
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

async function oneButton(more: object = {}, agent: object = {}, running = false) {
  world = await openWorld({}, running);
  const skill = await world.skill('Support');
  const button = await world.button({ SkillId: skill, ...more });
  const ana = await world.agent('ana', { capacity: 2, skills: [skill], ...agent });
  return { skill, button, ana };
}

describe('a chat', () => {
  it('goes from request to end, and the login leaves one exact row', async () => {
    const { button, ana } = await oneButton();
    const agent = await connect(world.floor, ana);
    expect(agent.state.status).toBe('Offline');
    await agent.status('Online');
    await world.leap(10_000);
    const visitor = await visit(world, { buttonId: button });
    await visitor.until('ChatRequestSuccess');
    const { offer } = await agent.next('offered');
    expect(offer).toMatchObject({ kind: 'push', chat: { visitorName: 'Vera', buttonId: button } });
    await visitor.say('before anybody is here');
    await world.leap(5_000);
    const chat = await world.floor.accept(agent.connectionId, offer.offerId);
    expect(chat.lines.map(({ text }) => text)).toEqual(['before anybody is here']);
    const { chat: started } = await agent.next('chatStarted');
    expect(started).toEqual(chat);
    expect((await visitor.until('ChatEstablished')).message).toMatchObject({ name: 'ana', userId: ana });
    await visitor.say('hello');
    expect((await agent.next('line')).line).toMatchObject({ kind: 'visitor', text: 'hello', name: 'Vera' });
    await world.floor.sendLine(agent.connectionId, { chatId: chat.chat.chatId, text: 'hi', clientId: 'c1' });
    expect((await visitor.until('ChatMessage')).message).toMatchObject({
      text: 'hi',
      name: 'ana',
      agentId: ana,
    });
    await world.leap(20_000);
    await world.floor.endChat(agent.connectionId, chat.chat.chatId);
    expect((await visitor.until('ChatEnded')).message).toMatchObject({ reason: 'agent' });
    await expect(visitor.until('ChatEnded')).rejects.toMatchObject({
      code: 'INVALID_SESSION_ID',
      status: 403,
    });
    await world.leap(5_000);
    const { sessionId } = await world.floor.logout(agent.connectionId);
    expect(sessionId).toMatch(/^0HK/);
    const [row, ...more] = await sessionRows(world.db);
    expect(more).toEqual([]);
    expect(row).toMatchObject({
      agent_id: ana,
      owner_id: ana,
      created_by_id: ana,
      chat_req_assigned: 1,
      chat_req_engaged: 1,
      chat_req_declined: 0,
      chat_req_timed_out: 0,
      time_in_online_status: 40,
      time_in_away_status: 0,
      time_in_chats: 20,
      time_idle: 20,
      time_at_capacity: 0,
    });
  });

  it('leaves a transcript, its events and its visitor', async () => {
    const { button, ana, skill } = await oneButton();
    const agent = await connect(world.floor, ana);
    await agent.status('Online');
    const visitor = await visit(world, { buttonId: button.slice(0, 15) });
    const { offer } = await agent.next('offered');
    await world.leap(4_000);
    const { chat } = await world.floor.accept(agent.connectionId, offer.offerId);
    await visitor.say('a < b');
    await world.leap(3_000);
    await world.floor.sendLine(agent.connectionId, { chatId: chat.chatId, text: 'yes' });
    await visitor.end();
    await world.floor.tick();
    const [transcript, ...more] = await world.db.query(
      `SELECT t.owner_id, t.status, t.ended_by, t.chat_key, t.skill_id, t.wait_time, t.chat_duration, t.abandoned, t.body,
         t.operator_message_count, t.visitor_message_count, t.average_response_time_operator, v.session_key IS NOT NULL AS visitor
       FROM so_live_chat_transcript t JOIN so_live_chat_visitor v ON v.id = t.live_chat_visitor_id`,
    );
    expect(more).toEqual([]);
    expect(transcript).toMatchObject({
      owner_id: ana,
      status: 'Completed',
      ended_by: 'Visitor',
      chat_key: visitor.key.split('!')[0],
      skill_id: skill,
      wait_time: 4,
      abandoned: null,
      operator_message_count: 1,
      visitor_message_count: 1,
      average_response_time_operator: 3,
      visitor: true,
      body: '( 0s ) Vera: a &lt; b<br>( 3s ) ana: yes<br>',
    });
    const events = await world.db.query<{ type: string }>(
      'SELECT type FROM so_live_chat_transcript_event ORDER BY id',
    );
    expect(events.map(({ type }) => type)).toEqual(['ChatRequest', 'PushAssignment', 'Accept', 'EndVisitor']);
  });

  it('is not taken when nobody is there, and leaves a missed transcript', async () => {
    const { button } = await oneButton();
    const visitor = await visit(world, { buttonId: button });
    expect((await visitor.until('ChatRequestFail')).message).toMatchObject({ reason: 'Unavailable' });
    await world.floor.tick();
    const rows = await world.db.query('SELECT status, ended_by FROM so_live_chat_transcript');
    expect(rows).toEqual([{ status: 'Missed', ended_by: 'System' }]);
  });

  it('fails with NoPost when isPost is not true, and for an unknown button or organization', async () => {
    const { button } = await oneButton();
    const reasons = [];
    for (const request of [
      { buttonId: button, isPost: false },
      { buttonId: '573000000000000' },
      { buttonId: button, organizationId: '00D000000000000' },
    ]) {
      reasons.push((await (await visit(world, request)).until('ChatRequestFail')).message.reason);
    }
    expect(reasons).toEqual(['NoPost', 'Unavailable', 'InternalFailure']);
  });
});

describe('offers', () => {
  it('declined go to the next agent; both are counted', async () => {
    const { button, skill } = await oneButton();
    const bo = await world.agent('bo', { skills: [skill] });
    const ana = await connect(
      world.floor,
      (await world.db.query<{ id: string }>(`SELECT id FROM so_user WHERE last_name = 'ana'`))[0]
        ?.id as string,
    );
    const ben = await connect(world.floor, bo);
    await ana.status('Online');
    await ben.status('Online');
    const visitor = await visit(world, { buttonId: button });
    const { offer } = await ana.next('offered');
    await world.floor.decline(ana.connectionId, offer.offerId, 'busy');
    await world.floor.decline(ana.connectionId, offer.offerId);
    expect((await ana.next('offerEnded')).reason).toBe('declined');
    const second = await ben.next('offered');
    await expect(world.floor.accept(ana.connectionId, second.offer.offerId)).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    await expect(world.floor.accept(ana.connectionId, offer.offerId)).rejects.toMatchObject({
      code: 'INVALID_OPERATION',
    });
    await world.floor.decline(ben.connectionId, second.offer.offerId);
    expect((await visitor.until('ChatRequestFail')).message.reason).toBe('Unavailable');
    await ana.status('Offline');
    await ben.status('Offline');
    expect(await sessionRows(world.db)).toMatchObject([
      { chat_req_assigned: 1, chat_req_declined: 1, chat_req_engaged: 0 },
      { chat_req_assigned: 1, chat_req_declined: 1, chat_req_engaged: 0 },
    ]);
  });

  it('time out once, go round, and are taken by the next agent', async () => {
    const { button, skill, ana } = await oneButton({ PushTimeout: 20, HasQueue: true });
    const agent = await connect(world.floor, ana);
    await agent.status('Online');
    await visit(world, { buttonId: button });
    await agent.next('offered');
    await world.leap(20_001);
    world.floor.contact(agent.connectionId);
    await Promise.all([world.floor.tick(), world.floor.tick()]);
    expect((await agent.next('offerEnded')).reason).toBe('pushTimeout');
    await agent.next('offered');
    const bo = await connect(world.floor, await world.agent('bo', { skills: [skill] }));
    await bo.status('Online');
    await world.leap(20_001);
    world.floor.contact(agent.connectionId);
    world.floor.contact(bo.connectionId);
    await world.floor.tick();
    const { offer } = await bo.next('offered');
    await world.floor.accept(bo.connectionId, offer.offerId);
    await agent.status('Offline');
    expect(await sessionRows(world.db)).toMatchObject([
      { chat_req_assigned: 2, chat_req_timed_out: 2, chat_req_declined: 0 },
    ]);
  });

  it('time out by themselves within a quarter of a second', async () => {
    const { button, ana } = await oneButton({ PushTimeout: 1 }, {}, true);
    const agent = await connect(world.floor, ana);
    await agent.status('Online');
    await visit(world, { buttonId: button });
    const { offer } = await agent.next('offered');
    const { at } = await agent.next('offerEnded');
    expect(at - (offer.dueAt as number)).toBeGreaterThanOrEqual(0);
    expect(at - (offer.dueAt as number)).toBeLessThan(250);
  });

  it('wait in the queue until an agent has room, oldest first', async () => {
    const { button, ana } = await oneButton({ HasQueue: true }, { capacity: 1 });
    const agent = await connect(world.floor, ana);
    await agent.status('Online');
    const visitors = [];
    for (const visitorName of ['A', 'B', 'C'])
      visitors.push(await visit(world, { buttonId: button, visitorName }));
    const names = [];
    for (let i = 0; i < 3; i += 1) {
      const { offer } = await agent.next('offered');
      names.push(offer.chat.visitorName);
      const { chat } = await world.floor.accept(agent.connectionId, offer.offerId);
      await world.floor.endChat(agent.connectionId, chat.chatId);
    }
    expect(names).toEqual(['A', 'B', 'C']);
    await agent.status('Offline');
    const types = await world.db.query<{ type: string }>(
      `SELECT type FROM chat_event WHERE type = 'Enqueue'`,
    );
    expect(types).toHaveLength(2);
  });

  it('refuse what is beyond the queue', async () => {
    const { button } = await oneButton({ HasQueue: true, OverallQueueLength: 1 });
    const first = await visit(world, { buttonId: button });
    await first.until('ChatRequestSuccess');
    const second = await visit(world, { buttonId: button });
    await second.until('ChatRequestFail');
    const notes = await world.db.query<{ type: string }>('SELECT type FROM chat_event ORDER BY chat_id, seq');
    expect(notes.map(({ type }) => type)).toEqual(['ChatRequest', 'Enqueue', 'ChatRequest', 'CancelNoQueue']);
  });

  it('refuse what is beyond the queue of each agent Online; the smaller limit counts', async () => {
    const { button, skill, ana } = await oneButton(
      { HasQueue: true, PerAgentQueueLength: 2 },
      { capacity: 0 },
    );
    const both = await world.button({
      SkillId: skill,
      HasQueue: true,
      PerAgentQueueLength: 2,
      OverallQueueLength: 3,
    });
    const agents = [ana, await world.agent('ben', { skills: [skill], capacity: 0 })];
    const taken = async (buttonId: string, n: number) => {
      for (let i = 0; i < n; i += 1) await visit(world, { buttonId });
      const [row] = await world.db.query<{ n: number }>(
        `SELECT count(*) AS n FROM chat WHERE state = 'waiting' AND button_id = $1`,
        [buttonId],
      );
      return row?.n;
    };
    expect(await taken(button, 1)).toBe(0);
    await (await connect(world.floor, agents[0] as string)).status('Online');
    expect(await taken(button, 3)).toBe(2);
    await (await connect(world.floor, agents[1] as string)).status('Online');
    expect(await taken(button, 3)).toBe(4);
    expect(await taken(both, 5)).toBe(3);
  });

  it('are accepted automatically where the button says so, as the agent gets room', async () => {
    const { button, ana } = await oneButton({ HasQueue: true, OptionsIsAutoAccept: true }, { capacity: 1 });
    const agent = await connect(world.floor, ana);
    await agent.status('Online');
    const first = await visit(world, { buttonId: button });
    const second = await visit(world, { buttonId: button });
    await first.until('ChatEstablished');
    const { chat } = await agent.next('chatStarted');
    await first.end();
    await second.until('ChatEstablished');
    expect((await agent.next('chatStarted')).chat.chat.chatId).not.toBe(chat.chat.chatId);
    await agent.status('Offline');
    expect(await sessionRows(world.db)).toMatchObject([{ chat_req_assigned: 2, chat_req_engaged: 2 }]);
    expect(
      await world.db.query(`SELECT DISTINCT type, detail FROM chat_event WHERE type = 'Accept'`),
    ).toEqual([{ type: 'Accept', detail: 'Accepted automatically' }]);
  });

  it('are withdrawn when the visitor leaves first', async () => {
    const { button, ana } = await oneButton();
    const agent = await connect(world.floor, ana);
    await agent.status('Online');
    const visitor = await visit(world, { buttonId: button });
    const { offer } = await agent.next('offered');
    await visitor.end();
    expect(await agent.next('offerEnded')).toMatchObject({ offerId: offer.offerId, reason: 'visitorLeft' });
    await expect(world.floor.accept(agent.connectionId, offer.offerId)).rejects.toMatchObject({
      code: 'INVALID_OPERATION',
    });
    await agent.status('Offline');
    expect(await sessionRows(world.db)).toMatchObject([
      { chat_req_assigned: 1, chat_req_engaged: 0, chat_req_declined: 0, chat_req_timed_out: 0 },
    ]);
  });

  it('go by routing: least active, or most available', async () => {
    world = await openWorld();
    const skill = await world.skill('Support');
    const least = await world.button({ SkillId: skill });
    const most = await world.button({ SkillId: skill, RoutingType: 'MostAvailable' });
    const [big, small] = [
      await world.agent('big', { capacity: 8, skills: [skill] }),
      await world.agent('small', { capacity: 2, skills: [skill] }),
    ];
    const clients = new Map([
      [big, await connect(world.floor, big)],
      [small, await connect(world.floor, small)],
    ]);
    for (const client of clients.values()) await client.status('Online');
    for (let i = 0; i < 3; i += 1) await visit(world, { buttonId: most });
    expect(clients.get(big)?.events.filter(({ type }) => type === 'offered')).toHaveLength(3);
    for (let i = 0; i < 2; i += 1) await visit(world, { buttonId: least });
    expect(clients.get(small)?.events.filter(({ type }) => type === 'offered')).toHaveLength(2);
  });

  it('never go to an agent with capacity 0 or none', async () => {
    const { button, skill } = await oneButton({}, { capacity: 0 });
    const none = await connect(world.floor, await world.agent('none', { capacity: null, skills: [skill] }));
    await none.status('Online');
    expect(await world.floor.visitor.availability([button], { estimatedWaitTime: true })).toEqual([
      { id: button, isAvailable: false, estimatedWaitTime: -1 },
    ]);
    const visitor = await visit(world, { buttonId: button });
    await visitor.until('ChatRequestFail');
  });
});

describe('presence', () => {
  it('is one login for several tabs, and lost only with the last', async () => {
    const { ana } = await oneButton();
    const one = await connect(world.floor, ana);
    await one.status('Online');
    const two = await connect(world.floor, ana);
    expect(two.state.loginId).toBe(one.state.loginId);
    await world.floor.disconnectAgent(one.connectionId);
    expect(await world.floor.openLogins()).toMatchObject([{ connected: true }]);
    await world.floor.disconnectAgent(two.connectionId);
    expect(await world.floor.openLogins()).toMatchObject([{ connected: false }]);
  });

  it('tells other tabs of a login and of its end', async () => {
    const { ana } = await oneButton();
    const [one, two] = [await connect(world.floor, ana), await connect(world.floor, ana)];
    await one.status('Away');
    expect(two.transients).toEqual([{ type: 'loginOpened', loginId: one.state.loginId }]);
    await world.floor.setStatus(two.connectionId, 'Offline');
    expect((await one.next('loggedOut')).reason).toBe('logout');
    expect((await one.status('Online')).status).toBe('Online');
    expect(two.transients).toHaveLength(2);
  });

  it('resumes the same login within the grace, with the events missed', async () => {
    const { button, ana } = await oneButton({ HasQueue: true });
    const agent = await connect(world.floor, ana);
    const { loginId } = await agent.status('Online');
    await visit(world, { buttonId: button });
    const offered = await agent.next('offered');
    await world.floor.disconnectAgent(agent.connectionId);
    await world.leap(25_000);
    const again = await connect(world.floor, ana, {
      loginId: loginId as string,
      lastEventId: offered.id - 1,
    });
    expect(again.state).toMatchObject({
      loginId,
      status: 'Online',
      offers: [{ offerId: offered.offer.offerId }],
    });
    await again.status('Offline');
    expect(await sessionRows(world.db)).toMatchObject([{ time_in_online_status: 25 }]);
  });

  it('is resumed by who came back in time to a floor that is busy until the grace is over', async () => {
    const { ana } = await oneButton();
    const agent = await connect(world.floor, ana);
    const { loginId } = await agent.status('Online');
    await world.floor.disconnectAgent(agent.connectionId);
    await world.leap(25_000);
    let back: Promise<AgentClient> | undefined;
    await world.db.tx(async (busy) => {
      await busy.query('SELECT floor_enter()');
      back = connect(world.floor, ana, { loginId: loginId as string, lastEventId: 0 });
      await new Promise((resolve) => setTimeout(resolve, 200));
      await world.leap(10_000);
    });
    expect((await back)?.state).toMatchObject({ loginId, status: 'Online' });
  });

  it('ends at the last contact when the grace is over, and the chat goes to another agent', async () => {
    const { button, ana, skill } = await oneButton({ HasQueue: true });
    const agent = await connect(world.floor, ana);
    await agent.status('Online');
    const visitor = await visit(world, { buttonId: button });
    const { offer } = await agent.next('offered');
    await world.floor.accept(agent.connectionId, offer.offerId);
    await visitor.until('ChatEstablished');
    await world.leap(10_000);
    world.floor.contact(agent.connectionId);
    await world.floor.disconnectAgent(agent.connectionId);
    await world.leap(31_000);
    await world.floor.tick();
    await visitor.until('AgentDisconnect');
    expect(await sessionRows(world.db)).toMatchObject([
      { time_in_online_status: 10, time_in_chats: 10, chat_req_engaged: 1 },
    ]);
    const bo = await connect(world.floor, await world.agent('bo', { skills: [skill] }));
    const [second] = (await bo.status('Online')).offers;
    await visitor.say('still here');
    const chat = await world.floor.accept(bo.connectionId, second?.offerId as string);
    expect(chat.lines.map(({ text }) => text)).toEqual(['still here']);
    expect((await visitor.until('ChatTransferred')).message).toMatchObject({ name: 'bo' });
  });

  it('gives chats back when the agent goes Offline, and keeps them while Away', async () => {
    const { button, ana } = await oneButton();
    const agent = await connect(world.floor, ana);
    await agent.status('Online');
    const visitor = await visit(world, { buttonId: button });
    const { offer } = await agent.next('offered');
    await world.floor.accept(agent.connectionId, offer.offerId);
    expect((await agent.status('Away')).chats).toHaveLength(1);
    await world.leap(7_000);
    await agent.status('Offline');
    await visitor.until('AgentDisconnect');
    expect(await sessionRows(world.db)).toMatchObject([
      { time_in_away_status: 7, time_in_chats: 7, chat_req_engaged: 1 },
    ]);
    expect(await world.db.query('SELECT state FROM chat')).toEqual([{ state: 'waiting' }]);
  });

  it('ends every login when the floor is closed', async () => {
    const { ana } = await oneButton();
    const agent = await connect(world.floor, ana);
    await agent.status('Online');
    expect(await world.floor.closeFloor('shutdown')).toBe(1);
    expect((await agent.next('loggedOut')).reason).toBe('shutdown');
    expect(await sessionRows(world.db)).toHaveLength(1);
  });
});

describe('lines', () => {
  it('said again with the same client id are stored once', async () => {
    const { button, ana } = await oneButton();
    const agent = await connect(world.floor, ana);
    await agent.status('Online');
    const visitor = await visit(world, { buttonId: button });
    const { offer } = await agent.next('offered');
    const { chat } = await world.floor.accept(agent.connectionId, offer.offerId);
    const line = { chatId: chat.chatId, text: 'once', clientId: 'x' };
    const said = await Promise.all([
      world.floor.sendLine(agent.connectionId, line),
      world.floor.sendLine(agent.connectionId, line),
    ]);
    said.push(await world.floor.sendLine(agent.connectionId, line));
    expect(new Set(said.map(({ sequence }) => sequence)).size).toBe(1);
    await world.floor.visitor.sendMessage(visitor.key, 'me too', { sequence: 9 });
    await world.floor.visitor.sendMessage(visitor.key, 'me too', { sequence: 9 });
    expect(await world.db.query('SELECT kind, text FROM chat_message ORDER BY sequence')).toEqual([
      { kind: 'agent', text: 'once' },
      { kind: 'visitor', text: 'me too' },
    ]);
    await world.floor.endChat(agent.connectionId, chat.chatId);
    expect(await world.floor.sendLine(agent.connectionId, line)).toEqual(said[0]);
  });

  it('keep their order under load, without gaps, on both sides', async () => {
    const { button, ana } = await oneButton();
    const agent = await connect(world.floor, ana);
    await agent.status('Online');
    const visitor = await visit(world, { buttonId: button });
    const { offer } = await agent.next('offered');
    const { chat } = await world.floor.accept(agent.connectionId, offer.offerId);
    await Promise.all([
      ...Array.from({ length: 100 }, (_, i) => visitor.say(`v${i}`)),
      ...Array.from({ length: 100 }, (_, i) =>
        world.floor.sendLine(agent.connectionId, { chatId: chat.chatId, text: `a${i}` }),
      ),
    ]);
    const lines = agent.events.flatMap((event) => (event.type === 'line' ? [event.line] : []));
    expect(lines.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 200 }, (_, i) => i + 1));
    expect(lines.filter(({ kind }) => kind === 'visitor').map(({ text }) => text)).toEqual(
      Array.from({ length: 100 }, (_, i) => `v${i}`),
    );
    expect(agent.events.map(({ id }) => id)).toEqual(
      agent.events.map((_, i) => i + (agent.events[0]?.id ?? 0)),
    );
    const got = [];
    for (let i = 0; i < 100; i += 1) got.push((await visitor.until('ChatMessage')).message.text);
    expect(got).toEqual(Array.from({ length: 100 }, (_, i) => `a${i}`));
  });

  it('lose what cannot be stored, and are refused when too long', async () => {
    const { button, ana } = await oneButton();
    const agent = await connect(world.floor, ana);
    await agent.status('Online');
    const visitor = await visit(world, { buttonId: button });
    await visitor.say('a\u0000b\ud800c\uffff \u{1f600}\tz');
    await expect(visitor.say('x'.repeat(4_001))).rejects.toMatchObject({ code: 'STRING_TOO_LONG' });
    expect(await world.db.query('SELECT text FROM chat_message')).toEqual([{ text: 'abc \u{1f600}\tz' }]);
  });

  it('are refused once the chat is over', async () => {
    const { button, ana } = await oneButton();
    const agent = await connect(world.floor, ana);
    await agent.status('Online');
    const visitor = await visit(world, { buttonId: button });
    const { offer } = await agent.next('offered');
    const { chat } = await world.floor.accept(agent.connectionId, offer.offerId);
    await world.floor.endChat(agent.connectionId, chat.chatId);
    await world.floor.endChat(agent.connectionId, chat.chatId);
    await expect(visitor.say('?')).rejects.toMatchObject({ status: 403 });
    await expect(
      world.floor.sendLine(agent.connectionId, { chatId: chat.chatId, text: '?' }),
    ).rejects.toMatchObject({ code: 'INVALID_OPERATION' });
  });

  it('of typing are passed on and never stored', async () => {
    const { button, ana } = await oneButton();
    const agent = await connect(world.floor, ana);
    await agent.status('Online');
    const visitor = await visit(world, { buttonId: button });
    const { offer } = await agent.next('offered');
    const { chat } = await world.floor.accept(agent.connectionId, offer.offerId);
    await visitor.until('ChatEstablished');
    const typed = visitor.until('AgentTyping');
    await new Promise((resolve) => setTimeout(resolve, 50));
    world.floor.typing(agent.connectionId, chat.chatId, true);
    expect((await typed).message).toMatchObject({ name: 'ana', agentId: ana });
    await world.floor.visitor.sneakPeek(visitor.key, { position: 0, text: 'I wan' });
    for (let i = 0; i < 20 && agent.transients.length < 2; i += 1)
      await new Promise((resolve) => setTimeout(resolve, 20));
    expect(agent.transients).toEqual(
      expect.arrayContaining([
        { type: 'visitorTyping', chatId: chat.chatId, typing: true },
        { type: 'visitorSneakPeek', chatId: chat.chatId, position: 0, text: 'I wan' },
      ]),
    );
  });
});
