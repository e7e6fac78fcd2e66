/**
 * The Chat REST API as a fastify plugin, mounted at /chat/rest. One route: the paths are looked up in nouns.ts, so that
 * single calls, MultiNoun and JSONP share their meaning. Invariants: a POST that did what it asked is answered 200 with
 * the body `OK`; every refusal is a documented status with a plain text body; nothing of ours leaks into one.
 */

import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { ApiError } from '../../errors.js';
import { isConnectionLoss } from '../../store/database.js';
import { BODY_LIMITS, BodyError, parseJsonObject } from './body.js';
import { type Answer, type Call, header, NO_SESSION, NO_VERSION, refusal, sequenceOf } from './call.js';
import { isCallback, jsonp } from './jsonp.js';
import type { ChatRestDeps } from './noun.js';
import { type Found, findNouns } from './nouns.js';
import { createRates } from './rates.js';

/** What a session may post: at once, and each second after that. Ten times what a hasty human needs. */
const POST_RATE = { burst: 100, per_second: 20 } as const;
/** Polls of a session: each message that comes by itself costs one. */
const POLL_RATE = { burst: 200, per_second: 100 } as const;
/** Calls without a session (SessionId, Visitor/*) of one address: a bridge opens thousands. */
const ADDRESS_RATE = { burst: 5_000, per_second: 500 } as const;

export function chatRest(deps: ChatRestDeps): FastifyPluginAsync {
  const times = deps.rateFactor ?? 1;
  const ratesOf = (rate: { burst: number; per_second: number }) =>
    createRates(rate.burst * times, rate.per_second * times);
  const posts = ratesOf(POST_RATE);
  const polls = ratesOf(POLL_RATE);
  const addresses = ratesOf(ADDRESS_RATE);

  return async (app) => {
    // JSON whatever the label says: text/plain, none at all, or application/json.
    app.removeAllContentTypeParsers();
    app.addContentTypeParser(
      '*',
      { parseAs: 'buffer', bodyLimit: BODY_LIMITS.bodyBytes },
      (_request, body, done) => done(null, body),
    );

    app.setErrorHandler((error, request, reply) => {
      const status = (error as { statusCode?: number }).statusCode ?? 500;
      if (status >= 500) request.log.error({ err: error }, 'chat rest');
      const text =
        status === 413
          ? 'The request is too large'
          : status < 500
            ? 'The request could not be read'
            : 'Internal error';
      return send(reply, refusal(status, text));
    });

    app.all('/*', async (request, reply) => {
      const found = findNouns((request.params as { '*': string })['*']);
      if (found?.isScript) return script(request, reply, found);
      return send(reply, await answer(request, reply, found));
    });
  };

  async function answer(
    request: FastifyRequest,
    reply: FastifyReply,
    found: Found | undefined,
  ): Promise<Answer> {
    if (header(request, 'x-liveagent-api-version') === undefined) return refusal(400, NO_VERSION);
    if (found === undefined) return refusal(404, 'The resource could not be found');
    const noun = found.nouns.find((one) => one.method === request.method);
    if (noun === undefined) {
      reply.header('allow', found.nouns.map((one) => one.method).join(', '));
      return refusal(405, 'The method is not allowed for this resource');
    }
    return act(request, reply, found, (call) => noun.act(call, deps));
  }

  async function script(request: FastifyRequest, reply: FastifyReply, found: Found): Promise<FastifyReply> {
    const { callback } = request.query as { callback?: unknown };
    if (request.method !== 'GET')
      return send(reply, refusal(405, 'The method is not allowed for this resource'));
    if (!isCallback(callback))
      return send(reply, refusal(400, 'callback must be a name of at most 64 characters'));
    const result = await act(request, reply, found, (call) =>
      (found.nouns[0] as NonNullable<(typeof found.nouns)[0]>).act(call, deps),
    );
    if (result.kind !== 'json') return send(reply, result);
    return reply
      .header('content-type', 'application/javascript; charset=utf-8')
      .header('x-content-type-options', 'nosniff')
      .header('cache-control', 'no-store')
      .send(jsonp(callback, result.body));
  }

  async function act(
    request: FastifyRequest,
    reply: FastifyReply,
    found: Found,
    run: (call: Call) => Promise<Answer>,
  ): Promise<Answer> {
    const session = header(request, 'x-liveagent-session-key');
    const ofSession = request.method === 'GET' ? polls : posts;
    const isWithin = session === undefined ? addresses.allow(request.ip) : ofSession.allow(session);
    if (!isWithin) return refusal(429, 'Too many requests');
    const sequence = sequenceOf(request.headers);
    // `close` of the answer: a client that hung up while its poll was held must not keep the session's slot, and one
    // that hung up while it was answered has not got it.
    const gone = new AbortController();
    let answered: Answer | undefined;
    reply.raw.once('close', () => {
      if (reply.raw.writableFinished) return;
      gone.abort();
      if (answered !== undefined) lost(answered, request);
    });
    try {
      answered = await run({
        headers: request.headers,
        query: request.query as Record<string, unknown>,
        rest: found.rest,
        body: request.method === 'POST' ? parseJsonObject(request.body as Buffer | undefined) : {},
        ip: request.ip,
        post:
          sequence === undefined
            ? undefined
            : { sequence, affinity: header(request, 'x-liveagent-affinity') },
        gone: gone.signal,
      });
    } catch (error) {
      answered = failure(error, request);
    }
    if (gone.signal.aborted) lost(answered, request);
    return answered;
  }
}

function lost(answer: Answer, request: FastifyRequest): void {
  if (answer.kind !== 'json' || answer.lost === undefined) return;
  answer.lost().catch((error: unknown) => request.log.warn({ err: error }, 'chat rest: an answer was lost'));
}

function failure(error: unknown, request: FastifyRequest): Answer {
  if (error instanceof BodyError) return refusal(400, error.message);
  if (error instanceof ApiError) {
    if (error.code === 'INVALID_SESSION_ID') return refusal(403, NO_SESSION);
    if (error.code === 'SERVER_UNAVAILABLE') return refusal(503, error.message);
    if (error.code === 'NOT_FOUND') return refusal(404, error.message);
    if (error.code === 'INSUFFICIENT_ACCESS') return refusal(403, error.message);
    return refusal(error.status ?? 400, error.message);
  }
  if (isConnectionLoss(error)) return refusal(503, 'The server cannot reach its database');
  request.log.error({ err: error }, 'chat rest');
  return refusal(500, 'Internal error');
}

function send(reply: FastifyReply, answer: Answer): FastifyReply {
  reply.header('cache-control', 'no-store');
  switch (answer.kind) {
    case 'ok':
      return reply.type('text/plain; charset=utf-8').send('OK');
    case 'json':
      return reply.type('application/json; charset=utf-8').send(JSON.stringify(answer.body));
    case 'empty':
      return reply.code(204).send();
    case 'text':
      if (answer.status === 503) reply.header('retry-after', '1');
      return reply.code(answer.status).type('text/plain; charset=utf-8').send(answer.text);
  }
}
