/** What a SOAP client may send by mistake or in malice: refused with a fault, in bounded memory, and never half done. */
import { request as httpRequest } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEMO_USERS } from '../../support/server.js';
import { bodyOf, soapEnvelope, soapPath, textOf, textsOf, xmlText } from '../../support/soap-calls.js';
import { type Answers, answersOf } from './answers.js';
import { type SoapServer, startSoapServer } from './soap-server.js';

let server: SoapServer;
let answers: Answers;
let agentId: string;
beforeAll(async () => {
  server = await startSoapServer();
  answers = answersOf(server.url);
  const soql = `SELECT Id FROM User WHERE Username = '${DEMO_USERS.ana}'`;
  agentId = textOf((await server.call('query', `<queryString>${soql}</queryString>`)).body, 'sf:Id') ?? '';
});
afterAll(() => server.close());

interface Sent {
  readonly headers?: Readonly<Record<string, string>>;
  readonly path?: string;
  /** The operation whose promises the answer must keep. */
  readonly call?: string;
}

/** Sends these bytes as they are. */
async function send(body: string | Uint8Array, { headers, path, call = 'getServerTimestamp' }: Sent = {}) {
  const response = await fetch(`${server.url}${path ?? soapPath({ api: 'partner', version: 60 })}`, {
    method: 'POST',
    headers: { 'content-type': 'text/xml', ...headers },
    body: body as string,
  });
  const text = await response.text();
  await answers.check({ api: 'partner', version: 60, call }, { status: response.status, text });
  return { status: response.status, text, body: bodyOf(text) };
}

const envelope = (content: string, session = server.session) =>
  soapEnvelope({ session, api: 'partner' }, content);
const codeOf = (body: string) => textOf(body, 'faultcode');

describe('an envelope', () => {
  it('is read without SOAPAction and with any', async () => {
    for (const soapaction of ['', '""', 'login', '"urn:whatever"']) {
      const { status } = await send(envelope('<getServerTimestamp/>'), { headers: { soapaction } });
      expect(status).toBe(200);
    }
    expect((await send(envelope('<getServerTimestamp/>'))).status).toBe(200);
  });

  it.each([
    ['two calls', () => envelope('<getServerTimestamp/><logout/>'), 'more than one call'],
    ['two bodies', () => envelope('<getServerTimestamp/></s:Body><s:Body><logout/>'), 'more than one Body'],
    [
      'two headers',
      () => envelope('<getServerTimestamp/>').replace('<s:Body>', '<s:Header/><s:Body>'),
      'more than one Header',
    ],
    ['no call', () => envelope(''), 'the SOAP body is empty'],
  ])('with %s is refused', async (_, xml, message) => {
    const { body } = await send(xml());
    expect(codeOf(body)).toBe('soapenv:Client');
    expect(body).toContain(message);
    // Nothing of it was carried out: the session lives.
    expect((await server.call('getServerTimestamp', '')).status).toBe(200);
  });

  it('of SOAP 1.2 is refused as another version', async () => {
    const { body } = await send(
      envelope('<getServerTimestamp/>').replace(
        'http://schemas.xmlsoap.org/soap/envelope/',
        'http://www.w3.org/2003/05/soap-envelope',
      ),
    );
    expect(codeOf(body)).toBe('soapenv:VersionMismatch');
  });

  it.each([
    ['the other API', 'urn:enterprise.soap.sforce.com'],
    ['no namespace', ''],
    ['a namespace nobody has', 'urn:odd'],
  ])('whose call is of %s is refused', async (_, namespace) => {
    const { body } = await send(envelope(`<x xmlns="${namespace}"/>`.replace('<x', '<getServerTimestamp')));
    expect(textOf(body, 'sf:exceptionMessage')).toBe(
      `No operation available for request {${namespace}}getServerTimestamp`,
    );
  });

  it.each([
    '/services/Soap/u/7.0',
    '/services/Soap/u/1000.0',
    '/services/Soap/u/60.5',
    '/services/Soap/u/-60',
  ])('sent to %s is of an unsupported version', async (path) => {
    const { body } = await send(envelope('<getServerTimestamp/>'), { path });
    expect(textOf(body, 'sf:exceptionCode')).toBe('UNSUPPORTED_API_VERSION');
  });
});

describe('bytes', () => {
  const declared = (encoding: string) => `<?xml version="1.0" encoding="${encoding}"?>`;
  it.each([
    [
      'UTF-16 with a byte order mark',
      () => Buffer.from(`\uFEFF${declared('UTF-16')}${envelope('<logout/>')}`, 'utf16le'),
    ],
    ['UTF-16 without one', () => Buffer.from(envelope('<logout/>'), 'utf16le')],
    ['UTF-16, big end first', () => Buffer.from(`\uFEFF${envelope('<logout/>')}`, 'utf16le').swap16()],
    [
      'UTF-32',
      () => Buffer.concat([...envelope('<logout/>')].map((one) => Buffer.from([one.charCodeAt(0), 0, 0, 0]))),
    ],
    ['declared Latin 1', () => Buffer.from(`${declared('ISO-8859-1')}${envelope('<logout/>')}`, 'latin1')],
    [
      'Latin 1 that says it is UTF-8',
      () => Buffer.from(`${declared('UTF-8')}${envelope('<logout>é</logout>')}`, 'latin1'),
    ],
    ['a NUL', () => Buffer.from(envelope('<logout>\0</logout>'))],
    ['an overlong form', () => Buffer.concat([Buffer.from(envelope('')), Buffer.from([0xc0, 0xaf])])],
    ['gzip that is none', () => Buffer.from('not gzip')],
  ])('in %s are refused', async (name, bytes) => {
    const headers: Record<string, string> = name.startsWith('gzip') ? { 'content-encoding': 'gzip' } : {};
    const { status, body } = await send(bytes(), { headers, call: 'logout' });
    expect(status).toBe(500);
    expect(codeOf(body)).toBe('soapenv:Client');
  });

  it('may come one by one', async () => {
    const xml = Buffer.from(envelope('<getServerTimestamp/>'));
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const target = new URL(`${server.url}${soapPath({ api: 'partner', version: 60 })}`);
      const sending = httpRequest(
        target,
        { method: 'POST', headers: { 'content-type': 'text/xml' } },
        (got) => {
          got.resume();
          resolve(got.statusCode);
        },
      );
      sending.on('error', reject);
      const next = (at: number): void => {
        if (at >= xml.length) {
          sending.end();
          return;
        }
        sending.write(xml.subarray(at, at + 7));
        setImmediate(() => next(at + 7));
      };
      next(0);
    });
    expect(status).toBe(200);
  });

  it('that stop in the middle leave the server as it was', async () => {
    for (let n = 0; n < 5; n++) {
      await new Promise<void>((resolve) => {
        const target = new URL(`${server.url}${soapPath({ api: 'partner', version: 60 })}`);
        const sending = httpRequest(target, {
          method: 'POST',
          headers: { 'content-type': 'text/xml', 'content-length': '100000' },
        });
        sending.on('error', () => resolve());
        sending.on('close', () => resolve());
        sending.write(envelope('<create>').slice(0, 300));
        setTimeout(() => sending.destroy(), 30);
      });
    }
    expect((await server.call('getServerTimestamp', '')).status).toBe(200);
  });
});

describe('entities', () => {
  const withDoctype = (doctype: string, value: string) =>
    `<?xml version="1.0"?>${doctype}${envelope(`<query><queryString>${value}</queryString></query>`)}`;
  it.each([
    ['internal', '<!DOCTYPE a [<!ENTITY e "SELECT Id FROM User">]>', '&e;'],
    ['external', '<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/hostname">]>', '&e;'],
    ['parameter', '<!DOCTYPE a [<!ENTITY % e SYSTEM "http://127.0.0.1:9/x.dtd"> %e;]>', 'x'],
    ['of a DTD', '<!DOCTYPE a SYSTEM "http://127.0.0.1:9/x.dtd">', 'x'],
    ['undefined', '', '&lol;'],
  ])('that are %s are refused', async (_, doctype, value) => {
    const { body } = await send(withDoctype(doctype, value), { call: 'query' });
    expect(codeOf(body)).toBe('soapenv:Client');
  });

  it('of characters and the five of XML are read', async () => {
    const soql = xmlText("SELECT Id FROM User WHERE Name = 'x'")
      .replace('Id', '&#73;&#x64;')
      .replace("'x'", '&apos;x&#39;');
    expect(
      (await send(envelope(`<query><queryString>${soql}</queryString></query>`), { call: 'query' })).status,
    ).toBe(200);
  });
});

describe('what is too much', () => {
  /** Answers without reading a tag, a text or a comment of more than a megabyte to its end. */
  it.each([
    ['text', `<a>${'x'.repeat(2_000_000)}</a>`],
    ['attributes', `<a ${Array.from({ length: 200_000 }, (_, n) => `a${n}=""`).join(' ')}/>`],
    ['name', `<${'n'.repeat(2_000_000)}/>`],
    ['comment', `<!--${'x'.repeat(2_000_000)}-->`],
    ['declarations', `<a ${Array.from({ length: 100_000 }, (_, n) => `xmlns:a${n}="u"`).join(' ')}/>`],
  ])('%s without end is refused', async (_, content) => {
    const { body } = await send(envelope(`<getServerTimestamp>${content}</getServerTimestamp>`));
    expect(body).toContain('a tag or a text is too long');
  });

  it('attributes of many an element are refused at the first', async () => {
    const element = `<a ${Array.from({ length: 50_000 }, (_, n) => `a${n}=""`).join(' ')}/>`;
    const { body } = await send(envelope(`<getServerTimestamp>${element.repeat(40)}</getServerTimestamp>`));
    expect(body).toContain('too many attributes');
  });

  it('elements within elements are refused', async () => {
    const { body } = await send(envelope('<a>'.repeat(1000) + '</a>'.repeat(1000)));
    expect(body).toContain('nested too deeply');
  });

  it('50 MB of records are read and refused in bounded memory', async () => {
    const record = `<sObjects><o:type>Skill</o:type><o:MasterLabel>${'x'.repeat(20_000)}</o:MasterLabel></sObjects>`;
    const many = gzipSync(envelope(`<create>${record.repeat(2_480)}</create>`));
    const before = process.memoryUsage().rss;
    let most = before;
    const watch = setInterval(() => {
      most = Math.max(most, process.memoryUsage().rss);
    }, 20);
    const headers = { 'content-encoding': 'gzip' };
    const results = await Promise.all([0, 1, 2, 3].map(() => send(many, { headers, call: 'create' })));
    clearInterval(watch);
    for (const { body } of results) expect(body).toContain('<sf:exceptionCode>EXCEEDED_ID_LIMIT<');
    // Four at once, of 50 MB each: what they hold, and no multiple of it.
    expect(most - before).toBeLessThan(500 * 1024 * 1024);
  }, 60_000);

  it.each([
    ['create', '<sObjects><o:type>Skill</o:type></sObjects>', 201],
    ['update', '<sObjects><o:type>Skill</o:type></sObjects>', 201],
    ['delete', '<ids>0HK000000000001AAA</ids>', 201],
    ['undelete', '<ids>0HK000000000001AAA</ids>', 201],
    ['emptyRecycleBin', '<ids>0HK000000000001AAA</ids>', 201],
  ])('%s of 201 is refused whole', async (call, one, count) => {
    const { body } = await server.call(call, one.repeat(count));
    expect(textOf(body, 'sf:exceptionCode')).toBe('EXCEEDED_ID_LIMIT');
  });

  it('retrieve of 2,001 is refused whole', async () => {
    const ids = '<ids>0HK000000000001AAA</ids>'.repeat(2_001);
    const { body } = await server.call(
      'retrieve',
      `<fieldList>Id</fieldList><sObjectType>LiveAgentSession</sObjectType>${ids}`,
    );
    expect(textOf(body, 'sf:exceptionCode')).toBe('EXCEEDED_ID_LIMIT');
  });
});

describe('a record', () => {
  const times =
    '<o:LoginTime>2026-03-10T12:00:00Z</o:LoginTime><o:LogoutTime>2026-03-10T13:00:00Z</o:LogoutTime>';
  const record = (content: string) =>
    `<sObjects><o:type>LiveAgentSession</o:type><o:AgentId>${agentId}</o:AgentId>${times}${content}</sObjects>`;
  const idleOf = async (id: string | undefined) => {
    const soql = `SELECT TimeIdle FROM LiveAgentSession WHERE Id = '${id}'`;
    return textOf((await server.call('query', `<queryString>${soql}</queryString>`)).body, 'sf:TimeIdle');
  };

  it.each([
    ['a nil that has a value', '<o:TimeIdle xsi:nil="true">5</o:TimeIdle>', 'is nil and has a value'],
    ['two values for a field', '<o:TimeIdle>1</o:TimeIdle><o:TimeIdle>2</o:TimeIdle>', 'stands twice'],
    ['elements for a value', '<o:TimeIdle><o:TimeIdle>5</o:TimeIdle></o:TimeIdle>', 'has elements in it'],
  ])('with %s is refused, and the whole call with it', async (_, content, message) => {
    const { body } = await server.call('create', record('') + record(content));
    expect(codeOf(body)).toBe('soapenv:Client');
    expect(body).toContain(message);
  });

  it('is read past comments and through CDATA', async () => {
    const { body } = await server.call(
      'create',
      record(
        '<!-- idle --><o:TimeIdle>1<!-- not 9 --><![CDATA[2]]>3</o:TimeIdle><o:NumFlagRaised xsi:nil="true"/>',
      ),
    );
    expect(await idleOf(textOf(body, 'id'))).toBe('123');
  });

  it('may be sent back as it was read, with its Id twice', async () => {
    const made = await server.call('create', record('<o:TimeIdle>1</o:TimeIdle>'));
    const id = textOf(made.body, 'id');
    const { body } = await server.call(
      'update',
      `<sObjects><o:type>LiveAgentSession</o:type><o:Id>${id}</o:Id><o:TimeIdle>8</o:TimeIdle><o:Id>${id}</o:Id></sObjects>`,
    );
    expect(textOf(body, 'success')).toBe('true');
    expect(await idleOf(id)).toBe('8');
    const other = await server.call(
      'update',
      `<sObjects><o:type>LiveAgentSession</o:type><o:Id>${id}</o:Id><o:Id>0HK000000000001AAA</o:Id></sObjects>`,
    );
    expect(codeOf(other.body)).toBe('soapenv:Client');
  });

  it('whose field is both set and nulled is nulled', async () => {
    const { body } = await server.call(
      'create',
      `<sObjects><o:type>LiveAgentSession</o:type><o:fieldsToNull>TimeIdle</o:fieldsToNull><o:AgentId>${agentId}</o:AgentId>${times}<o:TimeIdle>5</o:TimeIdle></sObjects>`,
    );
    expect(textOf(body, 'success')).toBe('true');
    expect(await idleOf(textOf(body, 'id'))).toBeUndefined();
  });

  it.each(['9'.repeat(30), '1e3', '0x10', '١٢', ' ', '--1', '1.5', 'NaN', 'true'])(
    'with %j for a whole number fails alone or keeps it as the number it is',
    async (value) => {
      const { status, body } = await server.call(
        'create',
        record('') + record(`<o:TimeIdle>${value}</o:TimeIdle>`),
      );
      expect(status).toBe(200);
      expect(textsOf(body, 'success')[0]).toBe('true');
      const [, id] = textsOf(body, 'id');
      if (textsOf(body, 'success')[1] === 'true')
        expect(await idleOf(id)).toSatisfy((idle) => idle === undefined || /^-?\d{1,9}$/.test(String(idle)));
    },
  );
});

describe('a session', () => {
  it.each(['', ' ', 'x', "' OR 1=1 --", '00D!', 'x'.repeat(5_000)])('of %j is none', async (session) => {
    const { body } = await server.call('getUserInfo', '', { session: xmlText(session) });
    expect(textOf(body, 'sf:exceptionCode')).toBe('INVALID_SESSION_ID');
  });

  it('outside the header, or in a header of a body, is none', async () => {
    const inner = `<SessionHeader><sessionId>${server.session}</sessionId></SessionHeader>`;
    const { body } = await send(envelope(`<getUserInfo>${inner}</getUserInfo>`, ''), { call: 'getUserInfo' });
    expect(textOf(body, 'sf:exceptionCode')).toBe('INVALID_SESSION_ID');
  });
});
