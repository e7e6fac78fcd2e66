/**
 * Python's zeep, from Debian's python3-zeep, against our WSDLs: every call (zeep/calls.py). Where zeep is not
 * installed the test says so and is skipped; CI installs it.
 */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { OPERATIONS } from '../../src/api/soap/schema/operations.js';
import { DEMO_PASSWORD, DEMO_USERS } from '../support/server.js';
import { startWitnessedServer, type WitnessedServer } from '../support/soap-witness.js';

const run = promisify(execFile);

/** Debian's Python first: that is where its packages are. */
async function pythonWithZeep(): Promise<string | undefined> {
  for (const python of ['/usr/bin/python3', 'python3']) {
    try {
      await run(python, ['-c', 'import zeep']);
      return python;
    } catch {
      // not here
    }
  }
  return undefined;
}

const python = await pythonWithZeep();
if (python === undefined) {
  console.log(
    'zeep is not tested: python3 -c "import zeep" fails here (Debian: apt-get install python3-zeep)',
  );
}

describe.skipIf(python === undefined)('zeep', () => {
  let server: WitnessedServer;
  beforeAll(async () => {
    server = await startWitnessedServer();
  });
  afterAll(() => server?.close());

  test('runs every call from both WSDLs', async () => {
    const [agent] = await server.db.query<{ id: string }>('SELECT id FROM so_user WHERE username = $1', [
      DEMO_USERS.ana,
    ]);
    const script = path.join(import.meta.dirname, 'zeep', 'calls.py');
    const { stdout } = await run(python as string, [
      script,
      server.url,
      DEMO_USERS.admin,
      DEMO_PASSWORD,
      agent?.id ?? '',
    ]);
    expect(stdout).toContain('done');
    expect(server.wrong).toEqual([]);
    for (const api of ['partner', 'enterprise']) {
      for (const { name } of OPERATIONS) expect(server.seen).toContain(`${api} 64 ${name}`);
    }
  }, 60_000);
});
