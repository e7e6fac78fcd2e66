/** The client runs in a browser: bundled, it asks for nothing of Node's, and stays small enough to ship. */

import path from 'node:path';
import { build, type Rollup } from 'vite';
import { expect, it } from 'vitest';

it('bundles for a browser, without anything of Node', async () => {
  const outputs = await build({
    configFile: false,
    logLevel: 'silent',
    build: {
      write: false,
      minify: true,
      lib: { entry: path.resolve(import.meta.dirname, '../../src/live-client/client.ts'), formats: ['es'] },
    },
  });
  const [output] = outputs as Rollup.RollupOutput[];
  const [chunk] = output?.output ?? [];
  expect(chunk?.imports).toEqual([]);
  expect(chunk?.code).toContain('resume');
  expect(chunk?.code).not.toMatch(/node:|\brequire\(/);
  // zod is most of it.
  expect(chunk?.code.length).toBeLessThan(600_000);
});
