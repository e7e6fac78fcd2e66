/**
 * Bad input of every kind the REST API can meet: the documented status, errorCode and message, and nothing changed
 * (salesforce-data-api.md §15.15, §19).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fingerprint } from './support/fingerprint.js';
import { queryPath, type RestCall, restCalls } from './support/rest-calls.js';
import { DEMO_USERS, startTestServer, type TestServer } from './support/server.js';
import { setFloorTime } from './support/time.js';

const SESSION = '/v60.0/sobjects/LiveAgentSession';
const UNKNOWN_ID = '0HKFW0zzzzzzzzzAAA';
const ENTITY_HINT =
  "If you are attempting to use a custom object, be sure to append the '__c' after the entity name. Please reference your WSDL or the describe call for the appropriate names.";
const FIELD_HINT =
  "If you are attempting to use a custom field, be sure to append the '__c' after the custom field name. Please reference your WSDL or the describe call for the appropriate names.";
const NOT_WRITABLE =
  'Please check the security settings of this field and verify that it is read/write for your profile or permission set.';

let server: TestServer;
let call: RestCall;
let agentId: string;
let rowId: string;
let deletedId: string;

/** A body the server accepts, so that only the fault of the case is at fault. */
function good(more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    AgentId: agentId,
    LoginTime: '2026-03-10T12:00:00.000Z',
    LogoutTime: '2026-03-10T13:00:00.000+0000',
    TimeIdle: 60,
    ...more,
  };
}

beforeAll(async () => {
  server = await startTestServer();
  call = restCalls(server.url, await server.signIn(DEMO_USERS.admin));
  const users = await call('GET', queryPath(`SELECT Id FROM User WHERE Username = '${DEMO_USERS.ana}'`));
  agentId = users.body.records[0].Id;
  rowId = (await call('POST', SESSION, { body: good() })).body.id;
  deletedId = (await call('POST', SESSION, { body: good() })).body.id;
  await call('DELETE', `${SESSION}/${deletedId}`);
});

afterAll(() => server.close());

interface Case {
  readonly name: string;
  readonly method: string;
  readonly path: () => string;
  readonly body?: () => unknown;
  readonly headers?: Record<string, string>;
  readonly status: number;
  /** Text of the answer; made late, because it may name ids. */
  readonly text: () => string;
}

function refusal(message: string, errorCode: string, fields?: readonly string[]): () => string {
  return () => JSON.stringify([{ message, errorCode, ...(fields === undefined ? {} : { fields }) }]);
}

/** Where the REST layer itself answers, errorCode comes first. */
function restRefusal(errorCode: string, message: string): () => string {
  return () => JSON.stringify([{ errorCode, message }]);
}

const row = (id: string) => () => `${SESSION}/${id}`;
const query = (soql: string) => () => queryPath(soql);

const CASES: readonly Case[] = [
  {
    name: 'unknown field on create',
    method: 'POST',
    path: () => SESSION,
    body: () => good({ Foo: 1 }),
    status: 400,
    text: refusal("No such column 'Foo' on sobject of type LiveAgentSession", 'INVALID_FIELD'),
  },
  {
    name: 'unknown field on update',
    method: 'PATCH',
    path: () => `${SESSION}/${rowId}`,
    body: () => ({ TimeIdle: 5, Foo: 1 }),
    status: 400,
    text: refusal("No such column 'Foo' on sobject of type LiveAgentSession", 'INVALID_FIELD'),
  },
  {
    name: 'unknown field in SOQL',
    method: 'GET',
    path: query('SELECT Foo FROM LiveAgentSession'),
    status: 400,
    text: refusal(
      `\nSELECT Foo FROM LiveAgentSession\n       ^\nERROR at Row:1:Column:8\nNo such column 'Foo' on entity 'LiveAgentSession'. ${FIELD_HINT}`,
      'INVALID_FIELD',
    ),
  },
  {
    name: 'unknown field in ?fields=',
    method: 'GET',
    path: () => `${SESSION}/${rowId}?fields=Foo`,
    status: 400,
    text: refusal(
      `\nSELECT Foo FROM LiveAgentSession\n       ^\nERROR at Row:1:Column:8\nNo such column 'Foo' on entity 'LiveAgentSession'. ${FIELD_HINT}`,
      'INVALID_FIELD',
    ),
  },
  {
    name: 'malformed id in the path',
    method: 'GET',
    path: row('23foo'),
    status: 404,
    text: restRefusal('NOT_FOUND', 'Provided external ID field does not exist or is not accessible: 23foo'),
  },
  {
    name: 'id in the path whose checksum does not fit',
    method: 'PATCH',
    path: row('0HKFW0000000001AAB'),
    body: () => ({ TimeIdle: 1 }),
    status: 400,
    text: restRefusal('MALFORMED_ID', 'malformed id 0HKFW0000000001AAB'),
  },
  {
    name: 'malformed id in a body',
    method: 'POST',
    path: () => SESSION,
    body: () => good({ AgentId: 'abc' }),
    status: 400,
    text: refusal('User ID: id value of incorrect type: abc', 'MALFORMED_ID', ['AgentId']),
  },
  {
    name: 'id of another object in a body',
    method: 'POST',
    path: () => SESSION,
    body: () => good({ AgentId: UNKNOWN_ID }),
    status: 400,
    text: refusal(`User ID: id value of incorrect type: ${UNKNOWN_ID}`, 'MALFORMED_ID', ['AgentId']),
  },
  {
    name: 'id of an object that is not served in a body',
    method: 'POST',
    path: () => SESSION,
    body: () => good({ AgentId: '001000000000001AAA' }),
    status: 400,
    text: refusal('User ID: id value of incorrect type: 001000000000001AAA', 'MALFORMED_ID', ['AgentId']),
  },
  {
    name: 'id of no row in a body',
    method: 'POST',
    path: () => SESSION,
    body: () => good({ AgentId: '005FW0zzzzzzzzz' }),
    status: 400,
    text: refusal('invalid cross reference id', 'INVALID_CROSS_REFERENCE_KEY', ['AgentId']),
  },
  {
    name: 'malformed id in SOQL',
    method: 'GET',
    path: query("SELECT Id FROM LiveAgentSession WHERE AgentId = 'abc'"),
    status: 400,
    text: refusal(
      "\nId FROM LiveAgentSession WHERE AgentId = 'abc'\n                               ^\nERROR at Row:1:Column:39\ninvalid ID field: abc",
      'INVALID_QUERY_FILTER_OPERATOR',
    ),
  },
  {
    name: 'id of another object in the path',
    method: 'DELETE',
    path: () => `${SESSION}/${agentId}`,
    status: 400,
    text: () =>
      JSON.stringify([
        {
          message: `Chat Session ID: id value of incorrect type: ${agentId}`,
          errorCode: 'MALFORMED_ID',
          fields: ['Id'],
        },
      ]),
  },
  {
    name: 'text where a number belongs',
    method: 'POST',
    path: () => SESSION,
    body: () => '{"TimeIdle":"abc"}',
    status: 400,
    text: refusal(
      'Cannot deserialize instance of int from VALUE_STRING value abc or request may be missing a required field at [line:1, column:18]',
      'JSON_PARSER_ERROR',
    ),
  },
  {
    name: 'text where a moment belongs, as old versions said it',
    method: 'PATCH',
    path: () => `/v30.0/sobjects/LiveAgentSession/${rowId}`,
    body: () => '{"LoginTime":\n "yesterday"}',
    status: 400,
    text: refusal(
      'Cannot deserialize instance of datetime from VALUE_STRING value yesterday at [line:2, column:13]',
      'JSON_PARSER_ERROR',
    ),
  },
  {
    name: 'a number where an id belongs',
    method: 'POST',
    path: () => SESSION,
    body: () => '{"AgentId":12}',
    status: 400,
    text: refusal(
      'Cannot deserialize instance of reference from VALUE_NUMBER_INT value 12 or request may be missing a required field at [line:1, column:14]',
      'JSON_PARSER_ERROR',
    ),
  },
  {
    name: 'a list where a number belongs',
    method: 'POST',
    path: () => SESSION,
    body: () => '{"TimeIdle":[1]}',
    status: 400,
    text: refusal(
      'Cannot deserialize instance of int from START_ARRAY value [line:1, column:14]',
      'JSON_PARSER_ERROR',
    ),
  },
  {
    name: 'a number that is too large',
    method: 'PATCH',
    path: () => `${SESSION}/${rowId}`,
    body: () => ({ TimeIdle: 1_000_000_000 }),
    status: 400,
    text: refusal(
      'Time Idle: value outside of valid range on numeric field: 1000000000',
      'NUMBER_OUTSIDE_VALID_RANGE',
      ['TimeIdle'],
    ),
  },
  {
    name: 'missing required fields',
    method: 'POST',
    path: () => SESSION,
    body: () => ({ LogoutTime: '2026-03-10T13:00:00Z' }),
    status: 400,
    text: refusal('Required fields are missing: [AgentId, LoginTime]', 'REQUIRED_FIELD_MISSING', [
      'AgentId',
      'LoginTime',
    ]),
  },
  {
    name: 'a required field cleared',
    method: 'PATCH',
    path: () => `${SESSION}/${rowId}`,
    body: () => ({ LoginTime: null }),
    status: 400,
    text: refusal('Required fields are missing: [LoginTime]', 'REQUIRED_FIELD_MISSING', ['LoginTime']),
  },
  {
    name: 'a field nobody can set',
    method: 'POST',
    path: () => SESSION,
    body: () => good({ Name: 'mine' }),
    status: 400,
    text: refusal(
      `Unable to create/update fields: Name. ${NOT_WRITABLE}`,
      'INVALID_FIELD_FOR_INSERT_UPDATE',
      ['Name'],
    ),
  },
  {
    name: 'an Id in the body',
    method: 'PATCH',
    path: () => `${SESSION}/${rowId}`,
    body: () => ({ Id: rowId, TimeIdle: 1 }),
    status: 400,
    text: refusal('The Id field should not be specified in the sobject data.', 'INVALID_FIELD'),
  },
  {
    name: 'bad JSON',
    method: 'POST',
    path: () => SESSION,
    body: () => '{"TimeIdle":1,}',
    status: 400,
    text: refusal(
      "Unexpected character ('}' (code 125)): was expecting double-quote to start field name at [line:1, column:16]",
      'JSON_PARSER_ERROR',
    ),
  },
  {
    name: 'no body',
    method: 'POST',
    path: () => SESSION,
    status: 400,
    text: refusal(
      'The HTTP entity body is required, but this request has no entity body.',
      'JSON_PARSER_ERROR',
    ),
  },
  {
    name: 'NUL in a string',
    method: 'POST',
    path: () => '/v60.0/sobjects/LiveChatDeployment',
    body: () => '{"MasterLabel":"a\\u0000b","DeveloperName":"nul"}',
    status: 400,
    text: () =>
      expect.stringContaining('"errorCode":"TEXT_DATA_OUTSIDE_SUPPORTED_CHARSET","fields":["MasterLabel"]'),
  },
  {
    name: 'NUL in a SOQL literal',
    method: 'GET',
    path: query("SELECT Id FROM LiveAgentSession WHERE Name = 'a\u0000b'"),
    status: 400,
    text: () => expect.stringContaining('"errorCode":"MALFORMED_QUERY"'),
  },
  {
    name: 'SOQL syntax error at the end',
    method: 'GET',
    path: query('SELECT Id FROM LiveAgentSession WHERE'),
    status: 400,
    text: refusal("unexpected token: '<EOF>'", 'MALFORMED_QUERY'),
  },
  {
    name: 'SOQL syntax error inside',
    method: 'GET',
    path: query(
      'SELECT Id FROM LiveAgentSession WHERE TimeIdle > 0 AND TimeAtCapacity > 0 OR ChatReqTimedOut > 100',
    ),
    status: 400,
    text: refusal(
      "\nTimeIdle > 0 AND TimeAtCapacity > 0 OR ChatReqTimedOut > 100\n                                   ^\nERROR at Row:1:Column:74\nunexpected token: 'OR'",
      'MALFORMED_QUERY',
    ),
  },
  {
    name: 'no SOQL at all',
    method: 'GET',
    path: () => '/v60.0/query?q=',
    status: 400,
    text: refusal('SOQL statements cannot be empty or null', 'MALFORMED_QUERY'),
  },
  {
    name: 'unknown object in SOQL',
    method: 'GET',
    path: query('SELECT Id FROM LiveAgentSesion'),
    status: 400,
    text: refusal(
      `\nSELECT Id FROM LiveAgentSesion\n               ^\nERROR at Row:1:Column:16\nsObject type 'LiveAgentSesion' is not supported. ${ENTITY_HINT}`,
      'INVALID_TYPE',
    ),
  },
  {
    name: 'unknown object in the path',
    method: 'POST',
    path: () => '/v60.0/sobjects/LiveAgentSesion',
    body: () => good(),
    status: 404,
    text: restRefusal('NOT_FOUND', 'The requested resource does not exist'),
  },
  {
    name: 'an object the version does not know, in SOQL',
    method: 'GET',
    path: () => queryPath('SELECT Id FROM LiveAgentSession', '27.0'),
    status: 400,
    text: refusal(
      `\nSELECT Id FROM LiveAgentSession\n               ^\nERROR at Row:1:Column:16\nsObject type 'LiveAgentSession' is not supported. ${ENTITY_HINT}`,
      'INVALID_TYPE',
    ),
  },
  {
    name: 'an object the version does not know, in the path',
    method: 'POST',
    path: () => '/v27.0/sobjects/LiveAgentSession',
    body: () => good(),
    status: 404,
    text: restRefusal('NOT_FOUND', 'The requested resource does not exist'),
  },
  {
    name: 'unknown row, read',
    method: 'GET',
    path: row('0HKFW0zzzzzzzzz'),
    status: 404,
    text: restRefusal('NOT_FOUND', 'The requested resource does not exist'),
  },
  {
    name: 'unknown row, changed',
    method: 'PATCH',
    path: row('0HKFW0zzzzzzzzz'),
    body: () => ({ TimeIdle: 1 }),
    status: 404,
    text: restRefusal('INVALID_CROSS_REFERENCE_KEY', 'invalid cross reference id'),
  },
  {
    name: 'unknown row, deleted',
    method: 'DELETE',
    path: row('0HKFW0zzzzzzzzz'),
    status: 404,
    text: restRefusal('INVALID_CROSS_REFERENCE_KEY', 'invalid cross reference id'),
  },
  {
    name: 'deleted row, read',
    method: 'GET',
    path: () => `${SESSION}/${deletedId}`,
    status: 404,
    text: refusal('entity is deleted', 'ENTITY_IS_DELETED'),
  },
  {
    name: 'deleted row, deleted again',
    method: 'DELETE',
    path: () => `${SESSION}/${deletedId}`,
    status: 404,
    text: refusal('entity is deleted', 'ENTITY_IS_DELETED', []),
  },
  {
    name: 'unknown locator',
    method: 'GET',
    path: () => '/v60.0/query/01gFW0000000000AAA-2000',
    status: 400,
    text: refusal('invalid query locator', 'INVALID_QUERY_LOCATOR'),
  },
  {
    name: 'a method the resource has not',
    method: 'DELETE',
    path: () => SESSION,
    status: 405,
    text: restRefusal('METHOD_NOT_ALLOWED', "HTTP Method 'DELETE' not allowed. Allowed are HEAD,GET,POST"),
  },
  {
    name: 'PUT on a row',
    method: 'PUT',
    path: () => `${SESSION}/${rowId}`,
    body: () => ({ TimeIdle: 1 }),
    status: 405,
    text: restRefusal(
      'METHOD_NOT_ALLOWED',
      "HTTP Method 'PUT' not allowed. Allowed are HEAD,GET,PATCH,DELETE",
    ),
  },
  {
    name: 'a body of another kind',
    method: 'POST',
    path: () => SESSION,
    body: () => 'AgentId=1',
    headers: { 'content-type': 'multipart/related; boundary=x' },
    status: 415,
    text: restRefusal(
      'UNSUPPORTED_MEDIA_TYPE',
      "MediaType of 'multipart/related' is not supported by this resource",
    ),
  },
  {
    name: 'an unknown path',
    method: 'GET',
    path: () => '/v60.0/nothing/here',
    status: 404,
    text: restRefusal('NOT_FOUND', 'The requested resource does not exist'),
  },
  {
    name: 'a version yet to come',
    method: 'GET',
    path: () => '/v69.0/sobjects',
    status: 404,
    text: restRefusal('NOT_FOUND', 'The requested resource does not exist'),
  },
  {
    name: 'a retired version',
    method: 'GET',
    path: () => '/v20.0/sobjects',
    status: 410,
    text: () => expect.stringMatching(/^\[\{"errorCode":"GONE","message":"/),
  },
  {
    name: 'a URI without end',
    method: 'GET',
    path: () => queryPath(`SELECT Id FROM LiveAgentSession WHERE Name = '${'x'.repeat(20_000)}'`),
    status: 414,
    text: () => expect.stringMatching(/^\[\{"errorCode":"URI_TOO_LONG"/),
  },
];

describe('is refused in the documented words and changes nothing', () => {
  test.each(CASES)('$name', async ({ method, path, body, headers, status, text }) => {
    const before = await fingerprint(server.db);
    const reply = await call(method, path(), {
      ...(body === undefined ? {} : { body: body() }),
      ...(headers === undefined ? {} : { headers }),
    });
    expect({ status: reply.status, text: reply.text }).toEqual({ status, text: text() });
    expect(reply.headers.get('content-type')).toBe('application/json;charset=UTF-8');
    expect(await fingerprint(server.db)).toEqual(before);
  });
});

describe('who does not say who calls', () => {
  const EXPIRED = '[{"message":"Session expired or invalid","errorCode":"INVALID_SESSION_ID"}]';

  test.each([
    ['no token', undefined],
    ['a token of nobody', '00DFW0000000001!AQ0000000000000000000000000000000000000000000'],
    ['no token at all', 'x'],
  ])('%s: 401, and nothing changed', async (_name, token) => {
    const before = await fingerprint(server.db);
    const reply = await restCalls(server.url, token)('POST', SESSION, { body: good() });
    expect({ status: reply.status, text: reply.text }).toEqual({ status: 401, text: EXPIRED });
    expect(reply.headers.get('sforce-limit-info')).toBeNull();
    expect(await fingerprint(server.db)).toEqual(before);
  });

  test('a session nobody used for its two hours: 401', async () => {
    const stranger = restCalls(server.url, await server.signIn(DEMO_USERS.supervisor));
    expect((await stranger('GET', '/v60.0/limits')).status).toBe(200);
    // what the server knows of a session may be a second old, and so may what it wrote down of its use
    await sleep(1_500);
    await setFloorTime(server.db, { offsetMs: 3 * 3_600_000 });
    await sleep(1_500);
    const before = await fingerprint(server.db);
    const reply = await stranger('POST', SESSION, { body: good() });
    expect({ status: reply.status, text: reply.text }).toEqual({ status: 401, text: EXPIRED });
    expect(await fingerprint(server.db)).toEqual(before);
  });
});
