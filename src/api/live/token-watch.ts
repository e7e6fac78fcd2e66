/**
 * Whether the token a socket was opened with is still good: a socket may live for days, its session may not.
 * Invariant: an ended session is noticed by the next request that comes a second or more later (DECISIONS 8). A
 * database that is away ends nobody's session (DECISIONS 11).
 */

import { ApiError } from '../../errors.js';

export interface TokenWatch {
  /** Asks again if the last answer is older than `age_ms`; false: the session is over. */
  isGood(age_ms: number): Promise<boolean>;
}

/** `authenticate` is asked with the token; it was good at the time of the call. */
export function createTokenWatch(authenticate: () => Promise<unknown>): TokenWatch {
  let checkedAt = performance.now();
  return {
    async isGood(age_ms) {
      if (performance.now() - checkedAt <= age_ms) return true;
      try {
        await authenticate();
        checkedAt = performance.now();
        return true;
      } catch (error) {
        return !(error instanceof ApiError && error.code === 'INVALID_SESSION_ID');
      }
    },
  };
}
