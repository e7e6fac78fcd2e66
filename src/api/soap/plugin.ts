/**
 * The SOAP APIs as one fastify plugin: `/services/Soap/u/{version}` (partner) and `/c/{version}` (enterprise). It turns
 * HTTP into a SoapContext and a call's bytes or refusal into an envelope; every refusal is HTTP 500, as clients expect.
 */
import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import compress from '@fastify/compress';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { NEWEST_API_VERSION } from '../../access/sessions.js';
import { ApiError } from '../../errors.js';
import { EVERY_VERSION } from '../../objects/language.js';
import { namesUnknownField } from '../../objects/registry.js';
import { isConnectionLoss } from '../../store/database.js';
import { writeAnswer } from './answer.js';
import { CALLS } from './calls.js';
import { namespaceOf, type SoapApi } from './envelope.js';
import { clientFault, faultOf } from './fault.js';
import { refuseHeadersNotUnderstood } from './must-understand.js';
import { MAX_REQUEST_BYTES, readEnvelope, tooLarge } from './read-envelope.js';
import { authenticated } from './session-header.js';
import type { SoapDeps } from './soap-call.js';
import { wsdlRoutes } from './wsdl/routes.js';
import { type XmlElement, XmlRefused } from './xml-tree.js';

const APIS: ReadonlyMap<string, SoapApi> = new Map([
  ['u', 'partner'],
  ['c', 'enterprise'],
]);
/** Answers shorter than this are not worth compressing. */
const COMPRESS_FROM_BYTES = 1024;

interface Path {
  readonly api: string;
  readonly version: string;
}

/** Registers both SOAP endpoints; parsers and hooks stay inside. */
export function soapRoutes(deps: SoapDeps): (app: FastifyInstance) => Promise<void> {
  return async (app) => {
    await app.register(compress, {
      encodings: ['gzip', 'deflate'],
      requestEncodings: ['gzip', 'deflate'],
      threshold: COMPRESS_FROM_BYTES,
    });
    app.removeAllContentTypeParsers();
    // The body stays a stream: it is read while it arrives.
    app.addContentTypeParser('*', { bodyLimit: MAX_REQUEST_BYTES }, (_request, payload, done) =>
      done(null, payload),
    );
    app.setErrorHandler((error, request, reply) => refuse(error, request, reply));
    wsdlRoutes(app, deps.publicUrl);
    for (const url of ['/services/Soap/:api(^[uc]$)/:version', '/services/Soap/:api(^[uc]$)/:version/*']) {
      app.post<{ Params: Path }>(url, async (request, reply) => {
        const xml = await serve(deps, request);
        return send(reply, 200, typeof xml === 'string' ? xml : Readable.from(xml, { objectMode: false }));
      });
    }
  };
}

/** What was called, for the fault of a call that fails. */
const callOf = new WeakMap<FastifyRequest, string>();

async function serve(
  deps: SoapDeps,
  request: FastifyRequest<{ Params: Path }>,
): Promise<string | AsyncIterable<Buffer>> {
  const api = apiOf(request);
  const apiVersion = versionOf(request.params.version);
  refuseOtherCharset(request.headers['content-type']);
  const body = request.body as Readable | undefined;
  if (body === undefined) throw new XmlRefused('the request is empty');
  // A refusal in the middle of the body must still be answered: the connection stays.
  const pieces = body.iterator({ destroyOnReturn: false });
  const { request: envelope, size } = await readEnvelope(pieces, (sessionId) =>
    authenticated(deps, sessionId, apiVersion),
  );
  const { name, namespace } = envelope.call;
  callOf.set(request, name);
  const call = CALLS.get(name);
  if (call === undefined || namespace !== namespaceOf(api)) {
    const text = `No operation available for request {${namespace}}${name}`;
    throw new ApiError('INVALID_OPERATION', text.slice(0, 300));
  }
  refuseHeadersNotUnderstood(api, envelope);
  // Another server may have just added the field that is named here (DECISIONS 7).
  if (namesUnknown(envelope.call)) await deps.access.catchUp();
  const context = { deps, api, apiVersion, address: request.ip, size, request: envelope };
  return writeAnswer(context, name, await call(context));
}

function namesUnknown({ name, text, children }: XmlElement): boolean {
  return namesUnknownField(name) || namesUnknownField(text) || children.some(namesUnknown);
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

/** SOAP is read as UTF-8, of which US-ASCII is a part. */
function refuseOtherCharset(contentType: string | undefined): void {
  const charset = /charset\s*=\s*"?([^\s;"]+)/i.exec(contentType ?? '')?.[1];
  if (charset === undefined || /^(utf-?8|us-ascii)$/i.test(charset)) return;
  throw new XmlRefused(`the charset ${charset.slice(0, 40)} is not supported, send UTF-8`);
}

function send(reply: FastifyReply, status: number, xml: string | Readable): FastifyReply {
  return reply.code(status).header('content-type', 'text/xml;charset=utf-8').send(xml);
}

/** A refused request may still be arriving: its client must be able to finish, and the connection be used again. */
function discardRest({ raw }: FastifyRequest): void {
  if (raw.complete) return;
  let bytes = 0;
  raw.unpipe();
  raw.on('data', (piece: Buffer) => {
    bytes += piece.length;
    if (bytes > MAX_REQUEST_BYTES) raw.destroy();
  });
}

function refuse(thrown: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  discardRest(request);
  const api = apiOf(request);
  const fault = (error: ApiError): string => faultOf(api, error, callOf.get(request) ?? '');
  if (thrown instanceof ApiError) {
    return send(reply, thrown.code === 'SERVER_UNAVAILABLE' ? 503 : 500, fault(thrown));
  }
  if (thrown instanceof XmlRefused) return send(reply, 500, clientFault(api, thrown));
  const { statusCode, code } = thrown as { statusCode?: unknown; code?: unknown };
  if (statusCode === 413) return send(reply, 500, fault(tooLarge()));
  if (statusCode === 415) {
    return send(
      reply,
      500,
      clientFault(api, new XmlRefused('the Content-Encoding of the request is not supported')),
    );
  }
  if (typeof code === 'string' && (code.startsWith('Z_') || code === 'FST_CP_ERR_INVALID_CONTENT')) {
    return send(reply, 500, clientFault(api, new XmlRefused('the request cannot be decompressed')));
  }
  if (isConnectionLoss(thrown)) {
    reply.header('retry-after', '5');
    const text = 'The server is temporarily unavailable. Please try again in a few seconds.';
    return send(reply, 503, fault(new ApiError('SERVER_UNAVAILABLE', text)));
  }
  const errorId = randomUUID();
  request.log.error({ err: thrown, errorId }, 'SOAP call failed');
  const text = `An unexpected error occurred. Please include this ErrorId if you contact support: ${errorId}`;
  return send(reply, 500, fault(new ApiError('UNKNOWN_EXCEPTION', text)));
}
