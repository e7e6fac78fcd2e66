/** Administrators change things while agents are at work: it takes effect within a second, as an event of the login. */
import { afterAll, afterEach, expect, it } from 'vitest';
import { automatedCaller } from '../../src/first-start.js';
import { findObject } from '../../src/objects/registry.js';
import { deleteRecords } from '../../src/records/delete.js';
import { updateRecords } from '../../src/records/update.js';
import { openDatabase } from '../../src/store/database.js';
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
  await world.floor.tick();
  expect(await world.db.query('SELECT login_id FROM login_skill')).toEqual([]);
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

it('freezes a user, which ends the login and lets nobody log in', async () => {
  world = await openWorld();
  const userId = await world.agent('ana', {});
  const agent = await connect(world.floor, userId);
  await agent.status('Online');
  const freeze = (isFrozen: boolean) =>
    world.db.query(
      `INSERT INTO credential (user_id, hash, changed_at, is_frozen) VALUES ($1, '', (SELECT floor_now()), $2)
       ON CONFLICT (user_id) DO UPDATE SET is_frozen = excluded.is_frozen`,
      [userId, isFrozen],
    );
  await world.floor.tick();
  await freeze(true);
  expect((await agent.next('loggedOut')).reason).toBe('deactivated');
  expect(await sessionRows(world.db)).toMatchObject([{ agent_id: userId }]);
  await expect(agent.status('Online')).rejects.toMatchObject({ code: 'INVALID_OPERATION' });
  await freeze(false);
  expect((await agent.status('Online')).status).toBe('Online');
});

it('gives an agent the name visitors read, in the chats taken from then on', async () => {
  world = await openWorld();
  const skill = await world.skill('Support');
  const buttonId = await world.button({ SkillId: skill });
  const userId = await world.agent('ana', { skills: [skill], capacity: 2 });
  const agent = await connect(world.floor, userId);
  await agent.status('Online');
  const taken = async () => {
    const vera = await visit(world, { buttonId });
    const { offer } = await agent.next('offered');
    await world.floor.accept(agent.connectionId, offer.offerId);
    return (await vera.until('ChatEstablished')).message.name;
  };
  expect(await taken()).toBe('ana');
  await update('LiveChatUserConfig', {
    Id: await idOf('so_live_chat_user_config'),
    CustomAgentName: 'Support team',
  });
  await world.floor.tick();
  expect(await taken()).toBe('Support team');
  expect((await world.floor.openLogins()).length).toBe(1);
});

it('holds within a second, whatever other transaction runs on the server', async () => {
  world = await openWorld();
  const agent = await connect(world.floor, await world.agent('ana', { capacity: 1 }));
  await agent.status('Online');
  await world.floor.tick();
  const other = await openDatabase({ url: world.url });
  let end = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  let begun = () => {};
  const isRunning = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const running = other.tx(async (tx) => {
    await tx.query('SELECT pg_current_xact_id()');
    begun();
    await ended;
  });
  await isRunning;
  const changedAt = performance.now();
  await update('LiveChatUserConfig', { Id: await idOf('so_live_chat_user_config'), Capacity: 3 });
  expect((await agent.next('settingsChanged')).settings.capacity).toBe(3);
  expect(performance.now() - changedAt).toBeLessThan(1_000);
  end();
  await running;
  await other.close();
});

it('brings many agents up to date by few statements, and their queue moves', async () => {
  const statements: string[] = [];
  world = await openWorld({}, false, (db) => ({
    ...db,
    query: (text, values, name) => {
      statements.push(name ?? text);
      return db.query(text, values, name);
    },
    tx: (fn, first) =>
      db.tx((tx, rows) => {
        const counted: typeof tx = {
          ...tx,
          query: (text, values, name) => {
            statements.push(name ?? text);
            return tx.query(text, values, name);
          },
        };
        return fn(counted, rows);
      }, first),
  }));
  const skill = await world.skill('Support');
  const buttonId = await world.button({ SkillId: skill, HasQueue: true });
  const profile = await world.db.query<{ id: string }>(`SELECT profile_id AS id FROM so_user WHERE id = $1`, [
    await world.agent('first', {}),
  ]);
  await world.db.query('DELETE FROM so_live_chat_user_config_user');
  const configId = await idOf('so_live_chat_user_config');
  await world.create('LiveChatUserConfigProfile', {
    LiveChatUserConfigId: configId,
    ProfileId: profile[0]?.id,
  });
  const agents = [];
  for (let n = 0; n < 12; n += 1) {
    const userId = await world.agent(`agent${n}`, { skills: [skill] });
    await world.db.query('DELETE FROM so_live_chat_user_config_user WHERE user_id = $1', [userId]);
    const agent = await connect(world.floor, userId);
    await agent.status('Online');
    agents.push(agent);
  }
  for (let n = 0; n < 20; n += 1) await visit(world, { buttonId });
  await world.floor.tick();
  statements.length = 0;
  await update('LiveChatUserConfig', { Id: configId, Capacity: 2, CustomAgentName: 'Support' });
  await world.floor.tick();
  for (const agent of agents) await agent.next('settingsChanged');
  const count = (name: string) => statements.filter((one) => one === name).length;
  expect(count('floor.findAgents')).toBeLessThanOrEqual(4);
  expect(count('floor.skillsOf')).toBeLessThanOrEqual(4);
  expect(count('floor.loadLogin')).toBe(0);
  expect(await world.db.query('SELECT DISTINCT name, capacity FROM login')).toEqual([
    { name: 'Support', capacity: 2 },
  ]);
  expect(await world.db.query(`SELECT count(*) AS n FROM chat WHERE state = 'offered'`)).toEqual([{ n: 20 }]);
  await world.db.query('DELETE FROM so_live_chat_user_config_profile');
});
