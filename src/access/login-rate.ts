/**
 * How fast one address may try to sign in, right or wrong: checking a password is made to cost, so it must not be for
 * everybody to spend. By the monotonic clock; memory is bounded, and whoever is forgotten is only favoured.
 */
import { lockoutKeyOf } from './lockout.js';

/** Attempts at once, and attempts a second after that. */
const BURST = 100;
const PER_SECOND = 5;
const MOST_ADDRESSES = 20_000;

export interface LoginRate {
  /** Whether this attempt is within the rate. */
  allow(address: string): boolean;
}

export function createLoginRate(now: () => number = () => performance.now()): LoginRate {
  const buckets = new Map<string, { tokens: number; at: number }>();
  return {
    allow(address) {
      const key = lockoutKeyOf(address);
      const at = now();
      const bucket = buckets.get(key) ?? { tokens: BURST, at };
      const tokens = Math.min(BURST, bucket.tokens + ((at - bucket.at) / 1_000) * PER_SECOND);
      // set anew, so that the map's order is the order of last use
      buckets.delete(key);
      buckets.set(key, { tokens: tokens < 1 ? tokens : tokens - 1, at });
      if (buckets.size > MOST_ADDRESSES) buckets.delete(buckets.keys().next().value ?? '');
      return tokens >= 1;
    },
  };
}
