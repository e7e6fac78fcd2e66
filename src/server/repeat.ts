/** Work a server does again and again beside its requests: one run at a time, a failure is told and tried again. */

export interface Repeating {
  /** Resolves when the run under way, if any, is over. */
  stop(): Promise<void>;
}

/** Runs `work` every `everyMs` (real milliseconds between runs); at once again when it says there is more to do. */
export function repeat(
  work: () => Promise<boolean>,
  everyMs: number,
  onError: (error: unknown) => void,
): Repeating {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();

  async function run(): Promise<void> {
    let more = false;
    try {
      more = await work();
    } catch (error) {
      onError(error);
    }
    next(more ? 0 : everyMs);
  }

  function next(delayMs: number): void {
    if (stopped) return;
    timer = setTimeout(() => {
      running = run();
    }, delayMs);
    timer.unref();
  }

  next(everyMs);
  return {
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
