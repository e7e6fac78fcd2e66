/**
 * The data set the SOQL cases are about: three users, a queue and six sessions (the sixth deleted), with the clock set
 * to 2026-03-10T12:00:00Z. Written with plain SQL, so that a query test fails for reasons of the query only.
 */
import type { AccessSnapshot, Caller } from '../../src/access/caller.js';
import type { FieldDescription, SObjectDescription } from '../../src/objects/language.js';
import { findObject } from '../../src/objects/registry.js';
import { bytesOf, continueQuery, type JsonPage, type QueryOptions, startQuery } from '../../src/query/run.js';
import { columnOf, hasColumn, keyColumnOf, tableOf, textKey } from '../../src/store/columns.js';
import type { Database } from '../../src/store/database.js';
import { checksum } from '../../src/store/ids.js';
import { quoteIdentifier } from '../../src/store/sql.js';
import { type TestStore, testStore } from '../support/store.js';
import { setFloorTime } from '../support/time.js';

export const NOW = '2026-03-10T12:00:00Z';

/** An id that is easy to recognise: prefix, mark, number. */
export function idOf(prefix: string, number: number, mark = '0'): string {
  const fifteen = `${prefix}FW${mark}${String(number).padStart(9, '0')}`;
  return fifteen + checksum(fifteen);
}

export const ids = {
  ada: idOf('005', 1),
  bo: idOf('005', 2),
  cy: idOf('005', 3),
  queue: idOf('00G', 1),
  n: (number: number): string => idOf('0HK', number),
  h: (number: number): string => idOf('017', number),
  m: (number: number): string => idOf('02c', number, '1'),
};

const RIGHTS = { create: true, read: true, edit: true, delete: true, viewAll: true, modifyAll: true };

/** Rights to everything but what `hidden` names: `LiveAgentSession`, or `LiveAgentSession.TimeIdle`. */
export function accessWithout(...hidden: string[]): AccessSnapshot {
  return {
    epoch: 1,
    object: (name) => (hidden.includes(name) ? { ...RIGHTS, read: false } : RIGHTS),
    field: (object, field) => ({ read: !hidden.includes(`${object}.${field}`), edit: true }),
    viewAllData: true,
    modifyAllData: true,
    permits: () => true,
    shape: `test ${hidden.join(',')}`,
    groupIds: [],
  };
}

export const ada: Caller = {
  userId: ids.ada,
  organizationId: idOf('00D', 1),
  profileId: idOf('00e', 1),
  username: 'ada@example.test',
  apiVersion: 60,
  timeZone: 'Asia/Tokyo',
  locale: 'en_US',
  language: 'en_US',
  access: accessWithout(),
  sessionId: '',
};

export function objectNamed(name: string): SObjectDescription {
  const object = findObject(name);
  if (object === undefined) throw new Error(`no object ${name}`);
  return object;
}

/** Inserts one row as the record engine would: key columns filled. */
export async function insertRow(
  db: Database,
  objectName: string,
  values: Readonly<Record<string, unknown>>,
): Promise<void> {
  const object = objectNamed(objectName);
  const columns: string[] = [];
  const row: unknown[] = [];
  for (const [name, value] of Object.entries(values)) {
    const field = object.fields.find((one) => one.name === name) as FieldDescription | undefined;
    if (field !== undefined && !hasColumn(field)) throw new Error(`${objectName}.${name} has no column`);
    columns.push(field === undefined ? name : columnOf(field));
    row.push(value);
    const key = field === undefined ? undefined : keyColumnOf(field);
    if (key !== undefined) {
      columns.push(key);
      row.push(typeof value === 'string' ? textKey(value) : null);
    }
  }
  const list = columns.map(quoteIdentifier).join(', ');
  const places = row.map((_, index) => `$${index + 1}`).join(', ');
  await db.query(`INSERT INTO ${quoteIdentifier(tableOf(object))} (${list}) VALUES (${places})`, row);
}

async function insertUser(
  db: Database,
  id: string,
  first: string,
  last: string,
  manager: string | null,
): Promise<void> {
  const name = `${first} ${last}`;
  const username = `${first.toLowerCase()}@example.test`;
  const person = { Username: username, Email: username, FirstName: first, LastName: last, Name: name };
  await insertRow(db, 'User', { Id: id, ...person, IsActive: true, ManagerId: manager });
  await db.query(
    `INSERT INTO principal (id, kind, name, name_key, first_name, last_name, username, email)
     VALUES ($1, 'User', $2, $3, $4, $5, $6, $6)`,
    [id, name, textKey(name), first, last, username],
  );
}

type Figures = readonly (number | null)[];

const FIGURES = [
  'TimeInOnlineStatus',
  'TimeInAwayStatus',
  'TimeInChats',
  'TimeIdle',
  'TimeAtCapacity',
  'ChatReqAssigned',
  'ChatReqEngaged',
  'ChatReqDeclined',
  'ChatReqTimedOut',
  'NumFlagRaised',
  'NumFlagLoweredAgent',
  'NumFlagLoweredSupervisor',
] as const;

const NOTHING: Figures = FIGURES.map(() => null);

const SESSIONS: readonly (readonly [
  agent: string,
  owner: string,
  login: string,
  logout: string,
  figures: Figures,
])[] = [
  [
    ids.bo,
    ids.bo,
    '2026-03-02T00:00Z',
    '2026-03-02T08:00Z',
    [25200, 3600, 18000, 7200, 600, 20, 15, 2, 3, 2, 1, 1],
  ],
  [ids.cy, ids.cy, '2026-03-09T13:00Z', '2026-03-09T14:30Z', [5400, 0, 3000, 2400, 0, 5, 5, 0, 0, 0, 0, 0]],
  [
    ids.bo,
    ids.queue,
    '2026-03-09T16:00Z',
    '2026-03-09T20:00Z',
    [10800, 3600, 9000, 1800, 1200, 12, 8, 1, 2, 1, 0, 1],
  ],
  [
    ids.cy,
    ids.cy,
    '2026-03-10T01:00Z',
    '2026-03-10T09:00Z',
    [28800, 0, 0, 28800, 0, 1010, 0, 0, 1010, null, null, null],
  ],
  [ids.bo, ids.ada, '2026-03-10T10:00Z', '2026-03-10T10:00Z', NOTHING],
  [ids.cy, ids.cy, '2026-03-01T10:00Z', '2026-03-01T12:00Z', [7200, 0, 3600, 3600, 0, 3, 3, 0, 0, 0, 0, 0]],
];

async function insertSession(db: Database, number: number): Promise<void> {
  const [agent, owner, login, logout, figures] = SESSIONS[number - 1] as (typeof SESSIONS)[number];
  const created = number === 5 ? '2026-03-10T10:05Z' : logout;
  const creator = number === 5 ? ids.ada : agent;
  await insertRow(db, 'LiveAgentSession', {
    Id: ids.n(number),
    Name: String(number).padStart(8, '0'),
    AgentId: agent,
    OwnerId: owner,
    LoginTime: login,
    LogoutTime: logout,
    CreatedDate: created,
    CreatedById: creator,
    LastModifiedDate: created,
    LastModifiedById: creator,
    SystemModstamp: created,
    IsDeleted: number === 6,
    ...Object.fromEntries(FIGURES.map((name, index) => [name, figures[index]])),
  });
}

/** What was tracked, by Ada: a longer idle time and log-out of N1, a request more of N3. */
const HISTORIES = [
  [1, 'TimeIdle', 'Double', '7000', '7200', '2026-03-03T09:00Z'],
  [
    1,
    'LogoutTime',
    'DateTime',
    '2026-03-02T07:55:00.000+0000',
    '2026-03-02T08:00:00.000+0000',
    '2026-03-03T09:00Z',
  ],
  [3, 'ChatReqAssigned', 'Double', '11', '12', '2026-03-10T02:00Z'],
] as const;

async function insertHistories(db: Database): Promise<void> {
  for (const [index, [session, field, dataType, oldValue, newValue, created]] of HISTORIES.entries()) {
    await insertRow(db, 'LiveAgentSessionHistory', {
      Id: ids.h(index + 1),
      LiveAgentSessionId: ids.n(session),
      CreatedById: ids.ada,
      CreatedDate: created,
      Field: field,
      DataType: dataType,
      OldValue: oldValue,
      NewValue: newValue,
    });
  }
}

/** Manual shares: N1 to Cy, N4 to Bo. */
async function insertShares(db: Database): Promise<void> {
  for (const [number, session, user, level] of [
    [1, 1, ids.cy, 'Edit'],
    [2, 4, ids.bo, 'Read'],
  ] as const) {
    await insertRow(db, 'LiveAgentSessionShare', {
      Id: ids.m(number),
      ParentId: ids.n(session),
      UserOrGroupId: user,
      AccessLevel: level,
      RowCause: 'Manual',
      LastModifiedById: ids.ada,
      LastModifiedDate: '2026-03-10T00:00Z',
    });
  }
}

/** A database with the data set. */
export async function openWorld(): Promise<TestStore> {
  const store = await testStore();
  const { db } = store;
  await setFloorTime(db, { frozenAt: NOW });
  await insertUser(db, ids.ada, 'Ada', 'Admin', null);
  await insertUser(db, ids.bo, 'Bo', 'Lind', ids.ada);
  await insertUser(db, ids.cy, 'Cy', 'Moor', null);
  await insertRow(db, 'Group', {
    Id: ids.queue,
    Name: 'Chat Queue',
    DeveloperName: 'Chat_Queue',
    Type: 'Queue',
  });
  await db.query(
    "INSERT INTO principal (id, kind, name, name_key) VALUES ($1, 'Queue', 'Chat Queue', 'CHAT QUEUE')",
    [ids.queue],
  );
  for (const number of [1, 2, 3, 4, 5, 6]) await insertSession(db, number);
  await insertHistories(db);
  await insertShares(db);
  for (const [number, at] of [
    [1, '2026-03-05T00:00Z'],
    [4, '2026-03-10T11:00Z'],
  ] as const) {
    await db.query(
      "INSERT INTO recently_viewed (user_id, record_id, object, viewed_at) VALUES ($1, $2, 'LiveAgentSession', $3)",
      [ids.ada, ids.n(number), at],
    );
  }
  return store;
}

/** Bo: the object without View All, so only rows shared with him. */
export const bo: Caller = {
  ...ada,
  userId: ids.bo,
  username: 'bo@example.test',
  access: {
    ...accessWithout(),
    object: () => ({ ...RIGHTS, viewAll: false, modifyAll: false }),
    viewAllData: false,
    modifyAllData: false,
    permits: () => false,
    shape: 'test Bo',
    groupIds: [ids.bo],
  },
};

/** What a client reads. */
export interface Answer {
  readonly totalSize: number;
  readonly done: boolean;
  readonly nextRecordsUrl?: string;
  readonly records: readonly Record<string, unknown>[];
}

export const BASE = '/services/data/v60.0';

export const answerOf = async (page: JsonPage): Promise<Answer> =>
  JSON.parse((await bytesOf(page)).toString('utf8')) as Answer;

export async function ask(
  db: Database,
  soql: string,
  caller: Caller = ada,
  options: Partial<QueryOptions> = {},
): Promise<Answer> {
  return answerOf(await startQuery(db, caller, soql, { base: BASE, ...options }));
}

export async function more(
  db: Database,
  url: string,
  caller: Caller = ada,
  options: Partial<QueryOptions> = {},
): Promise<Answer> {
  return answerOf(
    await continueQuery(db, caller, url.slice(url.lastIndexOf('/') + 1), { base: BASE, ...options }),
  );
}

/** Records without their attributes, nested ones too. */
export function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) => (key === 'attributes' ? [] : [[key, plain(inner)]])),
  );
}
