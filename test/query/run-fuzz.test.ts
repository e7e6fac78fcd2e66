/**
 * Statements nobody wrote, run: whatever is accepted is answered or refused by PostgreSQL and the API together, never an
 * internal error. FUZZ_RUNS=5000 runs more of them.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ApiError } from '../../src/errors.js';
import { bytesOf, startQuery } from '../../src/query/run.js';
import { search } from '../../src/query/sosl/search.js';
import type { TestStore } from '../support/store.js';
import { runnable, searchable } from './runnable.js';
import { ada, BASE, bo, openWorld } from './world.js';

const RUNS = Number(process.env.FUZZ_RUNS ?? 400);

let store: TestStore;
beforeAll(async () => {
  store = await openWorld();
});
afterAll(() => store.close());

/** True if it was answered with JSON, false if it was refused; anything else is thrown. */
async function isAnswered(work: () => Promise<Buffer>): Promise<boolean> {
  try {
    JSON.parse((await work()).toString('utf8'));
    return true;
  } catch (error) {
    if (error instanceof ApiError) return false;
    throw error;
  }
}

it('every SOQL statement is answered or refused', { timeout: 60_000 + RUNS * 100 }, async () => {
  let answered = 0;
  await fc.assert(
    fc.asyncProperty(runnable, fc.constantFrom(ada, bo), fc.boolean(), async (soql, caller, all) => {
      const run = async () => bytesOf(await startQuery(store.db, caller, soql, { base: BASE, all }));
      if (await isAnswered(run)) answered++;
    }),
    { numRuns: RUNS },
  );
  expect(answered).toBeGreaterThan(RUNS / 10);
});

it('every SOSL statement is answered or refused', { timeout: 60_000 + RUNS * 100 }, async () => {
  let answered = 0;
  await fc.assert(
    fc.asyncProperty(searchable, fc.constantFrom(ada, bo), async (sosl, caller) => {
      if (await isAnswered(() => search(store.db, caller, sosl, { base: BASE }))) answered++;
    }),
    { numRuns: RUNS / 4 },
  );
  expect(answered).toBeGreaterThan(RUNS / 40);
});
