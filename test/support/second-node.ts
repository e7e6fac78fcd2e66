/** Another server on the same database, as a process of its own: it shares nothing with the test but the rows. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const CLI = fileURLToPath(new URL('../../src/cli.ts', import.meta.url));

export interface SecondNode {
  readonly url: string;
  close(): Promise<void>;
}

/** Resolves when it serves. */
export async function startSecondNode(databaseUrl: string): Promise<SecondNode> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'floorwalker-second-'));
  const child = spawn(process.execPath, ['--import', 'tsx', CLI, 'start'], {
    env: {
      PATH: process.env.PATH ?? '',
      LOG_LEVEL: 'silent',
      DEMO: '1',
      PORT: '0',
      DATABASE_URL: databaseUrl,
      DATA_DIR: dataDir,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  let url: string | undefined;
  while (url === undefined) {
    url = /is ready at (\S+)/.exec(output)?.[1];
    if (child.exitCode !== null) throw new Error(`the second server ended with ${child.exitCode}: ${output}`);
    await sleep(20);
  }
  return {
    url,
    async close() {
      if (child.exitCode === null) {
        child.kill('SIGTERM');
        await once(child, 'exit');
      }
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
