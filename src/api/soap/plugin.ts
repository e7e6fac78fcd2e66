/**
 * The SOAP APIs as one fastify plugin: `/services/Soap/u/{version}` (partner) and `/c/{version}` (enterprise). It turns
 * HTTP into a SoapContext and a call's bytes or refusal into an envelope; every refusal is HTTP 500, as clients expect.
 */
import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { NEWEST_API_VERSION } from '../../access/sessions.js';
import { ApiError } from '../../errors.js';
import { EVERY_VERSION } from '../../objects/language.js';
import { isConnectionLoss } from '../../store/database.js';
import { CALLS } from './calls.js';
import { namespaceOf, readEnvelope, type SoapApi, writeEnvelope } from './envelope.js';
import { clientFault, faultOf } from './fault.js';
import type { SoapDeps } from './soap-call.js';
import { XmlRefused } from './xml-tree.js';

const APIS: ReadonlyMap<string, SoapApi> = new Map([
  ['u', 'partner'],
  ['c', 'enterprise'],
]);
/** Largest request, in bytes; the calls served so far are small. */
const BODY_LIMIT_BYTES = 1024 * 1024;

interface Path {
  readonly api: string;
  readonly version: string;
}

/** Registers both SOAP endpoints; parsers and hooks stay inside. */
export function soapRoutes(deps: SoapDeps): (app: FastifyInstance) => Promise<void> {
  return async (app) => {
    app.removeAllContentTypeParsers();
    app.addContentTypeParser(
      '*',
      { parseAs: 'buffer', bodyLimit: BODY_LIMIT_BYTES },
      (_request, body, done) => done(null, body),
    );
    app.setErrorHandler((error, request, reply) => refuse(error, request, reply));
    for (const url of ['/services/Soap/:api(^[uc]$)/:version', '/services/Soap/:api(^[uc]$)/:version/*']) {
      app.post<{ Params: Path }>(url, async (request, reply) => {
        const body = await serve(deps, request);
        return send(reply, 200, writeEnvelope(apiOf(request), body));
      });
    }
  };
}

async function serve(deps: SoapDeps, request: FastifyRequest<{ Params: Path }>): Promise<string> {
  const api = apiOf(request);
  const apiVersion = versionOf(request.params.version);
  const bytes = request.body as Buffer | undefined;
  if (bytes === undefined || bytes.length === 0) throw new XmlRefused('the request is empty');
  const envelope = readEnvelope(bytes.toString('utf8'));
  const call = CALLS.get(envelope.call.name);
  if (call === undefined || envelope.call.namespace !== namespaceOf(api)) {
    const { namespace, name } = envelope.call;
    throw new ApiError(
      'INVALID_OPERATION',
      `No operation available for request {${namespace}}${name}`.slice(0, 300),
    );
  }
  return call({ deps, api, apiVersion, address: request.ip, size: bytes.length, request: envelope });
}

function apiOf(request: FastifyRequest): SoapApi {
  return APIS.get((request.params as Path).api) ?? 'partner';
}

/** `58.0` or `58` as 58. */
function versionOf(text: string): number {
  const version = Number(/^(\d{1,3})(?:\.0)?$/.exec(text)?.[1] ?? Number.NaN);
  if (version >= EVERY_VERSION && version <= NEWEST_API_VERSION) return version;
  throw new ApiError('UNSUPPORTED_API_VERSION', 'Invalid Api version specified on URL');
}

function send(reply: FastifyReply, status: number, xml: string): FastifyReply {
  return reply.code(status).header('content-type', 'text/xml;charset=utf-8').send(xml);
}

function refuse(thrown: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const api = apiOf(request);
  if (thrown instanceof ApiError) {
    return send(reply, thrown.code === 'SERVER_UNAVAILABLE' ? 503 : 500, faultOf(api, thrown));
  }
  if (thrown instanceof XmlRefused) return send(reply, 500, clientFault(api, thrown.message));
  if ((thrown as { statusCode?: unknown }).statusCode === 413) {
    const text = 'The request is larger than the maximum size allowed';
    return send(reply, 500, faultOf(api, new ApiError('EXCEEDED_MAX_SIZE_REQUEST', text)));
  }
  if (isConnectionLoss(thrown)) {
    reply.header('retry-after', '5');
    const text = 'The server is temporarily unavailable. Please try again in a few seconds.';
    return send(reply, 503, faultOf(api, new ApiError('SERVER_UNAVAILABLE', text)));
  }
  const errorId = randomUUID();
  request.log.error({ err: thrown, errorId }, 'SOAP call failed');
  const text = `An unexpected error occurred. Please include this ErrorId if you contact support: ${errorId}`;
  return send(reply, 500, faultOf(api, new ApiError('UNKNOWN_EXCEPTION', text)));
}
