/**
 * jsforce, unmodified, against the real server: signs in both ways, creates, reads, changes and deletes rows,
 * describes, queries page after page, and sees our refusals as Salesforce's (salesforce-data-api.md §20).
 */
import jsforce from 'jsforce';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DEMO_PASSWORD, DEMO_USERS, startTestServer, type TestServer } from '../support/server.js';

type Connection = InstanceType<typeof jsforce.Connection>;

let server: TestServer;
let connection: Connection;
let agentId: string;

/** Rows of the paging test: more than two pages of 2,000. */
const MANY = 5_300;

beforeAll(async () => {
  server = await startTestServer();
  connection = await oauthConnection();
  const user = await connection.sobject('User').findOne({ Username: DEMO_USERS.ana }, ['Id']);
  agentId = String(user?.Id);
});

afterAll(() => server.close());

async function oauthConnection(options: { version?: string } = {}): Promise<Connection> {
  const made = new jsforce.Connection({
    oauth2: { clientId: 'jsforce', clientSecret: 'secret', loginUrl: server.url },
    ...options,
  });
  await made.login(DEMO_USERS.admin, DEMO_PASSWORD);
  return made;
}

function session(more: Record<string, unknown> = {}) {
  return {
    AgentId: agentId,
    LoginTime: '2026-03-10T12:00:00.000Z',
    LogoutTime: '2026-03-10T13:00:00.000Z',
    ...more,
  };
}

/** What a refused call throws. */
async function refusal(call: PromiseLike<unknown>): Promise<{ errorCode: string; message: string }> {
  try {
    await call;
  } catch (error) {
    const { errorCode, message } = error as { errorCode: string; message: string };
    return { errorCode, message };
  }
  throw new Error('the call was not refused');
}

describe('signing in', () => {
  test('by OAuth password grant', async () => {
    expect(connection.instanceUrl).toBe(server.url);
    expect(connection.accessToken).toMatch(/^00D\w{12}!/);
    const identity = await connection.identity();
    expect(identity.username).toBe(DEMO_USERS.admin);
    expect(identity.user_id).toBe(connection.userInfo?.id);
  });

  test('by SOAP login()', async () => {
    const soap = new jsforce.Connection({ loginUrl: server.url });
    const user = await soap.login(DEMO_USERS.admin, DEMO_PASSWORD);
    expect(user.id).toBe(connection.userInfo?.id);
    expect(new URL(soap.instanceUrl).origin).toBe(server.url);
    const { totalSize } = await soap.query('SELECT Id FROM User LIMIT 1');
    expect(totalSize).toBe(1);
  });

  test('a wrong password is INVALID_LOGIN or invalid_grant', async () => {
    const soap = new jsforce.Connection({ loginUrl: server.url });
    await expect(soap.login(DEMO_USERS.supervisor, 'wrong-password')).rejects.toThrow(/INVALID_LOGIN/);
    const oauth = new jsforce.Connection({
      oauth2: { clientId: 'jsforce', clientSecret: 'secret', loginUrl: server.url },
    });
    await expect(oauth.login(DEMO_USERS.supervisor, 'wrong-password')).rejects.toThrow(
      /authentication failure/,
    );
  });

  test('an expired session is fetched anew without a word', async () => {
    const made = await oauthConnection();
    const first = made.accessToken;
    await made.request({
      method: 'POST',
      url: `${server.url}/services/oauth2/revoke`,
      body: `token=${first}`,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    const { records } = await made.query('SELECT Id FROM User LIMIT 1');
    expect(records).toHaveLength(1);
    expect(made.accessToken).not.toBe(first);
  });
});

describe('rows', () => {
  test('are created, read, changed and deleted', async () => {
    const sessions = connection.sobject('LiveAgentSession');
    const created = await sessions.create(session({ TimeIdle: 12, ChatReqAssigned: 3 }));
    expect(created).toEqual({ id: expect.stringMatching(/^0HKFW0\w{12}$/), success: true, errors: [] });
    const id = String(created.id);

    const row = await sessions.retrieve(id);
    expect(Object.keys(row)[0]).toBe('attributes');
    expect(row).toMatchObject({
      attributes: { type: 'LiveAgentSession', url: `/services/data/v50.0/sobjects/LiveAgentSession/${id}` },
      Id: id,
      AgentId: agentId,
      OwnerId: connection.userInfo?.id,
      IsDeleted: false,
      LoginTime: '2026-03-10T12:00:00.000+0000',
      TimeIdle: 12,
      ChatReqAssigned: 3,
      NumFlagRaised: null,
    });

    expect(await sessions.update({ Id: id, TimeIdle: 13 })).toEqual({ id, success: true, errors: [] });
    expect(await sessions.retrieve(id)).toMatchObject({ TimeIdle: 13, ChatReqAssigned: 3 });

    expect(await sessions.destroy(id)).toEqual({ id, success: true, errors: [] });
    expect(await refusal(sessions.retrieve(id))).toEqual({
      errorCode: 'ENTITY_IS_DELETED',
      message: 'entity is deleted',
    });
  });

  test('many at once, with a result for each', async () => {
    const sessions = connection.sobject('LiveAgentSession');
    const results = await sessions.create([session(), { AgentId: agentId }, session()], { allOrNone: false });
    expect(results.map(({ success }) => success)).toEqual([true, false, true]);
    expect(results[1]?.errors).toEqual([
      {
        statusCode: 'REQUIRED_FIELD_MISSING',
        message: 'Required fields are missing: [LoginTime, LogoutTime]',
        fields: ['LoginTime', 'LogoutTime'],
      },
    ]);
    const ids = results.flatMap(({ id }) => (id === undefined ? [] : [id]));
    expect((await sessions.destroy(ids)).every(({ success }) => success)).toBe(true);
  });
});

describe('describing', () => {
  test('lists the objects and describes one', async () => {
    const { sobjects, encoding, maxBatchSize } = await connection.describeGlobal();
    expect({ encoding, maxBatchSize }).toEqual({ encoding: 'UTF-8', maxBatchSize: 200 });
    expect(sobjects.find(({ name }) => name === 'LiveAgentSession')).toMatchObject({
      label: 'Chat Session',
      keyPrefix: '0HK',
      createable: true,
    });
    const described = await connection.sobject('LiveAgentSession').describe();
    expect(described.fields.find(({ name }) => name === 'LoginTime')).toMatchObject({
      type: 'datetime',
      soapType: 'xsd:dateTime',
      nillable: false,
      createable: true,
      groupable: false,
    });
  });

  test('an object younger than the API version is not there', async () => {
    const old = await oauthConnection({ version: '27.0' });
    const { sobjects } = await old.describeGlobal();
    expect(sobjects.map(({ name }) => name)).not.toContain('LiveAgentSession');
    expect((await refusal(old.sobject('LiveAgentSession').describe())).errorCode).toBe('NOT_FOUND');
    expect((await refusal(old.query('SELECT Id FROM LiveAgentSession'))).errorCode).toBe('INVALID_TYPE');
    const first = await oauthConnection({ version: '28.0' });
    expect((await first.sobject('LiveAgentSession').describe()).keyPrefix).toBe('0HK');
  });

  test('the resource map and the limits', async () => {
    const resources = await connection.request<Record<string, string>>(
      `/services/data/v${connection.version}`,
    );
    expect(resources.identity).toBe(
      `${server.url}/id/${connection.userInfo?.organizationId}/${connection.userInfo?.id}`,
    );
    await connection.limits();
    expect(connection.limitInfo.apiUsage?.used).toBeGreaterThan(0);
    expect(connection.limitInfo.apiUsage?.limit).toBeGreaterThan(0);
  });
});

describe('querying', () => {
  beforeAll(async () => {
    await insertSessions();
  });

  /** Through the API, as a job would. */
  async function insertSessions(): Promise<void> {
    const sessions = connection.sobject('LiveAgentSession');
    for (let from = 0; from < MANY; from += 200) {
      const rows = Array.from({ length: Math.min(200, MANY - from) }, (_, index) =>
        session({ TimeIdle: from + index, NumFlagRaised: 7 }),
      );
      const results = await sessions.create(rows, { allOrNone: true });
      expect(results.every(({ success }) => success)).toBe(true);
    }
  }

  test('page after page with autoFetch, nothing twice and nothing left out', async () => {
    const fetched: number[] = [];
    const result = await connection
      .query<{ Id: string; TimeIdle: number }>(
        'SELECT Id, TimeIdle FROM LiveAgentSession WHERE NumFlagRaised = 7',
      )
      .on('record', (record: { TimeIdle: number }) => fetched.push(record.TimeIdle))
      .run({ autoFetch: true, maxFetch: 10_000 });
    expect(result).toBeDefined();
    expect(fetched).toHaveLength(MANY);
    expect(new Set(fetched).size).toBe(MANY);
  });

  test('page after page in an order of its own', async () => {
    let page = await connection.query<{ TimeIdle: number }>(
      'SELECT TimeIdle FROM LiveAgentSession WHERE NumFlagRaised = 7 ORDER BY TimeIdle DESC',
    );
    const order = page.records.map(({ TimeIdle }) => TimeIdle);
    expect(page.totalSize).toBe(MANY);
    expect(page.records).toHaveLength(2_000);
    while (!page.done) {
      page = await connection.queryMore(String(page.nextRecordsUrl));
      order.push(...page.records.map(({ TimeIdle }) => TimeIdle));
    }
    expect(order).toEqual(Array.from({ length: MANY }, (_, index) => MANY - 1 - index));
  });

  test('fields of a parent', async () => {
    const { records } = await connection.query<{ Agent: { Name: string } }>(
      'SELECT Id, Agent.Name FROM LiveAgentSession WHERE TimeIdle = 17',
    );
    expect(records[0]?.Agent).toMatchObject({
      attributes: { type: 'User' },
      Name: expect.stringContaining('Ana'),
    });
  });

  test('jsforce writes the SOQL', async () => {
    const records = await connection
      .sobject('LiveAgentSession')
      .find({ NumFlagRaised: 7, TimeIdle: { $lt: 3 } }, ['TimeIdle'])
      .sort('TimeIdle', 'DESC');
    expect(records.map(({ TimeIdle }) => TimeIdle)).toEqual([2, 1, 0]);
  });

  test('what is refused is an error with its code', async () => {
    expect(await refusal(connection.query('SELECT Foo FROM LiveAgentSession'))).toEqual({
      errorCode: 'INVALID_FIELD',
      message: expect.stringContaining("No such column 'Foo' on entity 'LiveAgentSession'"),
    });
    expect((await refusal(connection.query('SELECT Id FROM'))).errorCode).toBe('MALFORMED_QUERY');
    expect(await refusal(connection.sobject('LiveAgentSession').create({ AgentId: 'abc' }))).toEqual({
      errorCode: 'MALFORMED_ID',
      message: 'User ID: id value of incorrect type: abc',
    });
  });
});
