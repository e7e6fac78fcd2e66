/** Choice routing: requests are listed to all who qualify, and picked by one (live-agent-chat.md §8.1, §8.3). */
import { afterAll, afterEach, expect, it } from 'vitest';
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

async function twoAgents(button: object = {}) {
  world = await openWorld();
  const skill = await world.skill('Support');
  const id = await world.button({ SkillId: skill, RoutingType: 'Choice', ...button });
  const ana = await connect(world.floor, await world.agent('ana', { skills: [skill] }));
  const bob = await connect(world.floor, await world.agent('bob', { skills: [skill] }));
  return { ana, bob, button: id, skill };
}

const listed = async (agent: AgentClient) =>
  (await world.floor.agentState(agent.connectionId)).requests.map(({ chat }) => chat.chatId);

it('lists a request to everybody Online; the first pick has it, the other is told that it is gone', async () => {
  const { ana, bob, button } = await twoAgents();
  await ana.status('Online');
  await bob.status('Online');
  const visitor = await visit(world, { buttonId: button });
  await visitor.until('ChatRequestSuccess');
  const { request } = await ana.next('requestListed');
  const { chatId } = request.chat;
  expect(request).toMatchObject({ chat: { visitorName: 'Vera', buttonId: button } });
  expect((await bob.next('requestListed')).request).toEqual(request);
  expect(await listed(bob)).toEqual([chatId]);
  const [open] = await world.floor.openLogins();
  expect(open).toMatchObject({ offered: 0, figures: { chatReqAssigned: 0 } });
  const picks = await Promise.allSettled([
    world.floor.pickChat(ana.connectionId, chatId),
    world.floor.pickChat(bob.connectionId, chatId),
  ]);
  expect(picks.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  expect(picks[1]).toMatchObject({ reason: { code: 'INVALID_OPERATION' } });
  expect(await world.floor.pickChat(ana.connectionId, chatId)).toMatchObject({ chat: { chatId } });
  expect((await bob.next('requestGone')).chatId).toBe(chatId);
  expect((await ana.next('chatStarted')).chat.isOwner).toBe(true);
  expect(await listed(bob)).toEqual([]);
  await visitor.until('ChatEstablished');
  await ana.status('Offline');
  await world.floor.logout(bob.connectionId);
  const rows = await sessionRows(world.db);
  expect(rows.map((row) => [row.chat_req_assigned, row.chat_req_engaged])).toEqual([
    [1, 1],
    [0, 0],
  ]);
  const events = await world.db.query<{ type: string }>('SELECT type FROM chat_event ORDER BY seq');
  expect(events.map(({ type }) => type)).toEqual([
    'ChatRequest',
    'Enqueue',
    'ChoiceRoute',
    'Accept',
    'LeaveAgent',
  ]);
});

it('follows who comes, goes and learns', async () => {
  const { ana, bob, button, skill } = await twoAgents({ HasQueue: true });
  await visit(world, { buttonId: button });
  // It was there before the login: the snapshot has it.
  const [request] = (await ana.status('Online')).requests;
  await ana.status('Away');
  expect((await ana.next('requestGone')).chatId).toBe(request?.chat.chatId);
  await ana.status('Online');
  await ana.next('requestListed');
  expect((await bob.status('Online')).requests).toHaveLength(1);
  await world.db.query('UPDATE so_skill_user SET is_deleted = true WHERE user_id = $1 AND skill_id = $2', [
    bob.state.userId,
    skill,
  ]);
  await world.create('SkillUser', { SkillId: await world.skill('Other'), UserId: bob.state.userId });
  await world.floor.tick();
  await bob.next('requestGone');
  expect(await listed(bob)).toEqual([]);
  expect(await listed(ana)).toHaveLength(1);
});

it('becomes a push when the button does, and a list when it is Choice again', async () => {
  const { ana, button } = await twoAgents({ HasQueue: true });
  await ana.status('Online');
  await visit(world, { buttonId: button });
  await ana.next('requestListed');
  await world.update('LiveChatButton', { Id: button, RoutingType: 'LeastActive' });
  await world.floor.tick();
  expect((await ana.next('offered')).offer.kind).toBe('push');
  expect(await listed(ana)).toEqual([]);
});

it('without a queue is refused while nobody has room, and given up when nobody is left to pick it', async () => {
  const { ana, bob, button } = await twoAgents();
  expect((await (await visit(world, { buttonId: button })).until('ChatRequestFail')).message).toMatchObject({
    reason: 'Unavailable',
  });
  await ana.status('Online');
  const first = await visit(world, { buttonId: button });
  await world.floor.pickChat(ana.connectionId, (await ana.next('requestListed')).request.chat.chatId);
  await first.until('ChatEstablished');
  await (await visit(world, { buttonId: button })).until('ChatRequestFail');
  await bob.status('Online');
  const second = await visit(world, { buttonId: button });
  const { request } = await ana.next('requestListed');
  await expect(world.floor.pickChat(ana.connectionId, request.chat.chatId)).rejects.toMatchObject({
    code: 'INVALID_OPERATION',
  });
  await bob.status('Away');
  expect(await listed(ana)).toHaveLength(1);
  await ana.status('Away');
  await second.until('ChatRequestFail');
  await ana.next('requestGone');
});

it('without a queue is given up when the last who could pick it loses the room, or the skill', async () => {
  const { ana, button, skill } = await twoAgents();
  await ana.status('Online');
  await world.floor.tick();
  const [assigned] = await world.db.query<{ id: string }>(
    'SELECT live_chat_user_config_id AS id FROM so_live_chat_user_config_user WHERE user_id = $1',
    [ana.state.userId],
  );
  const withCapacity = async (Capacity: number) => {
    await world.update('LiveChatUserConfig', { Id: assigned?.id, Capacity });
    await world.floor.tick();
    await ana.next('settingsChanged');
  };
  const first = await visit(world, { buttonId: button });
  await ana.next('requestListed');
  await withCapacity(0);
  await first.until('ChatRequestFail');
  await withCapacity(1);
  const second = await visit(world, { buttonId: button });
  await ana.next('requestListed');
  await world.db.query('UPDATE so_skill_user SET is_deleted = true WHERE user_id = $1 AND skill_id = $2', [
    ana.state.userId,
    skill,
  ]);
  // any change of skills makes the floor look
  await world.create('SkillUser', { SkillId: await world.skill('Other'), UserId: ana.state.userId });
  await world.floor.tick();
  await ana.next('requestGone');
  await second.until('ChatRequestFail');
});

it('a chat whose agent goes Offline is listed again', async () => {
  const { ana, bob, button } = await twoAgents();
  await ana.status('Online');
  await bob.status('Online');
  const visitor = await visit(world, { buttonId: button });
  const { chatId } = (await ana.next('requestListed')).request.chat;
  await world.floor.pickChat(ana.connectionId, chatId);
  await ana.status('Offline');
  await visitor.until('AgentDisconnect');
  expect(await listed(bob)).toEqual([chatId]);
  await world.floor.pickChat(bob.connectionId, chatId);
  expect((await visitor.until('ChatTransferred')).message).toMatchObject({ name: 'bob' });
});
