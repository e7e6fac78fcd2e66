/** A server to ask about worlds: each generated world is put in place, and each of its users tried in turn. */
import fc from 'fast-check';
import { expect } from 'vitest';
import { createAccess } from '../../src/access/access.js';
import { grantSession } from '../../src/access/grants.js';
import { sharingProgress } from '../../src/access/sharing/jobs.js';
import { recalculateSharing } from '../../src/access/sharing/recalculation.js';
import { catchUpSearch } from '../../src/query/sosl/search-index.js';
import type { Database } from '../../src/store/database.js';
import { userId } from '../access/sharing/organization.js';
import { restCalls } from '../support/rest-calls.js';
import { startTestServer } from '../support/server.js';
import type { Reader, ReadPath } from './read-paths.js';
import { mayRead, sessionId, storeWorld, UNKNOWN_SESSION, type World, worlds } from './world.js';

const WORLDS = 10;
/** Making a failing world smaller must not take longer than a test may. */
const TIME_LIMIT_MS = 150_000;
const MOST_USERS = 8;

type Check = (world: World, user: number, reader: Reader) => Promise<void>;

export interface Matrix {
  readonly url: string;
  readonly db: Database;
  /** By user. */
  readonly tokens: readonly string[];
  /** Tries every user of so many worlds; a failure says which user. */
  forEachUser(check: Check, numRuns?: number): Promise<void>;
  close(): Promise<void>;
}

export async function startMatrix(): Promise<Matrix> {
  const server = await startTestServer();
  const { db } = server;
  const access = await createAccess({ db, sessionSeconds: 3600 });
  const organizationId = await access.organizationId();
  // Ids the server gives to new sessions must not be those of the worlds, which count from one too.
  await db.query("SELECT setval('so_live_agent_session_id_seq', 1000000)");
  const tokens = await Promise.all(
    Array.from({ length: MOST_USERS }, async (_, user) => {
      const request = { userId: userId(user), organizationId, clientId: null, withRefreshToken: false };
      return (await grantSession(db, request)).accessToken;
    }),
  );
  const readerOf = async (world: World, user: number): Promise<Reader> => {
    const caller = await access.callerFor(userId(user));
    return {
      rest: restCalls(server.url, tokens[user]),
      db,
      caller: caller ?? expect.fail('no such user'),
      sessions: world.sessions.map((_, session) => sessionId(session)),
      unknown: UNKNOWN_SESSION,
    };
  };
  return {
    url: server.url,
    db,
    tokens,
    forEachUser: (check, numRuns = WORLDS) =>
      fc.assert(
        fc.asyncProperty(worlds, async (world) => {
          await enter(db, world);
          for (const user of usersOf(world)) {
            await check(world, user, await readerOf(world, user)).catch((error: Error) => {
              error.message = `user ${user}: ${error.message}`;
              throw error;
            });
          }
        }),
        { numRuns, interruptAfterTimeLimit: TIME_LIMIT_MS },
      ),
    async close() {
      await access.close();
      await server.close();
    },
  };
}

/** Resolves when the world is in place and every server knows. */
async function enter(db: Database, world: World): Promise<void> {
  await storeWorld(db, world);
  await db.query(`INSERT INTO sharing_job (cause, requested_at) VALUES ('test', (SELECT floor_now()))`);
  await recalculateSharing(db);
  await until(async () => (await sharingProgress(db)).open === 0);
  await until(async () => {
    await catchUpSearch(db);
    const [reading] = await db.query<{ done: boolean | null }>(
      'SELECT bool_and(reading_after IS NULL) AS done FROM search_position',
    );
    return reading?.done === true;
  });
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** The ids a read path must tell a user about. */
export function expected(world: World, user: number, path: Pick<ReadPath, 'tells' | 'withShares'>): string[] {
  return world.sessions.flatMap(({ deleted, owner, shares }, session) => {
    const told = path.tells === 'both' || (path.tells === 'deleted') === deleted;
    const has = path.withShares !== true || 'user' in owner || shares.length > 0;
    return told && has && mayRead(world, user, session) ? [sessionId(session)] : [];
  });
}

const usersOf = ({ org }: World): number[] => org.users.map((_, user) => user);

export const liveSessions = ({ sessions }: World): number[] =>
  sessions.flatMap(({ deleted }, session) => (deleted ? [] : [session]));
