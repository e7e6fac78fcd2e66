/** Every test runs against one real PostgreSQL, started once per run; each test file makes its own database on it. */
import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/postgres-server.ts'],
    // A password's real cost is 0.2 s of CPU a log-in; test/access/passwords.test.ts sets it back.
    setupFiles: ['test/support/quick-passwords.ts'],
    // Most tests wait for PostgreSQL or for a timer: leave no core to one worker alone.
    maxWorkers: Math.max(2, availableParallelism()),
    testTimeout: 60_000,
    hookTimeout: 120_000,
    teardownTimeout: 30_000,
  },
});
