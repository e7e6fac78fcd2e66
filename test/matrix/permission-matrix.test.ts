/**
 * Who may see and do what with sessions, through every call: profile x field permission x organization-wide default x
 * role x rule x group x manual share x call. The world and what follows from it are worked out in world.ts; here the
 * server is asked and must agree, for worlds nobody wrote (the seed of a failure is printed).
 */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Access, createAccess } from '../../src/access/access.js';
import { grantSession } from '../../src/access/grants.js';
import { sharingProgress } from '../../src/access/sharing/jobs.js';
import { recalculateSharing } from '../../src/access/sharing/recalculation.js';
import { catchUpSearch } from '../../src/query/sosl/search-index.js';
import { emptyRecycleBin } from '../../src/records/empty-recycle-bin.js';
import type { SaveResult } from '../../src/records/result.js';
import { undeleteRecords } from '../../src/records/undelete.js';
import type { Database } from '../../src/store/database.js';
import { userId } from '../access/sharing/organization.js';
import { queryPath, type RestCall, type RestReply, restCalls } from '../support/rest-calls.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { ANY, READ_PATHS, type Reader } from './read-paths.js';
import {
  levelOf,
  mayDelete,
  mayEdit,
  mayRead,
  mayReadObject,
  sessionId,
  storeSessions,
  storeWorld,
  UNKNOWN_SESSION,
  type World,
  worlds,
} from './world.js';

const WORLDS = 12;
const MOST_USERS = 8;

let server: TestServer;
let db: Database;
let access: Access;
let calls: RestCall[];

beforeAll(async () => {
  server = await startTestServer();
  db = server.db;
  access = await createAccess({ db, sessionSeconds: 3600 });
  const organizationId = await access.organizationId();
  calls = await Promise.all(
    Array.from({ length: MOST_USERS }, async (_, user) => {
      const request = { userId: userId(user), organizationId, clientId: null, withRefreshToken: false };
      return restCalls(server.url, (await grantSession(db, request)).accessToken);
    }),
  );
});
afterAll(async () => {
  await access.close();
  await server.close();
});

/** Resolves when the world is in place and every server knows. */
async function enter(world: World): Promise<void> {
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

async function readerOf(world: World, user: number): Promise<Reader> {
  const caller = await access.callerFor(userId(user));
  return {
    rest: calls[user] ?? expect.fail('no token'),
    db,
    caller: caller ?? expect.fail('no such user'),
    sessions: world.sessions.map((_, session) => sessionId(session)),
    unknown: UNKNOWN_SESSION,
  };
}

/** The ids a read path must tell a user about. */
function expected(world: World, user: number, path: (typeof READ_PATHS)[number]): string[] {
  return world.sessions.flatMap(({ deleted, owner, shares }, session) => {
    const told = path.tells === 'both' || (path.tells === 'deleted') === deleted;
    const has = path.withShares !== true || 'user' in owner || shares.length > 0;
    return told && has && mayRead(world, user, session) ? [sessionId(session)] : [];
  });
}

const usersOf = ({ org }: World): number[] => org.users.map((_, user) => user);
const liveSessions = ({ sessions }: World): number[] =>
  sessions.flatMap(({ deleted }, session) => (deleted ? [] : [session]));

/** Each user of a world, tried in turn; a failure says which. */
function forEachUser(check: (world: World, user: number, reader: Reader) => Promise<void>) {
  return fc.assert(
    fc.asyncProperty(worlds, async (world) => {
      await enter(world);
      for (const user of usersOf(world)) {
        await check(world, user, await readerOf(world, user)).catch((error: Error) => {
          error.message = `user ${user}: ${error.message}`;
          throw error;
        });
      }
    }),
    { numRuns: WORLDS },
  );
}

type Said = Pick<RestReply, 'status' | 'text'>;

/** What the caller of everything may do with a session; asked by anybody. */
const accessQuestion = (id: string): string =>
  `SELECT MaxAccessLevel, HasEditAccess, HasDeleteAccess FROM UserRecordAccess WHERE UserId = '${userId(0)}' AND RecordId = '${id}'`;

/** What an answer says, with the id it is about taken out. */
const said = ({ status, text }: Said, id: string): string =>
  `${status} ${text.replaceAll(id, '<id>').replaceAll(id.slice(0, 15), '<id>')}`;

describe('a session is told about to those who may see it, and to nobody else', () => {
  it('by every read path', async () => {
    await forEachUser(async (world, user, reader) => {
      for (const path of READ_PATHS) {
        const told = [...new Set(await path.read(reader))].sort();
        const wanted = expected(world, user, path);
        if (told.includes(ANY)) {
          expect((await path.read(reader)).length, path.name).toBe(wanted.length);
        } else expect(told, path.name).toEqual([...wanted].sort());
      }
    });
  }, 300_000);
});

describe('a hidden session answers as one that never was', () => {
  it('to every call on one row', async () => {
    await forEachUser(async (world, user, { rest, caller }) => {
      const result = async (results: Promise<readonly SaveResult[]>): Promise<Said> => ({
        status: 0,
        text: JSON.stringify(await results),
      });
      const path = (id: string) => `/v60.0/sobjects/LiveAgentSession/${id}`;
      const attempts: [string, (id: string) => Promise<Said>][] = [
        ['GET', (id) => rest('GET', path(id))],
        ['PATCH', (id) => rest('PATCH', path(id), { body: { LogoutTime: '2026-01-01T00:00:00Z' } })],
        ['DELETE', (id) => rest('DELETE', path(id))],
        ['undelete', (id) => result(undeleteRecords(db, caller, [id]))],
        ['emptyRecycleBin', (id) => result(emptyRecycleBin(db, caller, [id]))],
        ['row by id and parent', (id) => rest('GET', `${path(id)}/Agent`)],
        ['UserRecordAccess', (id) => rest('GET', queryPath(accessQuestion(id)))],
        ['share', (id) => rest('POST', '/v60.0/sobjects/LiveAgentSessionShare', { body: aShare(id) })],
      ];
      const hidden = world.sessions.flatMap((_, session) =>
        mayRead(world, user, session) ? [] : [sessionId(session)],
      );
      for (const [name, attempt] of attempts) {
        const never = said(await attempt(UNKNOWN_SESSION), UNKNOWN_SESSION);
        for (const id of hidden) expect(said(await attempt(id), id), name).toBe(never);
      }
    });
  }, 300_000);
});

const aShare = (ParentId: string) => ({ ParentId, UserOrGroupId: userId(1), AccessLevel: 'Edit' });

describe('a session is changed by those who may, and by nobody else', () => {
  it('by update', async () => {
    await forEachUser(async (world, user, { rest }) => {
      for (const session of liveSessions(world)) {
        const reply = await rest('PATCH', `/v60.0/sobjects/LiveAgentSession/${sessionId(session)}`, {
          body: { LogoutTime: '2026-01-01T00:00:00Z' },
        });
        expect(reply.status === 204, reply.text).toBe(mayEdit(world, user, session));
      }
      await storeSessions(db, world.sessions);
    });
  }, 300_000);

  it('by delete', async () => {
    await forEachUser(async (world, user, { rest }) => {
      for (const session of liveSessions(world)) {
        const reply = await rest('DELETE', `/v60.0/sobjects/LiveAgentSession/${sessionId(session)}`);
        expect(reply.status === 204, reply.text).toBe(mayDelete(world, user, session));
      }
      await storeSessions(db, world.sessions);
    });
  }, 300_000);

  it('as UserRecordAccess says', async () => {
    await forEachUser(async (world, user, { rest, sessions }) => {
      const soql = `SELECT RecordId, HasReadAccess, HasEditAccess, HasDeleteAccess FROM UserRecordAccess WHERE UserId = '${userId(user)}' AND RecordId IN (${sessions.map((id) => `'${id}'`).join(', ')})`;
      const { body } = await rest('GET', queryPath(soql));
      const told = new Map(
        (body.records as Record<string, unknown>[]).map(({ RecordId, ...rights }) => [RecordId, rights]),
      );
      // sharing alone; who cannot read the object learns nothing about its rows
      const asks = mayReadObject(world, user);
      for (const session of liveSessions(world)) {
        expect(told.get(sessionId(session)), sessionId(session)).toMatchObject({
          HasReadAccess: mayRead(world, user, session),
          HasEditAccess: asks && levelOf(world, user, session) >= 2,
          HasDeleteAccess: asks && levelOf(world, user, session) >= 3,
        });
      }
    });
  }, 300_000);

  it('by undelete', async () => {
    await forEachUser(async (world, user, { caller }) => {
      for (const [session, { deleted }] of world.sessions.entries()) {
        if (!deleted) continue;
        const [result] = await undeleteRecords(db, caller, [sessionId(session)]);
        expect(result?.success, JSON.stringify(result)).toBe(mayDelete(world, user, session));
      }
      await storeSessions(db, world.sessions);
    });
  }, 300_000);

  it('by sharing it', async () => {
    await forEachUser(async (world, user, { rest }) => {
      for (const session of liveSessions(world)) {
        const reply = await rest('POST', '/v60.0/sobjects/LiveAgentSessionShare', {
          body: aShare(sessionId(session)),
        });
        const may =
          mayReadObject(world, user) && levelOf(world, user, session) === 3 && world.model !== 'ReadWrite';
        expect(reply.status === 201, reply.text).toBe(may);
      }
      await storeSessions(db, world.sessions);
    });
  }, 300_000);
});

describe('a hidden field is told to nobody', () => {
  it('and a read-only one is changed by nobody', async () => {
    await forEachUser(async (world, user, { rest }) => {
      if (!mayReadObject(world, user)) return;
      const field = world.fields[user];
      const hides = field === 'hidden';
      const describeReply = await rest('GET', '/v60.0/sobjects/LiveAgentSession/describe');
      const names = (describeReply.body.fields as { name: string }[]).map(({ name }) => name);
      expect(names.includes('TimeIdle')).toBe(!hides);
      for (const soql of [
        'SELECT TimeIdle FROM LiveAgentSession',
        'SELECT Id FROM LiveAgentSession WHERE TimeIdle > 0',
        'SELECT Id FROM LiveAgentSession ORDER BY TimeIdle',
        'SELECT MAX(TimeIdle) FROM LiveAgentSession',
        'SELECT Id FROM LiveAgentSession GROUP BY Id HAVING MAX(TimeIdle) > 0',
        'SELECT LiveAgentSession.TimeIdle FROM LiveAgentSessionHistory',
        'SELECT Id FROM LiveAgentSessionShare WHERE Parent.TimeIdle > 0',
      ]) {
        const reply = await rest('GET', queryPath(soql));
        expect(reply.status, `${soql}: ${reply.text}`).toBe(hides ? 400 : 200);
        if (hides)
          expect(reply.body[0].message).toMatch(/No such column '(?:Parent\.|LiveAgentSession\.)?TimeIdle'/);
      }
      const seen = liveSessions(world).find((session) => mayEdit(world, user, session));
      if (seen === undefined) return;
      const row = `/v60.0/sobjects/LiveAgentSession/${sessionId(seen)}`;
      expect('TimeIdle' in (await rest('GET', row)).body).toBe(!hides);
      const change = await rest('PATCH', row, { body: { TimeIdle: 1 } });
      expect(change.status === 204, change.text).toBe(field === 'editable');
      if (field !== 'editable') expect(change.body[0].errorCode).toBe('INVALID_FIELD_FOR_INSERT_UPDATE');
    });
  }, 300_000);
});
