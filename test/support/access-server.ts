/** A fastify with the doors open (OAuth, SOAP) on a port of its own, over a fresh organization with the demo's users. */
import type { AddressInfo } from 'node:net';
import Fastify, { type FastifyInstance } from 'fastify';
import { type Access, createAccess } from '../../src/access/access.js';
import { oauthRoutes } from '../../src/api/oauth/plugin.js';
import { soapRoutes } from '../../src/api/soap/plugin.js';
import { type DemoOrg, seedDemoOrg } from '../../src/demo-org.js';
import { firstStart } from '../../src/first-start.js';
import { createRecentViews } from '../../src/records/recent-views.js';
import { type TestStore, testStore } from './store.js';
import './quick-passwords.js';

export const PASSWORD = 'correct horse battery';
export const ADMIN = 'admin@floorwalker.demo';
export const ANA = 'ana@floorwalker.demo';

export interface AccessServer {
  readonly store: TestStore;
  readonly access: Access;
  readonly demo: DemoOrg;
  readonly url: string;
  readonly app: FastifyInstance;
  close(): Promise<void>;
}

export interface AccessServerOptions {
  readonly sessionSeconds?: number;
  readonly soapLogin?: boolean;
  readonly anyClient?: boolean;
}

export async function accessServer(options: AccessServerOptions = {}): Promise<AccessServer> {
  const store = await testStore();
  const { db } = store;
  await firstStart(db, { adminUsername: ADMIN, adminPassword: PASSWORD });
  const demo = await seedDemoOrg(db, PASSWORD);
  const access = await createAccess({ db, sessionSeconds: options.sessionSeconds ?? 7200, cacheMs: 0 });
  const app = Fastify();
  let url = '';
  const publicUrl = () => url;
  await app.register(oauthRoutes({ db, access, publicUrl, anyClient: options.anyClient ?? false }));
  const recentViews = createRecentViews(db);
  const usage = { count: () => ({ used: 1, limit: 5_000_000 }) };
  await app.register(
    soapRoutes({ db, access, publicUrl, soapLogin: options.soapLogin ?? true, usage, recentViews }),
  );
  await app.listen({ port: 0, host: '127.0.0.1' });
  url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  return {
    store,
    access,
    demo,
    url,
    app,
    async close() {
      await app.close();
      await recentViews.close();
      await access.close();
      await store.close();
    },
  };
}
