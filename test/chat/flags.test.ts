/** Assistance flags, whispers, and a supervisor's hand on a status (live-agent-chat.md §9, §10). */
import { afterAll, afterEach, expect, it } from 'vitest';
import { auditFloor } from '../support/floor-audit.js';
import { closeWorlds, engaged, openWorld, type World } from './floor-world.js';

let world: World;
afterAll(() => closeWorlds());
afterEach(async () => {
  const { errors } = world;
  await auditFloor(world.db);
  await world.close();
  expect(errors).toEqual([]);
});

let SUE: { userId: string; name: string };

async function chatting(config: object = { OptionsHasAssistanceFlag: true }) {
  world = await openWorld();
  SUE = { userId: await world.agent('sue', {}), name: 'Sue' };
  return engaged(world, { config });
}

const counters = async () =>
  (
    await world.db.query(
      'SELECT num_flag_raised AS r, num_flag_lowered_agent AS a, num_flag_lowered_supervisor AS s FROM so_live_agent_session',
    )
  )[0];

it('are raised once, lowered once by either side, and gone with the engagement', async () => {
  const { agent, userId, chatId } = await chatting();
  const { floor } = world;
  await floor.raiseFlag(agent.connectionId, chatId, 'help');
  await floor.raiseFlag(agent.connectionId, chatId, 'help!');
  expect((await agent.next('flagRaised')).message).toBe('help');
  expect((await floor.agentState(agent.connectionId)).chats[0]?.flag).toMatchObject({ message: 'help' });
  await floor.supervisor.lowerFlag(SUE, { chatId, userId });
  await floor.supervisor.lowerFlag(SUE, { chatId, userId });
  expect((await agent.next('flagLowered')).by).toBe('supervisor');
  await floor.raiseFlag(agent.connectionId, chatId, 'again');
  await floor.lowerFlag(agent.connectionId, chatId);
  await floor.lowerFlag(agent.connectionId, chatId);
  await floor.raiseFlag(agent.connectionId, chatId, 'left up');
  await floor.endChat(agent.connectionId, chatId);
  await expect(floor.lowerFlag(agent.connectionId, chatId)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await agent.status('Offline');
  expect(await counters()).toEqual({ r: 3, a: 1, s: 1 });
  const noted = await world.db.query<{ type: string }>(
    `SELECT type FROM chat_event WHERE type LIKE 'Flag%' ORDER BY seq`,
  );
  expect(noted.map(({ type }) => type)).toEqual([
    'FlagRaised',
    'FlagLoweredSupervisor',
    'FlagRaised',
    'FlagLoweredAgent',
    'FlagRaised',
  ]);
});

it('are refused where the configuration does not allow them', async () => {
  const { agent, chatId } = await chatting({});
  await expect(world.floor.raiseFlag(agent.connectionId, chatId, 'help')).rejects.toMatchObject({
    code: 'INSUFFICIENT_ACCESS',
  });
});

it('whispers reach the agent and never the visitor', async () => {
  const { agent, visitor, chatId } = await chatting();
  await world.floor.supervisor.whisper(SUE, { chatId, text: 'be kind', clientId: '1' });
  await world.floor.supervisor.whisper(SUE, { chatId, text: 'be kind', clientId: '1' });
  expect((await agent.next('line')).line).toMatchObject({ kind: 'whisper', text: 'be kind', name: 'Sue' });
  await world.floor.endChat(agent.connectionId, chatId);
  await visitor.until('ChatEnded');
  expect(visitor.received.map(({ type }) => type)).not.toContain('ChatMessage');
  await world.floor.tick();
  const [transcript] = await world.db.query(
    'SELECT body, supervisor_transcript_body AS s FROM so_live_chat_transcript',
  );
  expect(transcript).toEqual({ body: null, s: '( 0s ) Sue: be kind<br>' });
});

it('a supervisor sets an agent Away, or Offline', async () => {
  const { agent, userId } = await chatting();
  expect(await world.floor.supervisor.setStatus(SUE, { userId, status: 'Away' })).toBe(true);
  expect(await agent.next('statusChanged')).toMatchObject({ status: 'Away', by: 'supervisor' });
  await world.floor.supervisor.setStatus(SUE, { userId, status: 'Offline' });
  expect((await agent.next('loggedOut')).reason).toBe('supervisor');
  expect(await world.floor.supervisor.setStatus(SUE, { userId, status: 'Offline' })).toBe(false);
});
