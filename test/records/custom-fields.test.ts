/** Fields an administrator adds through the tooling resource, seen through every door of a real server. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { queryPath, type RestCall, restCalls } from '../support/rest-calls.js';
import { type SecondNode, startSecondNode } from '../support/second-node.js';
import { DEMO_USERS, startTestServer, type TestServer } from '../support/server.js';
import { soapCall, textOf } from '../support/soap-calls.js';

const FIELDS = '/v60.0/tooling/sobjects/CustomField';
const SESSIONS = '/v60.0/sobjects/LiveAgentSession';

let server: TestServer;
let second: SecondNode;
let token: string;
let admin: RestCall;
let supervisor: RestCall;
/** The administrator at the other server. */
let elsewhere: RestCall;
let userId: string;

beforeAll(async () => {
  server = await startTestServer();
  token = await server.signIn(DEMO_USERS.admin);
  admin = restCalls(server.url, token);
  supervisor = restCalls(server.url, await server.signIn(DEMO_USERS.supervisor));
  second = await startSecondNode(server.databaseUrl);
  elsewhere = restCalls(second.url, token);
  const users = await admin('GET', queryPath('SELECT Id FROM User LIMIT 1'));
  userId = users.body.records[0].Id;
}, 120_000);
afterAll(async () => {
  await second?.close();
  await server?.close();
});

const add = async (name: string, metadata: Record<string, unknown>) =>
  admin('POST', FIELDS, {
    body: {
      FullName: `LiveAgentSession.${name}`,
      Metadata: { label: name.replace(/__c$/, ''), ...metadata },
    },
  });

const added = async (name: string, metadata: Record<string, unknown>): Promise<string> => {
  const answer = await add(name, metadata);
  expect(answer.body).toMatchObject({ success: true, errors: [] });
  expect(answer.status).toBe(201);
  return answer.body.id as string;
};

const aSession = (fields: Record<string, unknown> = {}) => ({
  AgentId: userId,
  LoginTime: '2026-03-10T12:00:00Z',
  LogoutTime: '2026-03-10T13:00:00Z',
  ...fields,
});

const session = async (fields: Record<string, unknown>, call = admin): Promise<string> => {
  const answer = await call('POST', SESSIONS, { body: aSession(fields) });
  expect(answer.body).toMatchObject({ success: true });
  return answer.body.id as string;
};

const rows = async (soql: string, call = admin) => {
  const answer = await call('GET', queryPath(soql));
  expect(answer.status, answer.text).toBe(200);
  // biome-ignore lint/suspicious/noExplicitAny: answers are asserted, not typed
  return answer.body.records.map(({ attributes, ...fields }: any) => fields);
};

const describedField = async (name: string, call = admin) => {
  const answer = await call('GET', `${SESSIONS}/describe`);
  return answer.body.fields.find((field: { name: string }) => field.name === name);
};

const EVERY_TYPE: Readonly<
  Record<string, { metadata: Record<string, unknown>; type: string; value: unknown }>
> = {
  Region__c: { metadata: { type: 'Text', length: 40 }, type: 'string', value: 'North' },
  Remarks__c: { metadata: { type: 'TextArea' }, type: 'textarea', value: 'one\ntwo' },
  Story__c: { metadata: { type: 'LongTextArea', length: 1000 }, type: 'textarea', value: 'x'.repeat(900) },
  Score__c: { metadata: { type: 'Number', precision: 6, scale: 2 }, type: 'double', value: 12.25 },
  Shift__c: { metadata: { type: 'Date' }, type: 'date', value: '2026-03-10' },
  Due__c: { metadata: { type: 'DateTime' }, type: 'datetime', value: '2026-03-10T12:00:00.000+0000' },
  Billed__c: { metadata: { type: 'Checkbox', defaultValue: 'true' }, type: 'boolean', value: false },
  Channel__c: {
    metadata: {
      type: 'Picklist',
      valueSet: {
        restricted: true,
        valueSetDefinition: {
          sorted: false,
          value: [
            { fullName: 'web', label: 'Web', default: true },
            { fullName: 'app', label: 'App', default: false },
          ],
        },
      },
    },
    type: 'picklist',
    value: 'app',
  },
};

describe('a custom field', () => {
  const ids = new Map<string, string>();
  let one: string;

  beforeAll(async () => {
    for (const [name, { metadata }] of Object.entries(EVERY_TYPE)) ids.set(name, await added(name, metadata));
    ids.set(
      'Mentor__c',
      await added('Mentor__c', { type: 'Lookup', referenceTo: 'User', relationshipName: 'Mentored' }),
    );
    one = await session({
      ...Object.fromEntries(Object.entries(EVERY_TYPE).map(([name, { value }]) => [name, value])),
      Mentor__c: userId,
    });
  }, 60_000);

  it('of every type is described, stored, and comes back as it was sent', async () => {
    const got = await admin('GET', `${SESSIONS}/${one}`);
    for (const [name, { type, value }] of Object.entries(EVERY_TYPE)) {
      expect(await describedField(name)).toMatchObject({
        name,
        type,
        custom: true,
        createable: true,
        updateable: true,
      });
      expect(got.body[name]).toEqual(value);
    }
    expect(got.body.Mentor__c).toBe(userId);
    expect(await describedField('Mentor__c')).toMatchObject({
      referenceTo: ['User'],
      relationshipName: 'Mentor__r',
    });
  });

  it('is filtered, ordered, grouped and aggregated by, and reached over', async () => {
    await session({ Region__c: 'south', Score__c: 3.5, Billed__c: true });
    await session({ Region__c: 'South', Score__c: 4.5 });
    expect(await rows("SELECT Region__c FROM LiveAgentSession WHERE region__C = 'NORTH'")).toEqual([
      { Region__c: 'North' },
    ]);
    expect(
      await rows(
        'SELECT Score__c FROM LiveAgentSession WHERE Score__c != null ORDER BY Region__c DESC, Score__c DESC',
      ),
    ).toEqual([{ Score__c: 4.5 }, { Score__c: 3.5 }, { Score__c: 12.25 }]);
    expect(
      await rows(
        'SELECT Channel__c c, COUNT(Id) n, MAX(Score__c) most FROM LiveAgentSession WHERE Channel__c != null GROUP BY Channel__c ORDER BY Channel__c',
      ),
    ).toEqual([
      // a picklist sorts in the order of its values
      { c: 'web', n: 2, most: 4.5 },
      { c: 'app', n: 1, most: 12.25 },
    ]);
    const [reached] = await rows(
      `SELECT Mentor__r.Id FROM LiveAgentSession WHERE Mentor__r.Id = '${userId}'`,
    );
    expect(reached.Mentor__r.Id).toBe(userId);
    expect(
      await rows(
        'SELECT toLabel(Channel__c) FROM LiveAgentSession WHERE Shift__c = 2026-03-10 AND Billed__c = false',
      ),
    ).toEqual([{ Channel__c: 'App' }]);
  });

  it('is in FIELDS(CUSTOM) and not in FIELDS(STANDARD)', async () => {
    const [custom] = await rows(`SELECT FIELDS(CUSTOM) FROM LiveAgentSession WHERE Id = '${one}' LIMIT 1`);
    expect(Object.keys(custom).sort()).toEqual([...Object.keys(EVERY_TYPE), 'Mentor__c'].sort());
    const [standard] = await rows(
      `SELECT FIELDS(STANDARD) FROM LiveAgentSession WHERE Id = '${one}' LIMIT 1`,
    );
    expect(Object.keys(standard).filter((name) => name.endsWith('__c'))).toEqual([]);
  });

  it('refuses what its type refuses', async () => {
    const refusal = async (fields: Record<string, unknown>) =>
      (await admin('POST', SESSIONS, { body: aSession(fields) })).body[0];
    expect(await refusal({ Channel__c: 'phone' })).toMatchObject({
      errorCode: 'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST',
    });
    expect(await refusal({ Region__c: 'x'.repeat(41) })).toMatchObject({
      errorCode: 'STRING_TOO_LONG',
      fields: ['Region__c'],
    });
    expect(await refusal({ Score__c: 12345 })).toMatchObject({ errorCode: 'NUMBER_OUTSIDE_VALID_RANGE' });
    expect(await refusal({ Shift__c: '2026-02-30' })).toMatchObject({ errorCode: 'JSON_PARSER_ERROR' });
    expect(await refusal({ Mentor__c: one })).toMatchObject({ errorCode: 'MALFORMED_ID' });
  });

  it('takes its default on create, and is changed and emptied like any other', async () => {
    const id = await session({});
    const before = await admin('GET', `${SESSIONS}/${id}?fields=Billed__c,Channel__c,Region__c`);
    expect(before.body).toMatchObject({ Billed__c: true, Channel__c: 'web', Region__c: null });
    const changed = await admin('PATCH', `${SESSIONS}/${id}`, {
      body: { Region__c: ' East ', Channel__c: null },
    });
    expect(changed.status).toBe(204);
    const after = await admin('GET', `${SESSIONS}/${id}?fields=Channel__c,Region__c`);
    expect(after.body).toMatchObject({ Channel__c: null, Region__c: 'East' });
  });

  it('stands on the layout and in FieldDefinition', async () => {
    const layout = await admin('GET', `${SESSIONS}/describe/layouts`);
    const heading = layout.body.layouts[0].detailLayoutSections.map(
      (section: { heading: string }) => section.heading,
    );
    expect(heading).toContain('Custom Fields');
    expect(
      await rows(
        "SELECT DeveloperName, DataType FROM FieldDefinition WHERE EntityDefinitionId = 'LiveAgentSession' AND QualifiedApiName = 'Score__c'",
      ),
    ).toEqual([{ DeveloperName: 'Score', DataType: 'Number(4, 2)' }]);
  });

  it('leaves history rows under its own name once it is tracked', async () => {
    const tracked = await admin('POST', '/v60.0/sobjects/FloorFieldSetting', {
      body: { SobjectType: 'LiveAgentSession', Field: 'LiveAgentSession.Region__c', IsHistoryTracked: true },
    });
    expect(tracked.status, tracked.text).toBe(201);
    await admin('PATCH', `${SESSIONS}/${one}`, { body: { Region__c: 'West' } });
    expect(
      await rows(
        `SELECT Field, OldValue, NewValue FROM LiveAgentSessionHistory WHERE LiveAgentSessionId = '${one}' AND Field = 'Region__c'`,
      ),
    ).toEqual([{ Field: 'Region__c', OldValue: 'North', NewValue: 'West' }]);
  });

  it('is hidden from everybody but administrators until a permission shows it', async () => {
    expect(await describedField('Region__c', supervisor)).toBeUndefined();
    const refused = await supervisor('GET', queryPath('SELECT Region__c FROM LiveAgentSession'));
    expect(refused.body[0]).toMatchObject({ errorCode: 'INVALID_FIELD' });
    const [set] = await rows("SELECT Id FROM PermissionSet WHERE Profile.Name = 'Chat Supervisor'");
    const granted = await admin('POST', '/v60.0/sobjects/FieldPermissions', {
      body: {
        ParentId: set.Id,
        SobjectType: 'LiveAgentSession',
        Field: 'LiveAgentSession.Region__c',
        PermissionsRead: true,
        PermissionsEdit: false,
      },
    });
    expect(granted.status, granted.text).toBe(201);
    expect(await describedField('Region__c', supervisor)).toMatchObject({ updateable: false });
    expect(await rows(`SELECT Region__c FROM LiveAgentSession WHERE Id = '${one}'`, supervisor)).toHaveLength(
      1,
    );
  });

  it('is sent and answered over SOAP, and declared in the enterprise WSDL', async () => {
    const to = { url: server.url, session: token, api: 'partner', version: 60 } as const;
    const created = await soapCall(
      to,
      'create',
      `<sObjects><o:type>LiveAgentSession</o:type><o:AgentId>${userId}</o:AgentId><o:LoginTime>2026-03-10T12:00:00Z</o:LoginTime><o:LogoutTime>2026-03-10T13:00:00Z</o:LogoutTime><o:Region__c>Soap &amp; co</o:Region__c><o:Score__c>1.5</o:Score__c></sObjects>`,
    );
    expect(textOf(created.body, 'success'), created.text).toBe('true');
    const found = await soapCall(
      to,
      'query',
      "<queryString>SELECT Region__c, Score__c FROM LiveAgentSession WHERE Region__c = 'soap &amp; co'</queryString>",
    );
    expect(textOf(found.body, 'sf:Region__c')).toBe('Soap &amp; co');
    expect(textOf(found.body, 'sf:Score__c')).toBe('1.5');
    const wsdl = await (await fetch(`${server.url}/services/wsdl/enterprise?version=60.0`)).text();
    expect(wsdl).toContain('<element name="Score__c" type="xsd:double"');
    expect(wsdl).toContain('<element name="Mentor__r" type="ens:User"');
  });

  it('is read back as metadata, and changed only where what is stored stays readable', async () => {
    const path = `${FIELDS}/${ids.get('Region__c')}`;
    const got = await admin('GET', path);
    expect(got.body).toMatchObject({
      FullName: 'LiveAgentSession.Region__c',
      DeveloperName: 'Region',
      TableEnumOrId: 'LiveAgentSession',
      Metadata: { type: 'Text', label: 'Region', length: 40 },
    });
    const patch = (metadata: Record<string, unknown>) =>
      admin('PATCH', path, { body: { Metadata: metadata } });
    expect((await patch({ type: 'Text', label: 'Region', length: 39 })).body[0]).toMatchObject({
      errorCode: 'FIELD_INTEGRITY_EXCEPTION',
      fields: ['length'],
    });
    expect((await patch({ type: 'Date', label: 'Region' })).body[0]).toMatchObject({
      errorCode: 'FIELD_INTEGRITY_EXCEPTION',
      fields: ['type'],
    });
    expect((await patch({ type: 'Text', label: 'Sales <Region> & "more"', length: 60 })).status).toBe(204);
    expect(await describedField('Region__c')).toMatchObject({ label: 'Sales <Region> & "more"', length: 60 });
    const list = await admin('GET', FIELDS);
    expect(list.body.recentItems).toHaveLength(9);
  });

  it('is noted in the audit trail', async () => {
    const trail = await rows(
      "SELECT Action, Section, Display FROM SetupAuditTrail WHERE Action = 'createdCustomField'",
    );
    expect(trail).toHaveLength(9);
    expect(trail.map(({ Display }: { Display: string }) => Display)).toContain(
      'Created Custom Field Region__c (Text) of Chat Session',
    );
  });

  it('is known at another server as soon as the call has answered', async () => {
    expect(await describedField('Region__c', elsewhere)).toMatchObject({ custom: true });
    const id = await added('Everywhere__c', { type: 'Number', precision: 3, scale: 0 });
    expect(await describedField('Everywhere__c', elsewhere)).toMatchObject({ type: 'double' });
    const made = await session({ Everywhere__c: 7 }, elsewhere);
    expect(await rows(`SELECT Id FROM LiveAgentSession WHERE Everywhere__c = 7`)).toEqual([{ Id: made }]);
    expect((await elsewhere('DELETE', `${FIELDS}/${id}`)).status).toBe(204);
    expect(await describedField('Everywhere__c')).toBeUndefined();
  });

  it('is found by a server that was not told, when a call names it', async () => {
    // what the other server would have: the rows, and no word of them
    const id = await added('Quiet__c', { type: 'Text', length: 10 });
    await server.db.query('UPDATE custom_field SET retired_at = floor_now() WHERE id = $1', [id]);
    await server.db.query('UPDATE access_epoch SET epoch = epoch + 1');
    expect(
      (await elsewhere('GET', queryPath('SELECT Quiet__c FROM LiveAgentSession'))).body[0],
    ).toMatchObject({ errorCode: 'INVALID_FIELD' });
    await server.db.query('UPDATE custom_field SET retired_at = NULL WHERE id = $1', [id]);
    await server.db.query('UPDATE access_epoch SET epoch = epoch + 1');
    expect(await rows('SELECT Quiet__c FROM LiveAgentSession LIMIT 1', elsewhere)).toHaveLength(1);
    await admin('DELETE', `${FIELDS}/${id}`);
  });
});

describe('a name', () => {
  it.each([
    'Robert"); DROP TABLE so_user;--__c',
    "x'__c",
    'a b__c',
    '1st__c',
    '_x__c',
    'x___c',
    'a__b__c',
    'Größe__c',
    '__c',
    'Plain',
    '__proto____c',
    `${'x'.repeat(41)}__c`,
    'x.y__c',
    'x\u0000__c',
  ])('%j is refused', async (name) => {
    const answer = await add(name, { type: 'Date' });
    expect(answer.status).toBe(400);
    expect(['INVALID_FIELD', 'FIELD_INTEGRITY_EXCEPTION']).toContain(answer.body[0].errorCode);
  });

  it.each(['select__c', 'constructor__c', 'toString__c', 'Id__c', 'c_1__c', `${'L'.repeat(40)}__c`])(
    '%s is a field like any other',
    async (name) => {
      const id = await added(name, { type: 'Text', length: 20 });
      const made = await session({ [name]: 'here' });
      expect(await rows(`SELECT ${name} FROM LiveAgentSession WHERE ${name} = 'HERE'`)).toEqual([
        { [name]: 'here' },
      ]);
      await admin('DELETE', `${SESSIONS}/${made}`);
      expect((await admin('DELETE', `${FIELDS}/${id}`)).status).toBe(204);
    },
  );

  it('stands once, whatever its case', async () => {
    const id = await added('Twice__c', { type: 'Date' });
    expect((await add('TWICE__c', { type: 'Date' })).body[0]).toMatchObject({
      errorCode: 'DUPLICATE_VALUE',
    });
    const both = await Promise.all([add('Race__c', { type: 'Date' }), add('race__c', { type: 'Date' })]);
    expect(both.map(({ status }) => status).sort()).toEqual([201, 400]);
    await admin('DELETE', `${FIELDS}/${id}`);
  });

  it('never reaches the table', async () => {
    const columns = await server.db.query<{ name: string }>(
      `SELECT attname AS name FROM pg_attribute WHERE attrelid = 'so_live_agent_session'::regclass AND attname LIKE 'c\\_%'`,
    );
    expect(columns.length).toBeGreaterThan(9);
    for (const { name } of columns) expect(name).toMatch(/^c_\d+(__key)?$|^created_|^chat_req/);
  });
});

describe('the tooling resource refuses', () => {
  it.each([
    ['an unknown type', { type: 'Hologram' }, 'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST'],
    ['a formula', { type: 'Text', length: 5, formula: '1+1' }, 'FIELD_INTEGRITY_EXCEPTION'],
    ['a required field', { type: 'Text', length: 5, required: true }, 'FIELD_INTEGRITY_EXCEPTION'],
    ['text that is too long', { type: 'Text', length: 256 }, 'NUMBER_OUTSIDE_VALID_RANGE'],
    ['a number of 19 digits', { type: 'Number', precision: 19, scale: 0 }, 'NUMBER_OUTSIDE_VALID_RANGE'],
    ['more decimals than digits', { type: 'Number', precision: 3, scale: 3 }, 'NUMBER_OUTSIDE_VALID_RANGE'],
    ['a picklist without values', { type: 'Picklist' }, 'FIELD_INTEGRITY_EXCEPTION'],
    ['a lookup to nothing', { type: 'Lookup', referenceTo: 'Account' }, 'FIELD_INTEGRITY_EXCEPTION'],
    [
      'a label of control characters',
      { type: 'Date', label: 'a\u0007b' },
      'TEXT_DATA_OUTSIDE_SUPPORTED_CHARSET',
    ],
    ['no label', { type: 'Date', label: '' }, 'REQUIRED_FIELD_MISSING'],
  ])('%s', async (_what, metadata, errorCode) => {
    expect((await add('Bad__c', metadata)).body[0]).toMatchObject({ errorCode });
  });

  it('other objects, other callers, and allOrNone', async () => {
    const body = { FullName: 'User.X__c', Metadata: { type: 'Date', label: 'X' } };
    expect((await admin('POST', FIELDS, { body })).body[0]).toMatchObject({
      errorCode: 'FIELD_INTEGRITY_EXCEPTION',
    });
    const mine = { ...body, FullName: 'LiveAgentSession.X__c' };
    expect((await supervisor('POST', FIELDS, { body: mine })).status).toBe(403);
    expect((await supervisor('POST', FIELDS, { body: 'no json' })).status).toBe(400);
    const composite = await admin('POST', '/v60.0/composite', {
      body: {
        allOrNone: true,
        compositeRequest: [{ method: 'POST', url: `/services/data${FIELDS}`, referenceId: 'a', body: mine }],
      },
    });
    expect(composite.body.compositeResponse[0].httpStatusCode).toBe(400);
    expect((await admin('GET', `${FIELDS}/00NFW0000000099AAA`)).status).toBeGreaterThanOrEqual(400);
  });

  it('the 201st field', async () => {
    const [{ count } = { count: 0 }] = await server.db.query<{ count: number }>(
      'SELECT count(*) AS count FROM custom_field WHERE retired_at IS NULL',
    );
    await server.db.query(
      `INSERT INTO custom_field SELECT n, 'x' || n, 'LiveAgentSession', 'F' || n, '{"type":"Date","label":"x"}', floor_now(), '', floor_now(), '' FROM generate_series(10001, 10000 + $1) AS n`,
      [200 - count],
    );
    expect((await add('OneMore__c', { type: 'Date' })).body[0]).toMatchObject({
      errorCode: 'LIMIT_EXCEEDED',
    });
    await server.db.query('DELETE FROM custom_field WHERE number > 10000');
  });
});

describe('a field that was deleted', () => {
  it('is gone from every answer, and one of the same name begins empty and ungranted', async () => {
    const first = await added('Again__c', { type: 'Text', length: 20 });
    const made = await session({ Again__c: 'old' });
    expect((await admin('DELETE', `${FIELDS}/${first}`)).status).toBe(204);
    expect((await admin('GET', `${FIELDS}/${first}`)).status).toBe(404);
    expect(await describedField('Again__c')).toBeUndefined();
    expect((await admin('GET', queryPath('SELECT Again__c FROM LiveAgentSession'))).body[0]).toMatchObject({
      errorCode: 'INVALID_FIELD',
    });
    expect((await admin('PATCH', `${SESSIONS}/${made}`, { body: { Again__c: 'x' } })).body[0]).toMatchObject({
      errorCode: 'INVALID_FIELD',
    });
    expect(
      await rows("SELECT Id FROM FieldPermissions WHERE Field = 'LiveAgentSession.Again__c'").catch(() => []),
    ).toEqual([]);

    await added('Again__c', { type: 'Number', precision: 5, scale: 0 });
    expect(await rows(`SELECT Again__c FROM LiveAgentSession WHERE Id = '${made}'`)).toEqual([
      { Again__c: null },
    ]);
    await admin('PATCH', `${SESSIONS}/${made}`, { body: { Again__c: 5 } });
    expect(await rows('SELECT Again__c FROM LiveAgentSession WHERE Again__c = 5', elsewhere)).toEqual([
      { Again__c: 5 },
    ]);
    const [kept] = await server.db.query<{ number: number }>(
      'SELECT number FROM custom_field WHERE id = $1',
      [first],
    );
    const [old] = await server.db.query(
      `SELECT c_${kept?.number} AS value FROM so_live_agent_session WHERE id = $1`,
      [made],
    );
    expect(old).toEqual({ value: 'old' });
  });
});

describe('a table in use', () => {
  it('is waited for a little at a time, so that nobody queues behind the field', async () => {
    let release: () => void = () => undefined;
    const reading = server.db.tx(async (tx) => {
      await tx.query('SELECT count(*) FROM so_live_agent_session');
      await new Promise<void>((resolve) => {
        release = resolve;
      });
    });
    const adding = add('Late__c', { type: 'Date' });
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(await rows('SELECT Id FROM LiveAgentSession LIMIT 1')).toHaveLength(1);
    release();
    await reading;
    expect((await adding).status).toBe(201);
    expect(await describedField('Late__c')).toMatchObject({ type: 'date' });
  });
});
