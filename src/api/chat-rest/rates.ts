/**
 * How fast one session may post and poll. Counted per session, since a bot bridge carries thousands of visitors from
 * one address; opening sessions is counted per address, generously (DECISIONS 6). Memory is bounded: past MOST_KEYS
 * the key longest unseen is forgotten, which only ever favours a caller.
 */

export interface Rates {
  /** Whether this call of `key` is within the rate. */
  allow(key: string): boolean;
}

const MOST_KEYS = 50_000;

/** `burst` calls at once and `perSecond` after that, for each key, by the monotonic clock. */
export function createRates(burst: number, perSecond: number, now = () => performance.now()): Rates {
  const buckets = new Map<string, { tokens: number; at: number }>();
  return {
    allow(key) {
      const at = now();
      const bucket = buckets.get(key) ?? { tokens: burst, at };
      // Set again, so that the map's order is the order of last use.
      buckets.delete(key);
      buckets.set(key, bucket);
      bucket.tokens = Math.min(burst, bucket.tokens + ((at - bucket.at) / 1000) * perSecond);
      bucket.at = at;
      if (buckets.size > MOST_KEYS) buckets.delete(buckets.keys().next().value as string);
      if (bucket.tokens < 1) return false;
      bucket.tokens -= 1;
      return true;
    },
  };
}
