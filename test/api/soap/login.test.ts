/** SOAP log-in over TCP: the bytes real clients pick their session from, and the faults they recognise. */
import { Connection } from 'jsforce';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AccessServer, ANA, accessServer, PASSWORD } from '../../support/access-server.js';
import { setFloorTime } from '../../support/time.js';

let server: AccessServer;
beforeAll(async () => {
  server = await accessServer();
});
afterAll(() => server.close());

const PARTNER = 'urn:partner.soap.sforce.com';
const ENTERPRISE = 'urn:enterprise.soap.sforce.com';

function envelope(body: string, header = ''): string {
  return `<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Header>${header}</s:Header><s:Body>${body}</s:Body></s:Envelope>`;
}

function loginBody(username: string, password: string, namespace = PARTNER): string {
  return `<n1:login xmlns:n1="${namespace}"><n1:username>${username}</n1:username><n1:password>${password}</n1:password></n1:login>`;
}

async function post(xml: string, path = '/services/Soap/u/58.0', at = server.url) {
  const response = await fetch(`${at}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'text/xml; charset=UTF-8', soapaction: '""' },
    body: xml,
  });
  return {
    status: response.status,
    contentType: response.headers.get('content-type'),
    text: await response.text(),
  };
}

function textOf(xml: string, name: string): string | undefined {
  return new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1];
}

async function sessionId(): Promise<string> {
  const { text } = await post(envelope(loginBody(ANA, PASSWORD)));
  return textOf(text, 'sessionId') ?? expect.fail(text);
}

const withSession = (id: string, call: string) =>
  envelope(
    `<${call} xmlns="${PARTNER}"/>`,
    `<SessionHeader xmlns="${PARTNER}"><sessionId>${id}</sessionId></SessionHeader>`,
  );

describe('login()', () => {
  it('answers the result clients read, in the order of the WSDL', async () => {
    const { status, contentType, text } = await post(envelope(loginBody(ANA, PASSWORD)));
    expect(status).toBe(200);
    expect(contentType).toBe('text/xml;charset=utf-8');
    const organization = server.demo.organizationId;
    const session = textOf(text, 'sessionId');
    const user = textOf(text, 'userId');
    expect(text).toBe(
      '<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"' +
        ` xmlns="${PARTNER}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body><loginResponse><result>` +
        `<metadataServerUrl>${server.url}/services/Soap/m/58.0/${organization.slice(0, 15)}</metadataServerUrl>` +
        '<passwordExpired>false</passwordExpired><sandbox>false</sandbox>' +
        `<serverUrl>${server.url}/services/Soap/u/58.0/${organization.slice(0, 15)}</serverUrl>` +
        `<sessionId>${session}</sessionId><userId>${user}</userId><userInfo>` +
        '<accessibilityMode>false</accessibilityMode><chatterExternal>false</chatterExternal><currencySymbol>$</currencySymbol>' +
        '<orgAttachmentFileSizeLimit>5242880</orgAttachmentFileSizeLimit><orgDefaultCurrencyIsoCode>USD</orgDefaultCurrencyIsoCode>' +
        '<orgDefaultCurrencyLocale>en_US</orgDefaultCurrencyLocale><orgDisallowHtmlAttachments>false</orgDisallowHtmlAttachments>' +
        `<orgHasPersonAccounts>false</orgHasPersonAccounts><organizationId>${organization}</organizationId>` +
        '<organizationMultiCurrency>false</organizationMultiCurrency><organizationName>Floorwalker</organizationName>' +
        `<profileId>${textOf(text, 'profileId')}</profileId><roleId xsi:nil="true"/><sessionSecondsValid>7200</sessionSecondsValid>` +
        `<userDefaultCurrencyIsoCode xsi:nil="true"/><userEmail>${ANA}</userEmail><userFullName>Ana Alvarez</userFullName>` +
        `<userId>${user}</userId><userLanguage>en_US</userLanguage><userLocale>en_US</userLocale><userName>${ANA}</userName>` +
        '<userTimeZone>GMT</userTimeZone><userType>Standard</userType><userUiSkin>Theme3</userUiSkin></userInfo>' +
        '</result></loginResponse></soapenv:Body></soapenv:Envelope>',
    );
    expect(await server.access.authenticate(session ?? '', 58)).toMatchObject({ userId: user });
  });

  it('lacks at 28.0 what came later', async () => {
    const { text } = await post(envelope(loginBody(ANA, PASSWORD)), '/services/Soap/u/28.0');
    expect(text).toContain('/services/Soap/u/28.0/');
    expect(text).not.toContain('chatterExternal');
    expect(text).not.toContain('orgDefaultCurrencyLocale');
  });

  it.each(['21.0', '64.0', '65.0', '68.0'])('is served at %s', async (version) => {
    expect((await post(envelope(loginBody(ANA, PASSWORD)), `/services/Soap/u/${version}`)).status).toBe(200);
  });

  it('is served by the enterprise endpoint, with its own addresses', async () => {
    const path = `/services/Soap/c/58.0/${server.demo.organizationId}`;
    const { status, text } = await post(envelope(loginBody(ANA, PASSWORD, ENTERPRISE)), path);
    expect(status).toBe(200);
    expect(text).toContain(`xmlns="${ENTERPRISE}"`);
    expect(textOf(text, 'serverUrl')).toContain('/services/Soap/c/58.0/');
  });

  it('reads a password with every character XML must escape', async () => {
    const { db } = server.store;
    const { setPassword } = await import('../../../src/users.js');
    await setPassword(db, 'ben@floorwalker.demo', `<&"'>]]> p4$$`);
    const password = '&lt;&amp;&quot;&apos;&gt;]]&gt; p4$$';
    expect((await post(envelope(loginBody('ben@floorwalker.demo', password)))).status).toBe(200);
  });
});

const LOGIN_FAULT =
  '<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"' +
  ' xmlns:sf="urn:fault.partner.soap.sforce.com" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>' +
  '<soapenv:Fault><faultcode>sf:INVALID_LOGIN</faultcode>' +
  '<faultstring>INVALID_LOGIN: Invalid username, password, security token; or user locked out.</faultstring><detail>' +
  '<sf:LoginFault xsi:type="sf:LoginFault"><sf:exceptionCode>INVALID_LOGIN</sf:exceptionCode><sf:exceptionMessage>' +
  'Invalid username, password, security token; or user locked out.</sf:exceptionMessage></sf:LoginFault></detail>' +
  '</soapenv:Fault></soapenv:Body></soapenv:Envelope>';

describe('a refused log-in', () => {
  it.each([
    ['a wrong password', ANA, 'wrong password'],
    ['an unknown user', 'nobody@x.example', PASSWORD],
    ['nothing at all', '', ''],
  ])('for %s is a LoginFault with status 500', async (_, username, password) => {
    const { status, text } = await post(envelope(loginBody(username, password)));
    expect(status).toBe(500);
    expect(text).toBe(LOGIN_FAULT);
  });

  it('after five wrong passwords says the same even for the right one', async () => {
    const xml = envelope(loginBody('supervisor@floorwalker.demo', 'wrong password'));
    for (let attempt = 0; attempt < 5; attempt++) await post(xml);
    expect((await post(envelope(loginBody('supervisor@floorwalker.demo', PASSWORD)))).text).toBe(LOGIN_FAULT);
    await setFloorTime(server.store.db, { offsetMs: 20_000 });
    expect((await post(envelope(loginBody('supervisor@floorwalker.demo', PASSWORD)))).status).toBe(200);
  });

  it('says INVALID_OPERATION where login() is switched off', async () => {
    const closed = await accessServer({ soapLogin: false });
    const { status, text } = await post(
      envelope(loginBody(ANA, PASSWORD)),
      '/services/Soap/u/58.0',
      closed.url,
    );
    expect(status).toBe(500);
    expect(textOf(text, 'sf:exceptionCode')).toBe('INVALID_OPERATION');
    expect(textOf(text, 'sf:exceptionMessage')).toContain(
      'SOAP API login() is disabled by default in this org.',
    );
    await closed.close();
  });

  it('of more than 10 KB is EXCEEDED_MAX_SIZE_REQUEST', async () => {
    const { status, text } = await post(envelope(loginBody(ANA, 'x'.repeat(11_000))));
    expect(status).toBe(500);
    expect(textOf(text, 'sf:exceptionCode')).toBe('EXCEEDED_MAX_SIZE_REQUEST');
  });
});

describe('a session header', () => {
  it('names the caller to getUserInfo and getServerTimestamp', async () => {
    const id = await sessionId();
    const info = await post(withSession(id, 'getUserInfo'));
    expect(info.status).toBe(200);
    expect(info.text).toContain(`<getUserInfoResponse><result><accessibilityMode>false</accessibilityMode>`);
    const time = await post(withSession(id, 'getServerTimestamp'));
    expect(textOf(time.text, 'timestamp')).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  });

  it('is worth nothing after logout()', async () => {
    const id = await sessionId();
    const { status, text } = await post(withSession(id, 'logout'));
    expect(status).toBe(200);
    expect(text).toContain('<soapenv:Body><logoutResponse/></soapenv:Body>');
    const again = await post(withSession(id, 'logout'));
    expect(again.status).toBe(500);
    expect(again.text).toContain('<faultcode>sf:INVALID_SESSION_ID</faultcode>');
    expect(again.text).toMatch(
      /<faultstring>INVALID_SESSION_ID: Invalid Session ID found in SessionHeader: Illegal Session\. Session not found, missing session hash: [\w-]+\nThis error usually occurs after a session expires or a user logs out\. <\/faultstring>/,
    );
    expect(again.text).not.toContain(id);
  });

  it('is worth nothing after two hours without use', async () => {
    const id = await sessionId();
    await setFloorTime(server.store.db, { offsetMs: 7_201_000 });
    expect((await post(withSession(id, 'getUserInfo'))).text).toContain('sf:INVALID_SESSION_ID');
  });
});

describe('what is no call', () => {
  it.each([
    [
      'an unknown call',
      envelope(`<fly xmlns="${PARTNER}"/>`),
      `No operation available for request {${PARTNER}}fly`,
    ],
    [
      'a call of the other WSDL',
      envelope(loginBody(ANA, PASSWORD, ENTERPRISE)),
      `No operation available for request {${ENTERPRISE}}login`,
    ],
  ])('%s is an UnexpectedErrorFault that names it', async (_, xml, message) => {
    const { status, text } = await post(xml);
    expect(status).toBe(500);
    expect(text).toContain('<sf:UnexpectedErrorFault xsi:type="sf:UnexpectedErrorFault">');
    expect(textOf(text, 'sf:exceptionMessage')).toBe(message);
  });

  it.each(['20.0', '7.0', '69.0', '0', 'abc', '58.1', '9999999999'])(
    'version %s is refused',
    async (version) => {
      const { status, text } = await post(envelope(loginBody(ANA, PASSWORD)), `/services/Soap/u/${version}`);
      expect(status).toBe(500);
      expect(textOf(text, 'sf:exceptionCode')).toBe('UNSUPPORTED_API_VERSION');
    },
  );

  const BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>';
  it.each([
    ['text', 'hello'],
    ['nothing', ''],
    ['broken XML', '<a><b></a>'],
    ['another document', '<html/>'],
    ['an empty body', envelope('')],
    ['an external entity', `<!DOCTYPE x SYSTEM "file:///etc/passwd">${envelope(loginBody(ANA, PASSWORD))}`],
    ['an entity bomb', `${BOMB}${envelope(loginBody('&b;', PASSWORD))}`],
    ['a processing instruction', `<?run it?>${envelope(loginBody(ANA, PASSWORD))}`],
    ['deep nesting', envelope('<a>'.repeat(5_000) + '</a>'.repeat(5_000))],
    ['an undeclared prefix', envelope('<x:login/>')],
    ['a control character', envelope(loginBody('a\u0001b', PASSWORD))],
  ])('%s is refused as the client’s mistake', async (_, xml) => {
    const { status, text } = await post(xml);
    expect(status).toBe(500);
    expect(text).toContain('<faultcode>soapenv:Client</faultcode>');
  });

  it('a megabyte from nobody who is signed in is not read to its end', async () => {
    const { status, text } = await post(envelope(`<a>${'x'.repeat(1_100_000)}</a>`));
    expect(status).toBe(500);
    expect(textOf(text, 'sf:exceptionCode')).toBe('INVALID_SESSION_ID');
    const endless = await post(envelope('', `<a>${'x'.repeat(1_100_000)}</a>`));
    expect(textOf(endless.text, 'sf:exceptionCode')).toBe('EXCEEDED_MAX_SIZE_REQUEST');
  });
});

describe('jsforce', () => {
  it('signs in over SOAP and out again', async () => {
    const connection = new Connection({ loginUrl: server.url, version: '58.0' });
    const user = await connection.login(ANA, PASSWORD);
    expect(user.organizationId).toBe(server.demo.organizationId);
    expect(connection.instanceUrl).toBe(server.url);
    expect(await server.access.authenticate(connection.accessToken ?? '', 58)).toMatchObject({
      userId: user.id,
    });
    const { accessToken } = connection;
    await connection.logout();
    await expect(server.access.authenticate(accessToken ?? '', 58)).rejects.toThrow('Session expired');
  });

  it('reads why it may not', async () => {
    const connection = new Connection({ loginUrl: server.url, version: '58.0' });
    await expect(connection.login(ANA, 'wrong password')).rejects.toThrow(
      'INVALID_LOGIN: Invalid username, password, security token; or user locked out.',
    );
  });
});
