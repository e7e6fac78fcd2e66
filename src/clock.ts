/**
 * Time for code that waits. Rows, tokens and deadlines take their time from `floor_now()` in SQL; this is its face in
 * Node: what it says now, and how long to sleep until a deadline of that clock. Nothing else in Floorwalker reads a
 * clock (DECISIONS 1); durations come from `performance.now()`.
 *
 * The floor's clock may run faster than the real one (a simulated day, a test), so a delay is divided by its speed.
 */
import type { Queryable } from './store/database.js';

export interface Clock {
  /** Epoch milliseconds of `floor_now()`: one round trip to the database. */
  now(): Promise<number>;
  /** Real milliseconds to sleep until `deadlineMs`, seen from `nowMs`; never negative, never beyond what timers take. */
  timerFor(deadlineMs: number, nowMs: number): number;
  /** Floor seconds a real second, as of the last `now()`. 1 except in tests and simulations. */
  readonly speed: number;
}

/** Longest delay setTimeout understands; a longer wait wakes early, looks again and sleeps on. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export function createClock(db: Queryable): Clock {
  let speed = 1;
  return {
    async now() {
      const [row] = await db.query<{ now: number; speed: number }>(
        'SELECT floor_now() AS now, floor_speed() AS speed',
        [],
        'clock.now',
      );
      if (row === undefined) throw new Error('floor_now() gave no row');
      speed = row.speed;
      return row.now;
    },
    timerFor(deadlineMs, nowMs) {
      if (speed <= 0) return LONGEST_TIMER_MS; // a frozen clock reaches no deadline
      return Math.min(Math.max(Math.ceil((deadlineMs - nowMs) / speed), 0), LONGEST_TIMER_MS);
    },
    get speed() {
      return speed;
    },
  };
}

/** `2026-03-10T12:00:00.000Z` of epoch milliseconds: how a time is passed as a parameter. */
export function isoOf(epochMs: number): string {
  return new Date(epochMs).toISOString();
}
