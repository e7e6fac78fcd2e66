/** `npm run demo`, as a newcomer runs it: it tells its story, prints the row, and ends well in time. */

import { spawn } from 'node:child_process';
import path from 'node:path';
import { expect, it } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '../..');

function run(env: Record<string, string> = {}): Promise<{ code: number | null; text: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--import', 'tsx', 'demo/run.ts'], {
      cwd: ROOT,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk;
    });
    child.stderr.on('data', (chunk: Buffer) => {
      text += chunk;
    });
    child.on('close', (code) => resolve({ code, text }));
  });
}

it('shows the main job and ends with the row that it left', async () => {
  const { code, text } = await run();
  expect(text).toContain('The row says exactly what happened');
  expect(text).toMatch(/ChatReqAssigned\s+│ 3\s+│\s+3/);
  expect(text).toMatch(/ChatReqEngaged\s+│ 2\s+│\s+2/);
  expect(text).toMatch(/ChatReqDeclined\s+│ 1\s+│\s+1/);
  expect(code).toBe(0);
}, 90_000);
