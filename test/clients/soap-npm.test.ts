/** The npm package `soap`: clients generated from our own WSDLs call the real server; every answer is checked against its WSDL. */
import soap from 'soap';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { OPERATIONS } from '../../src/api/soap/schema/operations.js';
import { DEMO_PASSWORD, DEMO_USERS } from '../support/server.js';
import { startWitnessedServer, type WitnessedServer } from '../support/soap-witness.js';

let server: WitnessedServer;
beforeAll(async () => {
  server = await startWitnessedServer();
});
afterAll(() => server.close());

type Values = Record<string, unknown>;
/** A call of a generated client; the package types nothing of them. */
type Call = (values: Values) => Promise<[{ result: Values & Values[] }]>;
type Generated = soap.Client & Readonly<Record<string, Call>>;

async function signedIn(api: 'partner' | 'enterprise'): Promise<Generated> {
  const client = (await soap.createClientAsync(
    `${server.url}/services/wsdl/${api}?version=64.0`,
  )) as Generated;
  const [{ result }] = await (client.loginAsync as Call)({
    username: DEMO_USERS.admin,
    password: DEMO_PASSWORD,
  });
  client.setEndpoint(String(result.serverUrl));
  client.addSoapHeader(
    { SessionHeader: { sessionId: result.sessionId } },
    '',
    'tns',
    `urn:${api}.soap.sforce.com`,
  );
  return client;
}

describe.each(['partner', 'enterprise'] as const)('a client of the %s WSDL', (api) => {
  let client: Generated;
  const call = async (name: string, values: Values): Promise<Values & Values[]> => {
    const [answer] = await (client[`${name}Async`] as Call)(values);
    return answer?.result;
  };
  beforeAll(async () => {
    client = await signedIn(api);
  });

  test('describes', async () => {
    const { sobjects } = await call('describeGlobal', {});
    expect((sobjects as Values[]).map(({ name }) => name)).toContain('LiveAgentSession');
    const [described] = await call('describeSObjects', { sObjectType: ['LiveAgentSession'] });
    expect(described).toMatchObject({ keyPrefix: '0HK', label: 'Chat Session', createable: true });
    expect(await call('describeSObject', { sObjectType: 'User' })).toMatchObject({ keyPrefix: '005' });
    expect(await call('describeLayout', { sObjectType: 'LiveAgentSession' })).toMatchObject({
      recordTypeSelectorRequired: false,
    });
    expect((await call('describeTabs', {}))[0]).toMatchObject({ label: 'Floorwalker' });
  });

  test('creates, reads, changes, deletes and brings back', async () => {
    const users = await call('query', {
      queryString: `SELECT Id FROM User WHERE Username = '${DEMO_USERS.ana}'`,
    });
    const [user] = users.records as Values[];
    const agentId = [user?.Id].flat()[0];
    const fields = {
      AgentId: agentId,
      LoginTime: '2026-03-10T12:00:00Z',
      LogoutTime: '2026-03-10T13:00:00Z',
      TimeIdle: 3,
    };
    const save = (name: string, values: Values, object = 'LiveAgentSession', key = '') => {
      const xml = Object.entries(values)
        .map(([field, value]) => `<ens:${field}>${value}</ens:${field}>`)
        .join('');
      const [type, attribute] =
        api === 'partner' ? [`<ens:type>${object}</ens:type>`, ''] : ['', ` xsi:type="ens:${object}"`];
      const namespaces =
        `xmlns:tns="urn:${api}.soap.sforce.com" xmlns:ens="urn:sobject.${api}.soap.sforce.com"` +
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"';
      const _xml = `<tns:${name} ${namespaces}>${key}<tns:sObjects${attribute}>${type}${xml}</tns:sObjects></tns:${name}>`;
      return call(name, { _xml });
    };
    const [saved] = await save('create', fields);
    expect(saved).toMatchObject({ success: true });
    const id = String(saved?.id);
    expect((await save('update', { Id: id, TimeIdle: 4 }))[0]).toMatchObject({ id, success: true });
    const byId = '<tns:externalIDFieldName>Id</tns:externalIDFieldName>';
    const group = { DeveloperName: `G${api}`, Name: api, Type: 'Regular' };
    const [made] = await save('upsert', group, 'Group', byId);
    expect(made).toMatchObject({ created: true, success: true });
    const [renamed] = await save('upsert', { Id: String(made?.id), Name: 'Late' }, 'Group', byId);
    expect(renamed).toMatchObject({ created: false, success: true, id: made?.id });
    const [row] = await call('retrieve', {
      fieldList: 'TimeIdle',
      sObjectType: 'LiveAgentSession',
      ids: [id],
    });
    expect(Number(row?.TimeIdle)).toBe(4);
    expect((await call('delete', { ids: [id] }))[0]).toMatchObject({ id, success: true });
    const all = await call('queryAll', {
      queryString: `SELECT IsDeleted FROM LiveAgentSession WHERE Id = '${id}'`,
    });
    expect(String((all.records as Values[])[0]?.IsDeleted)).toBe('true');
    expect((await call('undelete', { ids: [id] }))[0]).toMatchObject({ success: true });
    await call('delete', { ids: [id] });
    expect((await call('emptyRecycleBin', { ids: [id] }))[0]).toMatchObject({ success: true });
  });

  test('asks for changes, searches, and knows the time and the user', async () => {
    const { timestamp } = await call('getServerTimestamp', {});
    const end = new Date(timestamp as string | Date).getTime();
    const window = {
      sObjectType: 'LiveAgentSession',
      startDate: new Date(end - 600_000).toISOString(),
      endDate: new Date(end).toISOString(),
    };
    expect(await call('getUpdated', window)).toHaveProperty('latestDateCovered');
    expect(await call('getDeleted', window)).toHaveProperty('earliestDateAvailable');
    expect(await call('getUserInfo', {})).toMatchObject({ userName: DEMO_USERS.admin });
    await call('search', { searchString: 'FIND {anything}' });
  });

  test('sees a fault with its code', async () => {
    await expect(call('query', { queryString: 'SELECT Foo FROM User' })).rejects.toThrow(/INVALID_FIELD/);
  });

  test('goes on with queryMore', async () => {
    await server.db.query(
      `INSERT INTO so_live_agent_session (id, name, agent_id, owner_id, created_by_id, last_modified_by_id, created_date, last_modified_date, system_modstamp, login_time, logout_time)
       SELECT new_id('0HK', nextval('so_live_agent_session_id_seq')), $3, u.id, u.id, u.id, u.id, t.now, t.now, t.now, t.now, t.now
         FROM (SELECT id FROM so_user WHERE username = $1) AS u, (SELECT date_trunc('second', floor_now()) AS now) AS t, generate_series(1, $2) AS n`,
      [DEMO_USERS.ana, 201, `more ${api}`],
    );
    client.addSoapHeader({ QueryOptions: { batchSize: 200 } }, '', 'tns', `urn:${api}.soap.sforce.com`);
    const first = await call('query', {
      queryString: `SELECT Id FROM LiveAgentSession WHERE Name = 'more ${api}'`,
    });
    expect(first).toMatchObject({ done: false });
    const rest = await call('queryMore', { queryLocator: first.queryLocator });
    expect(rest).toMatchObject({ done: true, size: first.size });
    expect([rest.records].flat().length).toBe(Number(first.size) - 200);
  });

  test('sets a password', async () => {
    const found = await call('query', {
      queryString: `SELECT Id FROM User WHERE Username = '${DEMO_USERS.ben}'`,
    });
    const userId = [(found.records as Values[])[0]?.Id].flat()[0];
    await expect(call('setPassword', { userId, password: 'short' })).rejects.toThrow(/INVALID_NEW_PASSWORD/);
    const password = `a password set by soap for ${api}`;
    await call('setPassword', { userId, password });
    const [{ result }] = await (client.loginAsync as Call)({ username: DEMO_USERS.ben, password });
    expect(String(result.userId)).toBe(userId);
  });

  test('signs out', async () => {
    await (client.logoutAsync as Call)({});
    await expect(call('getUserInfo', {})).rejects.toThrow(/INVALID_SESSION_ID/);
  });
});

test('every call of the WSDLs was made, and every answer was what its WSDL promises', () => {
  expect(server.wrong).toEqual([]);
  for (const api of ['partner', 'enterprise']) {
    for (const { name } of OPERATIONS) expect(server.seen).toContain(`${api} 64 ${name}`);
  }
});
