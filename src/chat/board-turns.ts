/**
 * A look taken again and again while somebody wants it. Invariant: looks never overlap, at most a fifth of the time goes
 * into them, and whoever asks for one gets one that began after the question.
 */
export interface Turns {
  /** Begins to look every `every_ms` of real time. */
  start(): void;
  stop(): void;
  /** Resolves after a look that begins from now on; rejects with its error. */
  fresh(): Promise<void>;
}

/** `look` failing is told and tried again at the next turn. */
export function createTurns(
  every_ms: number,
  look: () => Promise<void>,
  onError: (error: unknown) => void,
): Turns {
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let isOn = false;

  function run(): Promise<void> {
    clearTimeout(timer);
    const began = performance.now();
    const done = look().finally(() => {
      running = undefined;
      schedule(Math.max(every_ms, 4 * (performance.now() - began)));
    });
    running = done;
    return done;
  }

  function schedule(delay_ms: number): void {
    clearTimeout(timer);
    if (!isOn || next !== undefined) return;
    timer = setTimeout(() => {
      if (running === undefined) run().catch(onError);
    }, delay_ms).unref();
  }

  return {
    start() {
      if (isOn) return;
      isOn = true;
      if (running === undefined) schedule(every_ms);
    },
    stop() {
      isOn = false;
      clearTimeout(timer);
    },
    fresh() {
      if (running === undefined) return run();
      next ??= running
        .catch(() => undefined) // the error of that look is not ours
        .then(() => {
          next = undefined;
          return run();
        });
      return next;
    },
  };
}
