import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Clock, createClock, isoOf } from '../src/clock.js';
import { type Database, openDatabase } from '../src/store/database.js';
import { migrate } from '../src/store/migrate.js';
import { type TestDatabase, testDatabase } from './support/database.js';
import { setFloorTime } from './support/time.js';

let database: TestDatabase;
let db: Database;
let clock: Clock;
beforeAll(async () => {
  database = await testDatabase();
  db = await openDatabase({ url: database.url });
  await migrate(db, []);
  clock = createClock(db);
});
afterAll(async () => {
  await db.close();
  await database.drop();
});

const noon = Date.UTC(2026, 2, 10, 12);

describe("the floor's clock", () => {
  it('is the database server’s unless a test says otherwise', async () => {
    const [row] = await db.query<{ real: number }>('SELECT clock_timestamp() AS real');
    expect(Math.abs((await clock.now()) - (row?.real ?? 0))).toBeLessThan(1_000);
    expect(clock.speed).toBe(1);
  });

  it('leaps, stands still, and goes on from where it stood', async () => {
    await setFloorTime(db, { frozenAt: '2026-03-10T12:00:00Z' });
    expect(await clock.now()).toBe(noon);
    await setFloorTime(db, { offsetMs: 15 * 86_400_000 });
    expect(isoOf(await clock.now())).toBe('2026-03-25T12:00:00.000Z');
    await setFloorTime(db, { speed: 1 });
    const now = await clock.now();
    expect(now).toBeGreaterThanOrEqual(noon + 15 * 86_400_000);
    expect(now).toBeLessThan(noon + 15 * 86_400_000 + 10_000);
  });

  it('runs faster, and timers with it', async () => {
    await setFloorTime(db, { at: noon, speed: 3_600 });
    const before = await clock.now();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect((await clock.now()) - before).toBeGreaterThanOrEqual(50 * 3_600);
    expect(clock.timerFor(noon + 3_600_000, noon)).toBe(1_000);
    expect(clock.timerFor(noon - 1, noon)).toBe(0);
    expect(clock.timerFor(noon + 10 ** 14, noon)).toBe(2 ** 31 - 1);
  });
});
