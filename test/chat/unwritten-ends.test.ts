/**
 * The database is away in the moment a connection ends, or while its snapshot is read: the end is written down once it is
 * back. Until then nobody is there, and a login that seemed connected would be offered chats nobody sees.
 */
import { afterAll, afterEach, expect, it } from 'vitest';
import type { Database } from '../../src/store/database.js';
import { closeWorlds, connect, openWorld, visit, type World } from './floor-world.js';

let world: World;
afterEach(() => world.close());
afterAll(closeWorlds);

/** What fails, as it does when the server is lost: units of work, or the statement of this name. */
let failing: 'work' | 'floor.agentSnapshot' | undefined;
const lost = () => Object.assign(new Error('Connection terminated unexpectedly'), { code: '57P01' });
const through = (db: Database): Database => ({
  ...db,
  tx: (fn, opening) => (failing === 'work' ? Promise.reject(lost()) : db.tx(fn, opening)),
  query: (text, values, name) =>
    failing !== undefined && name === failing ? Promise.reject(lost()) : db.query(text, values, name),
});

async function online() {
  failing = undefined;
  world = await openWorld({}, true, through);
  const skill = await world.skill('Support');
  const button = await world.button({ SkillId: skill, HasQueue: true });
  const userId = await world.agent('ana', { skills: [skill] });
  const agent = await connect(world.floor, userId);
  await agent.status('Online');
  return { agent, userId, button };
}

const standing = async () =>
  (await world.db.query('SELECT connected, routable FROM login')).concat(
    await world.db.query('SELECT count(*) AS connections FROM login_connection'),
  );
const NOBODY_THERE = [{ connected: false, routable: false }, { connections: 0 }];

it('a connection that ended meanwhile: no offers any more', async () => {
  const { agent, button } = await online();
  failing = 'work';
  await expect(world.floor.disconnectAgent(agent.connectionId)).rejects.toMatchObject({
    code: 'SERVER_UNAVAILABLE',
  });
  await world.floor.tick();
  failing = undefined;
  await world.floor.tick();
  expect(await standing()).toEqual(NOBODY_THERE);
  const visitor = await visit(world, { buttonId: button });
  await visitor.until('ChatRequestSuccess');
  expect(await world.db.query('SELECT chat_id FROM offer')).toEqual([]);
});

it('one that came, and was told nothing: it does not stand for the agent', async () => {
  const { agent, userId } = await online();
  failing = 'floor.agentSnapshot';
  await expect(connect(world.floor, userId)).rejects.toThrow('Connection terminated');
  failing = undefined;
  await world.floor.disconnectAgent(agent.connectionId);
  await world.floor.tick();
  expect(await standing()).toEqual(NOBODY_THERE);
});
