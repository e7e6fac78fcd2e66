/** OAuth over TCP: bytes, order of keys, refusals, and jsforce's own client. */
import { createHmac } from 'node:crypto';
import { Connection, OAuth2 } from 'jsforce';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addClient } from '../../../src/access/clients.js';
import { type AccessServer, ANA, accessServer, PASSWORD } from '../../support/access-server.js';
import { setFloorTime } from '../../support/time.js';

let server: AccessServer;
beforeAll(async () => {
  server = await accessServer();
});
afterAll(() => server.close());

const GOOD = { grant_type: 'password', client_id: 'PlatformCLI', username: ANA, password: PASSWORD };

async function post(path: string, form: Record<string, string>, headers: Record<string, string> = {}) {
  const response = await fetch(`${server.url}${path}`, {
    method: 'POST',
    body: new URLSearchParams(form),
    headers,
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    text,
    json: text === '' ? null : JSON.parse(text),
  };
}

const token = (form: Record<string, string>, headers?: Record<string, string>) =>
  post('/services/oauth2/token', form, headers);

async function get(path: string, accessToken: string) {
  const response = await fetch(`${server.url}${path}`, {
    headers: { authorization: `Bearer ${accessToken}` },
  });
  return { status: response.status, json: JSON.parse(await response.text()) };
}

describe('the password grant', () => {
  it('answers exactly six keys, in their order, and nobody may keep the answer', async () => {
    const { status, headers, json } = await token({ ...GOOD, client_secret: 'anything' });
    expect(status).toBe(200);
    expect(Object.keys(json)).toEqual([
      'access_token',
      'instance_url',
      'id',
      'token_type',
      'issued_at',
      'signature',
    ]);
    expect(headers.get('content-type')).toBe('application/json;charset=UTF-8');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(json.access_token).toMatch(/^00DFW\w{10}!AQ[\w-]{43}$/);
    expect(json.instance_url).toBe(server.url);
    expect(json.id).toMatch(new RegExp(`^${server.url}/id/${server.demo.organizationId}/005FW\\w{13}$`));
    expect(json.token_type).toBe('Bearer');
    expect(json.issued_at).toMatch(/^\d{13}$/);
    expect(json.signature).toBe(
      createHmac('sha256', 'anything')
        .update(json.id + json.issued_at)
        .digest('base64'),
    );
  });

  it('takes its parameters from the query string as well', async () => {
    const { status, json } = await post(`/services/oauth2/token?${new URLSearchParams(GOOD)}`, {});
    expect(status).toBe(200);
    expect(json.token_type).toBe('Bearer');
  });

  it('gives a refresh token only when the scope asks for one', async () => {
    const { json } = await token({ ...GOOD, scope: 'api refresh_token' });
    expect(Object.keys(json).slice(6)).toEqual(['refresh_token', 'scope']);
    const refreshed = await token({
      grant_type: 'refresh_token',
      client_id: 'PlatformCLI',
      refresh_token: json.refresh_token,
    });
    expect(refreshed.status).toBe(200);
    expect(Object.keys(refreshed.json)).toEqual([
      'access_token',
      'instance_url',
      'id',
      'token_type',
      'issued_at',
      'signature',
      'scope',
    ]);
    expect(refreshed.json.access_token).not.toBe(json.access_token);
  });

  it('rotates the refresh token of the consoles', async () => {
    const { json } = await token({ ...GOOD, client_id: 'FloorwalkerConsole', scope: 'refresh_token' });
    const form = { grant_type: 'refresh_token', client_id: 'FloorwalkerConsole' };
    const refreshed = await token({ ...form, refresh_token: json.refresh_token });
    expect(refreshed.json.refresh_token).toMatch(/^5Aep/);
    expect(refreshed.json.refresh_token).not.toBe(json.refresh_token);
  });
});

describe('a refusal is an object of error and error_description', () => {
  it.each([
    ['a wrong password', { ...GOOD, password: 'wrong password' }, 'invalid_grant', 'authentication failure'],
    ['an unknown user', { ...GOOD, username: 'nobody@x.example' }, 'invalid_grant', 'authentication failure'],
    [
      'an unknown client',
      { ...GOOD, client_id: 'Somebody' },
      'invalid_client_id',
      'client identifier invalid',
    ],
    ['no client', { ...GOOD, client_id: '' }, 'invalid_client_id', 'client identifier invalid'],
    ['no grant type', { client_id: 'PlatformCLI' }, 'unsupported_grant_type', 'grant type not supported'],
    [
      'another grant type',
      { ...GOOD, grant_type: 'device' },
      'unsupported_grant_type',
      'grant type not supported',
    ],
    ['no user name', { ...GOOD, username: '' }, 'invalid_request', 'missing required parameter: username'],
    ['no password', { ...GOOD, password: '' }, 'invalid_request', 'missing required parameter: password'],
    [
      'a refresh token of nobody',
      { grant_type: 'refresh_token', client_id: 'PlatformCLI', refresh_token: 'x' },
      'invalid_grant',
      'expired access/refresh token',
    ],
  ])('%s', async (_, form, error, description) => {
    const { status, text, headers } = await token(form);
    expect(status).toBe(400);
    expect(text).toBe(JSON.stringify({ error, error_description: description }));
    expect(headers.get('cache-control')).toBe('no-store');
  });

  it('GET for a token', async () => {
    const response = await fetch(`${server.url}/services/oauth2/token`);
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({
      error: 'invalid_request',
      error_description: 'must use HTTP POST',
    });
  });

  it.each([
    ['a body that is too large', 'application/x-www-form-urlencoded', `username=${'x'.repeat(20_000)}`, 413],
    ['a body of another type', 'application/json', '{}', 415],
    ['a broken escape', 'application/x-www-form-urlencoded', 'grant_type=%E0%A4%A', 400],
    [
      'a NUL',
      'application/x-www-form-urlencoded',
      'grant_type=password&client_id=PlatformCLI&username=a%00b&password=c',
      400,
    ],
  ])('%s', async (_, contentType, body, status) => {
    const response = await fetch(`${server.url}/services/oauth2/token`, {
      method: 'POST',
      headers: { 'content-type': contentType },
      body,
    });
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ error: expect.any(String) });
  });
});

describe('clients', () => {
  it('with a secret must show it, in the form or as Basic', async () => {
    const { clientSecret = expect.fail() } = await addClient(server.store.db, {
      clientId: 'etl.job',
      confidential: true,
    });
    const form = { ...GOOD, client_id: 'etl.job' };
    expect((await token(form)).json).toEqual({
      error: 'invalid_client',
      error_description: 'invalid client credentials',
    });
    expect((await token({ ...form, client_secret: clientSecret })).status).toBe(200);
    const { client_id: _clientId, ...bare } = form;
    const basic = `Basic ${Buffer.from(`etl.job:${clientSecret}`).toString('base64')}`;
    expect((await token(bare, { authorization: basic })).status).toBe(200);
  });

  it('are all taken for the password grant in the demo, and only there', async () => {
    const demo = await accessServer({ anyClient: true });
    const response = await fetch(`${demo.url}/services/oauth2/token`, {
      method: 'POST',
      body: new URLSearchParams({ ...GOOD, client_id: 'whatever' }),
    });
    expect(response.status).toBe(200);
    await demo.close();
  });

  it('cannot be added twice, nor by an id that is none', async () => {
    await addClient(server.store.db, { clientId: 'once' });
    await expect(addClient(server.store.db, { clientId: 'once' })).rejects.toThrow('already');
    await expect(addClient(server.store.db, { clientId: 'a b' })).rejects.toThrow('client id');
  });
});

describe('who one is', () => {
  const IDENTITY_KEYS =
    'id asserted_user user_id organization_id username nick_name display_name email email_verified first_name last_name timezone photos addr_street addr_city addr_state addr_country addr_zip mobile_phone mobile_phone_verified is_lightning_login_user status urls active user_type language locale utcOffset last_modified_date';
  const USERINFO_KEYS =
    'sub user_id organization_id preferred_username nickname name email email_verified given_name family_name zoneinfo photos profile picture address is_salesforce_integration_user urls active user_type language locale utcOffset updated_at';
  const URL_KEYS =
    'enterprise metadata partner rest sobjects search query recent tooling_soap tooling_rest profile feeds groups users feed_items feed_elements custom_domain';

  it('stands behind the identity URL, keys in their order', async () => {
    const { json: session } = await token(GOOD);
    const { status, json } = await get(session.id.slice(server.url.length), session.access_token);
    expect(status).toBe(200);
    expect(Object.keys(json).join(' ')).toBe(IDENTITY_KEYS);
    expect(Object.keys(json.urls).join(' ')).toBe(URL_KEYS);
    expect(json).toMatchObject({
      id: session.id,
      username: ANA,
      display_name: 'Ana Alvarez',
      first_name: 'Ana',
      user_type: 'STANDARD',
      active: true,
      timezone: 'GMT',
      utcOffset: 0,
    });
    expect(json.last_modified_date).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    const organization = json.organization_id.slice(0, 15);
    expect(json.urls.partner).toBe(`${server.url}/services/Soap/u/{version}/${organization}`);
    expect(json.urls.query).toBe(`${server.url}/services/data/v{version}/query/`);
  });

  it('stands in userinfo, keys in their order', async () => {
    const { json: session } = await token(GOOD);
    const { status, json } = await get('/services/oauth2/userinfo', session.access_token);
    expect(status).toBe(200);
    expect(Object.keys(json).join(' ')).toBe(USERINFO_KEYS);
    expect(json).toMatchObject({ sub: session.id, is_salesforce_integration_user: false, address: {} });
  });

  it('is told to nobody else', async () => {
    const { json: session } = await token(GOOD);
    const organization = server.demo.organizationId;
    const stranger = await get(`/id/${organization}/005FW0000000001YAA`, session.access_token);
    expect(stranger.status).toBe(404);
    for (const path of ['/services/oauth2/userinfo', `/id/${organization}/${session.id.split('/').at(-1)}`]) {
      const { status, json } = await get(path, 'nonsense');
      expect(status).toBe(401);
      expect(json).toEqual([{ message: 'Session expired or invalid', errorCode: 'INVALID_SESSION_ID' }]);
    }
  });

  it('is no longer told once the session has expired', async () => {
    const { json: session } = await token(GOOD);
    await setFloorTime(server.store.db, { offsetMs: 7_201_000 });
    expect((await get('/services/oauth2/userinfo', session.access_token)).status).toBe(401);
  });
});

describe('revoking', () => {
  it.each(['access_token', 'refresh_token'])('an %s ends the session', async (kind) => {
    const { json: session } = await token({ ...GOOD, scope: 'refresh_token' });
    const { status, text } = await post('/services/oauth2/revoke', { token: session[kind] });
    expect([status, text]).toEqual([200, '']);
    expect((await get('/services/oauth2/userinfo', session.access_token)).status).toBe(401);
  });

  it('what is gone already is no error; no token is one', async () => {
    expect((await post('/services/oauth2/revoke', { token: 'gone' })).status).toBe(200);
    expect((await post('/services/oauth2/revoke', {})).json).toEqual({
      error: 'invalid_request',
      error_description: 'missing required parameter: token',
    });
  });
});

describe('jsforce', () => {
  const options = () => ({
    oauth2: new OAuth2({ loginUrl: server.url, clientId: 'PlatformCLI', clientSecret: 'x' }),
    version: '58.0',
  });

  it('signs in over OAuth and asks who it is', async () => {
    const connection = new Connection(options());
    const user = await connection.login(ANA, PASSWORD);
    expect(user.organizationId).toBe(server.demo.organizationId);
    expect(connection.instanceUrl).toBe(server.url);
    const identity = await connection.request<{ username: string }>(user.url);
    expect(identity.username).toBe(ANA);
  });

  it('reads why it may not', async () => {
    const connection = new Connection(options());
    await expect(connection.login(ANA, 'wrong password')).rejects.toThrow('authentication failure');
  });

  it('refreshes with the same token as often as it likes, and revokes', async () => {
    const { json } = await token({ ...GOOD, scope: 'refresh_token' });
    const { oauth2 } = options();
    for (let use = 0; use < 2; use++) {
      expect((await oauth2.refreshToken(json.refresh_token)).access_token).toMatch(/^00D/);
    }
    await oauth2.revokeToken(json.refresh_token);
    await expect(oauth2.refreshToken(json.refresh_token)).rejects.toThrow('expired access/refresh token');
  });
});
