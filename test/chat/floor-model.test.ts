/**
 * The whole floor against a small model: any sequence of commands of several agents, visitors and buttons, with drops,
 * leaps of the clock and changes of capacity. `FLOOR_MODEL_RUNS` makes it run longer; a failure prints its seed.
 */
import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { auditFloor } from '../support/floor-audit.js';
import { COMMANDS, openModelWorld, SITUATIONS } from './floor-commands.js';
import { closeWorlds } from './floor-world.js';

const RUNS = Number(process.env.FLOOR_MODEL_RUNS ?? 12);
/** `FLOOR_MODEL_AGAIN='{"seed":…,"path":"…"}'` repeats a failure. */
const AGAIN = JSON.parse(process.env.FLOOR_MODEL_AGAIN ?? '{}') as fc.Parameters<unknown>;

afterAll(() => closeWorlds());

it('does what the model says, for every sequence of commands', {
  timeout: 1_000 * (60 + 8 * RUNS),
}, async () => {
  const { world, run } = await openModelWorld();
  try {
    await fc.assert(fc.asyncProperty(COMMANDS, run), {
      numRuns: SITUATIONS.length + RUNS,
      examples: SITUATIONS.map((commands) => [[...commands]]),
      ...AGAIN,
    });
    await auditFloor(world.db);
    expect(world.errors).toEqual([]);
  } finally {
    await world.close();
  }
});
