/** Every call over TCP, byte by byte where clients look at the bytes; every answer also fits its WSDL (soap-server.ts). */
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OPERATIONS } from '../../../src/api/soap/schema/operations.js';
import { DEMO_USERS } from '../../support/server.js';
import { textOf, textsOf } from '../../support/soap-calls.js';
import { type SoapServer, startSoapServer } from './soap-server.js';

let server: SoapServer;
let agentId: string;
beforeAll(async () => {
  server = await startSoapServer();
  const { body } = await server.call(
    'query',
    `<queryString>SELECT Id FROM User WHERE Username = '${DEMO_USERS.ana}'</queryString>`,
  );
  agentId = textOf(body, 'sf:Id') ?? expect.fail(body);
});
afterAll(() => server.close());

const PARTNER_SESSION = (more = '') =>
  `<sObjects><o:type>LiveAgentSession</o:type><o:AgentId>${agentId}</o:AgentId><o:LoginTime>2026-03-10T12:00:00Z</o:LoginTime>` +
  `<o:LogoutTime>2026-03-10T14:00:00+01:00</o:LogoutTime>${more}</sObjects>`;

const ENTERPRISE_SESSION = (more = '') =>
  `<sObjects xsi:type="o:LiveAgentSession"><o:AgentId>${agentId}</o:AgentId><o:LoginTime>2026-03-10T12:00:00Z</o:LoginTime>` +
  `<o:LogoutTime>2026-03-10T13:00:00Z</o:LogoutTime>${more}</sObjects>`;

const query = (soql: string, options = {}) =>
  server.call('query', `<queryString>${soql.replaceAll('<', '&lt;')}</queryString>`, options);

async function created(more = ''): Promise<string> {
  const { body } = await server.call('create', PARTNER_SESSION(more));
  return textOf(body, 'id') ?? expect.fail(body);
}

describe('create()', () => {
  it('answers id and success, and says how many calls were made', async () => {
    const { status, text, body } = await server.call(
      'create',
      PARTNER_SESSION('<o:TimeIdle>12</o:TimeIdle>'),
    );
    expect(status).toBe(200);
    expect(body).toMatch(
      /^<createResponse><result><id>0HK\w{15}<\/id><success>true<\/success><\/result><\/createResponse>$/,
    );
    expect(text).toMatch(
      /<soapenv:Header><LimitInfoHeader><limitInfo><current>\d+<\/current><limit>\d+<\/limit><type>API REQUESTS<\/type><\/limitInfo><\/LimitInfoHeader><\/soapenv:Header>/,
    );
  });

  it('takes records of the enterprise API by their xsi:type', async () => {
    const { body } = await server.call('create', ENTERPRISE_SESSION(), { api: 'enterprise' });
    expect(textOf(body, 'success')).toBe('true');
    const refused = await server.call('create', '<sObjects><o:AgentId/></sObjects>', { api: 'enterprise' });
    expect(refused.body).toContain(
      '<faultstring>INVALID_TYPE: Must send a concrete entity type.</faultstring>',
    );
  });

  it('says of each record why it was not created', async () => {
    const { body } = await server.call(
      'create',
      `${PARTNER_SESSION()}<sObjects><o:type>LiveAgentSession</o:type></sObjects>`,
    );
    expect(textsOf(body, 'success')).toEqual(['true', 'false']);
    expect(body).toContain(
      '<result><errors><fields>AgentId</fields><fields>LoginTime</fields><fields>LogoutTime</fields>' +
        '<message>Required fields are missing: [AgentId, LoginTime, LogoutTime]</message><statusCode>REQUIRED_FIELD_MISSING</statusCode>' +
        '</errors><id xsi:nil="true"/><success>false</success></result>',
    );
  });

  it('creates nothing under AllOrNone when one record fails, over chunks of several objects too', async () => {
    const header = '<AllOrNoneHeader><allOrNone>true</allOrNone></AllOrNoneHeader>';
    const skill =
      '<sObjects><o:type>Skill</o:type><o:DeveloperName>S1</o:DeveloperName><o:MasterLabel>S1</o:MasterLabel></sObjects>';
    const { body } = await server.call(
      'create',
      `${skill}<sObjects><o:type>LiveAgentSession</o:type></sObjects>`,
      { header },
    );
    expect(textsOf(body, 'success')).toEqual(['false', 'false']);
    expect(textsOf(body, 'statusCode')).toEqual([
      'ALL_OR_NONE_OPERATION_ROLLED_BACK',
      'REQUIRED_FIELD_MISSING',
    ]);
    expect((await query("SELECT COUNT() FROM Skill WHERE DeveloperName = 'S1'")).body).toContain(
      '<size>0</size>',
    );
  });

  it('of more than 200 records or of an unknown object fails whole', async () => {
    const many = await server.call('create', '<sObjects><o:type>Skill</o:type></sObjects>'.repeat(201));
    expect(many.status).toBe(500);
    expect(many.body).toContain('<sf:exceptionCode>EXCEEDED_ID_LIMIT</sf:exceptionCode>');
    const unknown = await server.call('create', '<sObjects><o:type>Nothing</o:type></sObjects>');
    expect(unknown.body).toContain(
      '<sf:InvalidSObjectFault xsi:type="sf:InvalidSObjectFault"><sf:exceptionCode>INVALID_TYPE</sf:exceptionCode><sf:exceptionMessage>sObject type &apos;Nothing&apos; is not supported.',
    );
  });

  it('cuts text that is too long when the header allows it', async () => {
    const skill = `<sObjects><o:type>Skill</o:type><o:DeveloperName>Long</o:DeveloperName><o:MasterLabel>${'x'.repeat(300)}</o:MasterLabel></sObjects>`;
    expect(textOf((await server.call('create', skill)).body, 'statusCode')).toBe('STRING_TOO_LONG');
    const header =
      '<AllowFieldTruncationHeader><allowFieldTruncation>true</allowFieldTruncation></AllowFieldTruncationHeader>';
    expect(textOf((await server.call('create', skill, { header })).body, 'success')).toBe('true');
  });
});

describe('update()', () => {
  it('leaves what is absent or nil, and clears what fieldsToNull names', async () => {
    const id = await created('<o:TimeIdle>12</o:TimeIdle><o:TimeInChats>5</o:TimeInChats>');
    const change = (content: string) =>
      server.call(
        'update',
        `<sObjects><o:type>LiveAgentSession</o:type>${content}<o:Id>${id}</o:Id></sObjects>`,
      );
    expect((await change('<o:TimeIdle xsi:nil="true"/>')).body).toContain(
      `<result><id>${id}</id><success>true</success></result>`,
    );
    expect(
      textOf((await query(`SELECT TimeIdle FROM LiveAgentSession WHERE Id = '${id}'`)).body, 'sf:TimeIdle'),
    ).toBe('12');
    await change('<o:fieldsToNull>TimeIdle</o:fieldsToNull>');
    const { body } = await query(`SELECT TimeIdle, TimeInChats FROM LiveAgentSession WHERE Id = '${id}'`);
    expect(body).toContain('<sf:TimeIdle xsi:nil="true"/><sf:TimeInChats>5</sf:TimeInChats>');
  });

  it('refuses a value of the wrong type, and an id it does not know', async () => {
    const id = await created();
    const { body } = await server.call(
      'update',
      `<sObjects><o:type>LiveAgentSession</o:type><o:Id>${id}</o:Id><o:TimeIdle>many</o:TimeIdle></sObjects>`,
    );
    expect(textOf(body, 'statusCode')).toBe('INVALID_TYPE_ON_FIELD_IN_RECORD');
    const nobody = await server.call('update', '<sObjects><o:type>LiveAgentSession</o:type></sObjects>');
    expect(nobody.body).toContain(
      '<message>Id not specified in an update call</message><statusCode>MISSING_ARGUMENT</statusCode>',
    );
  });
});

describe('upsert()', () => {
  it('creates without an id and updates with one, on objects that know it', async () => {
    const group = (content: string) =>
      `<externalIDFieldName>Id</externalIDFieldName><sObjects><o:type>Group</o:type>${content}</sObjects>`;
    const first = await server.call(
      'upsert',
      group('<o:Type>Regular</o:Type><o:Name>Night</o:Name><o:DeveloperName>Night</o:DeveloperName>'),
    );
    expect(first.body).toMatch(
      /<result><created>true<\/created><id>00G\w{15}<\/id><success>true<\/success><\/result>/,
    );
    const id = textOf(first.body, 'id');
    const second = await server.call('upsert', group(`<o:Id>${id}</o:Id><o:Name>Late night</o:Name>`));
    expect(second.body).toContain(
      `<result><created>false</created><id>${id}</id><success>true</success></result>`,
    );
    const byName = `<externalIDFieldName>Name</externalIDFieldName><sObjects><o:type>Group</o:type><o:Name>LATE night</o:Name><o:DeveloperName>Later</o:DeveloperName></sObjects>`;
    const third = await server.call('upsert', byName);
    expect(third.body).toMatch(/INVALID_EXTERNAL_ID_FIELD_NAME|<created>false<\/created>/);
  });

  it('is INVALID_ENTITY_FOR_UPSERT on sessions', async () => {
    const { body } = await server.call(
      'upsert',
      `<externalIDFieldName>Id</externalIDFieldName>${PARTNER_SESSION()}`,
    );
    expect(body).toContain('<created>false</created><errors>');
    expect(textOf(body, 'statusCode')).toBe('INVALID_ENTITY_FOR_UPSERT');
  });
});

describe('delete(), undelete(), emptyRecycleBin()', () => {
  it('send to the bin, bring back and clear for good', async () => {
    const id = await created();
    const of = (call: string) => server.call(call, `<ids>${id}</ids>`);
    const good = `<result><id>${id}</id><success>true</success></result>`;
    expect((await of('delete')).body).toBe(`<deleteResponse>${good}</deleteResponse>`);
    expect(textOf((await of('delete')).body, 'statusCode')).toBe('ENTITY_IS_DELETED');
    const bin = await server.call(
      'queryAll',
      `<queryString>SELECT IsDeleted FROM LiveAgentSession WHERE Id = '${id}'</queryString>`,
    );
    expect(textOf(bin.body, 'sf:IsDeleted')).toBe('true');
    expect((await of('undelete')).body).toBe(`<undeleteResponse>${good}</undeleteResponse>`);
    expect(textOf((await of('undelete')).body, 'statusCode')).toBe('UNDELETE_FAILED');
    await of('delete');
    expect((await of('emptyRecycleBin')).body).toBe(
      `<emptyRecycleBinResponse>${good}</emptyRecycleBinResponse>`,
    );
    expect(textOf((await of('undelete')).body, 'statusCode')).toBe('UNDELETE_FAILED');
  });

  it('say of each id what is wrong with it', async () => {
    const { body } = await server.call('delete', '<ids>abc</ids>');
    expect(body).toContain(
      '<message>bad id abc</message><statusCode>MALFORMED_ID</statusCode></errors><id xsi:nil="true"/><success>false</success>',
    );
  });
});

describe('retrieve()', () => {
  it('has a slot for every id, nil where there is no row', async () => {
    const [a, b] = [await created('<o:TimeIdle>1</o:TimeIdle>'), await created()];
    await server.call('delete', `<ids>${b}</ids>`);
    const { body } = await server.call(
      'retrieve',
      `<fieldList>TimeIdle, Id,NumFlagRaised</fieldList><sObjectType>LiveAgentSession</sObjectType><ids>${b}</ids><ids>${a}</ids>`,
    );
    expect(body).toBe(
      `<retrieveResponse><result xsi:nil="true"/><result xsi:type="sf:sObject"><sf:type>LiveAgentSession</sf:type><sf:Id>${a}</sf:Id>` +
        `<sf:TimeIdle>1</sf:TimeIdle><sf:Id>${a}</sf:Id><sf:NumFlagRaised xsi:nil="true"/></result></retrieveResponse>`,
    );
  });

  it('in the enterprise API says the type and leaves nulls out', async () => {
    const id = await created('<o:TimeIdle>1</o:TimeIdle>');
    const { body } = await server.call(
      'retrieve',
      `<fieldList>TimeIdle,Id,AgentId,NumFlagRaised</fieldList><sObjectType>liveagentsession</sObjectType><ids>${id}</ids>`,
      { api: 'enterprise' },
    );
    expect(body).toBe(
      `<retrieveResponse><result xsi:type="sf:LiveAgentSession"><sf:Id>${id}</sf:Id><sf:AgentId>${agentId}</sf:AgentId>` +
        '<sf:TimeIdle>1</sf:TimeIdle></result></retrieveResponse>',
    );
  });

  it('refuses an unknown field with the place in a made-up statement, and an unknown object', async () => {
    const unknown = await server.call(
      'retrieve',
      '<fieldList>Id,Foo</fieldList><sObjectType>LiveAgentSession</sObjectType>',
    );
    expect(unknown.body).toContain('<sf:InvalidFieldFault xsi:type="sf:InvalidFieldFault">');
    expect(unknown.body).toContain('<sf:row>1</sf:row><sf:column>12</sf:column>');
    expect(
      (await server.call('retrieve', '<fieldList>Id</fieldList><sObjectType>Foo</sObjectType>')).body,
    ).toContain('INVALID_TYPE');
  });
});

describe('query()', () => {
  it('writes rows, parents, children and nulls as the partner API does', async () => {
    const id = await created('<o:TimeIdle>7</o:TimeIdle>');
    const { text, body } = await query(
      `SELECT Name, Agent.Username, Agent.Manager.Name, TimeInChats, LoginTime, Id, (SELECT Id FROM Histories WHERE Field = 'nothing') FROM LiveAgentSession WHERE Id = '${id}'`,
    );
    expect(text).toContain('xmlns:sf="urn:sobject.partner.soap.sforce.com"');
    const name = textOf(body, 'sf:Name');
    expect(body).toBe(
      '<queryResponse><result xsi:type="QueryResult"><done>true</done><queryLocator xsi:nil="true"/>' +
        `<records xsi:type="sf:sObject"><sf:type>LiveAgentSession</sf:type><sf:Id>${id}</sf:Id><sf:Name>${name}</sf:Name>` +
        `<sf:Agent xsi:type="sf:sObject"><sf:type>User</sf:type><sf:Id xsi:nil="true"/><sf:Username>${DEMO_USERS.ana}</sf:Username>` +
        '<sf:Manager xsi:nil="true"/></sf:Agent><sf:TimeInChats xsi:nil="true"/><sf:LoginTime>2026-03-10T12:00:00.000Z</sf:LoginTime>' +
        `<sf:Id>${id}</sf:Id><sf:Histories xsi:nil="true"/></records><size>1</size></result></queryResponse>`,
    );
  });

  it('writes child rows as a QueryResult', async () => {
    const group = await server.call(
      'create',
      '<sObjects><o:type>Group</o:type><o:Type>Regular</o:Type><o:Name>Day</o:Name><o:DeveloperName>Day</o:DeveloperName></sObjects>',
    );
    const groupId = textOf(group.body, 'id');
    await server.call(
      'create',
      `<sObjects><o:type>GroupMember</o:type><o:GroupId>${groupId}</o:GroupId><o:UserOrGroupId>${agentId}</o:UserOrGroupId></sObjects>`,
    );
    const soql = `SELECT Name, (SELECT UserOrGroupId FROM GroupMembers) FROM Group WHERE Id = '${groupId}'`;
    expect((await query(soql)).body).toContain(
      '<sf:Name>Day</sf:Name><sf:GroupMembers xsi:type="QueryResult"><done>true</done><queryLocator xsi:nil="true"/>' +
        '<records xsi:type="sf:sObject"><sf:type>GroupMember</sf:type><sf:Id xsi:nil="true"/>' +
        `<sf:UserOrGroupId>${agentId}</sf:UserOrGroupId></records><size>1</size></sf:GroupMembers></records>`,
    );
    expect((await query(soql, { api: 'enterprise' })).body).toContain(
      '<records xsi:type="sf:Group"><sf:GroupMembers xsi:type="QueryResult"><done>true</done><queryLocator xsi:nil="true"/>' +
        `<records xsi:type="sf:GroupMember"><sf:UserOrGroupId>${agentId}</sf:UserOrGroupId></records><size>1</size></sf:GroupMembers>` +
        '<sf:Name>Day</sf:Name></records>',
    );
  });

  it('keeps the order of the schema in the enterprise API', async () => {
    const id = await created('<o:TimeIdle>7</o:TimeIdle>');
    const { body } = await query(
      `SELECT TimeIdle, Owner.Name, LoginTime, Id, Agent.Username, NumFlagRaised FROM LiveAgentSession WHERE Id = '${id}'`,
      { api: 'enterprise' },
    );
    expect(body).toMatch(
      new RegExp(
        `^<queryResponse><result><done>true</done><queryLocator xsi:nil="true"/><records xsi:type="sf:LiveAgentSession"><sf:Id>${id}</sf:Id>` +
          '<sf:Agent xsi:type="sf:User"><sf:Username>[^<]+</sf:Username></sf:Agent><sf:LoginTime>2026-03-10T12:00:00.000Z</sf:LoginTime>' +
          '<sf:Owner xsi:type="sf:Name"><sf:Name>[^<]+</sf:Name></sf:Owner><sf:TimeIdle>7</sf:TimeIdle></records><size>1</size></result></queryResponse>$',
      ),
    );
  });

  it('writes aggregates with their types, in both APIs', async () => {
    await created('<o:TimeIdle>3</o:TimeIdle>');
    const soql =
      'SELECT AgentId, COUNT(Id) many, MAX(LoginTime), AVG(TimeIdle) FROM LiveAgentSession GROUP BY AgentId';
    const partner = await query(soql);
    expect(partner.body).toMatch(
      /<records xsi:type="sf:sObject"><sf:type>AggregateResult<\/sf:type><sf:Id xsi:nil="true"\/><sf:AgentId xsi:type="xsd:string">\w{18}<\/sf:AgentId><sf:many xsi:type="xsd:int">\d+<\/sf:many><sf:expr0 xsi:type="xsd:dateTime">2026-03-10T12:00:00.000Z<\/sf:expr0><sf:expr1 xsi:type="xsd:double">[\d.]+<\/sf:expr1><\/records>/,
    );
    const enterprise = await query(soql, { api: 'enterprise' });
    expect(enterprise.body).toContain(
      '<records xsi:type="sf:AggregateResult"><sf:AgentId xsi:type="xsd:string">',
    );
  });

  it('counts without records', async () => {
    const { body } = await query('SELECT COUNT() FROM LiveAgentSession');
    expect(body).toMatch(
      /<done>true<\/done><queryLocator xsi:nil="true"\/><records xsi:nil="true"\/><size>\d+<\/size>/,
    );
  });

  it('goes on page after page with queryMore()', async () => {
    for (let round = 0; round < 2; round++)
      await server.call('create', PARTNER_SESSION('<o:NumFlagRaised>77</o:NumFlagRaised>').repeat(200));
    const header = '<QueryOptions><batchSize>200</batchSize></QueryOptions>';
    const first = await query('SELECT Id FROM LiveAgentSession WHERE NumFlagRaised = 77', { header });
    expect(first.body).toContain('<done>false</done>');
    expect(textOf(first.body, 'size')).toBe('400');
    const locator = textOf(first.body, 'queryLocator');
    expect(locator).toMatch(/^\w{18}-200$/);
    const next = await server.call('queryMore', `<queryLocator>${locator}</queryLocator>`, { header });
    expect(next.body).toContain('<queryMoreResponse><result xsi:type="QueryResult"><done>true</done>');
    expect(new Set([...textsOf(first.body, 'sf:Id'), ...textsOf(next.body, 'sf:Id')]).size).toBe(400);
    const bad = await server.call('queryMore', '<queryLocator>nothing</queryLocator>');
    expect(bad.body).toContain(
      '<faultcode>sf:INVALID_QUERY_LOCATOR</faultcode><faultstring>INVALID_QUERY_LOCATOR: invalid query locator</faultstring>',
    );
    expect(bad.body).toContain('<sf:InvalidQueryLocatorFault xsi:type="sf:InvalidQueryLocatorFault">');
  });

  it('refuses with row, column and excerpt', async () => {
    const { status, body } = await query('SELECT Foo FROM LiveAgentSession');
    expect(status).toBe(500);
    expect(body).toMatch(
      /^<soapenv:Fault><faultcode>sf:INVALID_FIELD<\/faultcode><faultstring>INVALID_FIELD: \nSELECT Foo FROM LiveAgentSession\n {7}\^\nERROR at Row:1:Column:8\nNo such column &apos;Foo&apos; on entity &apos;LiveAgentSession&apos;/,
    );
    expect(body).toContain('<sf:row>1</sf:row><sf:column>8</sf:column></sf:InvalidFieldFault>');
  });
});

describe('text', () => {
  it('comes back as it was sent, whatever XML must escape', async () => {
    const label = `<a href="x">&'é€😀]]>`;
    const escaped = '&lt;a href="x">&amp;\'é€😀]]&gt;';
    const { body } = await server.call(
      'create',
      `<sObjects><o:type>Skill</o:type><o:DeveloperName>Odd</o:DeveloperName><o:MasterLabel>${escaped}</o:MasterLabel></sObjects>`,
    );
    const id = textOf(body, 'id');
    const read =
      textOf((await query(`SELECT MasterLabel FROM Skill WHERE Id = '${id}'`)).body, 'sf:MasterLabel') ?? '';
    expect(read.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')).toBe(label);
  });
});

describe('describing', () => {
  it.each(['partner', 'enterprise'] as const)('works at every version in the %s API', async (api) => {
    for (const version of [21, 27, 28, 38, 39, 42, 47, 51, 64, 68]) {
      const options = { api, version };
      const global = await server.call('describeGlobal', '', options);
      expect(global.body).toContain(
        '<describeGlobalResponse><result><encoding>UTF-8</encoding><maxBatchSize>200</maxBatchSize><sobjects>',
      );
      expect(global.body.includes('<name>LiveAgentSession</name>')).toBe(version >= 28);
      const { body } = await server.call(
        'describeSObjects',
        '<sObjectType>User</sObjectType><sObjectType>group</sObjectType>',
        options,
      );
      expect(textsOf(body, 'keyPrefix')).toEqual(['005', '00G']);
    }
  });

  it('has the values and the order of the schema', async () => {
    const { body } = await server.call('describeSObject', '<sObjectType>LiveAgentSession</sObjectType>', {
      version: 51,
    });
    expect(body).toContain('<keyPrefix>0HK</keyPrefix><label>Chat Session</label>');
    expect(body).toContain('<name>LoginTime</name><nameField>false</nameField><nillable>false</nillable>');
    expect(body).toContain('<soapType>xsd:dateTime</soapType><sortable>true</sortable><type>datetime</type>');
    expect(body).toContain('<recordTypeInfos><active>true</active><available>true</available>');
    const none = await server.call('describeSObject', '<sObjectType>Nothing</sObjectType>');
    expect(none.body).toContain('<sf:InvalidSObjectFault');
    const many = await server.call('describeSObjects', '<sObjectType>User</sObjectType>'.repeat(101));
    expect(many.body).toContain('EXCEEDED_MAX_TYPES_LIMIT');
  });

  it('layouts and tabs', async () => {
    const layout = await server.call('describeLayout', '<sObjectType>LiveAgentSession</sObjectType>');
    expect(textsOf(layout.body, 'heading')).toContain('Session Time Metrics');
    expect(layout.body).toContain('<recordTypeSelectorRequired>false</recordTypeSelectorRequired>');
    const tabs = await server.call('describeTabs', '');
    expect(textsOf(tabs.body, 'sobjectName')).toContain('LiveAgentSession');
  });
});

describe('getUpdated() and getDeleted()', () => {
  it('tell what changed', async () => {
    const [kept, gone] = [await created(), await created()];
    await server.call('delete', `<ids>${gone}</ids>`);
    const [row] = await server.db.query<{ now: number }>('SELECT floor_now() AS now');
    const now = row?.now ?? 0;
    const iso = (ms: number) => new Date(ms).toISOString();
    const window = `<sObjectType>LiveAgentSession</sObjectType><startDate>${iso(now - 3_600_000)}</startDate><endDate>${iso(now + 120_000)}</endDate>`;
    const updated = await server.call('getUpdated', window);
    expect(textsOf(updated.body, 'ids')).toContain(kept);
    expect(textsOf(updated.body, 'ids')).not.toContain(gone);
    const deleted = await server.call('getDeleted', window);
    expect(textsOf(deleted.body, 'id')).toContain(gone);
    expect(textOf(deleted.body, 'earliestDateAvailable')).toMatch(/^\d{4}-.*\.000Z$/);
    expect(textOf(deleted.body, 'latestDateCovered')).toMatch(/\.000Z$/);
    const wrong = await server.call('getUpdated', window.replace(iso(now - 3_600_000), 'yesterday'));
    expect(wrong.body).toContain('&apos;yesterday&apos; is not a valid value for the type xsd:dateTime');
  });
});

describe('search()', () => {
  it('finds by name and answers an empty result for nothing', async () => {
    const id = await created();
    const name = textOf(
      (await query(`SELECT Name FROM LiveAgentSession WHERE Id = '${id}'`)).body,
      'sf:Name',
    );
    const find = async () =>
      (
        await server.call(
          'search',
          `<searchString>FIND {${name}} RETURNING LiveAgentSession(Id, Name)</searchString>`,
        )
      ).body;
    // The index follows the outbox, which waits for transactions of other databases on the same server.
    await expect
      .poll(find, { timeout: 20_000, interval: 200 })
      .toContain(
        `<searchRecords><record xsi:type="sf:sObject"><sf:type>LiveAgentSession</sf:type><sf:Id>${id}</sf:Id><sf:Id>${id}</sf:Id><sf:Name>${name}</sf:Name></record></searchRecords>`,
      );
    const labelled = await server.call(
      'search',
      `<searchString>FIND {${name}} RETURNING LiveAgentSession(Id, TimeIdle) WITH METADATA = 'LABELS'</searchString>`,
    );
    expect(labelled.body).toContain(
      '</searchRecords><searchResultsMetadata><entityLabelMetadata><entityFieldLabels><name>Id</name><value>Chat Session ID</value></entityFieldLabels>' +
        '<entityFieldLabels><name>TimeIdle</name><value>Time Idle</value></entityFieldLabels><entityName>LiveAgentSession</entityName></entityLabelMetadata>' +
        '<entityMetadata><entityName>LiveAgentSession</entityName></entityMetadata></searchResultsMetadata></result>',
    );
    expect((await server.call('search', '<searchString>FIND {nobodyatall}</searchString>')).body).toBe(
      '<searchResponse><result/></searchResponse>',
    );
    expect((await server.call('search', '<searchString>FIND nobody</searchString>')).body).toContain(
      '<sf:MalformedSearchFault',
    );
  });
});

describe('setPassword()', () => {
  it('is for oneself, or for who may manage users', async () => {
    const ben = textOf(
      (await query(`SELECT Id FROM User WHERE Username = '${DEMO_USERS.ben}'`)).body,
      'sf:Id',
    );
    const call = (session: string, password: string) =>
      server.call('setPassword', `<userId>${ben}</userId><password>${password}</password>`, { session });
    const ana = await server.signIn(DEMO_USERS.ana);
    expect((await call(ana, 'a new password for ben')).body).toContain('INSUFFICIENT_ACCESS');
    expect((await call(server.session, 'short')).body).toContain('<sf:InvalidNewPasswordFault');
    expect((await call(server.session, 'a new password for ben')).body).toBe(
      '<setPasswordResponse><result/></setPasswordResponse>',
    );
    await expect(server.signIn(DEMO_USERS.ben)).rejects.toThrow('authentication failure');
  });
});

describe('the request', () => {
  const raw = (body: Buffer | string, headers: Record<string, string>) =>
    fetch(`${server.url}/services/Soap/u/60.0`, { method: 'POST', headers, body: body as string });
  const envelope = (content: string, declaration = '') =>
    `${declaration}<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns="urn:partner.soap.sforce.com"><s:Header><SessionHeader><sessionId>${server.session}</sessionId></SessionHeader></s:Header><s:Body>${content}</s:Body></s:Envelope>`;

  it('may be compressed', async () => {
    const response = await raw(gzipSync(envelope('<getServerTimestamp/>')), {
      'content-type': 'text/xml',
      'content-encoding': 'gzip',
    });
    expect(response.status).toBe(200);
  });

  it('may be large with a session, up to 50 MB', async () => {
    const record = `<sObjects><o:type xmlns:o="urn:sobject.partner.soap.sforce.com">Skill</o:type><MasterLabel>${'x'.repeat(20_000)}</MasterLabel></sObjects>`;
    const large = await raw(envelope(`<create>${record.repeat(150)}</create>`), {
      'content-type': 'text/xml',
    });
    expect(large.status).toBe(200);
    const bomb = await raw(gzipSync(envelope(`<create>${record.repeat(2_700)}</create>`)), {
      'content-type': 'text/xml',
      'content-encoding': 'gzip',
    });
    expect(bomb.status).toBe(500);
    expect(await bomb.text()).toContain('EXCEEDED_MAX_SIZE_REQUEST');
  });

  it.each([
    ['another charset', 'text/xml; charset=ISO-8859-1', ''],
    ['another encoding', 'text/xml', '<?xml version="1.0" encoding="UTF-16"?>'],
  ])('in %s is refused', async (_, type, declaration) => {
    const response = await raw(envelope('<getServerTimestamp/>', declaration), { 'content-type': type });
    expect(response.status).toBe(500);
    expect(await response.text()).toContain('is not supported, send UTF-8');
  });

  it('of broken UTF-8 is refused', async () => {
    const body = Buffer.concat([
      Buffer.from(envelope('<query><queryString>')).subarray(0, -40),
      Buffer.from([0xc3, 0x28]),
    ]);
    expect(await (await raw(body as unknown as string, { 'content-type': 'text/xml' })).text()).toContain(
      'the request is not UTF-8',
    );
  });

  it('with too many elements is refused', async () => {
    const response = await raw(envelope(`<query>${'<a/>'.repeat(100_001)}</query>`), {
      'content-type': 'text/xml',
    });
    expect(await response.text()).toContain('too many elements');
  });

  it('whose header must be understood and is not is refused', async () => {
    const ask = (header: string, call = 'query') =>
      server.call(call, '<queryString>SELECT Id FROM User</queryString>', { header });
    const refused = [
      '<x:Odd xmlns:x="urn:x" s:mustUnderstand="1"/>',
      '<x:QueryOptions xmlns:x="urn:x" s:mustUnderstand="1"/>',
      '<AllOrNoneHeader s:mustUnderstand="true"><allOrNone>true</allOrNone></AllOrNoneHeader>',
    ];
    for (const header of refused) {
      const { body } = await ask(header);
      expect(body).toMatch(/<faultcode>soapenv:MustUnderstand<.*is not understood/);
    }
    expect((await ask('<MruHeader s:mustUnderstand="1"/>', 'getServerTimestamp')).status).toBe(500);
    for (const header of [
      '<QueryOptions s:mustUnderstand="1"><batchSize>200</batchSize></QueryOptions>',
      '<x:Odd xmlns:x="urn:x" s:mustUnderstand="0"/>',
      '<x:Odd xmlns:x="urn:x" s:mustUnderstand="1" s:actor="urn:somebody-else"/>',
    ]) {
      expect((await ask(header)).status, header).toBe(200);
    }
  });
});

describe('headers', () => {
  /** A value for every header of the WSDL. */
  const HEADER_VALUES: Readonly<Record<string, string>> = {
    LoginScopeHeader: `<organizationId>00D000000000001AAA</organizationId>`,
    SessionHeader: '',
    CallOptions: '<client>test/1</client><defaultNamespace xsi:nil="true"/>',
    QueryOptions: '<batchSize>500</batchSize>',
    AllOrNoneHeader: '<allOrNone>true</allOrNone>',
    AllowFieldTruncationHeader: '<allowFieldTruncation>true</allowFieldTruncation>',
    AssignmentRuleHeader: '<assignmentRuleId xsi:nil="true"/><useDefaultRule>true</useDefaultRule>',
    DebuggingHeader: '<debugLevel>None</debugLevel>',
    DisableFeedTrackingHeader: '<disableFeedTracking>true</disableFeedTracking>',
    DuplicateRuleHeader: '<allowSave>true</allowSave>',
    EmailHeader:
      '<triggerAutoResponseEmail>false</triggerAutoResponseEmail><triggerOtherEmail>false</triggerOtherEmail><triggerUserEmail>false</triggerUserEmail>',
    LimitInfoHeader: '',
    LocaleOptions: '<language>de</language><localizeErrors>true</localizeErrors>',
    MruHeader: '<updateMru>true</updateMru>',
    OwnerChangeOptions: '<options><type>TransferAllOwnedCases</type><execute>false</execute></options>',
    PackageVersionHeader:
      '<packageVersions><majorNumber>1</majorNumber><minorNumber>2</minorNumber><namespace>abc</namespace></packageVersions>',
    StreamingEnabledHeader: '<streamingEnabled>true</streamingEnabled>',
    UserTerritoryDeleteHeader: '<transferToUserId xsi:nil="true"/>',
  };

  it.each(OPERATIONS.filter(({ name }) => name !== 'logout' && name !== 'login'))(
    'of $name are accepted where the WSDL has them, even insisted on',
    async ({ name, headers }) => {
      const plain = await server.call(name, '');
      const header = headers
        .filter((one) => one !== 'SessionHeader')
        .map((one) => `<${one} s:mustUnderstand="1">${HEADER_VALUES[one] ?? expect.fail(one)}</${one}>`)
        .join('');
      const { status, body } = await server.call(name, '', { header });
      const timeless = (text: string) => text.replace(/<timestamp>.*?</, '<timestamp><');
      expect({ status, body: timeless(body) }).toEqual({ status: plain.status, body: timeless(plain.body) });
    },
  );

  it('whose boolean is none are refused', async () => {
    const header = '<AllOrNoneHeader><allOrNone>perhaps</allOrNone></AllOrNoneHeader>';
    const { body } = await server.call('create', PARTNER_SESSION(), { header });
    expect(body).toContain('&apos;perhaps&apos; is not a valid value for the type xsd:boolean');
  });

  it('AllOrNoneHeader undoes what a delete could do', async () => {
    const id = await created();
    const header = '<AllOrNoneHeader><allOrNone>true</allOrNone></AllOrNoneHeader>';
    const { body } = await server.call('delete', `<ids>${id}</ids><ids>0HK000000000001AAA</ids>`, { header });
    expect(textsOf(body, 'success')).toEqual(['false', 'false']);
    expect((await query(`SELECT COUNT() FROM LiveAgentSession WHERE Id = '${id}'`)).body).toContain(
      '<size>1</size>',
    );
  });

  it('MruHeader makes what was saved, retrieved alone, or found alone with its Id a recent record', async () => {
    const header = '<MruHeader><updateMru>true</updateMru></MruHeader>';
    const recent = async () =>
      textsOf((await query("SELECT Id FROM RecentlyViewed WHERE Type = 'LiveAgentSession'")).body, 'sf:Id');
    const made = textOf((await server.call('create', PARTNER_SESSION(), { header })).body, 'id');
    expect(await recent()).toContain(made);
    const [a, b, c, d] = [await created(), await created(), await created(), await created()];
    const retrieve = (...ids: string[]) =>
      `<fieldList>Name</fieldList><sObjectType>LiveAgentSession</sObjectType>${ids.map((id) => `<ids>${id}</ids>`).join('')}`;
    await server.call('retrieve', retrieve(a), { header });
    await server.call('retrieve', retrieve(b, c), { header });
    await server.call('retrieve', retrieve(d));
    expect(await recent()).toContain(a);
    for (const id of [b, c, d]) expect(await recent()).not.toContain(id);
    await query(`SELECT Id FROM LiveAgentSession WHERE Id = '${b}'`);
    await query(`SELECT Name FROM LiveAgentSession WHERE Id = '${c}'`, { header });
    await query(`SELECT Id FROM LiveAgentSession WHERE Id IN ('${b}', '${c}')`, { header });
    for (const id of [b, c]) expect(await recent()).not.toContain(id);
    await query(`SELECT Name, Id FROM LiveAgentSession WHERE Id = '${d}'`, { header });
    expect(await recent()).toContain(d);
  });
});
