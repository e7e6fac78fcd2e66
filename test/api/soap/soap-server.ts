/** The real server and a SOAP client of nothing but text; every answer is checked against the WSDL of its version. */

import { DEMO_USERS, startTestServer, type TestServer } from '../../support/server.js';
import { answerValidator, type Validator } from './schemas.js';

export interface Answer {
  readonly status: number;
  readonly text: string;
  /** What stands in Body. */
  readonly body: string;
}

export interface CallOptions {
  readonly api?: 'partner' | 'enterprise';
  readonly version?: number;
  readonly session?: string;
  /** Blocks besides the session. */
  readonly header?: string;
}

export interface SoapServer extends TestServer {
  /** Session of the administrator. */
  readonly session: string;
  call(name: string, content: string, options?: CallOptions): Promise<Answer>;
  wsdl(api: string, version: number): Promise<string>;
}

export const XSI = 'http://www.w3.org/2001/XMLSchema-instance';

export async function startSoapServer(): Promise<SoapServer> {
  const server = await startTestServer();
  const session = await server.signIn(DEMO_USERS.admin);
  const validators = new Map<string, Promise<Validator>>();
  const wsdl = async (api: string, version: number) =>
    (await fetch(`${server.url}/services/wsdl/${api}?version=${version}.0`)).text();
  const validatorOf = (api: string, version: number) => {
    const key = `${api} ${version}`;
    let validator = validators.get(key);
    if (validator === undefined) {
      validator = wsdl(api, version).then(answerValidator);
      validators.set(key, validator);
    }
    return validator;
  };
  return {
    ...server,
    session,
    wsdl,
    async call(name, content, options = {}) {
      const { api = 'partner', version = 60, header = '' } = options;
      const namespace = `urn:${api}.soap.sforce.com`;
      const response = await fetch(
        `${server.url}/services/Soap/${api === 'partner' ? 'u' : 'c'}/${version}.0`,
        {
          method: 'POST',
          headers: { 'content-type': 'text/xml; charset=UTF-8', soapaction: '""' },
          body:
            `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsi="${XSI}" xmlns="${namespace}"` +
            ` xmlns:o="urn:sobject.${api}.soap.sforce.com"><s:Header><SessionHeader><sessionId>${options.session ?? session}` +
            `</sessionId></SessionHeader>${header}</s:Header><s:Body><${name}>${content}</${name}></s:Body></s:Envelope>`,
        },
      );
      const text = await response.text();
      (await validatorOf(api, version)).validate(text);
      return {
        status: response.status,
        text,
        body: /<soapenv:Body>([\s\S]*)<\/soapenv:Body>/.exec(text)?.[1] ?? '',
      };
    },
  };
}

/** Text of the first element of that name, prefix included. */
export function textOf(xml: string, name: string): string | undefined {
  return new RegExp(`<${name}(?: [^>]*)?>([^<]*)</${name}>`).exec(xml)?.[1];
}

/** Texts of all elements of that name. */
export function textsOf(xml: string, name: string): string[] {
  return [...xml.matchAll(new RegExp(`<${name}(?: [^>]*)?>([^<]*)</${name}>`, 'g'))].map(
    ([, text]) => text ?? '',
  );
}
