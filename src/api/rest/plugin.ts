/**
 * The REST data API as one fastify plugin: everything below `/services/data`. It turns HTTP into a RestRequest, finds
 * who calls, hands over to the endpoint and writes the answer; nothing else here knows about sockets.
 * Order of a call: length of the URI, version, caller, body, resource, endpoint (salesforce-data-api.md §7.1, §9).
 */
import { Readable } from 'node:stream';
import compress from '@fastify/compress';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Caller } from '../../access/caller.js';
import { ApiError } from '../../errors.js';
import { namesUnknownField } from '../../objects/registry.js';
import { refusalOf } from './errors.js';
import type { RestAnswer, RestDeps } from './exchange.js';
import { bearerToken } from './headers.js';
import { type JsonDocument, readJsonDocument } from './json-document.js';
import { ROOT } from './root.js';
import { serveCall, splitUrl, type UrlParts } from './serve.js';
import { listVersions, readVersion } from './versions.js';

/** Bytes of a request body, counted after decompression: 200 records of the widest object are far below. */
const DEFAULT_BODY_LIMIT_BYTES = 12 * 1024 * 1024;
/** Answers shorter than this are not worth compressing. */
const COMPRESS_FROM_BYTES = 1024;

/** Answers up to this length are sent as one buffer. */
const JOINED_BYTES = 64 * 1024;

interface Call {
  readonly url: UrlParts;
  readonly caller: Caller;
}

/** Registers the REST API on a fastify instance; its hooks and parsers stay inside. */
export function restApi(deps: RestDeps): (app: FastifyInstance) => Promise<void> {
  return async (app) => {
    await app.register(compress, {
      encodings: ['gzip', 'deflate'],
      requestEncodings: ['gzip', 'deflate'],
      threshold: COMPRESS_FROM_BYTES,
    });
    app.removeAllContentTypeParsers();
    app.addContentTypeParser(
      '*',
      { parseAs: 'buffer', bodyLimit: deps.bodyLimitBytes ?? DEFAULT_BODY_LIMIT_BYTES },
      (_request, body, done) => done(null, body),
    );
    app.setErrorHandler((error, request, reply) => refuse(error, request, reply));

    const calls = new WeakMap<FastifyRequest, Call>();

    app.route({
      method: ['GET', 'HEAD'],
      url: ROOT,
      exposeHeadRoute: false,
      handler: (_request, reply) => reply.send(listVersions()),
    });

    const calling = {
      url: `${ROOT}/*`,
      exposeHeadRoute: false,
      // Before the body is read: who may not call sends no megabytes either.
      onRequest: async (request: FastifyRequest, reply: FastifyReply) => {
        const url = splitUrl(request.raw.url ?? '');
        if (url.version === '') return;
        const apiVersion = readVersion(url.version);
        const token = bearerToken(request.headers.authorization);
        if (token === undefined) throw new ApiError('INVALID_SESSION_ID', 'Session expired or invalid');
        const caller = await deps.authenticate(token, apiVersion);
        calls.set(request, { url, caller });
        const { used, limit } = deps.usage.count();
        reply.header('sforce-limit-info', `api-usage=${used}/${limit}`);
      },
      handler: async (request: FastifyRequest, reply: FastifyReply) => {
        const call = calls.get(request);
        // `/services/data/` with nothing behind it is the version list too.
        if (call === undefined) return reply.send(listVersions());
        const { url } = call;
        const headers = headersOf(request);
        const caller = await callerWhoKnows(deps, request, call.caller);
        const answer = await serveCall(deps, deps.db, caller, {
          method: methodOf(request, url.query),
          url,
          headers,
          json: () => readBody(request, headers['content-type']),
        });
        return write(reply, answer, request.method === 'HEAD');
      },
    };
    // What has no body has none to be decompressed.
    app.route({ ...calling, method: ['GET', 'HEAD'], decompress: false });
    app.route({ ...calling, method: ['POST', 'PUT', 'PATCH', 'DELETE'] });
  };
}

/** Two underscores, as they are or escaped. */
const MAY_NAME_CUSTOM = /(?:_|%5f){2}/i;

/**
 * The caller, read anew where the call names a custom field unknown here: another server may have just added it, and
 * then it is no mistake to name it (DECISIONS 7).
 */
async function callerWhoKnows(deps: RestDeps, request: FastifyRequest, caller: Caller): Promise<Caller> {
  const body = request.body as Buffer | undefined;
  const url = request.raw.url ?? '';
  const named =
    (MAY_NAME_CUSTOM.test(url) && namesUnknownField(decoded(url))) ||
    (body?.includes('__') === true && namesUnknownField(body.toString('utf8')));
  if (!named) return caller;
  await deps.catchUp();
  return deps.authenticate(bearerToken(request.headers.authorization) ?? '', caller.apiVersion);
}

function decoded(url: string): string {
  try {
    return decodeURIComponent(url);
  } catch {
    return url;
  }
}

/** `?_HttpMethod=PATCH` on a POST stands for clients whose HTTP library knows no PATCH. */
function methodOf(request: FastifyRequest, query: URLSearchParams): string {
  const override = request.method === 'POST' ? query.get('_HttpMethod') : null;
  return override === null ? request.method : override.toUpperCase();
}

function headersOf(request: FastifyRequest): Record<string, string | undefined> {
  const headers: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return headers;
}

function readBody(request: FastifyRequest, contentType: string | undefined): JsonDocument {
  const body = request.body as Buffer | undefined;
  if (body !== undefined && body.length > 0) refuseOtherMedia(contentType);
  return readJsonDocument(body);
}

/** A body of unstated type is taken for JSON; any other type than JSON is refused. */
function refuseOtherMedia(contentType: string | undefined): void {
  const type = (contentType ?? 'application/json').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (type === 'application/json') return;
  throw new ApiError('UNSUPPORTED_MEDIA_TYPE', `MediaType of '${type}' is not supported by this resource`);
}

function write(reply: FastifyReply, answer: RestAnswer, headOnly: boolean): FastifyReply {
  reply.code(answer.status).headers(answer.headers);
  const { body } = answer;
  if (body.kind === 'none') return reply.send();
  reply.header('content-type', 'application/json;charset=UTF-8');
  if (headOnly) return reply.send();
  if (body.kind === 'value') return reply.send(JSON.stringify(body.value));
  const { chunks, release } = body;
  if (Array.isArray(chunks)) {
    const bytes = chunks.reduce((sum: number, chunk: Buffer) => sum + chunk.length, 0);
    // Short answers go out in one piece; copying the megabytes of a long one would cost as much as sending them.
    if (chunks.length > 1 && bytes <= JOINED_BYTES) {
      const joined = Buffer.concat(chunks);
      release?.();
      return reply.send(joined);
    }
    // What is compressed in one piece keeps everybody else waiting.
    if (chunks.length === 1 && (bytes <= JOINED_BYTES || !mayBeCompressed(reply.request))) {
      releaseWhenSent(reply, release);
      return reply.send(chunks[0]);
    }
    reply.header('content-length', bytes);
  }
  releaseWhenSent(reply, release);
  return reply.send(Readable.from(chunks, { objectMode: false }));
}

const mayBeCompressed = ({ headers }: FastifyRequest): boolean =>
  (headers['accept-encoding'] ?? 'identity') !== 'identity';

/** Every byte has been handed to the kernel, or compressed, then. An answer that was cut off keeps its memory to itself. */
function releaseWhenSent(reply: FastifyReply, release: (() => void) | undefined): void {
  if (release === undefined) return;
  const { socket } = reply.request.raw;
  reply.raw.once('finish', () => {
    if (!socket.destroyed) release();
  });
}

function refuse(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { answer, errorId } = refusalOf(error);
  if (errorId !== undefined) request.log.error({ err: error, errorId }, 'REST call failed');
  return write(reply, answer, request.method === 'HEAD');
}
