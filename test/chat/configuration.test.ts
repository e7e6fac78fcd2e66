/** Administrators change things while agents are at work: it takes effect within a second, as an event of the login. */
import { afterAll, afterEach, expect, it, vi } from 'vitest';
import { automatedCaller } from '../../src/first-start.js';
import { findObject } from '../../src/objects/registry.js';
import { deleteRecords } from '../../src/records/delete.js';
import { updateRecords } from '../../src/records/update.js';
import { auditFloor } from '../support/floor-audit.js';
import { closeWorlds, connect, openWorld, sessionRows, visit, type World } from './floor-world.js';

let world: World;
afterAll(() => closeWorlds());
afterEach(async () => {
  const { errors } = world;
  await auditFloor(world.db);
  await world.close();
  expect(errors).toEqual([]);
});

async function update(name: string, fields: Readonly<Record<string, unknown>>): Promise<void> {
  const object = findObject(name);
  if (!object) throw new Error(name);
  const caller = await automatedCaller(world.db);
  const [result] = await updateRecords(world.db, caller, { object, records: [fields], allOrNone: true });
  expect(result?.errors).toEqual([]);
}

const idOf = async (table: string) =>
  (await world.db.query<{ id: string }>(`SELECT id FROM ${table} ORDER BY id LIMIT 1`))[0]?.id as string;

it('raises a capacity, and the queue moves', async () => {
  world = await openWorld();
  const skill = await world.skill('Support');
  const button = await world.button({ SkillId: skill, HasQueue: true });
  const agent = await connect(world.floor, await world.agent('ana', { capacity: 1, skills: [skill] }));
  await agent.status('Online');
  for (const visitorName of ['A', 'B']) await visit(world, { buttonId: button, visitorName });
  expect((await agent.next('offered')).offer.chat.visitorName).toBe('A');
  await world.leap(10_000);
  world.floor.contact(agent.connectionId);
  await update('LiveChatUserConfig', { Id: await idOf('so_live_chat_user_config'), Capacity: 2 });
  expect((await agent.next('settingsChanged')).settings.capacity).toBe(2);
  expect((await agent.next('offered')).offer.chat.visitorName).toBe('B');
  await world.leap(5_000);
  await agent.status('Offline');
  const [row] = await sessionRows(world.db);
  expect(row).toMatchObject({ chat_req_assigned: 2 });
  expect(row?.time_at_capacity).toBeGreaterThanOrEqual(15);
});

it('gives an agent a skill, and takes it away', async () => {
  world = await openWorld();
  const skill = await world.skill('Support');
  const button = await world.button({ SkillId: skill, HasQueue: true });
  const userId = await world.agent('ana', { capacity: 5 });
  const agent = await connect(world.floor, userId);
  await agent.status('Online');
  await visit(world, { buttonId: button });
  const assigned = await world.create('SkillUser', { SkillId: skill, UserId: userId });
  await agent.next('offered');
  await deleteRecords(world.db, await automatedCaller(world.db), [assigned], { allOrNone: true });
  // A transaction running anywhere on the server holds the outbox back, so this may take more than one turn.
  await vi.waitFor(async () => {
    await world.floor.tick();
    expect(await world.db.query('SELECT login_id FROM login_skill')).toEqual([]);
  }, 8_000);
  const later = await visit(world, { buttonId: button });
  await later.until('ChatRequestSuccess');
  expect(await world.db.query(`SELECT state FROM chat ORDER BY id`)).toEqual([
    { state: 'offered' },
    { state: 'waiting' },
  ]);
});

it('deactivates a user, which ends the login', async () => {
  world = await openWorld();
  const userId = await world.agent('ana', {});
  const agent = await connect(world.floor, userId);
  await agent.status('Online');
  await update('User', { Id: userId, IsActive: false });
  expect((await agent.next('loggedOut')).reason).toBe('deactivated');
  expect(await sessionRows(world.db)).toMatchObject([{ agent_id: userId }]);
});
