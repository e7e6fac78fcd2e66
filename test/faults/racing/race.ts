/**
 * A race: two servers, each a process of its own, on one database; agents half on each, some with a tab on both; visitors
 * whose requests go to either; an administrator. Then everybody settles, what waits must go on, all leave, all is checked.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { createRandom } from '../../../simulate/random.js';
import { firstStart } from '../../../src/first-start.js';
import { openDatabase } from '../../../src/store/database.js';
import type { TestDatabase } from '../../support/database.js';
import { auditFloor } from '../../support/floor-audit.js';
import { type ServerProcess, serverProcess } from '../server-process.js';
import { administrate, relax } from './administrator.js';
import { type RacingAgent, startAgent } from './agents.js';
import { findFaults } from './checks.js';
import { racingOrganization } from './organization.js';
import { type Visitor, visit } from './visitors.js';
import { forgotten } from './waiting.js';

export interface RacePlan {
  readonly seed: string;
  readonly agents: number;
  readonly visitors: number;
  /** How long visitors come, real milliseconds. */
  readonly comingMs: number;
  /** Times the second server is killed and started again. */
  readonly kills: number;
  readonly graceSeconds: number;
}

export interface RaceResult {
  readonly faults: readonly string[];
  /** What happened, by name: a race in which nothing did proves nothing. */
  readonly happened: Readonly<Record<string, number>>;
}

/** Every this many agents has a tab on each server. */
const TWO_TABS = 4;
/** Visitors at a time before the next one waits, and how often, 20 ms each. */
const MOST_PRESENT = 20;
const MOST_WAITS = 15;
/** Milliseconds the floor is given to come to rest; on any machine a fault if it does not. */
const REST_MS = 60_000;

export async function race(
  plan: RacePlan,
  database: TestDatabase,
  dataDir: () => string,
): Promise<RaceResult> {
  const db = await openDatabase({ url: database.url, poolSize: 4 });
  const servers: ServerProcess[] = [];
  const agents: RacingAgent[] = [];
  const faults: string[] = [];
  try {
    await firstStart(db, { adminPassword: 'correct horse battery' });
    const organization = await racingOrganization(db, plan.agents);
    const settings = {
      DATABASE_URL: database.url,
      DEMO: '0',
      LOG_LEVEL: 'error',
      HEARTBEAT_SECONDS: '0.3',
      CONTACT_FLUSH_SECONDS: '0.3',
      POLL_HOLD_SECONDS: '5',
      GRACE_SECONDS: String(plan.graceSeconds),
      RATE_LIMIT_FACTOR: '100',
    };
    for (let i = 0; i < 2; i += 1) servers.push(await serverProcess(dataDir(), settings));
    const urls = servers.map(({ url }) => url);
    const random = createRandom(plan.seed);
    const isRough = plan.kills > 0;
    const shop = { organization, isRough };
    await Promise.all(
      organization.agents.map(async (spec, i) => {
        const own = urls[i % 2] as string;
        const tabs = i % TWO_TABS === 0 ? [own, urls[(i + 1) % 2] as string] : [own];
        agents.push(await startAgent(shop, spec, tabs, random.fork(spec.name)));
      }),
    );

    let isOver = false;
    const administrator = administrate(db, organization, random.fork('administrator'), () => isOver);
    const killing = killAndStart(servers[1] as ServerProcess, plan);
    const visitors: Visitor[] = [];
    for (let i = 0; i < plan.visitors; i += 1) {
      const name = `visitor${i}`;
      visitors.push(visit({ organization, urls, isRough }, name, random.fork(name)));
      await wait((random.next() * 2 * plan.comingMs) / plan.visitors);
      // On a slow machine they come more slowly, so that agents get to what they do in a chat.
      for (
        let n = 0;
        n < MOST_WAITS && visitors.filter((one) => !one.isOver()).length >= MOST_PRESENT;
        n += 1
      )
        await wait(20);
    }
    await killing;
    isOver = true;
    await administrator;

    // Everybody is here, has room for all there is, and takes it: nothing may be left lying.
    await relax(organization);
    await Promise.all(agents.map((agent) => agent.settle()));
    faults.push(...(await eventuallyNone(() => forgotten(db))));
    faults.push(...(await eventuallyNone(async () => differentSnapshots(agents))));
    await Promise.all(visitors.map((visitor) => visitor.leave()));
    faults.push(
      ...(await eventuallyNone(async () =>
        (
          await db.query<{ id: number }>('SELECT id FROM chat WHERE transcript_id IS NULL ORDER BY id')
        ).map(({ id }) => `chat ${id} has no transcript`),
      )),
    );
    await Promise.all(agents.map((agent) => agent.logOut()));
    faults.push(
      ...(await eventuallyNone(async () =>
        (
          await db.query<{ id: number }>('SELECT id FROM login WHERE ended_at IS NULL ORDER BY id')
        ).map(({ id }) => `login ${id} is open`),
      )),
    );
    await auditFloor(db);
    faults.push(
      ...(await findFaults({
        db,
        url: urls[0] as string,
        organization,
        agents: agents.map(({ diary }) => diary),
        visitors: visitors.map(({ diary }) => diary),
        graceMs: plan.graceSeconds * 1_000,
      })),
    );
    const happened = await whatHappened(db, agents);
    for (const agent of agents) agent.close();
    for (const server of servers) {
      const code = await server.terminate();
      if (code !== 0) faults.push(`a server ended with ${code}`);
      const logged = server
        .printed()
        .split('\n')
        .filter((line) => line.startsWith('{'));
      faults.push(...logged.map((line) => `a server logged ${line}`));
    }
    return { faults, happened };
  } finally {
    for (const agent of agents) agent.close();
    for (const server of servers) await server.kill();
    await db.close();
  }
}

/** kill -9 and a start, spread over the race. */
async function killAndStart(server: ServerProcess, { kills, comingMs }: RacePlan): Promise<void> {
  for (let i = 0; i < kills; i += 1) {
    await wait(comingMs / (kills + 1));
    await server.kill();
    await wait(300);
    await server.start();
  }
}

/** Empty as soon as there is nothing to tell any more; else what is left when the floor's time is up. */
async function eventuallyNone(look: () => Promise<string[]>): Promise<string[]> {
  const began = performance.now();
  for (;;) {
    const left = await look();
    if (left.length === 0 || performance.now() - began > REST_MS) return left;
    await wait(100);
  }
}

/** A quiet floor's snapshot is what its events have made of the ones before. */
async function differentSnapshots(agents: readonly RacingAgent[]): Promise<string[]> {
  const faults: string[] = [];
  for (const { diary, tabs } of agents) {
    for (const tab of tabs) {
      const before = tab.snapshot();
      const { snapshot } = await tab.request('getSnapshot', {});
      if (!isDeepStrictEqual(before, snapshot))
        faults.push(
          `${diary.agent.name}: the events made ${JSON.stringify(before)}, a fresh snapshot is ${JSON.stringify(snapshot)}`,
        );
    }
  }
  return faults;
}

async function whatHappened(
  db: Awaited<ReturnType<typeof openDatabase>>,
  agents: readonly RacingAgent[],
): Promise<Record<string, number>> {
  const counts = await db.query<{ name: string; n: number }>(
    `SELECT kind || ' ' || state AS name, count(*) AS n FROM offer GROUP BY kind, state
     UNION ALL SELECT type, count(*) FROM chat_event GROUP BY type
     UNION ALL SELECT 'login ' || end_reason, count(*) FROM login GROUP BY end_reason
     UNION ALL SELECT 'deadlocks', deadlocks FROM pg_stat_database WHERE datname = current_database() ORDER BY name`,
  );
  const refused = agents.flatMap(({ diary }) => diary.refused).filter(({ op }) => op === 'pickChat');
  return {
    ...Object.fromEntries(counts.map(({ name, n }) => [name, n])),
    latePicks: refused.length,
    picks: agents.reduce((sum, { diary }) => sum + diary.picked.length, 0),
  };
}
