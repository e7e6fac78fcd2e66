/**
 * jsforce, unmodified, on everything around a record: replication, layouts, recent rows, search, composite calls and
 * sObject collections (salesforce-data-api.md §6, §9, §13, §16, §17).
 */
import jsforce from 'jsforce';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DEMO_PASSWORD, DEMO_USERS, startTestServer, type TestServer } from '../support/server.js';

let server: TestServer;
let connection: InstanceType<typeof jsforce.Connection>;
let agentId: string;

beforeAll(async () => {
  server = await startTestServer();
  connection = new jsforce.Connection({
    version: '60.0',
    oauth2: { clientId: 'jsforce', clientSecret: 'secret', loginUrl: server.url },
  });
  await connection.login(DEMO_USERS.admin, DEMO_PASSWORD);
  const user = await connection.sobject('User').findOne({ Username: DEMO_USERS.ana }, ['Id']);
  agentId = String(user?.Id);
});

afterAll(() => server.close());

const SESSIONS = '/services/data/v60.0/sobjects/LiveAgentSession';
const LOGIN = { LoginTime: '2026-03-10T12:00:00.000Z', LogoutTime: '2026-03-10T13:00:00.000Z' };

async function newSession(more: Record<string, unknown> = {}): Promise<string> {
  const { id } = await connection.sobject('LiveAgentSession').create({ AgentId: agentId, ...LOGIN, ...more });
  return String(id);
}

async function now(): Promise<number> {
  const [row] = await server.db.query<{ now: number }>('SELECT floor_now() AS now');
  return row?.now ?? 0;
}

describe('replication', () => {
  test('updated() and deleted() tell what changed and what went', async () => {
    const kept = await newSession();
    const gone = await newSession();
    await connection.sobject('LiveAgentSession').destroy(gone);
    const end = (await now()) + 60_000;
    const window = [new Date(end - 600_000).toISOString(), new Date(end).toISOString()] as const;

    const updated = await connection.sobject('LiveAgentSession').updated(...window);
    expect(Object.keys(updated)).toEqual(['ids', 'latestDateCovered']);
    expect(updated.ids).toContain(kept);
    expect(updated.ids).not.toContain(gone);
    expect(updated.latestDateCovered).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000\+0000$/);

    const deleted = await connection.sobject('LiveAgentSession').deleted(...window);
    expect(Object.keys(deleted)).toEqual(['deletedRecords', 'earliestDateAvailable', 'latestDateCovered']);
    expect(deleted.deletedRecords).toContainEqual({
      id: gone,
      deletedDate: expect.stringMatching(/\.000\+0000$/),
    });
  });

  test('a window that is none is refused', async () => {
    const at = new Date(await now()).toISOString();
    await expect(connection.sobject('LiveAgentSession').updated(at, at)).rejects.toMatchObject({
      errorCode: 'INVALID_REPLICATION_DATE',
    });
    await expect(
      connection.request(`/services/data/v60.0/sobjects/LiveAgentSession/updated?start=${at}&end=soon`),
    ).rejects.toMatchObject({ errorCode: 'INVALID_REPLICATION_DATE' });
  });
});

describe('describing pages', () => {
  test('layouts, one layout, compact layouts', async () => {
    const session = connection.sobject('LiveAgentSession');
    const { layouts, recordTypeMappings, recordTypeSelectorRequired } = await session.layouts();
    expect(layouts).toHaveLength(1);
    expect(recordTypeSelectorRequired).toEqual([false]);
    expect(recordTypeMappings[0]).toMatchObject({ name: 'Master', recordTypeId: '012000000000000AAA' });
    const one = await connection.request<{ id: string }>(
      '/services/data/v60.0/sobjects/LiveAgentSession/describe/layouts/012000000000000AAA',
    );
    expect(one.id).toBe(layouts[0]?.id);
    const compact = await session.compactLayouts();
    expect(compact).toMatchObject({ defaultCompactLayoutId: null, compactLayouts: [{ name: 'SYSTEM' }] });
    const approval = await session.approvalLayouts();
    expect(approval).toEqual({ approvalLayouts: [] });
  });

  test('recent() tells what was looked at', async () => {
    const id = await newSession();
    await connection.sobject('LiveAgentSession').retrieve(id);
    // views are kept to the second, so rows of one second come in any order
    const items = await connection.sobject('LiveAgentSession').recent();
    expect(items).toContainEqual(
      expect.objectContaining({
        attributes: { type: 'LiveAgentSession', url: `${SESSIONS}/${id}` },
        Id: id,
        Name: expect.any(String),
      }),
    );
  });

  test('recordCount counts what the caller may see', async () => {
    const { sObjects } = await connection.request<{ sObjects: { count: number; name: string }[] }>(
      '/services/data/v60.0/limits/recordCount?sObjects=User,LiveAgentSession,Nothing',
    );
    expect(sObjects.map(({ name }) => name)).toEqual(['User', 'LiveAgentSession']);
    expect(sObjects[1]?.count).toBeGreaterThan(0);
  });
});

describe('searching', () => {
  test('by SOSL and by parameters', async () => {
    const id = await newSession();
    const { Name } = await connection.sobject('LiveAgentSession').retrieve(id);
    // the index lags behind writes (§16.3)
    const searched = async () =>
      (await connection.search(`FIND {${Name}} IN NAME FIELDS RETURNING LiveAgentSession(Id, Name)`))
        .searchRecords;
    await expect
      .poll(searched, { timeout: 15_000, interval: 250 })
      .toEqual([{ attributes: { type: 'LiveAgentSession', url: `${SESSIONS}/${id}` }, Id: id, Name }]);
    const byBody = await connection.requestPost<{ searchRecords: unknown[] }>(
      '/services/data/v60.0/parameterizedSearch',
      {
        q: Name,
        fields: ['Id'],
        sobjects: [{ name: 'LiveAgentSession' }],
      },
    );
    const byUrl = await connection.request<{ searchRecords: unknown[] }>(
      `/services/data/v60.0/parameterizedSearch?q=${Name}&sobject=LiveAgentSession&LiveAgentSession.fields=Id`,
    );
    expect(byBody.searchRecords).toHaveLength(1);
    expect(byUrl).toEqual(byBody);
    const order = await connection.request<{ type: string }[]>('/services/data/v60.0/search/scopeOrder');
    expect(order.map(({ type }) => type)).toContain('LiveAgentSession');
    const columns = await connection.request<{ label: string; searchColumns: { name: string }[] }[]>(
      '/services/data/v60.0/search/layout/?q=LiveAgentSession',
    );
    expect(columns[0]?.searchColumns.map(({ name }) => name)).toEqual([
      'Name',
      'Agent.Name',
      'LoginTime',
      'LogoutTime',
    ]);
  });

  test('a query is explained', async () => {
    const { plans } = await connection.request<{ plans: unknown[] }>(
      `/services/data/v60.0/query?explain=${encodeURIComponent('SELECT Id FROM LiveAgentSession')}`,
    );
    expect(plans[0]).toMatchObject({ sobjectType: 'LiveAgentSession' });
  });
});

describe('collections', () => {
  test('create, retrieve, update and delete many in one call each', async () => {
    const sessions = connection.sobject('LiveAgentSession');
    const created = await sessions.create([
      { AgentId: agentId, ...LOGIN, TimeIdle: 1 },
      { AgentId: agentId, ...LOGIN, TimeIdle: 2 },
    ]);
    const ids = created.map(({ id }) => String(id));
    const rows = await sessions.retrieve([...ids, '0HKFW0zzzzzzzzz']);
    expect(rows.map((row) => row?.TimeIdle ?? null)).toEqual([1, 2, null]);

    const [first, second] = ids;
    const updated = await sessions.update([
      { Id: String(first), TimeIdle: 5 },
      { Id: String(second), TimeIdle: 1_000_000_000 },
    ]);
    expect(updated).toEqual([
      { id: first, success: true, errors: [] },
      {
        success: false,
        errors: [expect.objectContaining({ statusCode: 'NUMBER_OUTSIDE_VALID_RANGE', fields: ['TimeIdle'] })],
      },
    ]);
    expect((await sessions.destroy(ids)).map(({ success }) => success)).toEqual([true, true]);
  });

  test('all or none over several types rolls the first chunk back', async () => {
    const before = await connection.query('SELECT COUNT() FROM LiveAgentSession');
    const results = await connection.requestPost<{ success: boolean; errors: { statusCode: string }[] }[]>(
      '/services/data/v60.0/composite/sobjects',
      {
        allOrNone: true,
        records: [
          { attributes: { type: 'LiveAgentSession' }, AgentId: agentId, ...LOGIN },
          { attributes: { type: 'LiveChatVisitor' }, Foo: 1 },
        ],
      },
    );
    expect(results.map(({ errors }) => errors[0]?.statusCode)).toEqual([
      'ALL_OR_NONE_OPERATION_ROLLED_BACK',
      'INVALID_FIELD',
    ]);
    expect((await connection.query('SELECT COUNT() FROM LiveAgentSession')).totalSize).toBe(before.totalSize);
  });

  test('an id whose checksum does not fit fails the whole retrieve', async () => {
    await expect(
      connection.request('/services/data/v60.0/composite/sobjects/User?ids=005FW0000000001AAB&fields=Id'),
    ).rejects.toMatchObject({ errorCode: 'MALFORMED_ID' });
  });
});

interface CompositePart {
  readonly body: unknown;
  readonly httpHeaders: Record<string, string>;
  readonly httpStatusCode: number;
  readonly referenceId: string;
}

function composite(allOrNone: boolean, ...parts: readonly Record<string, unknown>[]) {
  return connection.requestPost<{ compositeResponse: CompositePart[] }>('/services/data/v60.0/composite', {
    allOrNone,
    compositeRequest: parts,
  });
}

describe('composite', () => {
  test('later requests use what earlier ones answered', async () => {
    const { compositeResponse } = await composite(
      true,
      { method: 'POST', url: SESSIONS, referenceId: 'made', body: { AgentId: agentId, ...LOGIN } },
      { method: 'PATCH', url: `${SESSIONS}/@{made.id}`, referenceId: 'changed', body: { TimeIdle: 44 } },
      { method: 'GET', url: `${SESSIONS}/@{made.id}?fields=Id,TimeIdle`, referenceId: 'read' },
      {
        method: 'GET',
        url: "/services/data/v60.0/query?q=SELECT+Id+FROM+LiveAgentSession+WHERE+Id='@{read.Id}'",
        referenceId: 'found',
      },
    );
    const [made, changed, read, found] = compositeResponse;
    expect(Object.keys(made ?? {})).toEqual(['body', 'httpHeaders', 'httpStatusCode', 'referenceId']);
    const { id } = (made?.body ?? {}) as { id?: string };
    expect(made).toMatchObject({ httpStatusCode: 201, httpHeaders: { Location: `${SESSIONS}/${id}` } });
    expect(changed).toEqual({ body: null, httpHeaders: {}, httpStatusCode: 204, referenceId: 'changed' });
    expect(read?.body).toMatchObject({ Id: id, TimeIdle: 44 });
    expect(found?.body).toMatchObject({ totalSize: 1, records: [{ Id: id }] });
  });

  test('all or none really takes everything back', async () => {
    const before = await connection.query('SELECT COUNT() FROM LiveAgentSession');
    const { compositeResponse } = await composite(
      true,
      { method: 'POST', url: SESSIONS, referenceId: 'good', body: { AgentId: agentId, ...LOGIN } },
      { method: 'POST', url: SESSIONS, referenceId: 'bad', body: { AgentId: agentId } },
      { method: 'GET', url: SESSIONS, referenceId: 'never' },
    );
    const codes = compositeResponse.map(({ body, httpStatusCode }) => [
      httpStatusCode,
      (body as { errorCode: string }[])[0]?.errorCode,
    ]);
    expect(codes).toEqual([
      [400, 'PROCESSING_HALTED'],
      [400, 'REQUIRED_FIELD_MISSING'],
      [400, 'PROCESSING_HALTED'],
    ]);
    expect((await connection.query('SELECT COUNT() FROM LiveAgentSession')).totalSize).toBe(before.totalSize);
  });

  test('without it the good ones stay, and those that needed the bad one are halted', async () => {
    const { compositeResponse } = await composite(
      false,
      { method: 'POST', url: SESSIONS, referenceId: 'bad', body: { AgentId: agentId } },
      { method: 'GET', url: `${SESSIONS}/@{bad.id}`, referenceId: 'needsBad' },
      { method: 'POST', url: SESSIONS, referenceId: 'good', body: { AgentId: agentId, ...LOGIN } },
    );
    expect(compositeResponse.map(({ httpStatusCode }) => httpStatusCode)).toEqual([400, 400, 201]);
    expect(compositeResponse[1]?.body).toEqual([
      {
        errorCode: 'PROCESSING_HALTED',
        message: 'Invalid reference specified. No value for bad.id found in bad',
      },
    ]);
  });

  test('a referenceId of other characters fails the whole request', async () => {
    await expect(
      composite(false, { method: 'GET', url: SESSIONS, referenceId: 'a.b' }),
    ).rejects.toMatchObject({
      errorCode: 'JSON_PARSER_ERROR',
      message:
        "Provided referenceId ('a.b') must start with a letter or a number, and it can contain only letters, numbers and underscores ('_').",
    });
  });

  test('too many requests are refused, and composites do not nest', async () => {
    const one = (index: number) => ({ method: 'GET', url: SESSIONS, referenceId: `r${index}` });
    await expect(
      composite(false, ...Array.from({ length: 26 }, (_, index) => one(index))),
    ).rejects.toMatchObject({
      errorCode: 'LIMIT_EXCEEDED',
    });
    const { compositeResponse } = await composite(false, {
      method: 'POST',
      url: '/services/data/v60.0/composite',
      referenceId: 'inner',
      body: { compositeRequest: [] },
    });
    expect(compositeResponse[0]?.httpStatusCode).toBe(400);
  });
});

describe('batch', () => {
  const batch = (haltOnError: boolean) =>
    connection.requestPost('/services/data/v60.0/composite/batch', {
      haltOnError,
      batchRequests: [
        { method: 'GET', url: `v60.0/sobjects/User/${agentId}?fields=Username` },
        { method: 'GET', url: 'v60.0/sobjects/Nothing' },
        { method: 'GET', url: `v60.0/sobjects/User/${agentId}?fields=Id` },
      ],
    });

  test('requests are independent', async () => {
    expect(await batch(false)).toMatchObject({
      hasErrors: true,
      results: [
        { statusCode: 200, result: { Username: DEMO_USERS.ana } },
        { statusCode: 404, result: [{ errorCode: 'NOT_FOUND' }] },
        { statusCode: 200, result: { Id: agentId } },
      ],
    });
  });

  test('or end at the first error', async () => {
    expect(await batch(true)).toMatchObject({
      results: [{}, {}, { statusCode: 412, result: [{ errorCode: 'BATCH_PROCESSING_HALTED' }] }],
    });
  });
});

describe('tree', () => {
  const visitor = (referenceId: string, transcripts: unknown[]) => ({
    attributes: { type: 'LiveChatVisitor', referenceId },
    LiveChatTranscripts: { records: transcripts },
  });
  const transcript = (referenceId: string, more: Record<string, unknown> = {}) => ({
    attributes: { type: 'LiveChatTranscript', referenceId },
    Body: 'Hello',
    ...more,
  });
  const post = (records: unknown[]) =>
    connection.requestPost('/services/data/v60.0/composite/tree/LiveChatVisitor', { records });

  test('parents with their children, level by level', async () => {
    const made = (await post([visitor('v1', [transcript('t1'), transcript('t2')]), visitor('v2', [])])) as {
      hasErrors: boolean;
      results: { referenceId: string; id: string }[];
    };
    expect(made.hasErrors).toBe(false);
    expect(made.results.map(({ referenceId }) => referenceId)).toEqual(['v1', 'v2', 't1', 't2']);
    const [parent, , child] = made.results;
    const row = await connection.sobject('LiveChatTranscript').retrieve(String(child?.id));
    expect(row.LiveChatVisitorId).toBe(parent?.id);
  });

  test('all or nothing, telling the failing ones only', async () => {
    const before = await connection.query('SELECT COUNT() FROM LiveChatVisitor');
    await expect(post([visitor('v1', [transcript('t1'), transcript('t2', { Foo: 1 })])])).rejects.toThrow();
    await expect(post([visitor('v1', []), visitor('v1', [])])).rejects.toThrow();
    expect((await connection.query('SELECT COUNT() FROM LiveChatVisitor')).totalSize).toBe(before.totalSize);
    const answer = await fetch(`${server.url}/services/data/v60.0/composite/tree/LiveChatVisitor`, {
      method: 'POST',
      headers: { authorization: `Bearer ${connection.accessToken}`, 'content-type': 'application/json' },
      body: JSON.stringify({ records: [visitor('v1', [transcript('t1', { Foo: 1 })])] }),
    });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toEqual({
      hasErrors: true,
      results: [
        {
          referenceId: 't1',
          errors: [
            {
              statusCode: 'INVALID_FIELD',
              message: "No such column 'Foo' on sobject of type LiveChatTranscript",
              fields: [],
            },
          ],
        },
      ],
    });
  });
});
