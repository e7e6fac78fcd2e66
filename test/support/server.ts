/**
 * The real server for a test: its own database, its own port on this machine, the demo organization inside. Clients
 * reach it over TCP like anybody.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DEFAULT_DEMO_PASSWORD, readConfig } from '../../src/config.js';
import { type Server, startServer } from '../../src/server.js';
import type { Database } from '../../src/store/database.js';
import { migratedTestDatabase } from './database.js';

/** The users of the demo organization; all have the same password. */
export const DEMO_USERS = {
  admin: 'admin@floorwalker.demo',
  supervisor: 'supervisor@floorwalker.demo',
  ana: 'ana@floorwalker.demo',
  ben: 'ben@floorwalker.demo',
} as const;

export const DEMO_PASSWORD = DEFAULT_DEMO_PASSWORD;

export interface TestServer {
  readonly url: string;
  readonly db: Database;
  readonly databaseUrl: string;
  /** What the server printed for its operator. */
  readonly printed: readonly string[];
  /** An access token by the OAuth password grant. */
  signIn(username: string): Promise<string>;
  close(): Promise<void>;
}

/** Starts a server on an ephemeral port; `settings` are environment variables. */
export async function startTestServer(settings: Readonly<Record<string, string>> = {}): Promise<TestServer> {
  const database = await migratedTestDatabase();
  const dataDir = await mkdtemp(path.join(tmpdir(), 'floorwalker-server-'));
  const printed: string[] = [];
  const config = readConfig({
    PORT: '0',
    DEMO: '1',
    LOG_LEVEL: 'silent',
    DATABASE_URL: database.url,
    DATA_DIR: dataDir,
    ...settings,
  });
  const dispose = async () => {
    await database.drop();
    await rm(dataDir, { recursive: true, force: true });
  };
  let server: Server;
  try {
    server = await startServer({ config, print: (line) => printed.push(line) });
  } catch (error) {
    await dispose();
    throw error;
  }
  return {
    url: server.url,
    db: server.db,
    databaseUrl: database.url,
    printed,
    signIn: (username) => passwordGrant(server.url, username),
    async close() {
      await server.close();
      await dispose();
    },
  };
}

async function passwordGrant(url: string, username: string): Promise<string> {
  const response = await fetch(`${url}/services/oauth2/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'password',
      client_id: 'test-client',
      client_secret: 'test-secret',
      username,
      password: DEMO_PASSWORD,
    }),
  });
  const answer = (await response.json()) as { access_token?: string };
  if (answer.access_token === undefined)
    throw new Error(`no token for ${username}: ${JSON.stringify(answer)}`);
  return answer.access_token;
}
