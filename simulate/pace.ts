/**
 * The floor's time as the simulated people live in it. The database's clock may run `speed` times as fast as the real
 * one; whoever waits three seconds here waits for three of the floor's.
 */
import { setTimeout as wait } from 'node:timers/promises';
import type { Queryable } from '../src/store/database.js';

export interface Pace {
  /** Floor seconds a real second. */
  readonly speed: number;
  /** What the floor's clock says now, epoch ms; off by less than a round trip to the database times the speed. */
  now(): number;
  /** Real milliseconds of so many of the floor's. */
  real(floorMs: number): number;
  /** Resolves after so many milliseconds of the floor, or at once when the signal is given. Never rejects. */
  sleep(floorMs: number, signal?: AbortSignal): Promise<void>;
}

export async function createPace(db: Queryable): Promise<Pace> {
  const asked = performance.now();
  const [row] = await db.query<{ now: number; speed: number }>(
    'SELECT floor_now() AS now, floor_speed() AS speed',
  );
  if (row === undefined) throw new Error('floor_now() gave no row');
  const { now, speed } = row;
  // the answer was made about half-way between question and now
  const mark = (asked + performance.now()) / 2;
  return {
    speed,
    now: () => now + (performance.now() - mark) * speed,
    real: (floorMs) => floorMs / speed,
    async sleep(floorMs, signal) {
      await wait(Math.max(0, floorMs / speed), undefined, signal ? { signal } : {}).catch(() => undefined);
    },
  };
}
