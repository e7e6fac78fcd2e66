/** Addresses that may not chat: by the administrator's rules, and by an agent in a chat (live-agent-chat.md §6, §12, §13.7). */
import { afterAll, afterEach, expect, it } from 'vitest';
import { auditFloor } from '../support/floor-audit.js';
import { closeWorlds, connect, openWorld, visit, type World } from './floor-world.js';

let world: World;
afterAll(() => closeWorlds());
afterEach(async () => {
  const { errors } = world;
  await auditFloor(world.db);
  await world.close();
  expect(errors).toEqual([]);
});

async function floor(config: object = { OptionsHasVisitorBlocking: true }) {
  world = await openWorld();
  const skill = await world.skill('Support');
  const button = await world.button({ SkillId: skill, HasQueue: true });
  const userId = await world.agent('ana', { skills: [skill], config, capacity: 3 });
  const ana = await connect(world.floor, userId);
  await ana.status('Online');
  return { ana, button, userId };
}

const rule = (from: string, to: string | null = null) =>
  world.create('LiveChatBlockingRule', {
    DeveloperName: `R${Math.abs(from.length * 31)}_${from.replace(/\W/g, '_')}`,
    MasterLabel: from,
    FromIpAddress: from,
    ToIpAddress: to,
  });

const transcripts = () =>
  world.db.query<{ status: string; ended_by: string; types: string[] }>(
    `SELECT t.status, t.ended_by, array(SELECT e.type FROM so_live_chat_transcript_event e
       WHERE e.live_chat_transcript_id = t.id ORDER BY e.id) AS types
     FROM so_live_chat_transcript t ORDER BY t.id`,
  );

it('answers a visitor from a blocked range with Blocked, whatever form the address has, and leaves a transcript', async () => {
  const { button } = await floor();
  await rule('203.0.113.10', '203.0.113.20');
  await rule('2001:db8::1');
  await world.floor.tick();
  for (const ipAddress of ['203.0.113.10', '203.0.113.20', '::ffff:203.0.113.15', '2001:0db8:0::0001']) {
    const visitor = await visit(world, { buttonId: button, ipAddress });
    expect((await visitor.until('ChatRequestFail')).message).toEqual({
      reason: 'Blocked',
      attachedRecords: [],
    });
    await expect(world.floor.visitor.poll(visitor.key, { holdMs: 0 })).rejects.toThrow('Session required');
  }
  for (const ipAddress of ['203.0.113.9', '203.0.113.21', '2001:db8::2', null, 'unknown']) {
    await (await visit(world, { buttonId: button, ipAddress })).until('ChatRequestSuccess');
  }
  await world.floor.tick();
  const rows = await transcripts();
  expect(rows).toHaveLength(4);
  for (const row of rows) {
    expect(row).toEqual({ status: 'Blocked', ended_by: 'System', types: ['ChatRequest', 'CancelBlocked'] });
  }
});

it('lets the visitor in again once the rule is gone, on every server', async () => {
  const { button } = await floor();
  const other = await world.anotherFloor();
  const id = await rule('198.51.100.7');
  await Promise.all([world.floor.tick(), other.tick()]);
  const ipAddress = '198.51.100.7';
  for (const where of [world.floor, other]) {
    await (await visit(world, { buttonId: button, ipAddress }, where)).until('ChatRequestFail');
  }
  await world.db.query('UPDATE so_live_chat_blocking_rule SET is_deleted = true WHERE id = $1', [id]);
  await Promise.all([world.floor.tick(), other.tick()]);
  for (const where of [world.floor, other]) {
    await (await visit(world, { buttonId: button, ipAddress }, where)).until('ChatRequestSuccess');
  }
});

it('an agent blocks: the chat ends for both, a rule in the agent’s name stands, the visitor does not come back', async () => {
  const { ana, button, userId } = await floor();
  const other = await world.anotherFloor();
  const ipAddress = '192.0.2.66';
  const visitor = await visit(world, { buttonId: button, ipAddress });
  const { offer } = await ana.next('offered');
  const { chat } = await world.floor.accept(ana.connectionId, offer.offerId);
  await world.floor.blockVisitor(ana.connectionId, chat.chatId);
  expect(await ana.next('chatEnded')).toMatchObject({ endedBy: 'Agent', left: false });
  expect((await visitor.until('ChatEnded')).message).toMatchObject({ reason: 'agent' });
  // Once more changes nothing: the answer may have been lost.
  await world.floor.blockVisitor(ana.connectionId, chat.chatId);
  expect(
    await world.db.query(
      'SELECT from_ip_address AS from, to_ip_address AS to, created_by_id AS by FROM so_live_chat_blocking_rule',
    ),
  ).toEqual([{ from: ipAddress, to: ipAddress, by: userId }]);
  await Promise.all([world.floor.tick(), other.tick()]);
  for (const where of [world.floor, other]) {
    await (await visit(world, { buttonId: button, ipAddress }, where)).until('ChatRequestFail');
  }
  await world.floor.tick();
  expect((await transcripts())[0]).toEqual({
    status: 'Blocked',
    ended_by: 'Agent',
    types: ['ChatRequest', 'PushAssignment', 'Accept', 'AgentBlocked'],
  });
});

it('is refused to an agent whose configuration forbids it, who is not in the chat, or who cannot know the address', async () => {
  const { ana, button } = await floor();
  const bob = await connect(world.floor, await world.agent('bob', {}));
  await bob.status('Online');
  await visit(world, { buttonId: button, ipAddress: null });
  const { offer } = await ana.next('offered');
  const { chat } = await world.floor.accept(ana.connectionId, offer.offerId);
  const block = (connectionId: string, chatId: string) =>
    world.floor.blockVisitor(connectionId, chatId).catch(({ code }) => code);
  expect(await block(ana.connectionId, chat.chatId)).toBe('INVALID_OPERATION');
  expect(await block(bob.connectionId, chat.chatId)).toBe('NOT_FOUND');
  expect(await block(ana.connectionId, 'x')).toBe('NOT_FOUND');
  await world.db.query(`UPDATE login SET settings = jsonb_set(settings, '{mayBlockVisitor}', 'false')`);
  expect(await block(ana.connectionId, chat.chatId)).toBe('INSUFFICIENT_ACCESS');
  expect(await world.db.query('SELECT id FROM so_live_chat_blocking_rule')).toEqual([]);
});
