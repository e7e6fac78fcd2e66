/** `conn.soap` of jsforce 3 and 1.11, unmodified, against the real server; every answer is checked against its WSDL. */
import jsforce3 from 'jsforce';
import * as jsforce1 from 'jsforce1';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DEMO_PASSWORD, DEMO_USERS } from '../support/server.js';
import { startWitnessedServer, type WitnessedServer } from '../support/soap-witness.js';

let server: WitnessedServer;
let agentId: string;
beforeAll(async () => {
  server = await startWitnessedServer();
  const connection = new jsforce3.Connection({ loginUrl: server.url });
  await connection.login(DEMO_USERS.ana, DEMO_PASSWORD);
  agentId = connection.userInfo?.id ?? '';
});
afterAll(() => server.close());

const session = (more: Record<string, unknown> = {}) => ({
  type: 'LiveAgentSession',
  AgentId: agentId,
  LoginTime: '2026-03-10T12:00:00.000Z',
  LogoutTime: '2026-03-10T13:00:00.000Z',
  ...more,
});

describe('jsforce 3', () => {
  let connection: InstanceType<typeof jsforce3.Connection>;
  beforeAll(async () => {
    connection = new jsforce3.Connection({ loginUrl: server.url });
    await connection.login(DEMO_USERS.admin, DEMO_PASSWORD);
  });

  test('creates, updates, upserts, deletes, brings back and clears for good', async () => {
    const { soap } = connection;
    const made = await soap.create([session({ TimeIdle: 5 }), session(), { type: 'LiveAgentSession' }]);
    expect(made.map(({ success }) => success)).toEqual([true, true, false]);
    expect(made[2]?.errors?.[0]).toMatchObject({ statusCode: 'REQUIRED_FIELD_MISSING' });
    const ids = made.flatMap(({ id }) => (id ? [id] : []));
    const change = { type: 'LiveAgentSession', Id: ids[0], TimeIdle: null, TimeInChats: 4 };
    expect([await soap.update(change as unknown as { type: string })].flat()[0]).toMatchObject({
      success: true,
    });
    const { records } = await connection.query(
      `SELECT TimeIdle, TimeInChats FROM LiveAgentSession WHERE Id = '${ids[0]}'`,
    );
    expect(records[0]).toMatchObject({ TimeIdle: null, TimeInChats: 4 });
    const upserted = await soap.upsert('Id', [
      { type: 'Group', Type: 'Regular', Name: 'Jsforce', DeveloperName: 'Jsforce' },
    ]);
    expect(upserted[0]).toMatchObject({ success: true, created: true });
    expect((await soap.delete(ids)).map(({ success }) => success)).toEqual([true, true]);
    expect((await soap.undelete(ids)).map(({ success }) => success)).toEqual([true, true]);
    await soap.delete(ids);
    // Typed as one result; it is one for each id.
    const emptied = (await soap.emptyRecycleBin(ids)) as unknown as { success: boolean }[];
    expect(emptied.map(({ success }) => success)).toEqual([true, true]);
    expect((await soap.undelete(ids)).map(({ success }) => success)).toEqual([false, false]);
  });

  test('asks who and when it is, and for the tabs', async () => {
    const info = await connection.soap.getUserInfo();
    expect(info).toMatchObject({ userName: DEMO_USERS.admin, organizationMultiCurrency: false });
    const { timestamp } = await connection.soap.getServerTimestamp();
    expect(timestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    const [app] = await connection.soap.describeTabs();
    expect(app?.tabs.map(({ sobjectName }) => sobjectName)).toContain('LiveAgentSession');
  });

  test('sees a fault as an error of its code', async () => {
    await expect(connection.soap.create({ type: 'Nothing' })).rejects.toMatchObject({
      errorCode: 'sf:INVALID_TYPE',
    });
  });

  test('signs in again when its session is over', async () => {
    const made = new jsforce3.Connection({ loginUrl: server.url });
    await made.login(DEMO_USERS.admin, DEMO_PASSWORD);
    const body = new URLSearchParams({ token: made.accessToken ?? '' });
    await fetch(`${server.url}/services/oauth2/revoke`, { method: 'POST', body });
    expect((await made.soap.getUserInfo()).userName).toBe(DEMO_USERS.admin);
  });
});

describe('jsforce 1.11', () => {
  let connection: jsforce1.Connection;
  beforeAll(async () => {
    connection = new jsforce1.Connection({ loginUrl: server.url, version: '42.0' });
    await connection.login(DEMO_USERS.admin, DEMO_PASSWORD);
  });

  test('creates, updates, deletes and clears for good', async () => {
    const { soap } = connection;
    const made = await soap.create([session(), session()]);
    expect(made.map(({ success }) => String(success))).toEqual(['true', 'true']);
    const ids = made.map(({ id }) => String(id));
    const changed = await soap.update([{ type: 'LiveAgentSession', Id: ids[0], TimeIdle: 9 }]);
    expect(changed[0]).toMatchObject({ id: ids[0] });
    const { records } = await connection.query(
      `SELECT TimeIdle FROM LiveAgentSession WHERE Id = '${ids[0]}'`,
    );
    expect(records[0]).toMatchObject({ TimeIdle: 9 });
    await soap.delete(ids);
    expect((await soap.emptyRecycleBin(ids)).map(({ success }) => String(success))).toEqual(['true', 'true']);
  });

  test('asks who and when it is, sets a password, and signs out', async () => {
    expect(await connection.soap.getUserInfo()).toMatchObject({
      userName: DEMO_USERS.admin,
      userType: 'Standard',
    });
    expect((await connection.soap.getServerTimestamp()).timestamp).toMatch(/Z$/);
    expect((await connection.soap.describeTabs())[0]).toMatchObject({ label: 'Floorwalker' });
    const { records } = await connection.query(`SELECT Id FROM User WHERE Username = '${DEMO_USERS.ben}'`);
    await connection.soap.setPassword(String(records[0]?.Id), 'a password set by jsforce');
    const ben = new jsforce1.Connection({ loginUrl: server.url, version: '42.0' });
    await ben.login(DEMO_USERS.ben, 'a password set by jsforce');
    await ben.logout();
    expect(ben.accessToken).toBeNull();
  });
});

test('every answer was what its WSDL promises', () => {
  expect(server.wrong).toEqual([]);
  expect(server.seen.size).toBeGreaterThan(15);
});
