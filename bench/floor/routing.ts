/**
 * What a routing decision costs: CPU of node and of PostgreSQL's backends, with many agents Online (issue of the floor:
 * under 1 ms with 1,000). Two figures: the choice of an agent alone (the statement that picks), and a whole unit of work
 * that ends one offer by a decline and makes the next one, log and events included. Before them, how long a capacity an
 * administrator changes takes to be in effect, that of one agent and that of all (within a second).
 *
 *   npx tsx bench/floor/routing.ts [--agents 1000] [--decisions 1000]
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createFloor } from '../../src/chat/create-floor.js';
import type { AgentEvent } from '../../src/chat/floor.js';
import { pick } from '../../src/chat/next-agent.js';
import type { Work } from '../../src/chat/work.js';
import { createClock } from '../../src/clock.js';
import {
  automatedCaller,
  builtInProfileId,
  createAll,
  firstStart,
  LOCALE_DEFAULTS,
  systemCaller,
} from '../../src/first-start.js';
import { findObject, OBJECTS } from '../../src/objects/registry.js';
import { updateRecords } from '../../src/records/update.js';
import { type Database, openDatabase } from '../../src/store/database.js';
import { startEmbedded } from '../../src/store/embedded/start.js';
import { migrate } from '../../src/store/migrate.js';

const { values: options } = parseArgs({
  options: { agents: { type: 'string', default: '1000' }, decisions: { type: 'string', default: '1000' } },
});
const AGENTS = Number(options.agents);
const DECISIONS = Number(options.decisions);
const TICK_MS = 10;

/** CPU of this process and, on Linux, of the backends of the database, milliseconds. */
async function cpu(db: Database): Promise<{ node: number; backend: number }> {
  const used = process.cpuUsage();
  let ticks = 0;
  const pids = await db.query<{ pid: number }>('SELECT pid FROM pg_stat_activity ORDER BY pid');
  for (const { pid } of pids) {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
    const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
    ticks += Number(fields?.[11] ?? 0) + Number(fields?.[12] ?? 0);
  }
  return { node: (used.user + used.system) / 1000, backend: ticks * TICK_MS };
}

async function measured(db: Database, name: string, times: number, run: () => Promise<void>): Promise<void> {
  const before = await cpu(db);
  const begun = performance.now();
  await run();
  const ms = performance.now() - begun;
  const after = await cpu(db);
  const node = (after.node - before.node) / times;
  const backend = (after.backend - before.backend) / times;
  console.log(
    `${name}: ${(node + backend).toFixed(3)} ms CPU each (node ${node.toFixed(3)}, backend ${backend.toFixed(3)}), ` +
      `${(ms / times).toFixed(3)} ms elapsed, ${Math.round((times / ms) * 1000)} a second`,
  );
}

const dataDir = await mkdtemp(path.join(tmpdir(), 'bench-routing-'));
const server = await startEmbedded({
  dataDir,
  log: { info: () => undefined, warn: (_fields, message) => console.warn(message) },
});
const db = await openDatabase({ url: server.url });
try {
  await migrate(db, OBJECTS);
  const { organizationId } = await firstStart(db, { adminPassword: 'correct horse battery' });
  const caller = await automatedCaller(db);
  const create = (name: string, records: readonly Record<string, unknown>[]) => {
    const object = findObject(name);
    if (!object) throw new Error(name);
    return db.tx((tx) => createAll(tx, caller, object, records));
  };
  const one = async (name: string, record: Record<string, unknown>) =>
    (await create(name, [record]))[0] as string;
  const deploymentId = await one('LiveChatDeployment', {
    DeveloperName: 'Bench',
    MasterLabel: 'Bench',
    WindowTitle: 'Chat',
  });
  const skillId = await one('Skill', { DeveloperName: 'Bench', MasterLabel: 'Bench' });
  const buttonId = await one('LiveChatButton', {
    DeveloperName: 'Bench',
    MasterLabel: 'Bench',
    RoutingType: 'LeastActive',
    Type: 'Standard',
    SkillId: skillId,
    HasQueue: true,
  });
  const profileId = await builtInProfileId(db, 'agent');
  const configId = await one('LiveChatUserConfig', {
    DeveloperName: 'Bench',
    MasterLabel: 'Bench',
    Capacity: 3,
  });
  await one('LiveChatUserConfigProfile', { LiveChatUserConfigId: configId, ProfileId: profileId });
  await one('SkillProfile', { SkillId: skillId, ProfileId: profileId });
  const userIds: string[] = [];
  for (let at = 0; at < AGENTS; at += 200) {
    const users = Array.from({ length: Math.min(200, AGENTS - at) }, (_, n) => ({
      Username: `agent${at + n}@bench.test`,
      LastName: `Agent ${at + n}`,
      Email: `agent${at + n}@bench.test`,
      Alias: `a${at + n}`,
      ProfileId: profileId,
      IsActive: true,
      ...LOCALE_DEFAULTS,
    }));
    userIds.push(...(await create('User', users)));
  }
  const ownConfigId = await one('LiveChatUserConfig', {
    DeveloperName: 'Own',
    MasterLabel: 'Own',
    Capacity: 3,
  });
  await one('LiveChatUserConfigUser', { LiveChatUserConfigId: ownConfigId, UserId: userIds.at(-1) });
  const floor = await createFloor({
    db,
    clock: createClock(db),
    log: {
      info: () => undefined,
      warn: () => undefined,
      error: (fields, text) => console.error(text, fields),
    },
    settings: { graceMs: 3_600_000, heartbeatMs: 5_000, contactFlushMs: 5_000 },
    systemCaller: caller,
    callerFor: async (userId) => systemCaller(userId, organizationId),
  });
  const offers: { connectionId: string; offerId: string }[] = [];
  for (const userId of userIds) {
    const found: { connectionId: string } = { connectionId: '' };
    const { connectionId } = await floor.connectAgent(
      { userId },
      {
        event(event: AgentEvent) {
          if (event.type === 'offered')
            offers.push({ connectionId: found.connectionId, offerId: event.offer.offerId });
        },
        transient: () => undefined,
      },
    );
    found.connectionId = connectionId;
    await floor.setStatus(connectionId, 'Online');
  }
  await db.query('ANALYZE');
  console.log(`${AGENTS} agents Online`);

  const inEffect = async (name: string, configurationId: string, capacity: number, logins: number) => {
    const object = findObject('LiveChatUserConfig');
    if (!object) throw new Error('LiveChatUserConfig');
    const begun = performance.now();
    const records = [{ Id: configurationId, Capacity: capacity }];
    await updateRecords(db, caller, { object, records, allOrNone: true });
    for (;;) {
      const [row] = await db.query<{ n: number }>(
        'SELECT count(*) AS n FROM login WHERE capacity = $1 AND ended_at IS NULL',
        [capacity],
      );
      if ((row?.n ?? 0) >= logins) break;
      await sleep(20);
    }
    console.log(`${name}: in effect after ${Math.round(performance.now() - begun)} ms`);
    await sleep(500 + Math.random() * 500);
  };
  for (const round of [1, 2, 3, 4, 5]) {
    await inEffect('the capacity of one agent', ownConfigId, 10 + round, 1);
    await inEffect(
      `the capacity of ${AGENTS - 1} agents, one configuration`,
      configId,
      3 + round,
      AGENTS - 1,
    );
  }
  await inEffect('as it was', configId, 3, AGENTS - 1);

  const nobody = { tx: db, login: async () => undefined } as unknown as Work;
  const choose = async (times: number) => {
    for (let n = 0; n < times; n += 1)
      await pick(nobody, [skillId], [userIds[n % AGENTS] as string], 'active');
  };
  await choose(200);
  await measured(db, 'choice of an agent', DECISIONS * 5, () => choose(DECISIONS * 5));

  // A chat is declined a few times, so that many chats share the decisions.
  const request = async () => {
    const { key } = await floor.visitor.createSession();
    await floor.visitor.requestChat(key, {
      organizationId,
      deploymentId,
      buttonId,
      agentId: null,
      doFallback: false,
      buttonOverrides: [],
      visitorId: null,
      visitorName: 'Vera',
      ipAddress: null,
      userAgent: null,
      language: null,
      screenResolution: null,
      referrer: null,
      prechatDetails: [],
      prechatEntities: [],
      receiveQueueUpdates: false,
      isPost: true,
    });
  };
  const CHATS = 20;
  await measured(db, 'a request and its first offer', CHATS * 5, async () => {
    for (let n = 0; n < CHATS * 5; n += 1) await request();
  });
  const decline = async (times: number) => {
    for (let n = 0; n < times; n += 1) {
      const offer = offers.shift();
      if (!offer) throw new Error('no offer waits');
      await floor.decline(offer.connectionId, offer.offerId);
    }
  };
  await decline(50);
  await measured(db, 'an offer declined, the next one made', DECISIONS, () => decline(DECISIONS));
  await floor.stop();
} finally {
  await db.close();
  await server.stop();
  await rm(dataDir, { recursive: true, force: true });
}
