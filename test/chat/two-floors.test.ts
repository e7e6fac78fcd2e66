/** Several processes on one database: nobody is offered twice, nothing is lost, hints wake the other one (DECISIONS 2, 4). */
import fc from 'fast-check';
import { afterAll, afterEach, expect, it } from 'vitest';
import type { RunningFloor } from '../../src/chat/create-floor.js';
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

it('carries a chat whose agent and visitor are on different processes', async () => {
  world = await openWorld({ contactFlushMs: 200 }, true);
  const other = await world.anotherFloor();
  await world.floor.tick(); // learns of the other one
  const skill = await world.skill('Support');
  const button = await world.button({ SkillId: skill });
  const agent = await connect(world.floor, await world.agent('ana', { skills: [skill] }));
  await agent.status('Online');
  const visitor = await visit(world, { buttonId: button }, other);
  const { offer } = await agent.next('offered');
  const { chat } = await world.floor.accept(agent.connectionId, offer.offerId);
  await visitor.until('ChatEstablished');
  const begun = performance.now();
  await visitor.say('over there?');
  expect((await agent.next('line')).line.text).toBe('over there?');
  await world.floor.sendLine(agent.connectionId, { chatId: chat.chatId, text: 'over here' });
  await visitor.until('ChatMessage');
  expect(performance.now() - begun).toBeLessThan(1_500); // by the hint, not by the 2 s look
});

it('joins tabs on another process to the login, and outlives its own tab', async () => {
  world = await openWorld({ contactFlushMs: 200 }, true);
  const other = await world.anotherFloor();
  await world.floor.tick();
  const ana = await world.agent('ana', {});
  const [here, there] = [await connect(world.floor, ana), await connect(other, ana)];
  const { loginId } = await here.status('Online');
  for (let i = 0; i < 40 && there.transients.length === 0; i += 1)
    await new Promise((r) => setTimeout(r, 50));
  expect(there.transients).toEqual([{ type: 'loginOpened', loginId }]);
  await world.floor.disconnectAgent(here.connectionId);
  expect(await other.openLogins()).toMatchObject([{ loginId, connected: true }]);
  await other.disconnectAgent(there.connectionId);
  expect(await other.openLogins()).toMatchObject([{ loginId, connected: false }]);
});

it('answers an older poll held by another process', async () => {
  world = await openWorld({ contactFlushMs: 200 }, true);
  const other = await world.anotherFloor();
  await other.tick();
  const { key } = await world.floor.visitor.createSession();
  const older = world.floor.visitor.poll(key, { holdMs: 8_000 });
  await new Promise((resolve) => setTimeout(resolve, 100));
  const newer = other.visitor.poll(key, { holdMs: 200 });
  expect((await older).kind).toBe('superseded');
  expect((await newer).kind).toBe('empty');
});

it('sweeps a process that died: its logins are lost, then closed at their last contact', async () => {
  world = await openWorld();
  const other = await world.anotherFloor();
  const ana = await world.agent('ana', {});
  const agent = await connect(other, ana);
  await agent.status('Online');
  await other.tick();
  // It dies without a word: its rows stay, nobody refreshes them.
  await world.leap(16_000);
  await world.floor.tick();
  expect(await world.floor.openLogins()).toMatchObject([{ connected: false }]);
  await world.leap(16_000);
  await world.floor.tick();
  expect(await world.floor.openLogins()).toEqual([]);
  const [row] = await sessionRows(world.db);
  expect(row?.time_in_online_status).toBeLessThanOrEqual(1);
});

it('never offers twice, never beyond capacity, and counts what the agents did', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 2 ** 30 }), async (seed) => {
      world = await openWorld({ contactFlushMs: 200 }, true);
      await storm(world, seed);
      await auditFloor(world.db);
      await world.close();
    }),
    { numRuns: 3 },
  );
  world = await openWorld();
});

interface Tally {
  assigned: number;
  engaged: number;
  declined: number;
}

/** Agents on two processes accept, decline and end at random while visitors come, talk and leave. */
async function storm(on: World, seed: number): Promise<void> {
  let state = seed;
  const random = (n: number) => {
    state = (Math.imul(state, 48_271) >>> 0) % 2_147_483_647;
    return state % n;
  };
  const floors: RunningFloor[] = [on.floor, await on.anotherFloor()];
  const skill = await on.skill('Support');
  const button = await on.button({ SkillId: skill, HasQueue: true, OptionsHasRerouteDeclinedRequest: true });
  const capacities = [1, 2, 3, 2];
  const tallies = new Map<string, Tally>();
  const agents: { client: AgentClient; floor: RunningFloor; userId: string }[] = [];
  for (const [index, capacity] of capacities.entries()) {
    const userId = await on.agent(`agent${index}`, { capacity, skills: [skill] });
    const floor = floors[index % 2] as RunningFloor;
    const client = await connect(floor, userId);
    await client.status('Online');
    agents.push({ client, floor, userId });
    tallies.set(userId, { assigned: 0, engaged: 0, declined: 0 });
  }
  let over = false;
  const working = agents.map(async ({ client, floor, userId }) => {
    const tally = tallies.get(userId) as Tally;
    let seen = 0;
    const running: string[] = [];
    while (!over || seen < client.events.length) {
      const event = client.events[seen];
      if (!event) {
        await new Promise((resolve) => setTimeout(resolve, 5));
        const chatId = running.length > 0 && random(3) === 0 ? running.shift() : undefined;
        if (chatId) await floor.endChat(client.connectionId, chatId).catch(() => undefined);
        continue;
      }
      seen += 1;
      if (event.type === 'chatEnded')
        running.splice(running.indexOf(event.chatId), running.includes(event.chatId) ? 1 : 0);
      if (event.type !== 'offered') continue;
      tally.assigned += 1;
      try {
        if (random(4) === 0) {
          await floor.decline(client.connectionId, event.offer.offerId);
          tally.declined += 1;
        } else {
          const { chat } = await floor.accept(client.connectionId, event.offer.offerId);
          running.push(chat.chatId);
          tally.engaged += 1;
        }
      } catch {
        // the visitor was faster
      }
    }
  });
  const visits = Array.from({ length: 40 }, async (_, index) => {
    const floor = floors[index % 2] as RunningFloor;
    await new Promise((resolve) => setTimeout(resolve, random(300)));
    const visitor = await visit(on, { buttonId: button }, floor);
    if (random(3) > 0) await visitor.say('hello').catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, random(200)));
    if (random(3) === 0) await visitor.end().catch(() => undefined);
  });
  await Promise.all(visits);
  for (let i = 0; i < 200; i += 1) {
    const [left] = await on.db.query<{ n: number }>(`SELECT count(*) AS n FROM chat WHERE state <> 'ended'`);
    if (left?.n === 0) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  over = true;
  await Promise.all(working);
  for (const { client } of agents) await client.status('Offline');
  const rows = await sessionRows(on.db);
  for (const row of rows) {
    const tally = tallies.get(row.agent_id as string) as Tally;
    expect({
      assigned: row.chat_req_assigned,
      engaged: row.chat_req_engaged,
      declined: row.chat_req_declined,
    }).toEqual(tally);
  }
  expect(rows).toHaveLength(agents.length);
  // Two offers of one chat at once would show as overlapping spans.
  const overlapping = await on.db.query(
    `SELECT a.chat_id FROM offer a JOIN offer b ON b.chat_id = a.chat_id AND b.generation > a.generation
      WHERE b.offered_at < a.ended_at`,
  );
  expect(overlapping).toEqual([]);
  const overloaded = await on.db.query(`SELECT login_id FROM floor_event e JOIN login l ON l.id = e.login_id
    WHERE (SELECT count(*) FILTER (WHERE p.kind IN ('offer')) - count(*) FILTER (WHERE p.kind IN ('decline', 'timeout', 'withdraw', 'disengage'))
             FROM floor_event p WHERE p.login_id = e.login_id AND p.seq <= e.seq) > l.capacity`);
  expect(overloaded).toEqual([]);
}
