/**
 * The whole server as a process of its own, for the fault tests to kill and start again: built, on an embedded
 * PostgreSQL, with the demo organization and short times.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { DEFAULT_DEMO_PASSWORD } from '../../src/config.js';
import type { ChatIds } from './raw-visitor.js';

const BUILD = fileURLToPath(new URL('../../scripts/build.mjs', import.meta.url));
const CLI = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

/** Makes dist/ the sources as they are now. */
export function buildOnce(): void {
  execFileSync(process.execPath, [BUILD]);
}

/** A port nobody listens on: clients reconnect to the address they know, so a restart needs the same one. */
async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** The demo organization's ids, from what a start printed. */
export function idsIn(printed: string): ChatIds {
  const idOf = (what: string) => new RegExp(`${what} id\\s+(\\w{18})`).exec(printed)?.[1] ?? '';
  return { organizationId: idOf('organization'), deploymentId: idOf('deployment'), buttonId: idOf('button') };
}

export interface ServerProcess {
  readonly url: string;
  pid(): number;
  /** What the last start printed. */
  printed(): string;
  start(): Promise<void>;
  /** kill -9: not a word to anybody. */
  kill(): Promise<void>;
  /** SIGTERM, and wait for the end; its exit code. */
  terminate(): Promise<number | null>;
  /** An access token of a demo user. */
  token(name: string): Promise<string>;
  /** Rows of a SOQL query, asked as the demo's administrator. */
  query<R>(soql: string): Promise<R[]>;
}

export async function serverProcess(
  dataDir: string,
  settings: Record<string, string>,
): Promise<ServerProcess> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  let child: ChildProcess | undefined;
  let output = '';

  async function start(): Promise<void> {
    output = '';
    const started = spawn(process.execPath, [CLI, 'start'], {
      env: {
        PATH: process.env.PATH ?? '',
        LOG_LEVEL: 'silent',
        DEMO: '1',
        DATA_DIR: dataDir,
        PORT: String(port),
        ...settings,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    child = started;
    started.stdout.on('data', (chunk) => {
      output += chunk;
    });
    while (!output.includes('is ready at')) {
      if (started.exitCode !== null) throw new Error(`the server ended with ${started.exitCode}: ${output}`);
      await sleep(20);
    }
  }

  async function end(signal: NodeJS.Signals): Promise<number | null> {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null)
      return child?.exitCode ?? null;
    child.kill(signal);
    const [code] = (await once(child, 'exit')) as [number | null];
    return code;
  }

  async function token(name: string): Promise<string> {
    const body = new URLSearchParams({
      grant_type: 'password',
      client_id: 'PlatformCLI',
      username: `${name}@floorwalker.demo`,
      password: DEFAULT_DEMO_PASSWORD,
    });
    const answer = await fetch(`${url}/services/oauth2/token`, { method: 'POST', body });
    return ((await answer.json()) as { access_token: string }).access_token;
  }

  await start();
  return {
    url,
    pid: () => child?.pid ?? 0,
    printed: () => output,
    start,
    kill: async () => void (await end('SIGKILL')),
    terminate: () => end('SIGTERM'),
    token,
    async query<R>(soql: string) {
      const answer = await fetch(`${url}/services/data/v60.0/query?q=${encodeURIComponent(soql)}`, {
        headers: { authorization: `Bearer ${await token('admin')}` },
      });
      const body = (await answer.json()) as { records?: R[] };
      if (body.records === undefined) throw new Error(JSON.stringify(body));
      return body.records;
    },
  };
}
