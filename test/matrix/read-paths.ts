/**
 * Every way to learn that a session exists, one line each: a name, and the ids of the sessions an answer told about.
 * A feature that reads sessions joins the matrix by adding its line.
 */
import type { Caller } from '../../src/access/caller.js';
import { findObject } from '../../src/objects/registry.js';
import { parameterizedSearch } from '../../src/query/sosl/parameterized.js';
import { search } from '../../src/query/sosl/search.js';
import { getDeleted } from '../../src/records/get-deleted.js';
import { getUpdated } from '../../src/records/get-updated.js';
import type { Database } from '../../src/store/database.js';
import { queryPath, type RestCall } from '../support/rest-calls.js';
import { agentId } from './world.js';

/** What a read path may use: the server as one user reaches it, and that user as the engine knows them. */
export interface Reader {
  readonly rest: RestCall;
  readonly db: Database;
  readonly caller: Caller;
  /** Ids of all sessions there are, and one there is not. */
  readonly sessions: readonly string[];
  readonly unknown: string;
}

export interface ReadPath {
  readonly name: string;
  /** Whether sessions in the Recycle Bin are told about, alone or too. */
  readonly tells: 'live' | 'deleted' | 'both';
  /** Only sessions that have share rows are told about: those of users, and those shared by hand. */
  readonly withShares?: true;
  /** Asks SOQL and nothing else, and so can ask through any door. */
  readonly asks?: 'soql';
  /** Ids of the sessions told about, in any order. A refused call tells about none. */
  readonly read: (reader: Reader) => Promise<readonly string[]>;
}

type Json = Record<string, unknown>;

/** One SOQL statement; `told` picks the ids out of a record. */
function soql(
  name: string,
  statement: string | ((reader: Reader) => string),
  told: (record: Json) => unknown = (record) => record.Id,
  resource = 'query',
): ReadPath {
  return {
    name,
    tells: resource === 'queryAll' ? 'both' : 'live',
    asks: 'soql',
    async read(reader) {
      const text = typeof statement === 'string' ? statement : statement(reader);
      const reply = await reader.rest('GET', queryPath(text, '60.0', resource));
      if (reply.status === 200) return (reply.body.records as Json[]).flatMap(told).map(String);
      // an object the caller cannot read is no object; anything else is a mistake of the path
      if (reply.body[0].errorCode !== 'INVALID_TYPE') throw new Error(`${text}: ${reply.text}`);
      return [];
    },
  };
}

const ofShares = (...path: Parameters<typeof soql>): ReadPath => ({ ...soql(...path), withShares: true });

/** A statement about users, who by being found, or not, tell of the sessions they are the agents of. */
function ofAgents(name: string, statement: string, found = true): ReadPath {
  return {
    name,
    tells: 'live',
    asks: 'soql',
    async read({ rest, sessions }) {
      const { status, body } = await rest('GET', queryPath(statement));
      if (status !== 200) return [];
      const agents = new Set((body.records as Json[]).map(({ Id }) => Id));
      return sessions.filter((_, n) => agents.has(agentId(n)) === found);
    },
  };
}

/** A statement that only counts: told as that many ids of sessions nobody can name. */
function counted(name: string, statement: string, count: (body: Json) => number): ReadPath {
  return {
    name,
    tells: 'live',
    asks: 'soql',
    async read({ rest }) {
      const { status, body } = await rest('GET', queryPath(statement));
      return Array.from({ length: status === 200 ? count(body as Json) : 0 }, () => ANY);
    },
  };
}

/** Stands for a session that was told about without its name. */
export const ANY = 'a session';

/** One of the two resources of replication. */
function replicated(
  name: string,
  tells: ReadPath['tells'],
  told: (body: Json) => readonly string[],
): ReadPath {
  return {
    name,
    tells,
    async read({ rest, db }) {
      const now = await floorNow(db);
      const at = (ms: number) => encodeURIComponent(new Date(ms).toISOString());
      const window = `start=${at(now - 10 * MINUTE)}&end=${at(now + MINUTE)}`;
      const { status, body } = await rest('GET', `/v60.0/sobjects/LiveAgentSession/${name}/?${window}`);
      return status === 200 ? told(body) : [];
    },
  };
}

async function floorNow(db: Database): Promise<number> {
  const [row] = await db.query<{ now: number }>('SELECT floor_now() AS now');
  return row?.now ?? 0;
}

/** A SOSL statement that returns ids of sessions. */
function sosl(name: string, statement: string): ReadPath {
  return {
    name,
    tells: 'live',
    read: (reader) =>
      engine(reader, async () =>
        found(await search(reader.db, reader.caller, statement, { base: '/services/data/v60.0' })),
      ),
  };
}

const list = (ids: readonly string[]): string => ids.map((id) => `'${id}'`).join(', ');
const sum = (body: Json): number =>
  (body.records as Json[]).reduce((total, record) => total + Number(record.n), 0);
const MINUTE = 60_000;

async function eachId(ids: readonly string[], tells: (id: string) => Promise<boolean>): Promise<string[]> {
  const told: string[] = [];
  for (const id of ids) if (await tells(id)) told.push(id);
  return told;
}

export const READ_PATHS: readonly ReadPath[] = [
  soql('query', 'SELECT Id FROM LiveAgentSession'),
  soql('query, ordered by an index', 'SELECT Id FROM LiveAgentSession ORDER BY LoginTime DESC LIMIT 200'),
  soql(
    'query, ordered by a parent',
    'SELECT Id FROM LiveAgentSession ORDER BY Owner.Name NULLS LAST, Name DESC',
  ),
  soql('query, offset', 'SELECT Id FROM LiveAgentSession ORDER BY Name LIMIT 200 OFFSET 0'),
  soql(
    'query, filtered by id',
    ({ sessions }) => `SELECT Id FROM LiveAgentSession WHERE Id IN (${list(sessions)})`,
  ),
  soql(
    'query, or',
    `SELECT Id FROM LiveAgentSession WHERE Name LIKE 'Session%' OR LoginTime > 2000-01-01T00:00:00Z`,
  ),
  soql('query, not', `SELECT Id FROM LiveAgentSession WHERE (NOT Name = 'none')`),
  soql('query, scope', 'SELECT Id FROM LiveAgentSession USING SCOPE everything'),
  soql('query, scoping rule', 'SELECT Id FROM LiveAgentSession USING SCOPE scopingRule'),
  soql(
    'TYPEOF',
    'SELECT Id, TYPEOF Owner WHEN User THEN Username WHEN Group THEN DeveloperName ELSE Name END FROM LiveAgentSession',
  ),
  soql('queryAll', 'SELECT Id FROM LiveAgentSession', undefined, 'queryAll'),
  counted('COUNT()', 'SELECT COUNT() FROM LiveAgentSession', (body) => Number(body.totalSize)),
  counted('GROUP BY', 'SELECT OwnerId, COUNT(Id) n FROM LiveAgentSession GROUP BY OwnerId', sum),
  counted('COUNT_DISTINCT', 'SELECT COUNT_DISTINCT(Name) n FROM LiveAgentSession', sum),
  soql(
    'histories',
    'SELECT LiveAgentSessionId FROM LiveAgentSessionHistory',
    (one) => one.LiveAgentSessionId,
  ),
  soql(
    'parent of a history',
    'SELECT LiveAgentSession.Id FROM LiveAgentSessionHistory',
    (one) => (one.LiveAgentSession as Json).Id,
  ),
  soql('Histories of sessions', 'SELECT Id, (SELECT Id FROM Histories) FROM LiveAgentSession', (one) =>
    (one.Histories ?? null) === null ? [] : one.Id,
  ),
  ofShares('shares', 'SELECT ParentId FROM LiveAgentSessionShare', (one) => one.ParentId),
  ofShares(
    'parent of a share',
    'SELECT Parent.Id FROM LiveAgentSessionShare',
    (one) => (one.Parent as Json).Id,
  ),
  ofShares(
    'shares, ordered',
    'SELECT ParentId FROM LiveAgentSessionShare ORDER BY RowCause, Id',
    (one) => one.ParentId,
  ),
  ofShares(
    'shares by parent',
    ({ sessions }) => `SELECT ParentId FROM LiveAgentSessionShare WHERE ParentId IN (${list(sessions)})`,
    (one) => one.ParentId,
  ),
  ofShares('Shares of sessions', 'SELECT Id, (SELECT Id FROM Shares) FROM LiveAgentSession', (one) =>
    (one.Shares ?? null) === null ? [] : one.Id,
  ),
  ofShares(
    'semi-join on shares',
    'SELECT Id FROM LiveAgentSession WHERE Id IN (SELECT ParentId FROM LiveAgentSessionShare)',
    (one) => one.Id,
  ),
  soql(
    'semi-join',
    'SELECT Id FROM LiveAgentSession WHERE Id IN (SELECT LiveAgentSessionId FROM LiveAgentSessionHistory)',
  ),
  soql(
    'semi-join on sessions',
    'SELECT LiveAgentSessionId FROM LiveAgentSessionHistory WHERE LiveAgentSessionId IN (SELECT Id FROM LiveAgentSession)',
    (one) => one.LiveAgentSessionId,
  ),
  ofAgents(
    'semi-join from another object',
    'SELECT Id FROM User WHERE Id IN (SELECT AgentId FROM LiveAgentSession)',
  ),
  ofAgents(
    'semi-join, filtered',
    `SELECT Id FROM User WHERE Id IN (SELECT AgentId FROM LiveAgentSession WHERE Name LIKE 'Session%')`,
  ),
  ofAgents(
    'anti-join from another object',
    'SELECT Id FROM User WHERE Id NOT IN (SELECT AgentId FROM LiveAgentSession)',
    false,
  ),
  {
    name: 'GET of a row',
    tells: 'live',
    read: ({ rest, sessions }) =>
      eachId(
        sessions,
        async (id) => (await rest('GET', `/v60.0/sobjects/LiveAgentSession/${id}?fields=Id`)).status === 200,
      ),
  },
  {
    name: 'GET of a deleted row',
    tells: 'deleted',
    read: ({ rest, sessions }) =>
      eachId(
        sessions,
        async (id) =>
          (await rest('GET', `/v60.0/sobjects/LiveAgentSession/${id}`)).body?.[0]?.errorCode ===
          'ENTITY_IS_DELETED',
      ),
  },
  {
    name: 'collections',
    tells: 'live',
    async read({ rest, sessions }) {
      const { body } = await rest('POST', '/v60.0/composite/sobjects/LiveAgentSession', {
        body: { ids: sessions, fields: ['Id'] },
      });
      return (body as (Json | null)[]).flatMap((row) => (typeof row?.Id === 'string' ? [row.Id] : []));
    },
  },
  {
    name: 'composite',
    tells: 'live',
    async read({ rest, sessions }) {
      const compositeRequest = sessions.map((id, n) => ({
        method: 'GET',
        url: `/services/data/v60.0/sobjects/LiveAgentSession/${id}?fields=Id`,
        referenceId: `r${n}`,
      }));
      const { body } = await rest('POST', '/v60.0/composite', {
        body: { allOrNone: false, compositeRequest },
      });
      return (body.compositeResponse as { httpStatusCode: number; body: Json }[]).flatMap((one) =>
        one.httpStatusCode === 200 ? [String(one.body.Id)] : [],
      );
    },
  },
  {
    name: 'batch',
    tells: 'live',
    async read({ rest, sessions }) {
      const batchRequests = sessions.map((id) => ({
        method: 'GET',
        url: `v60.0/sobjects/LiveAgentSession/${id}?fields=Id`,
      }));
      const { body } = await rest('POST', '/v60.0/composite/batch', { body: { batchRequests } });
      return (body.results as { statusCode: number; result: Json }[]).flatMap((one) =>
        one.statusCode === 200 ? [String(one.result.Id)] : [],
      );
    },
  },
  {
    name: 'recent',
    tells: 'live',
    async read({ rest }) {
      const { body } = await rest('GET', '/v60.0/recent?limit=200');
      return (body as Json[]).flatMap((one) => (String(one.Id).startsWith('0HK') ? [String(one.Id)] : []));
    },
  },
  {
    name: 'recentItems',
    tells: 'live',
    async read({ rest }) {
      const { body } = await rest('GET', '/v60.0/sobjects/LiveAgentSession');
      return ((body?.recentItems ?? []) as Json[]).map((one) => String(one.Id));
    },
  },
  {
    name: 'getUpdated',
    tells: 'live',
    read: (reader) =>
      engine(
        reader,
        async (session, now) =>
          (await getUpdated(reader.db, reader.caller, session, now - 10 * MINUTE, now + MINUTE)).ids,
      ),
  },
  {
    name: 'getDeleted',
    tells: 'deleted',
    read: (reader) =>
      engine(reader, async (session, now) =>
        (
          await getDeleted(reader.db, reader.caller, session, now - 10 * MINUTE, now + MINUTE)
        ).deletedRecords.map(({ id }) => id),
      ),
  },
  {
    name: 'recordCount',
    tells: 'live',
    async read({ rest }) {
      const { body } = await rest('GET', '/v60.0/limits/recordCount?sObjects=LiveAgentSession');
      return Array.from(
        { length: (body.sObjects as Json[]).reduce((sum, { count }) => sum + Number(count), 0) },
        () => ANY,
      );
    },
  },
  replicated('updated', 'live', (body) => body.ids as string[]),
  replicated('deleted', 'deleted', (body) => (body.deletedRecords as Json[]).map(({ id }) => String(id))),
  soql('RecentlyViewed', `SELECT Id FROM RecentlyViewed WHERE Type = 'LiveAgentSession'`),
  soql(
    'UserRecordAccess',
    ({ caller, sessions }) =>
      `SELECT RecordId, HasReadAccess FROM UserRecordAccess WHERE UserId = '${caller.userId}' AND RecordId IN (${list(sessions)})`,
    (one) => (one.HasReadAccess === true ? one.RecordId : []),
  ),
  {
    name: 'row by name',
    tells: 'live',
    read: ({ rest, sessions }) =>
      eachId(sessions, async (id) => {
        const path = `/v60.0/sobjects/LiveAgentSession/Name/Session${sessions.indexOf(id)}`;
        const { status, body } = await rest('GET', path);
        return status === 200 && body.Id === id;
      }),
  },
  {
    name: 'row of a parent',
    tells: 'live',
    read: ({ rest, sessions }) =>
      eachId(
        sessions,
        async (id) => (await rest('GET', `/v60.0/sobjects/LiveAgentSession/${id}/Agent`)).status === 200,
      ),
  },
  {
    name: 'search over REST',
    tells: 'live',
    async read({ rest }) {
      const sosl = 'FIND {Session*} RETURNING LiveAgentSession(Id)';
      const { status, body } = await rest('GET', `/v60.0/search?q=${encodeURIComponent(sosl)}`);
      return status === 200 ? (body.searchRecords as Json[]).map(({ Id }) => String(Id)) : [];
    },
  },
  sosl('search', 'FIND {Session*} RETURNING LiveAgentSession(Id)'),
  sosl(
    'search, filtered',
    `FIND {Session*} IN NAME FIELDS RETURNING LiveAgentSession(Id WHERE LoginTime > 2000-01-01T00:00:00Z ORDER BY Name LIMIT 100)`,
  ),
  {
    name: 'parameterized search',
    tells: 'live',
    read: (reader) =>
      engine(reader, async () =>
        found(
          await parameterizedSearch(
            reader.db,
            reader.caller,
            { q: 'Session*', sobjects: [{ name: 'LiveAgentSession', fields: ['Id'] }] },
            { base: '/services/data/v60.0' },
          ),
        ),
      ),
  },
];

/** Ids in the document a search answers. */
function found(document: Buffer): string[] {
  const { searchRecords } = JSON.parse(document.toString('utf8')) as { searchRecords: Json[] };
  return searchRecords.map(({ Id }) => String(Id));
}

/** A call of the engine on sessions; one that is refused tells nothing. */
async function engine(
  { db }: Reader,
  call: (session: NonNullable<ReturnType<typeof findObject>>, now: number) => Promise<readonly string[]>,
): Promise<readonly string[]> {
  const session = findObject('LiveAgentSession');
  if (session === undefined) throw new Error('no sessions are served');
  try {
    return await call(session, await floorNow(db));
  } catch (error) {
    if ((error as { code?: string }).code === undefined) throw error;
    return [];
  }
}
