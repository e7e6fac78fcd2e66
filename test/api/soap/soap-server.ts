/** The real server and a SOAP client of nothing but text; every answer is checked against the WSDL of its version. */

import { DEMO_USERS, startTestServer, type TestServer } from '../../support/server.js';
import { type SoapAnswer, type SoapApi, soapCall } from '../../support/soap-calls.js';
import { answersOf } from './answers.js';

export interface CallOptions {
  readonly api?: SoapApi;
  readonly version?: number;
  readonly session?: string;
  /** Blocks besides the session. */
  readonly header?: string;
}

export interface SoapServer extends TestServer {
  /** Session of the administrator. */
  readonly session: string;
  call(name: string, content: string, options?: CallOptions): Promise<SoapAnswer>;
}

export async function startSoapServer(): Promise<SoapServer> {
  const server = await startTestServer();
  const session = await server.signIn(DEMO_USERS.admin);
  const answers = answersOf(server.url);
  return {
    ...server,
    session,
    async call(name, content, options = {}) {
      const request = { url: server.url, session, api: 'partner', version: 60, ...options } as const;
      const answer = await soapCall(request, name, content);
      await answers.check({ ...request, call: name }, answer);
      return answer;
    },
  };
}
