/**
 * Two server processes on one database, everybody racing for everything: nobody is offered anything twice, nobody gets
 * more than fits, nothing is forgotten, counters equal what happened. `RACE='{"seed":"7","comingMs":60000,"visitors":900,
 * "kills":3}'` makes it run longer, another way, or with a server killed meanwhile; a failure names its seed.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { migratedTestDatabase } from '../support/database.js';
import { removeTempDirs, tempDir } from './embedded-support.js';
import { type RacePlan, race } from './racing/race.js';
import { buildOnce } from './server-process.js';

const ASKED = JSON.parse(process.env.RACE ?? '{}') as Partial<RacePlan>;
const PLAN: RacePlan = {
  seed: String(Math.floor(Math.random() * 1e9)),
  agents: 10,
  visitors: 56,
  comingMs: 5_000,
  kills: 0,
  graceSeconds: 30,
  ...ASKED,
};
const PATIENCE_MS = 240_000 + 5 * PLAN.comingMs;

beforeAll(buildOnce);
afterAll(removeTempDirs);

test(`agents on two servers race for requests, hand them over and share them (seed ${PLAN.seed})`, {
  timeout: PATIENCE_MS,
}, async () => {
  const database = await migratedTestDatabase();
  try {
    const { faults, happened } = await race(PLAN, database, tempDir);
    if (process.env.RACE !== undefined) console.log(PLAN, happened);
    expect({ plan: PLAN, faults }).toEqual({ plan: PLAN, faults: [] });
    // A race in which nobody came too late proves nothing.
    for (const name of ['picks', 'latePicks', 'push accepted'])
      expect({ name, n: happened[name] ?? 0 }).not.toEqual({ name, n: 0 });
  } finally {
    await database.drop();
  }
});
