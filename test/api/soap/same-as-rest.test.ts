/** One question over REST and over SOAP has one answer: generated records and queries, and the rights of callers. */
import fc from 'fast-check';
import { SaxesParser } from 'saxes';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEMO_USERS } from '../../support/server.js';
import { textsOf } from '../../support/soap-calls.js';
import { type SoapServer, startSoapServer } from './soap-server.js';

let server: SoapServer;
let agents: string[];
const FIELDS = [
  'Id',
  'Name',
  'AgentId',
  'LoginTime',
  'LogoutTime',
  'TimeIdle',
  'NumFlagRaised',
  'IsDeleted',
  'OwnerId',
];
const ALL = [
  ...FIELDS,
  'Agent.Name',
  'Agent.Username',
  'Agent.Manager.Name',
  'CreatedBy.Alias',
  'Owner.Name',
];

beforeAll(async () => {
  server = await startSoapServer();
  const users = await rest('SELECT Id FROM User ORDER BY Id');
  agents = users.map(({ Id }) => String(Id));
  const values = fc.sample(
    fc.record({
      agent: fc.nat(agents.length - 1),
      idle: fc.option(fc.integer({ min: -999_999_999, max: 999_999_999 })),
      at: fc.nat(4_000_000),
    }),
    { numRuns: 60, seed: 13 },
  );
  const records = values.map(({ agent, idle, at }) => {
    const time = (seconds: number) => new Date(1_700_000_000_000 + seconds * 1000).toISOString();
    return (
      `<sObjects><o:type>LiveAgentSession</o:type><o:AgentId>${agents[agent]}</o:AgentId><o:LoginTime>${time(at)}</o:LoginTime>` +
      `<o:LogoutTime>${time(at + 60)}</o:LogoutTime>${idle === null ? '' : `<o:TimeIdle>${idle}</o:TimeIdle>`}</sObjects>`
    );
  });
  const { body } = await server.call('create', records.join(''));
  expect(new Set(textsOf(body, 'success'))).toEqual(new Set(['true']));
});
afterAll(() => server.close());

type Row = Record<string, unknown>;

async function rest(soql: string, session = server.session): Promise<Row[]> {
  const response = await fetch(`${server.url}/services/data/v60.0/query?q=${encodeURIComponent(soql)}`, {
    headers: { authorization: `Bearer ${session}` },
  });
  const answer = (await response.json()) as { records?: Row[] };
  if (answer.records === undefined) throw new Error(JSON.stringify(answer));
  return answer.records;
}

/** A REST record as SOAP would say it: texts, no attributes, moments with Z. */
function plain(value: unknown): unknown {
  if (value === null) return null;
  if (typeof value === 'object') {
    const entries = Object.entries(value).filter(([name]) => name !== 'attributes');
    return Object.fromEntries(entries.map(([name, one]) => [name, plain(one)]));
  }
  return String(value).replace(/^(\d{4}-\d\d-\d\dT.*)\+0000$/, '$1Z');
}

/** The records of an answer; nulls as null, the type and the fixed Id of the partner API left out. */
function soapRows(xml: string, api: string): Row[] {
  const rows: Row[] = [];
  const stack: { name: string; children: [string, unknown][]; text: string; nil: boolean; typed: boolean }[] =
    [];
  const parser = new SaxesParser({ xmlns: false });
  parser.on('opentag', ({ name, attributes }) => {
    stack.push({
      name: name.replace(/^\w+:/, ''),
      children: [],
      text: '',
      nil: attributes['xsi:nil'] === 'true',
      // Rows and parents say which object they are, empty or not.
      typed: attributes['xsi:type']?.startsWith('sf:') === true,
    });
  });
  parser.on('text', (text) => {
    const open = stack.at(-1);
    if (open !== undefined) open.text += text;
  });
  parser.on('closetag', () => {
    const { name, children, text, nil, typed } = stack.pop() as (typeof stack)[number];
    const isRecord = children.length > 0 || typed;
    const own = isRecord && api === 'partner' && children[0]?.[0] === 'type' ? children.slice(2) : children;
    const value = nil ? null : isRecord ? Object.fromEntries(own) : text;
    if (name === 'records') rows.push(value as Row);
    else stack.at(-1)?.children.push([name, value]);
  });
  parser.write(xml).close();
  return rows;
}

/** The enterprise API leaves nulls out. */
function withoutNulls(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, one]) => one !== null);
  return Object.fromEntries(entries.map(([name, one]) => [name, withoutNulls(one)]));
}

describe('query', () => {
  const queries = fc.record({
    fields: fc.uniqueArray(fc.constantFrom(...ALL), { minLength: 1, maxLength: 8 }),
    where: fc.constantFrom(
      '',
      ' WHERE TimeIdle > 0',
      ' WHERE TimeIdle = null',
      ' WHERE Agent.IsActive = true AND LoginTime > 2023-11-20T00:00:00Z',
    ),
    order: fc.constantFrom('Id', 'TimeIdle DESC NULLS LAST, Id', 'Agent.Name, Id'),
    limit: fc.integer({ min: 1, max: 80 }),
  });

  it('gives equal rows in both APIs and over REST', async () => {
    await fc.assert(
      fc.asyncProperty(
        queries,
        fc.constantFrom('partner' as const, 'enterprise' as const),
        async ({ fields, where, order, limit }, api) => {
          const soql = `SELECT ${fields.join(', ')} FROM LiveAgentSession${where} ORDER BY ${order} LIMIT ${limit}`;
          const expected = (await rest(soql)).map(plain);
          const { text } = await server.call(
            'query',
            `<queryString>${soql.replaceAll('>', '&gt;')}</queryString>`,
            { api },
          );
          const rows = soapRows(text, api);
          expect(rows).toEqual(api === 'partner' ? expected : expected.map(withoutNulls));
        },
      ),
      { numRuns: 40 },
    );
  });

  it('gives equal groups', async () => {
    const soql =
      'SELECT AgentId, COUNT(Id) many, MIN(LoginTime), SUM(TimeIdle) FROM LiveAgentSession GROUP BY AgentId ORDER BY AgentId';
    const { text } = await server.call('query', `<queryString>${soql}</queryString>`);
    // JSON's numbers lose the .0 that SUM of whole numbers may have in XML.
    const numbers = (rows: unknown[]) => JSON.stringify(rows).replaceAll(/\.0"/g, '"');
    expect(numbers(soapRows(text, 'partner'))).toBe(numbers((await rest(soql)).map(plain)));
  });
});

/** Rows of UserRecordAccess are asked for one by one. */
const isListable = ({ queryable, name }: Row) => queryable === true && name !== 'UserRecordAccess';

describe('rights', () => {
  it.each(Object.values(DEMO_USERS))('of %s are the same over both', async (username) => {
    const session = await server.signIn(username);
    const response = await fetch(`${server.url}/services/data/v60.0/sobjects`, {
      headers: { authorization: `Bearer ${session}` },
    });
    const { sobjects } = (await response.json()) as { sobjects: Row[] };
    const { body } = await server.call('describeGlobal', '', { session });
    const flags = ['createable', 'deletable', 'queryable', 'undeletable', 'updateable'];
    for (const name of ['name', ...flags])
      expect(textsOf(body, name), name).toEqual(sobjects.map((one) => String(one[name])));
    for (const { name } of sobjects.filter(isListable)) {
      const soql = `SELECT Id FROM ${name} ORDER BY Id LIMIT 5`;
      const answer = await server.call('query', `<queryString>${soql}</queryString>`, { session });
      expect(textsOf(answer.body, 'sf:Id'), String(name)).toEqual(
        (await rest(soql, session)).flatMap(({ Id }) => [String(Id), String(Id)]),
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
