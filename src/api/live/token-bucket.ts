/**
 * A token bucket over the monotonic clock: `burst` at once, `perSecond` after that.
 * Invariant: over any span of t seconds at most burst + perSecond * t takings succeed.
 */

export interface TokenBucket {
  /** Takes one, or answers false when there is none. */
  take(): boolean;
}

export function createTokenBucket(
  burst: number,
  perSecond: number,
  now = () => performance.now(),
): TokenBucket {
  let tokens = burst;
  let at = now();
  return {
    take() {
      const current = now();
      tokens = Math.min(burst, tokens + ((current - at) / 1000) * perSecond);
      at = current;
      if (tokens < 1) return false;
      tokens -= 1;
      return true;
    },
  };
}
