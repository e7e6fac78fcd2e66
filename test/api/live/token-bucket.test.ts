/** The bucket that limits frames. */

import { expect, it } from 'vitest';
import { createTokenBucket } from '../../../src/api/live/token-bucket.js';

it('gives its burst at once, then its rate, and never more than the burst after a rest', () => {
  let now = 0;
  const bucket = createTokenBucket(3, 10, () => now);
  const taken = (tries: number) => Array.from({ length: tries }, () => bucket.take()).filter(Boolean).length;
  expect(taken(5)).toBe(3);
  now += 100;
  expect(taken(5)).toBe(1);
  now += 60_000;
  expect(taken(5)).toBe(3);
});
