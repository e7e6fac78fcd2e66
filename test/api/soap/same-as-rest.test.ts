/**
 * One question over REST and over SOAP has one answer: generated records and queries, replication, search, describes,
 * and the rights of callers. Partner rows also have their fields in REST's order; enterprise rows leave nulls out.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { catchUpSearch } from '../../../src/query/sosl/search-index.js';
import { DEMO_USERS } from '../../support/server.js';
import { type SoapApi, textOf, textsOf, xmlText } from '../../support/soap-calls.js';
import { type Row, rowsOf, valueIn } from '../../support/soap-rows.js';
import { type SoapServer, startSoapServer } from './soap-server.js';

let server: SoapServer;
let agents: string[];
let sessions: string[];
/** Moments between which all sessions were made and changed. */
let window: { start: string; end: string };

const APIS = ['partner', 'enterprise'] as const;

beforeAll(async () => {
  server = await startSoapServer();
  agents = (await recordsOf('SELECT Id FROM User ORDER BY Id')).map(({ Id }) => String(Id));
  const made = async (content: string): Promise<string[]> => {
    const { body } = await server.call('create', content);
    expect(new Set(textsOf(body, 'success')), body).toEqual(new Set(['true']));
    return textsOf(body, 'id');
  };
  await made(
    ['TimeIdle', 'OwnerId', 'LoginTime']
      .map(
        (field) =>
          `<sObjects><o:type>FloorFieldSetting</o:type><o:SobjectType>LiveAgentSession</o:SobjectType><o:Field>LiveAgentSession.${field}</o:Field><o:IsHistoryTracked>true</o:IsHistoryTracked></sObjects>`,
      )
      .join(''),
  );
  const [queue = ''] = await made(
    '<sObjects><o:type>Group</o:type><o:Type>Queue</o:Type><o:Name>A &amp; B &lt;queue&gt;</o:Name><o:DeveloperName>AB</o:DeveloperName></sObjects>',
  );
  await made(
    `<sObjects><o:type>QueueSobject</o:type><o:QueueId>${queue}</o:QueueId><o:SobjectType>LiveAgentSession</o:SobjectType></sObjects>`,
  );
  const groups = await made(
    ['Day', 'Night']
      .map(
        (name) =>
          `<sObjects><o:type>Group</o:type><o:Type>Regular</o:Type><o:Name>${name}</o:Name><o:DeveloperName>${name}</o:DeveloperName></sObjects>`,
      )
      .join(''),
  );
  await made(
    agents
      .slice(0, 3)
      .map(
        (agent) =>
          `<sObjects><o:type>GroupMember</o:type><o:GroupId>${groups[0]}</o:GroupId><o:UserOrGroupId>${agent}</o:UserOrGroupId></sObjects>`,
      )
      .join(''),
  );
  const values = fc.sample(
    fc.record({
      agent: fc.nat(agents.length - 1),
      idle: fc.option(fc.integer({ min: -999_999_999, max: 999_999_999 })),
      at: fc.nat(4_000_000),
      queued: fc.integer({ min: 0, max: 2 }).map((n) => n === 0),
    }),
    { numRuns: 60, seed: 13 },
  );
  const records = values.map(({ agent, idle, at, queued }) => {
    const time = (seconds: number) => new Date(1_700_000_000_000 + seconds * 1000).toISOString();
    return (
      `<sObjects><o:type>LiveAgentSession</o:type><o:AgentId>${agents[agent]}</o:AgentId><o:LoginTime>${time(at)}</o:LoginTime>` +
      `<o:LogoutTime>${time(at + 60)}</o:LogoutTime>${idle === null ? '' : `<o:TimeIdle>${idle}</o:TimeIdle>`}` +
      `${queued ? `<o:OwnerId>${queue}</o:OwnerId>` : ''}</sObjects>`
    );
  });
  sessions = await made(records.join(''));
  const changes = sessions
    .slice(0, 20)
    .map(
      (id, n) =>
        `<sObjects><o:type>LiveAgentSession</o:type>${n % 3 === 0 ? '<o:fieldsToNull>TimeIdle</o:fieldsToNull>' : ''}<o:Id>${id}</o:Id>` +
        `<o:LoginTime>2023-01-01T00:00:0${n % 10}Z</o:LoginTime>${n % 3 === 0 ? '' : `<o:TimeIdle>${n}</o:TimeIdle>`}` +
        `<o:OwnerId>${n % 2 === 0 ? queue : agents[0]}</o:OwnerId></sObjects>`,
    );
  const { body } = await server.call('update', changes.join(''));
  expect(new Set(textsOf(body, 'success')), body).toEqual(new Set(['true']));
  await server.call('delete', `<ids>${sessions[58]}</ids><ids>${sessions[59]}</ids>`);
  const [now] = await server.db.query<{ at: number }>('SELECT floor_now() AS at');
  const at = (ms: number) => new Date((now?.at ?? 0) + ms).toISOString();
  window = { start: at(-600_000), end: at(120_000) };
});
afterAll(() => server.close());

async function rest(path: string, session = server.session, body?: unknown): Promise<Row> {
  const response = await fetch(`${server.url}/services/data/v60.0/${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${session}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return (await response.json()) as Row;
}

async function recordsOf(soql: string, session = server.session): Promise<Row[]> {
  const answer = await rest(`query?q=${encodeURIComponent(soql)}`, session);
  if (!Array.isArray(answer.records)) throw new Error(JSON.stringify(answer));
  return answer.records as Row[];
}

/** A REST value as SOAP would say it: texts, no attributes, moments with Z. */
function plain(value: unknown): unknown {
  if (value === null) return null;
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === 'object') {
    const entries = Object.entries(value).filter(
      ([name]) => name !== 'attributes' && name !== 'nextRecordsUrl',
    );
    return Object.fromEntries(
      entries.map(([name, one]) => [name, name === 'totalSize' || name === 'done' ? one : plain(one)]),
    );
  }
  return String(value).replace(/^(\d{4}-\d\d-\d\dT.*)\+0000$/, '$1Z');
}

/** The enterprise API leaves nulls out. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, one]) => one !== null);
  return Object.fromEntries(entries.map(([name, one]) => [name, withoutNulls(one)]));
}

/** JSON's numbers lose the .0 that a double has in XML. */
const withoutZeros = <T>(value: T): T =>
  JSON.parse(JSON.stringify(value).replaceAll(/"(-?\d+)\.0"/g, '"$1"'));

/** A typed client has an element for a field and none for an alias; FORMAT gives a field text that is not of its type. */
const isForTypes = (item: string): boolean =>
  !/ \w+$|^FORMAT/.test(item) || item.startsWith('TYPEOF') || item.startsWith('(');

/** What may be asked of an API. */
const listFor = (api: SoapApi, list: readonly string[]): string => {
  const asked = api === 'partner' ? list : list.filter(isForTypes);
  return asked.length === 0 ? 'Id' : asked.join(', ');
};

/** Asks both, for good answers and for refusals. */
async function expectSame(soql: string, api: SoapApi, resource = 'query'): Promise<void> {
  const answer = await rest(`${resource}?q=${encodeURIComponent(soql)}`);
  const { text } = await server.call(resource, `<queryString>${xmlText(soql)}</queryString>`, { api });
  if (Array.isArray(answer)) {
    const { errorCode, message } = answer[0] as { errorCode: string; message: string };
    expect(text, soql).toContain(
      `<sf:exceptionCode>${errorCode}</sf:exceptionCode><sf:exceptionMessage>${xmlText(message).replaceAll("'", '&apos;')}</sf:exceptionMessage>`,
    );
    return;
  }
  const { records, ...head } = plain(answer) as { records: unknown };
  const rows = withoutZeros(rowsOf(text, api));
  const wanted = withoutZeros({ ...head, records });
  if (api === 'partner') expect(JSON.stringify(rows), soql).toBe(JSON.stringify(wanted));
  else expect(rows, soql).toEqual(withoutNulls(wanted));
}

const some = (all: readonly string[], most = 6) =>
  fc.uniqueArray(fc.constantFrom(...all), { minLength: 1, maxLength: most });
const maybe = (all: readonly string[]) => fc.subarray([...all], { maxLength: Math.min(2, all.length) });
const api = fc.constantFrom(...APIS);

const OWN = [
  ...[
    'Id',
    'Name',
    'AgentId',
    'LoginTime',
    'LogoutTime',
    'TimeIdle',
    'NumFlagRaised',
    'IsDeleted',
    'OwnerId',
  ],
  ...['CreatedDate', 'SystemModstamp', 'LastViewedDate', 'toLabel(Name) named', 'FORMAT(LoginTime) shown'],
];
const PARENTS = [
  ...['Agent.Name', 'Agent.Username', 'Agent.IsActive', 'Agent.Manager.Name', 'Agent.Profile.Name'],
  ...['CreatedBy.Alias', 'LastModifiedBy.Manager.Manager.Id'],
];
const OWNERS = [
  'Owner.Name, Owner.Id, Owner.Type',
  'TYPEOF Owner WHEN User THEN Username, IsActive, Manager.Name WHEN Group THEN DeveloperName, Type END',
  'TYPEOF Owner WHEN Group THEN Name, CreatedDate ELSE Name, Id END',
  'TYPEOF Owner WHEN User THEN Id END',
];
const CHILDREN = [
  '(SELECT Id, Field, DataType, OldValue, NewValue, CreatedBy.Name FROM Histories ORDER BY Field, DataType, Id)',
  "(SELECT NewValue, CreatedDate FROM Histories WHERE Field = 'TimeIdle' ORDER BY Id LIMIT 1)",
  '(SELECT AccessLevel, RowCause, UserOrGroup.Name, IsDeleted FROM Shares ORDER BY RowCause, UserOrGroupId)',
  "(SELECT Id FROM Shares WHERE RowCause = 'Manual')",
];

describe('query', () => {
  const queries = fc.record({
    own: some(OWN),
    parents: maybe(PARENTS),
    owner: fc.option(fc.constantFrom(...OWNERS)),
    children: fc.constantFrom([], [0], [1], [2], [3], [0, 2], [1, 3]),
    where: fc.constantFrom(
      '',
      ' WHERE TimeIdle > 0',
      ' WHERE TimeIdle = null',
      ' WHERE Agent.IsActive = true AND LoginTime > 2023-11-20T00:00:00Z',
      ' WHERE Id IN (SELECT LiveAgentSessionId FROM LiveAgentSessionHistory)',
    ),
    order: fc.constantFrom('Id', 'TimeIdle DESC NULLS LAST, Id', 'Agent.Name, Id'),
    limit: fc.integer({ min: 0, max: 80 }),
  });

  it('gives equal sessions, parents, owners and child sets', async () => {
    await fc.assert(
      fc.asyncProperty(queries, api, async ({ own, parents, owner, children, where, order, limit }, one) => {
        const inner = children.map((place) => CHILDREN[place] as string);
        const list = [...own, ...parents, ...(owner === null ? [] : [owner]), ...inner];
        await expectSame(
          `SELECT ${listFor(one, list)} FROM LiveAgentSession${where} ORDER BY ${order} LIMIT ${limit}`,
          one,
          limit % 5 === 0 ? 'queryAll' : 'query',
        );
      }),
      { numRuns: 80 },
    );
  }, 60_000);

  it('gives equal rows of other objects', async () => {
    const others: readonly (readonly [string, readonly string[], readonly string[]])[] = [
      [
        'User',
        [
          ...[
            'Id',
            'Name',
            'IsActive',
            'Email',
            'TimeZoneSidKey',
            'LastLoginDate',
            'UserPermissionsLiveAgentUser',
          ],
          ...['toLabel(LanguageLocaleKey) lang', 'Manager.Name', 'Profile.Name', 'Profile.CreatedDate'],
        ],
        [],
      ],
      [
        'Group',
        [
          'Id',
          'Name',
          'Type',
          'DoesSendEmailToMembers',
          'Email',
          'Owner.Name',
          'CreatedBy.Name',
          'Related.Name',
        ],
        [
          '(SELECT Id, UserOrGroupId FROM GroupMembers ORDER BY Id)',
          "(SELECT Id FROM GroupMembers WHERE Id = '011000000000000AAA')",
        ],
      ],
      [
        'Profile',
        ['Id', 'Name', 'UserType', 'PermissionsModifyAllData', 'UserLicense.Name', 'CreatedDate'],
        [],
      ],
      [
        'LiveAgentSessionHistory',
        [
          'Id',
          'Field',
          'DataType',
          'OldValue',
          'NewValue',
          'LiveAgentSession.TimeIdle',
          'CreatedBy.Name',
          'IsDeleted',
        ],
        [],
      ],
      [
        'LiveAgentSessionShare',
        ['Id', 'AccessLevel', 'RowCause', 'Parent.Name', 'UserOrGroup.Name', 'IsDeleted'],
        [],
      ],
      ['FieldPermissions', ['Id', 'SobjectType', 'Field', 'PermissionsEdit', 'Parent.Name'], []],
    ];
    const queries = fc.constantFrom(...others).chain(([object, fields, children]) =>
      fc.record({
        object: fc.constant(object),
        fields: some(fields),
        children: maybe(children).map((all) => all.slice(0, 1)),
      }),
    );
    await fc.assert(
      fc.asyncProperty(queries, api, async ({ object, fields, children }, one) => {
        await expectSame(
          `SELECT ${listFor(one, [...fields, ...children])} FROM ${object} ORDER BY Id LIMIT 50`,
          one,
        );
      }),
      { numRuns: 60 },
    );
  }, 60_000);

  it('gives equal groups', async () => {
    const groups = [
      'AgentId',
      'TimeIdle',
      'DAY_ONLY(LoginTime)',
      'CALENDAR_YEAR(LoginTime)',
      'Agent.Name',
      'IsDeleted',
    ];
    const figures = [
      ...[
        'COUNT(Id)',
        'COUNT(Name) many',
        'COUNT_DISTINCT(OwnerId) owners',
        'MIN(LoginTime)',
        'MAX(LogoutTime) last',
      ],
      ...['SUM(NumFlagRaised)', 'AVG(NumFlagRaised) mean', 'MAX(Name)', 'MIN(Agent.Name) someone'],
    ];
    const queries = fc.record({
      by: some(groups, 2),
      aliases: fc.boolean(),
      figures: some(figures),
      form: fc.constantFrom('plain', 'ROLLUP', 'CUBE'),
      having: fc.constantFrom('', ' HAVING COUNT(Id) > 1', ' HAVING MAX(Name) != null'),
    });
    await fc.assert(
      fc.asyncProperty(queries, api, async ({ by, aliases, figures: some, form, having }, one) => {
        const grouped = form === 'plain' ? by.join(', ') : `${form}(${by.join(', ')})`;
        const listed = by.map((field, n) => (aliases || field.includes('(') ? `${field} g${n}` : field));
        await expectSame(
          `SELECT ${[...listed, ...some].join(', ')} FROM LiveAgentSession GROUP BY ${grouped}${having} ORDER BY ${by[0]}, COUNT(Id), MAX(Id) LIMIT 100`,
          one,
        );
      }),
      { numRuns: 60 },
    );
  }, 60_000);

  it.each([
    'SELECT COUNT() FROM LiveAgentSession',
    'SELECT COUNT() FROM LiveAgentSession WHERE TimeIdle = null',
    'SELECT COUNT(Id), SUM(TimeIdle), AVG(TimeIdle) a, MIN(LoginTime) FROM LiveAgentSession',
    "SELECT COUNT(Id), SUM(TimeIdle), AVG(TimeIdle), MIN(LoginTime), MAX(Name) FROM LiveAgentSession WHERE Name = 'none'",
    'SELECT FIELDS(ALL) FROM LiveAgentSession ORDER BY Id LIMIT 20',
    'SELECT FIELDS(STANDARD) FROM User ORDER BY Id LIMIT 20',
    'SELECT Id, IsQueryable, Label FROM EntityDefinition ORDER BY Label LIMIT 10',
    "SELECT Name FROM Group WHERE Name = 'A & B <queue>'",
    'SELECT Foo FROM LiveAgentSession',
    "SELECT Id FROM LiveAgentSession WHERE Name = 'it\\'s",
    'SELECT Id FROM Nothing',
    "SELECT Id FROM LiveAgentSession WHERE AgentId = 'abc'",
    'SELECT AgentId FROM LiveAgentSession GROUP BY LoginTime',
  ])('gives the same to %s', async (soql) => {
    for (const one of APIS) await expectSame(soql, one);
  });
});

describe('the other calls', () => {
  it('retrieve the same rows', async () => {
    const fields = some(
      [...OWN, ...PARENTS, 'Owner.Name'].filter((name) => !name.includes('(')),
      8,
    );
    const ids = fc.subarray([...Array(60).keys()], { minLength: 1 });
    await fc.assert(
      fc.asyncProperty(fields, ids, api, async (list, places, one) => {
        const asked = places.map((place) => sessions[place] as string);
        const rows = await rest('composite/sobjects/LiveAgentSession', server.session, {
          ids: asked,
          fields: list,
        });
        const content = `<fieldList>${list.join(', ')}</fieldList><sObjectType>LiveAgentSession</sObjectType>${asked.map((id) => `<ids>${id}</ids>`).join('')}`;
        const { text } = await server.call('retrieve', content, { api: one });
        const got = withoutZeros(valueIn(text, 'retrieveResponse', one).result);
        const wanted = withoutZeros((plain(rows) as unknown[]).map((row) => row));
        if (one === 'partner') expect(JSON.stringify(got)).toBe(JSON.stringify(wanted));
        else expect(got).toEqual(wanted.map((row) => (row === null ? null : withoutNulls(row))));
      }),
      { numRuns: 25 },
    );
  }, 60_000);

  it('tell of the same changes', async () => {
    const { start, end } = window;
    const times = `start=${encodeURIComponent(start)}&end=${encodeURIComponent(end)}`;
    const content = `<sObjectType>LiveAgentSession</sObjectType><startDate>${start}</startDate><endDate>${end}</endDate>`;
    for (const one of APIS) {
      const updated = plain(await rest(`sobjects/LiveAgentSession/updated?${times}`)) as Row;
      const { body } = await server.call('getUpdated', content, { api: one });
      expect(textsOf(body, 'ids')).toEqual(updated.ids);
      expect(textsOf(body, 'ids').length).toBe(58);
      // The end lies ahead, so each answer covers as far as its own second.
      const later = plain(await rest(`sobjects/LiveAgentSession/updated?${times}`)) as Row;
      const covered = String(textOf(body, 'latestDateCovered'));
      expect(covered >= String(updated.latestDateCovered)).toBe(true);
      expect(covered <= String(later.latestDateCovered)).toBe(true);
      const deleted = plain(await rest(`sobjects/LiveAgentSession/deleted?${times}`)) as Row;
      const gone = (await server.call('getDeleted', content, { api: one })).body;
      const ids = textsOf(gone, 'id');
      expect(ids.map((id, n) => ({ id, deletedDate: textsOf(gone, 'deletedDate')[n] }))).toEqual(
        (deleted.deletedRecords as Row[]).map(({ id, deletedDate }) => ({ id, deletedDate })),
      );
      expect(ids.length).toBe(2);
      expect(textOf(gone, 'earliestDateAvailable')).toBe(deleted.earliestDateAvailable);
    }
  });

  it('find the same rows', async () => {
    await catchUpSearch(server.db);
    const [first] = await recordsOf('SELECT Name FROM LiveAgentSession ORDER BY Id LIMIT 1');
    for (const sosl of [
      `FIND {${String(first?.Name)}} RETURNING LiveAgentSession(Id, Name, TimeIdle, Agent.Name)`,
      'FIND {Ana OR Ben} IN NAME FIELDS RETURNING User(Name, IsActive ORDER BY Name), Group',
      'FIND {queue} RETURNING Group(Name)',
      'FIND {nobodyatall}',
    ]) {
      for (const one of APIS) {
        const found = (await rest(`search?q=${encodeURIComponent(sosl)}`)).searchRecords;
        const { text } = await server.call('search', `<searchString>${xmlText(sosl)}</searchString>`, {
          api: one,
        });
        const result = valueIn(text, 'searchResponse', one).result as Row[];
        const records = ((result[0] as Row).searchRecords ?? []) as Row[];
        const rows = records.map(({ record }) => (record as Row[])[0]);
        const wanted = plain(found);
        expect(rows, sosl).toEqual(one === 'partner' ? wanted : withoutNulls(wanted));
      }
    }
  });

  it('describe each object alike', async () => {
    const names = ((await rest('sobjects')).sobjects as Row[]).map(({ name }) => String(name));
    expect(names.length).toBeGreaterThan(30);
    for (const name of names) {
      const { text } = await server.call('describeSObject', `<sObjectType>${name}</sObjectType>`);
      const [soap] = valueIn(text, 'describeSObjectResponse', 'partner').result as Row[];
      const asked = await rest(`sobjects/${name}/describe`);
      let compared = 0;
      /** What SOAP says of a value must be what REST says; REST says more, and SOAP leaves defaults out. */
      const compare = (ours: Row, theirs: Row, at: string): void => {
        for (const [key, values] of Object.entries(ours)) {
          const other = theirs[key];
          if (!(key in theirs)) continue;
          if (Array.isArray(other)) {
            expect((values as unknown[]).length, `${at}.${key}`).toBe(other.length);
            for (const [n, one] of (values as unknown[]).entries()) {
              if (typeof other[n] === 'object') compare(one as Row, other[n] as Row, `${at}.${key}[${n}]`);
              else expect(one, `${at}.${key}`).toBe(String(other[n]));
            }
            continue;
          }
          compared++;
          const [value] = values as unknown[];
          if (other === null || typeof other === 'object') continue;
          expect(value, `${at}.${key}`).toBe(String(other));
        }
      };
      compare(soap as Row, asked, name);
      expect(compared).toBeGreaterThan(100);
    }
  }, 60_000);
});

/** Rows of UserRecordAccess are asked for one by one. */
const isListable = ({ queryable, name }: Row) => queryable === true && name !== 'UserRecordAccess';

describe('rights', () => {
  it.each(Object.values(DEMO_USERS))('of %s are the same over both', async (username) => {
    const session = await server.signIn(username);
    const { sobjects } = (await rest('sobjects', session)) as { sobjects: Row[] };
    const { body } = await server.call('describeGlobal', '', { session });
    const flags = ['createable', 'deletable', 'queryable', 'undeletable', 'updateable'];
    for (const name of ['name', ...flags])
      expect(textsOf(body, name), name).toEqual(sobjects.map((one) => String(one[name])));
    for (const { name } of sobjects.filter(isListable)) {
      const soql = `SELECT Id FROM ${name} ORDER BY Id LIMIT 5`;
      const answer = await server.call('query', `<queryString>${soql}</queryString>`, { session });
      expect(textsOf(answer.body, 'sf:Id'), String(name)).toEqual(
        (await recordsOf(soql, session)).flatMap(({ Id }) => [String(Id), String(Id)]),
      );
      const made = await fetch(`${server.url}/services/data/v60.0/sobjects/${name}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${session}`, 'content-type': 'application/json' },
        body: '{}',
      });
      const answered = (await made.json()) as { errorCode?: string }[];
      const soap = await server.call('create', `<sObjects><o:type>${name}</o:type></sObjects>`, { session });
      const code = made.status === 201 ? undefined : answered[0]?.errorCode;
      expect(textsOf(soap.body, 'statusCode')[0], `create ${name}`).toBe(code);
    }
  });
});
