import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { repeat } from '../../src/server/repeat.js';

test('work is repeated, at once while there is more, also after a failure, and never beside itself', async () => {
  let runs = 0;
  let atOnce = 0;
  let most = 0;
  const errors: unknown[] = [];
  const repeating = repeat(
    async () => {
      atOnce += 1;
      most = Math.max(most, atOnce);
      runs += 1;
      await sleep(5);
      atOnce -= 1;
      if (runs === 2) throw new Error('two');
      return runs < 6;
    },
    20,
    (error) => errors.push(error),
  );
  await expect.poll(() => runs).toBeGreaterThanOrEqual(7);
  await repeating.stop();
  const after = runs;
  await sleep(60);
  expect({ after: runs, most, errors }).toEqual({ after, most: 1, errors: [new Error('two')] });
});

test('a stop waits for the run under way', async () => {
  let finished = false;
  const repeating = repeat(
    async () => {
      await sleep(100);
      finished = true;
      return false;
    },
    1,
    () => undefined,
  );
  await sleep(30);
  await repeating.stop();
  expect(finished).toBe(true);
});
