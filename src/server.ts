/**
 * Puts the parts together; nothing else knows all of them. Order of a start: database, migrations, first data, demo,
 * protocols, listen. Order of a stop: no new work, flush what is held in memory, close the sockets, close the database.
 * Invariant: what was acknowledged is in the database before `close` resolves.
 */
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { type Access, createAccess } from './access/access.js';
import { type ApiUsage, createApiUsage } from './access/api-usage.js';
import { NEWEST_API_VERSION } from './access/sessions.js';
import { chatRest } from './api/chat-rest/plugin.js';
import { chatFiles } from './api/files/plugin.js';
import { createLiveServer, type LiveServer } from './api/live/server.js';
import { maySupervise } from './api/live/supervising.js';
import { oauthRoutes } from './api/oauth/plugin.js';
import { DAILY_API_REQUESTS } from './api/rest/api-usage.js';
import { restApi } from './api/rest/plugin.js';
import { soapRoutes } from './api/soap/plugin.js';
import type { SupervisedFloor } from './chat/board-views.js';
import { purgeChats } from './chat/purge-chats.js';
import { type Clock, createClock } from './clock.js';
import type { Config } from './config.js';
import { catchUpSearch } from './query/sosl/search-index.js';
import { startPurging } from './records/purge.js';
import { createRecentViews, type RecentViews } from './records/recent-views.js';
import { houseRoutes } from './server/house-routes.js';
import { closeHttp, createHttp, originOf } from './server/http.js';
import { natsHints } from './server/nats-hints.js';
import { openFloor } from './server/open-floor.js';
import { type House, openHouse } from './server/open-house.js';
import { packageVersion } from './server/package-version.js';
import { type ReachedDatabase, reachDatabase } from './server/reach-database.js';
import { repeat } from './server/repeat.js';
import { createUndo } from './server/undo.js';
import type { Database } from './store/database.js';

export interface ServerOptions {
  readonly config: Config;
  /** Writes a line for the operator, whatever the log level (how to sign in, where it listens). */
  readonly print: (line: string) => void;
  /** The HTTP server, when it is made already; its log is the server's log. */
  readonly app?: FastifyInstance;
  /** The database server, when it answers already; the server closes it. Default: as configured. */
  readonly reached?: ReachedDatabase;
}

export interface Server {
  /** Where clients reach it, without a slash at the end. */
  readonly url: string;
  readonly db: Database;
  /** Stops in good order; logins stay resumable. The second call waits for the first. */
  close(): Promise<void>;
}

/** How often the search index takes in what was written, and how much at a time (1,000 changes a batch). */
const SEARCH_CATCH_UP_MS = 1_000;
const SEARCH_BATCHES = 50;
/** How often what old chats left behind is looked for. */
const CHAT_PURGE_MS = 10 * 60_000;
/** How long `/readyz` waits for the database. */
const READY_TIMEOUT_MS = 2_000;

async function databaseAnswers(db: Database): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, READY_TIMEOUT_MS, false);
  });
  const asked = db.query('SELECT 1 AS one', [], 'server.ready').then(
    () => true,
    () => false,
  );
  return Promise.race([asked, late]).finally(() => clearTimeout(timer));
}

interface Protocols {
  readonly app: FastifyInstance;
  readonly house: House;
  readonly access: Access;
  readonly recentViews: RecentViews;
  readonly usage: ApiUsage;
  readonly floor: SupervisedFloor;
  readonly config: Config;
  /** Known for sure once the server listens; every absolute URL begins with it. */
  readonly publicUrl: () => string;
  readonly isDraining: () => boolean;
}

async function mountProtocols(parts: Protocols): Promise<void> {
  const { app, house, access, recentViews, usage, floor, config, publicUrl } = parts;
  const { db } = house;
  const { authenticate, catchUp } = access;
  await app.register(
    houseRoutes({
      publicUrl,
      version: packageVersion(),
      demo: config.demo,
      missing: async () => [
        ...(parts.isDraining() ? ['draining'] : []),
        ...((await databaseAnswers(db)) ? [] : ['database']),
      ],
    }),
  );
  await app.register(oauthRoutes({ db, access, publicUrl, anyClient: config.demo }));
  await app.register(soapRoutes({ db, access, publicUrl, usage, recentViews, soapLogin: config.soapLogin }));
  await app.register(
    restApi({
      db,
      publicUrl,
      authenticate,
      catchUp,
      usage,
      recentViews,
      bodyLimitBytes: config.bodyLimitBytes,
    }),
  );
  const { pollHoldMs, rateLimitFactor: rateFactor } = config;
  await app.register(
    chatFiles({ floor, authenticate: (token) => authenticate(token, NEWEST_API_VERSION), maySupervise }),
    { prefix: '/chat/files' },
  );
  await app.register(chatRest({ floor, pollHoldMs, publicUrl, rateFactor }), { prefix: '/chat/rest' });
}

/** Agents come in over WebSocket; any other upgrade is turned away. */
function mountLive(
  parts: Pick<Protocols, 'app' | 'access' | 'floor' | 'config'> & { clock: Clock },
): LiveServer {
  const { app, access, floor, clock, config } = parts;
  const live = createLiveServer({
    floor,
    authenticate: async (token) => {
      const caller = await access.authenticate(token, NEWEST_API_VERSION);
      return { userId: caller.userId, username: caller.username, maySupervise: maySupervise(caller) };
    },
    now: () => clock.now(),
    heartbeatMs: config.heartbeatMs,
    rateFactor: config.rateLimitFactor,
    allowedOrigins: config.publicUrl === undefined ? [] : [config.publicUrl],
    onFailure: (err, doing) => app.log.error({ err }, doing),
  });
  app.server.on('upgrade', (request, socket, head) => {
    if (!live.handleUpgrade(request, socket, head)) socket.destroy();
  });
  return live;
}

/**
 * Starts a server and resolves when it is ready for everything.
 * @throws EmbeddedError and errors of the database or the port; nothing is left running then.
 */
export async function startServer(options: ServerOptions): Promise<Server> {
  const { config, print } = options;
  const undo = createUndo();
  try {
    const app = options.app ?? createHttp(config);
    const { log } = app;
    const onFailure = (error: Error) => log.fatal({ err: error }, 'the database is lost');
    const reached = options.reached ?? (await reachDatabase({ config, log, role: 'server', onFailure }));
    const house = await openHouse({ config, log, reached });
    undo.add(() => house.close());
    const { db } = house;
    const access = await createAccess({
      db,
      sessionSeconds: config.sessionSeconds,
      onFlushError: (error) => log.warn({ err: error }, 'the last uses of sessions could not be written'),
    });
    undo.add(() => access.close());
    const recentViews = createRecentViews(db, (error) =>
      log.warn({ err: error }, 'what users looked at could not be written'),
    );
    undo.add(() => recentViews.close());
    const usage = await createApiUsage({
      db,
      limit: DAILY_API_REQUESTS,
      onFlushError: (error) => log.warn({ err: error }, 'the number of API calls could not be written'),
    });
    undo.add(() => usage.close());

    const clock = createClock(db);
    const search = repeat(
      () => catchUpSearch(db, SEARCH_BATCHES),
      SEARCH_CATCH_UP_MS,
      (error) => log.warn({ err: error }, 'the search index could not catch up'),
    );
    undo.add(() => search.stop());
    const purging = startPurging(
      db,
      (floorMs) => clock.timerFor(floorMs, 0),
      (error) => log.warn({ err: error }, 'what is due could not be purged'),
    );
    undo.add(() => purging.stop());
    const chatPurge = repeat(
      () => purgeChats(db, config.chatKeepDays),
      CHAT_PURGE_MS,
      (error) => log.warn({ err: error }, 'old chats could not be purged'),
    );
    undo.add(() => chatPurge.stop());
    const hints =
      config.natsUrl === undefined ? undefined : natsHints(config.natsUrl, house.organizationId, log);
    undo.add(async () => hints?.close());
    const floor = await openFloor({ house, access, clock, config, log, hints });
    undo.add(() => floor.stop());

    let draining = false;
    const tls = config.tls !== undefined;
    let url = config.publicUrl ?? originOf({ ...config, tls });
    await mountProtocols({
      app,
      house,
      access,
      recentViews,
      usage,
      floor,
      config,
      publicUrl: () => url,
      isDraining: () => draining,
    });
    undo.add(() => closeHttp(app));
    const live = mountLive({ app, access, floor, clock, config });
    undo.add(() => live.drain());
    // Held polls are answered first: app.close() waits for requests under way.
    undo.add(() => floor.drain());
    undo.add(async () => {
      draining = true;
    });

    await app.listen({ port: config.port, host: config.host });
    const { port } = app.server.address() as AddressInfo;
    url = config.publicUrl ?? originOf({ host: config.host, port, tls });
    for (const line of house.lines(url)) print(line);
    print(`Floorwalker ${packageVersion()} is ready at ${url}`);
    return { url, db, close: () => undo.run() };
  } catch (error) {
    await undo.run().catch(() => undefined); // why the start failed is what the operator must hear
    throw error;
  }
}
