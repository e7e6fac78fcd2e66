/**
 * POST /services/oauth2/token: a grant in, a session out. Each grant proves who the user is in its own way; the answer
 * has the keys clients were shown, in their order (salesforce-data-api.md §18.1).
 */
import { createHmac } from 'node:crypto';
import type { Access } from '../../access/access.js';
import type { OAuthClient } from '../../access/clients.js';
import type { Grant } from '../../access/grants.js';
import { invalidGrant, OAuthError, oauthError } from './oauth-error.js';
import { basicCredentials, type Parameters, required } from './parameters.js';

export interface TokenDeps {
  readonly access: Access;
  /** Origin of every absolute URL, without a slash at its end. */
  readonly publicUrl: () => string;
  /** The demo takes any client for the password grant, and says so at start. */
  readonly anyClient: boolean;
}

export interface TokenRequest {
  readonly parameters: Parameters;
  readonly authorization: string | undefined;
  /** Where the request came from. */
  readonly address: string;
}

/** Key order is part of the contract; the last two come only where the grant gives them. */
export interface TokenAnswer {
  readonly access_token: string;
  readonly instance_url: string;
  readonly id: string;
  readonly token_type: 'Bearer';
  /** Epoch milliseconds as text. */
  readonly issued_at: string;
  /** Base64 HMAC-SHA256 of id + issued_at, keyed with the client's secret. */
  readonly signature: string;
  readonly refresh_token?: string;
  readonly scope?: string;
}

interface KnownClient {
  readonly client: OAuthClient;
  readonly secret: string;
}

type GrantType = (deps: TokenDeps, request: TokenRequest) => Promise<TokenAnswer>;

const GRANT_TYPES: ReadonlyMap<string, GrantType> = new Map([
  ['password', passwordGrant],
  ['refresh_token', refreshGrant],
]);

/** Serves one token request. Throws OAuthError. */
export async function grantToken(deps: TokenDeps, request: TokenRequest): Promise<TokenAnswer> {
  const grantType = GRANT_TYPES.get(request.parameters.get('grant_type') ?? '');
  if (grantType === undefined) throw oauthError('unsupported_grant_type');
  return grantType(deps, request);
}

/** The client of a request, checked. */
async function clientOf(deps: TokenDeps, request: TokenRequest, anyClient: boolean): Promise<KnownClient> {
  const basic = basicCredentials(request.authorization);
  const clientId = request.parameters.get('client_id') ?? basic?.clientId ?? '';
  const secret = request.parameters.get('client_secret') ?? basic?.clientSecret ?? '';
  const check = await deps.access.checkClient(clientId, secret);
  switch (check.kind) {
    case 'ok':
      return { client: check.client, secret };
    case 'wrong secret':
      throw oauthError('invalid_client');
    case 'unknown': {
      if (!anyClient) throw oauthError('invalid_client_id');
      const client: OAuthClient = {
        clientId: clientId.slice(0, 128),
        label: 'any client of the demo',
        isConfidential: false,
        rotatesRefreshTokens: false,
        createdAt: 0,
      };
      return { client, secret };
    }
  }
}

/**
 * User name and password. A refresh token comes only when the scope asks for one, which Salesforce never does here:
 * without it the answer has exactly its six keys.
 */
async function passwordGrant(deps: TokenDeps, request: TokenRequest): Promise<TokenAnswer> {
  const { parameters, address } = request;
  const { client, secret } = await clientOf(deps, request, deps.anyClient);
  const username = required(parameters, 'username');
  const password = required(parameters, 'password');
  const login = await deps.access.login({ username, password, address });
  if (login.kind === 'refused') throw loginRefusal(login.reason);
  const scopes = (parameters.get('scope') ?? '').split(' ');
  const withRefreshToken = scopes.includes('refresh_token') || scopes.includes('offline_access');
  const grant = await deps.access.grant({
    userId: login.userId,
    clientId: client.clientId,
    withRefreshToken,
  });
  const answer = await answerOf(deps, grant, secret);
  return withRefreshToken ? { ...answer, ...refreshKeys(grant) } : answer;
}

function loginRefusal(reason: 'invalid' | 'inactive' | 'rate' | 'busy'): OAuthError {
  switch (reason) {
    case 'invalid':
      return invalidGrant('authentication failure');
    case 'inactive':
      return invalidGrant('inactive user');
    case 'rate':
      return invalidGrant('login rate exceeded');
    case 'busy':
      return new OAuthError('temporarily_unavailable', 'too many log-ins at once, try again', 503);
  }
}

async function refreshGrant(deps: TokenDeps, request: TokenRequest): Promise<TokenAnswer> {
  const { client, secret } = await clientOf(deps, request, deps.anyClient);
  const refreshToken = required(request.parameters, 'refresh_token');
  const result = await deps.access.refresh({
    refreshToken,
    clientId: client.clientId,
    rotates: client.rotatesRefreshTokens,
  });
  if (result.kind === 'refused') {
    throw invalidGrant(result.reason === 'inactive' ? 'inactive user' : 'expired access/refresh token');
  }
  return { ...(await answerOf(deps, result.grant, secret)), ...refreshKeys(result.grant) };
}

function refreshKeys({ refreshToken }: Grant): Pick<TokenAnswer, 'refresh_token' | 'scope'> {
  const scope = 'refresh_token api id';
  return refreshToken === undefined ? { scope } : { refresh_token: refreshToken, scope };
}

async function answerOf(deps: TokenDeps, grant: Grant, clientSecret: string): Promise<TokenAnswer> {
  const origin = deps.publicUrl();
  const id = `${origin}/id/${await deps.access.organizationId()}/${grant.userId}`;
  const issuedAt = String(grant.issuedAt);
  return {
    access_token: grant.accessToken,
    instance_url: origin,
    id,
    token_type: 'Bearer',
    issued_at: issuedAt,
    signature: createHmac('sha256', clientSecret)
      .update(id + issuedAt)
      .digest('base64'),
  };
}
