/** `/services/wsdl/partner` and `/services/wsdl/enterprise`, of the version asked for or the newest. */
import type { FastifyInstance } from 'fastify';
import { NEWEST_API_VERSION } from '../../../access/sessions.js';
import { EVERY_VERSION } from '../../../objects/language.js';
import type { SoapApi } from '../envelope.js';
import { wsdlOf } from './wsdl.js';

const APIS: Readonly<Record<string, SoapApi>> = { partner: 'partner', enterprise: 'enterprise' };

/** The WSDLs say nothing a reader of the documentation would not know, so no session is needed. */
export function wsdlRoutes(app: FastifyInstance, publicUrl: () => string): void {
  app.get<{ Params: { api: string }; Querystring: { version?: string } }>(
    '/services/wsdl/:api(^partner|enterprise$)',
    async (request, reply) => {
      const api = APIS[request.params.api] ?? 'partner';
      const apiVersion = versionOf(request.query.version);
      if (apiVersion === undefined) {
        const text = `There is no such version: versions ${EVERY_VERSION}.0 to ${NEWEST_API_VERSION}.0 are served\n`;
        return reply.code(400).type('text/plain;charset=utf-8').send(text);
      }
      const wsdl = wsdlOf({ api, apiVersion, publicUrl: publicUrl() });
      return reply.type('text/xml;charset=utf-8').send(wsdl);
    },
  );
}

/** Of a version served; undefined for any other. */
function versionOf(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return NEWEST_API_VERSION;
  const version = Number(/^(\d{1,3})(?:\.0)?$/.exec(text)?.[1] ?? Number.NaN);
  return version >= EVERY_VERSION && version <= NEWEST_API_VERSION ? version : undefined;
}
