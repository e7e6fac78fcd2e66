/** Critical wait, idle visitors and lost connections (live-agent-chat.md §11): they ring once, and are taken back. */
import { afterAll, afterEach, expect, it } from 'vitest';
import { auditFloor } from '../support/floor-audit.js';
import { type AgentClient, closeWorlds, engaged, openWorld, type World } from './floor-world.js';

let world: World;
afterAll(() => closeWorlds());
afterEach(async () => {
  const { errors } = world;
  await auditFloor(world.db);
  await world.close();
  expect(errors).toEqual([]);
});

async function chatting(button: object, config: object = {}) {
  world = await openWorld();
  return engaged(world, { button, config });
}

async function later(agent: AgentClient, ms: number): Promise<void> {
  await world.leap(ms);
  world.floor.contact(agent.connectionId);
  await world.floor.tick();
}

const noted = async () =>
  (await world.db.query<{ type: string }>('SELECT type FROM chat_event ORDER BY seq'))
    .map(({ type }) => type)
    .slice(3);

it('alert the agent to an unanswered visitor, until the answer', async () => {
  const { agent, visitor, chatId } = await chatting({}, { CriticalWaitTime: 30 });
  await visitor.say('hello?');
  await later(agent, 20_000);
  await visitor.say('anybody?'); // the first unanswered line counts
  await later(agent, 11_000);
  expect(await agent.next('criticalWait')).toMatchObject({ chatId, alert: true });
  await later(agent, 60_000);
  await world.floor.sendLine(agent.connectionId, { chatId, text: 'here' });
  await world.floor.tick();
  expect((await agent.next('criticalWait')).alert).toBe(false);
  expect(await noted()).toEqual(['AlertCriticalWaitChat', 'ClearCriticalWaitChat']);
});

it('do not ring for an answered visitor', async () => {
  const { agent, visitor, chatId } = await chatting({}, { CriticalWaitTime: 30 });
  await visitor.say('hello?');
  await world.floor.sendLine(agent.connectionId, { chatId, text: 'hello' });
  await later(agent, 31_000);
  expect(await noted()).toEqual([]);
});

it('warn of an idle visitor, take it back at an answer, and end the chat at the time-out', async () => {
  const idle = {
    OptionsHasChasitorIdleTimeout: true,
    ChasitorIdleTimeout: 90,
    ChasitorIdleTimeoutWarning: 60,
  };
  const { agent, visitor, chatId } = await chatting(idle);
  await world.floor.sendLine(agent.connectionId, { chatId, text: 'well?' });
  await later(agent, 61_000);
  expect((await agent.next('visitorIdle')).warning).toBe(true);
  await world.floor.visitor.idleWarning(visitor.key, 'triggered');
  await visitor.say('moment');
  await world.floor.tick();
  expect((await agent.next('visitorIdle')).warning).toBe(false);
  await world.floor.sendLine(agent.connectionId, { chatId, text: 'and?' });
  await later(agent, 91_000);
  expect((await visitor.until('ChatEnded')).message.reason).toBe('clientIdleTimeout');
  expect(await noted()).toEqual([
    'ChasitorIdleTimeoutWarningTriggered',
    'ChasitorIdleTimeoutWarningCleared',
    'ChasitorIdleTimeoutWarningTriggered',
    'ChasitorIdleTimeout',
  ]);
});

it('warn of a silent connection, take it back, and give the visitor up at the time-out', async () => {
  const { agent, visitor, chatId } = await chatting({});
  await world.db.query(
    'UPDATE so_live_chat_deployment SET connection_warning_duration = 60, connection_timeout_duration = 120',
  );
  await world.floor.tick();
  await later(agent, 61_000);
  expect(await agent.next('visitorConnection')).toMatchObject({ chatId, warning: true });
  await world.leap(1_000);
  await world.floor.visitor.poll(visitor.key, { ack: 0, holdMs: 1 });
  await world.floor.tick();
  expect((await agent.next('visitorConnection')).warning).toBe(false);
  await later(agent, 61_000);
  await later(agent, 61_000);
  expect(await agent.next('chatEnded')).toMatchObject({ endedBy: 'Visitor' });
  expect(await noted()).toEqual(['ConnectionWarning', 'ConnectionWarning', 'ConnectionTimeout']);
});
