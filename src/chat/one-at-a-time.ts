/**
 * This process's units of work queue here, so that one connection at most waits for the floor lock: the lock would
 * serialise them anyway, and the rest of the pool stays free for lines, polls and records.
 */
export interface OneAtATime {
  run<T>(work: () => Promise<T>): Promise<T>;
  /** Resolves when nothing waits or runs any more. */
  idle(): Promise<void>;
}

export function createOneAtATime(): OneAtATime {
  let last: Promise<unknown> = Promise.resolve();
  return {
    run(work) {
      const result = last.then(work);
      last = result.catch(() => undefined);
      return result;
    },
    async idle() {
      for (let seen: unknown; seen !== last; ) {
        seen = last;
        await last;
      }
    },
  };
}
