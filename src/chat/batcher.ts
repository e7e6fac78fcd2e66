/**
 * Gathers what arrives while a commit runs into the next one: one statement at a time, many callers a statement
 * (DECISIONS 4). Alone, a caller waits for nothing; under load, commits carry hundreds.
 */

export interface Batcher<I, O> {
  /** Resolves with the item's own result after the commit that carried it. */
  submit(item: I): Promise<O>;
  /** Resolves when nothing waits or runs any more. */
  idle(): Promise<void>;
}

/** `run` answers every item of a batch, in order, or rejects for the whole batch. */
export function createBatcher<I, O>(
  run: (items: readonly I[]) => Promise<readonly O[]>,
  maxItems: number,
): Batcher<I, O> {
  type Waiting = { item: I; resolve: (result: O) => void; reject: (error: unknown) => void };
  let waiting: Waiting[] = [];
  let running: Promise<void> | undefined;

  async function work(): Promise<void> {
    // What arrives in the same turn of the event loop shares the first commit, too.
    await Promise.resolve();
    while (waiting.length > 0) {
      const batch = waiting.slice(0, maxItems);
      waiting = waiting.slice(maxItems);
      try {
        const results = await run(batch.map(({ item }) => item));
        for (const [index, { resolve }] of batch.entries()) resolve(results[index] as O);
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    running = undefined;
  }

  return {
    submit: (item) =>
      new Promise((resolve, reject) => {
        waiting.push({ item, resolve, reject });
        running ??= work();
      }),
    async idle() {
      while (running) await running;
    },
  };
}
