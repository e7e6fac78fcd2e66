/**
 * Signing in over OAuth 2.0 as one fastify plugin: token, revoke, userinfo and the identity URL. Answers are never
 * stored by anybody on the way; what went wrong with a token is told as an object (salesforce-data-api.md §18.1).
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { findIdentity, type Identity } from '../../access/identity.js';
import { NEWEST_API_VERSION } from '../../access/sessions.js';
import { ApiError, httpStatusOf } from '../../errors.js';
import { type Database, isConnectionLoss } from '../../store/database.js';
import { identityAnswer, userinfoAnswer } from './identity-answers.js';
import { invalidRequest, OAuthError } from './oauth-error.js';
import { readParameters, required } from './parameters.js';
import { grantToken, type TokenDeps } from './token.js';

export interface OAuthDeps extends TokenDeps {
  readonly db: Database;
}

const FORM = 'application/x-www-form-urlencoded';
const BODY_LIMIT_BYTES = 16 * 1024;
const RETRY_AFTER_SECONDS = 5;

/** Registers `/services/oauth2/*` and `/id/{organization}/{user}`; its parsers and hooks stay inside. */
export function oauthRoutes(deps: OAuthDeps): (app: FastifyInstance) => Promise<void> {
  return async (app) => {
    app.removeAllContentTypeParsers();
    app.addContentTypeParser(
      FORM,
      { parseAs: 'string', bodyLimit: BODY_LIMIT_BYTES },
      (_request, body, done) => done(null, body),
    );
    app.addHook('onSend', async (_request, reply) => {
      reply.header('cache-control', 'no-store').header('pragma', 'no-cache');
    });
    app.setErrorHandler((error, request, reply) => refuse(error, request, reply));

    app.post('/services/oauth2/token', async (request, reply) => {
      const answer = await grantToken(deps, {
        parameters: readParameters(request.body, queryOf(request)),
        authorization: request.headers.authorization,
        address: request.ip,
      });
      return json(reply, answer);
    });

    app.get('/services/oauth2/token', async () => {
      throw invalidRequest('must use HTTP POST');
    });

    app.route({
      method: ['GET', 'POST'],
      url: '/services/oauth2/revoke',
      handler: async (request, reply) => {
        const parameters = readParameters(request.body, queryOf(request));
        // A token that is gone already is as good as revoked (RFC 7009 §2.2).
        await deps.access.revoke(required(parameters, 'token'));
        return reply.code(200).send();
      },
    });

    app.route({
      method: ['GET', 'POST'],
      url: '/services/oauth2/userinfo',
      handler: async (request, reply) =>
        json(reply, userinfoAnswer(await identityOf(deps, request), deps.publicUrl())),
    });

    app.route<{ Params: { organization: string; user: string } }>({
      method: ['GET', 'POST'],
      url: '/id/:organization/:user',
      handler: async (request, reply) => {
        const identity = await identityOf(deps, request);
        const { organization, user } = request.params;
        // Only one's own: a token is no telephone book.
        if (!sameId(organization, identity.organizationId) || !sameId(user, identity.userId)) {
          throw new ApiError('NOT_FOUND', 'The requested resource does not exist');
        }
        return json(reply, identityAnswer(identity, deps.publicUrl()));
      },
    });
  };
}

function queryOf(request: FastifyRequest): string {
  const url = request.raw.url ?? '';
  const mark = url.indexOf('?');
  return mark < 0 ? '' : url.slice(mark + 1);
}

/** Who asks, by the token in the header or in a parameter. */
async function identityOf(deps: OAuthDeps, request: FastifyRequest): Promise<Identity> {
  const header = /^(?:Bearer|OAuth)\s+(\S+)\s*$/i.exec(request.headers.authorization ?? '')?.[1];
  const parameters = readParameters(request.body, queryOf(request));
  const token = header ?? parameters.get('access_token') ?? parameters.get('oauth_token') ?? '';
  const caller = await deps.access.authenticate(token, NEWEST_API_VERSION);
  const identity = await findIdentity(deps.db, caller.userId);
  if (identity === undefined) throw new ApiError('INVALID_SESSION_ID', 'Session expired or invalid');
  return identity;
}

/** Ids in URLs have 15 or 18 characters. */
function sameId(given: string, id: string): boolean {
  return given === id || given === id.slice(0, 15);
}

function json(reply: FastifyReply, body: unknown): FastifyReply {
  return reply.header('content-type', 'application/json;charset=UTF-8').send(JSON.stringify(body));
}

function refuse(thrown: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (thrown instanceof OAuthError) {
    if (thrown.status === 503) reply.header('retry-after', String(RETRY_AFTER_SECONDS));
    return json(reply.code(thrown.status), thrown.body());
  }
  if (thrown instanceof ApiError) {
    return json(reply.code(httpStatusOf(thrown)), [{ message: thrown.message, errorCode: thrown.code }]);
  }
  const status = thrown instanceof Error ? (thrown as { statusCode?: unknown }).statusCode : undefined;
  if (typeof status === 'number' && status >= 400 && status < 500) {
    return json(reply.code(status), invalidRequest('the request cannot be read').body());
  }
  if (isConnectionLoss(thrown)) {
    return refuse(
      new OAuthError('temporarily_unavailable', 'the server is temporarily unavailable', 503),
      request,
      reply,
    );
  }
  request.log.error({ err: thrown }, 'OAuth request failed');
  return json(reply.code(500), new OAuthError('server_error', 'an unexpected error occurred').body());
}
