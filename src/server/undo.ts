/**
 * What must be undone at the end, last thing first. Each step runs even when another failed, because a socket that
 * does not close is no reason to leave the database running.
 */
export interface Undo {
  add(step: () => Promise<void>): void;
  /** Runs every step once; a second call waits for the first. Rejects with the first error, after all steps. */
  run(): Promise<void>;
}

export function createUndo(): Undo {
  const steps: (() => Promise<void>)[] = [];
  let running: Promise<void> | undefined;

  async function runAll(): Promise<void> {
    const errors: unknown[] = [];
    for (const step of steps.reverse()) {
      try {
        await step();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
  }

  return {
    add: (step) => void steps.push(step),
    run: () => {
      running ??= runAll();
      return running;
    },
  };
}
