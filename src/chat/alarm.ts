/**
 * A part of the clockwork that wakes itself: when its work says so, and earlier when it is told of an earlier time. What
 * is told while it works is not lost: it works again.
 */
import type { NodeTime } from './node-time.js';

export interface Alarm {
  /** Works now, or joins the work under way; resolves when it is done. */
  ring(): Promise<void>;
  /** It must not sleep past this time of the floor's clock. */
  set(dueAt: number): void;
  stop(): void;
}

/** `work` gives when it wants to be done next, and never rejects through the alarm: `guarded` takes its failures. */
export function createAlarm(
  time: NodeTime,
  work: () => Promise<number | undefined>,
  guarded: (work: () => Promise<void>) => () => Promise<void>,
): Alarm {
  let timer: NodeJS.Timeout | undefined;
  let sleepsUntil = Number.POSITIVE_INFINITY;
  let rung = 0;
  let stopped = false;

  const ring = guarded(async () => {
    for (;;) {
      const heard = rung;
      const next = await work();
      // A time that came meanwhile was set after the look for it: look again.
      if (heard !== rung && !stopped) continue;
      if (next !== undefined) set(next);
      return;
    }
  });
  function set(dueAt: number): void {
    if (stopped || dueAt >= sleepsUntil) return;
    sleepsUntil = dueAt;
    clearTimeout(timer);
    timer = setTimeout(() => {
      sleepsUntil = Number.POSITIVE_INFINITY;
      rung += 1;
      void ring();
    }, time.timerFor(dueAt));
  }
  return {
    ring,
    set,
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
