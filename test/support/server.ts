/**
 * The real server for a test: its own database, its own port on this machine, the demo organization inside. Clients
 * reach it over TCP like anybody.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createAccess } from '../../src/access/access.js';
import { oauthRoutes } from '../../src/api/oauth/plugin.js';
import { processUsage } from '../../src/api/rest/api-usage.js';
import { restApi } from '../../src/api/rest/plugin.js';
import { soapRoutes } from '../../src/api/soap/plugin.js';
import { type Config, DEFAULT_DEMO_PASSWORD, readConfig } from '../../src/config.js';
import { OBJECTS } from '../../src/objects/registry.js';
import { prepareOrganization } from '../../src/prepare-organization.js';
import { createRecentViews } from '../../src/records/recent-views.js';
import { createHttp } from '../../src/server/http.js';
import { type Database, openDatabase } from '../../src/store/database.js';
import { migrate } from '../../src/store/migrate.js';
import { testDatabase } from './database.js';

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

interface RunningServer {
  readonly url: string;
  readonly db: Database;
  close(): Promise<void>;
}

async function startServer({
  config,
}: {
  config: Config;
  print: (line: string) => void;
}): Promise<RunningServer> {
  const db = await openDatabase({ url: config.databaseUrl ?? '' });
  await migrate(db, OBJECTS);
  await prepareOrganization(db, config);
  const access = await createAccess({ db, sessionSeconds: config.sessionSeconds });
  const recentViews = createRecentViews(db);
  const app = createHttp(config);
  let url = '';
  const publicUrl = () => url;
  await app.register(oauthRoutes({ db, access, publicUrl, anyClient: true }));
  await app.register(soapRoutes({ db, access, publicUrl, soapLogin: true } as never));
  await app.register(
    restApi({ db, publicUrl, authenticate: access.authenticate, usage: processUsage(), recentViews }),
  );
  await app.listen({ port: 0, host: '127.0.0.1' });
  url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  return {
    url,
    db,
    async close() {
      await app.close();
      await recentViews.close();
      await access.close();
      await db.close();
    },
  };
}

/** Starts a server on an ephemeral port; `settings` are environment variables. */
export async function startTestServer(settings: Readonly<Record<string, string>> = {}): Promise<TestServer> {
  const database = await testDatabase();
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
  let server: RunningServer;
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
