/**
 * Who may see and do what with sessions, through every call: profile x field permission x organization-wide default x
 * role x rule x group x manual share x call. The world and what follows from it are worked out in world.ts; here the
 * server is asked and must agree, for worlds nobody wrote (the seed of a failure is printed).
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { emptyRecycleBin } from '../../src/records/empty-recycle-bin.js';
import type { SaveResult } from '../../src/records/result.js';
import { undeleteRecords } from '../../src/records/undelete.js';
import type { Database } from '../../src/store/database.js';
import { userId } from '../access/sharing/organization.js';
import { queryPath, type RestReply } from '../support/rest-calls.js';
import { expected, liveSessions, type Matrix, startMatrix } from './matrix.js';
import { ANY, READ_PATHS } from './read-paths.js';
import {
  levelOf,
  mayDelete,
  mayEdit,
  mayRead,
  mayReadObject,
  sessionId,
  storeSessions,
  UNKNOWN_SESSION,
} from './world.js';

let matrix: Matrix;
let db: Database;

beforeAll(async () => {
  matrix = await startMatrix();
  db = matrix.db;
});
afterAll(() => matrix.close());

const forEachUser: Matrix['forEachUser'] = (check) => matrix.forEachUser(check);

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
        'SELECT AgentId, SUM(TimeIdle) FROM LiveAgentSession GROUP BY AgentId',
        'SELECT Id FROM User WHERE Id IN (SELECT AgentId FROM LiveAgentSession WHERE TimeIdle > 0)',
        'SELECT Id, (SELECT Id FROM Histories ORDER BY LiveAgentSession.TimeIdle) FROM LiveAgentSession',
        'SELECT LiveAgentSession.TimeIdle FROM LiveAgentSessionHistory',
        'SELECT Id FROM LiveAgentSessionShare WHERE Parent.TimeIdle > 0',
      ]) {
        const reply = await rest('GET', queryPath(soql));
        expect(reply.status, `${soql}: ${reply.text}`).toBe(hides ? 400 : 200);
        if (hides)
          expect(reply.body[0].message).toMatch(/No such column '(?:Parent\.|LiveAgentSession\.)?TimeIdle'/);
      }
      const sosl = 'FIND {Session*} RETURNING LiveAgentSession(Id ORDER BY TimeIdle)';
      const found = await rest('GET', `/v60.0/search?q=${encodeURIComponent(sosl)}`);
      expect(found.status, found.text).toBe(hides ? 400 : 200);
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
