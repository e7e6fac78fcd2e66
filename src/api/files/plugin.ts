/**
 * Files of chats, on paths of their own (live-agent-chat.md §13.8): visitors send with a token that opens once, agents
 * fetch with theirs. Invariants: nothing a visitor sent is ever shown as part of our site, whatever it is (attachment,
 * nosniff, sandbox); nothing is held in memory whole; a refusal says no more than its status and a sentence.
 */
import type { IncomingMessage } from 'node:http';
import { finished, Readable } from 'node:stream';
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import type { Caller } from '../../access/caller.js';
import type { Floor } from '../../chat/floor.js';
import { ApiError } from '../../errors.js';
import { isConnectionLoss } from '../../store/database.js';
import { FormError, readFile } from './multipart.js';

export interface FilesDeps {
  readonly floor: Pick<Floor, 'files'>;
  readonly authenticate: (token: string) => Promise<Caller>;
  readonly maySupervise: (caller: Caller) => boolean;
}

/** A multipart body is the file and a little more. */
const MOST_BODY_BYTES = 200 * 1024 * 1024;

/** To be mounted at `/chat/files`. */
export function chatFiles(deps: FilesDeps): FastifyPluginAsync {
  return async (app) => {
    // The body is read as it comes, by the handler.
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('*', { bodyLimit: MOST_BODY_BYTES }, (_request, payload, done) =>
      done(null, payload),
    );
    app.setErrorHandler((error, request, reply) => refuse(error, request, reply));

    app.post('/upload', { bodyLimit: MOST_BODY_BYTES }, async (request, reply) => {
      const { chatKey, fileToken } = uploadOf(request);
      try {
        await deps.floor.files.receive({ chatKey, fileToken }, () => readFile(request.raw));
      } finally {
        await discardRest(request.raw);
      }
      return reply.header('cache-control', 'no-store').type('text/plain; charset=utf-8').send('OK');
    });

    app.get('/:transferId', async (request, reply) => {
      const token = /^Bearer +(\S{1,2000}) *$/i.exec(request.headers.authorization ?? '')?.[1];
      if (token === undefined) throw new ApiError('INVALID_SESSION_ID', 'Session expired or invalid');
      const caller = await deps.authenticate(token);
      const { transferId } = request.params as { transferId: string };
      const { file, chunks } = await deps.floor.files.open(transferId, {
        userId: caller.userId,
        maySupervise: deps.maySupervise(caller),
      });
      return reply
        .header('content-disposition', attachment(file.name ?? 'file'))
        .header('content-length', String(file.size ?? 0))
        .header('content-security-policy', "default-src 'none'; sandbox")
        .header('cross-origin-resource-policy', 'same-origin')
        .header('cache-control', 'private, no-store')
        .type(file.contentType ?? 'application/octet-stream')
        .send(Readable.from(chunks, { objectMode: false }));
    });
  };
}

const DISCARD_MS = 2_000;

/** A client that is still sending when it is refused would only see its connection break: it is heard out for a while. */
async function discardRest(request: IncomingMessage): Promise<void> {
  if (request.complete || request.destroyed) return;
  request.unpipe();
  request.resume();
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, DISCARD_MS);
    finished(request, () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** `?orgId=…&chatKey=…&fileToken=…&encoding=UTF-8`; the token is what counts. */
function uploadOf(request: FastifyRequest): { chatKey: string; fileToken: string } {
  const { chatKey, fileToken } = request.query as Record<string, unknown>;
  if (typeof chatKey !== 'string' || typeof fileToken !== 'string' || fileToken.length > 200) {
    throw new ApiError('NOT_FOUND', 'no file is asked for by this token');
  }
  // Some clients pass on the whole session key.
  return { chatKey: chatKey.split('!', 1)[0] ?? '', fileToken };
}

/** RFC 6266: a plain name for old clients, the whole one for all others. */
function attachment(name: string): string {
  const plain = name.replace(/[^\x20-\x7e]|["\\%]/g, '_');
  const whole = encodeURIComponent(name).replace(
    /[!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${plain}"; filename*=UTF-8''${whole}`;
}

const STATUS: Readonly<Record<string, number>> = {
  INVALID_SESSION_ID: 401,
  NOT_FOUND: 404,
  INSUFFICIENT_ACCESS: 403,
  INVALID_INPUT: 415,
  STRING_TOO_LONG: 413,
  INVALID_OPERATION: 409,
  SERVER_UNAVAILABLE: 503,
};

function refuse(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { status, text } = refusalOf(error);
  if (status >= 500 && status !== 503) request.log.error({ err: error }, 'chat files');
  if (status === 503) reply.header('retry-after', '1');
  // What is left of a refused upload is not read.
  if (request.method === 'POST' && !request.raw.complete) reply.header('connection', 'close');
  return reply.code(status).header('cache-control', 'no-store').type('text/plain; charset=utf-8').send(text);
}

function refusalOf(error: unknown): { status: number; text: string } {
  if (error instanceof FormError) return { status: 400, text: error.message };
  if (error instanceof ApiError)
    return { status: STATUS[error.code] ?? error.status ?? 400, text: error.message };
  if (isConnectionLoss(error)) return { status: 503, text: 'The server cannot reach its database' };
  const status = (error as { statusCode?: unknown } | null)?.statusCode;
  if (typeof status === 'number' && status >= 400 && status < 500) {
    return { status, text: 'The request could not be read' };
  }
  return { status: 500, text: 'Internal error' };
}
