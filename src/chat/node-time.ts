/**
 * The floor's clock between two questions to the database: an anchor and the monotonic clock. Good for timers and
 * nothing else; what is stored takes its time from `floor_now()` in its own transaction (DECISIONS 1).
 */
import type { Clock } from '../clock.js';

export interface NodeTime {
  /** Remembers a `floor_now()` just read. */
  anchor(now: number): void;
  /** About what `floor_now()` would say. */
  estimate(): number;
  /** Real milliseconds until a deadline, seen from here. */
  timerFor(deadline: number): number;
  /** How long ago, on the floor's clock, `performance.now()` said `mark`. */
  since(mark: number): number;
}

export function createNodeTime(clock: Clock): NodeTime {
  let anchorAt = 0;
  let anchorMark = performance.now();
  const estimate = () => anchorAt + (performance.now() - anchorMark) * clock.speed;
  return {
    anchor(now) {
      anchorAt = now;
      anchorMark = performance.now();
    },
    estimate,
    timerFor: (deadline) => clock.timerFor(deadline, estimate()),
    since: (mark) => Math.max(0, performance.now() - mark) * clock.speed,
  };
}
