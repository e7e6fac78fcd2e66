/** The WSDLs: well formed for toolkits, whole for the objects, at every version. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { CALLS } from '../../../src/api/soap/calls.js';
import { OPERATIONS } from '../../../src/api/soap/schema/operations.js';
import { EXCEPTION_CODES, STATUS_CODES } from '../../../src/api/soap/schema/simple-types.js';
import { wsdlOf } from '../../../src/api/soap/wsdl/wsdl.js';
import { fieldsAt, OBJECTS } from '../../../src/objects/registry.js';
import { answerValidator, wsdlValidator } from './schemas.js';

const VERSIONS = [21, 27, 28, 38, 39, 46, 51, 64, 65, 68];
const publicUrl = 'https://floor.example:8443';

/** Names and types of the elements of an object's type. */
function elementsOf(wsdl: string, type: string): Map<string, string> {
  const content = new RegExp(`<complexType name="${type}">(.*?)</complexType>`, 's').exec(wsdl)?.[1] ?? '';
  return new Map(
    [...content.matchAll(/<element name="(\w+)" type="([\w:]+)"/g)].map(([, name = '', kind = '']) => [
      name,
      kind,
    ]),
  );
}

describe.each(['partner', 'enterprise'] as const)('the %s WSDL', (api) => {
  it.each(VERSIONS)('of version %i is valid WSDL and valid XML Schema', (apiVersion) => {
    const wsdl = wsdlOf({ api, apiVersion, publicUrl });
    wsdlValidator().validate(wsdl);
    answerValidator(wsdl);
    expect(wsdl).toContain(
      `<soap:address location="${publicUrl}/services/Soap/${api === 'partner' ? 'u' : 'c'}/${apiVersion}.0"/>`,
    );
  });

  it('has login() up to 64.0 only', () => {
    expect(wsdlOf({ api, apiVersion: 64, publicUrl })).toContain('<operation name="login">');
    expect(wsdlOf({ api, apiVersion: 65, publicUrl })).not.toContain('<operation name="login">');
  });
});

describe('the enterprise WSDL', () => {
  const wsdl = wsdlOf({ api: 'enterprise', apiVersion: 68, publicUrl });

  it('has every object with all its fields', () => {
    for (const object of OBJECTS) {
      const elements = elementsOf(wsdl, object.name);
      for (const field of fieldsAt(object, 68))
        expect(elements.has(field.name), `${object.name}.${field.name}`).toBe(true);
    }
  });

  it('has the relationships of LiveAgentSession', () => {
    const elements = elementsOf(wsdl, 'LiveAgentSession');
    expect(elements.get('Agent')).toBe('ens:User');
    expect(elements.get('Owner')).toBe('ens:sObject');
    expect(elements.get('Histories')).toBe('tns:QueryResult');
    expect(elements.get('Shares')).toBe('tns:QueryResult');
    expect(elements.get('LoginTime')).toBe('xsd:dateTime');
    expect(elements.get('TimeIdle')).toBe('xsd:int');
  });

  it('lacks what an older version does not know', () => {
    const old = wsdlOf({ api: 'enterprise', apiVersion: 27, publicUrl });
    expect(old).not.toContain('<complexType name="LiveAgentSession">');
    expect(old).toContain('<complexType name="User">');
  });
});

describe('the schema', () => {
  it('declares the calls that are served, and no others', () => {
    expect([...CALLS.keys()].sort()).toEqual(OPERATIONS.map(({ name }) => name).sort());
  });

  it('knows every code the server may answer with', () => {
    const known = new Set([...EXCEPTION_CODES, ...STATUS_CODES]);
    /** REST alone answers with these. */
    const rest = [
      'JSON_PARSER_ERROR',
      'PRECONDITION_FAILED',
      'UNSUPPORTED_MEDIA_TYPE',
      'URI_TOO_LONG',
      'METHOD_NOT_ALLOWED',
      'GONE',
    ];
    const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((file) =>
      file.endsWith('.ts'),
    );
    expect(files.length).toBeGreaterThan(100);
    const unknown = files.flatMap((file) =>
      [
        ...readFileSync(path.join('src', file), 'utf8').matchAll(
          /(?:ApiError|recordError|refused)\(\s*'([A-Z_]+)'/g,
        ),
      ]
        .map(([, code]) => code as string)
        .filter(
          (code) => !known.has(code) && !rest.includes(code) && !file.startsWith(path.join('api', 'rest')),
        ),
    );
    expect([...new Set(unknown)]).toEqual([]);
  });
});
