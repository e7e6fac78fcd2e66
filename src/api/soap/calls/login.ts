/** login(): user name and password for a session (salesforce-data-api.md §18.2). */
import { findIdentity } from '../../../access/identity.js';
import { ApiError } from '../../../errors.js';
import type { SoapCall } from '../soap-call.js';
import { userInfoXml } from '../user-info.js';
import { element } from '../xml-text.js';
import { textOf } from '../xml-tree.js';

const MAX_REQUEST_BYTES = 10 * 1024;

const REFUSALS = {
  invalid: () =>
    new ApiError('INVALID_LOGIN', 'Invalid username, password, security token; or user locked out.'),
  // not told apart: the caller has not signed in
  inactive: () =>
    new ApiError('INVALID_LOGIN', 'Invalid username, password, security token; or user locked out.'),
  rate: () => new ApiError('LOGIN_RATE_EXCEEDED', 'Login rate exceeded.'),
  busy: () => new ApiError('SERVER_UNAVAILABLE', 'Too many log-ins at once, try again.'),
} as const;

export const login: SoapCall = async ({ deps, api, apiVersion, address, size, request }) => {
  if (!deps.soapLogin) {
    throw new ApiError(
      'INVALID_OPERATION',
      'SOAP API login() is disabled by default in this org. Contact the org administrator to enable SOAP API login().',
    );
  }
  if (size > MAX_REQUEST_BYTES) {
    throw new ApiError('EXCEEDED_MAX_SIZE_REQUEST', `A login request has at most ${MAX_REQUEST_BYTES} bytes`);
  }
  const username = textOf(request.call, 'username') ?? '';
  const password = textOf(request.call, 'password') ?? '';
  const result = await deps.access.login({ username, password, address });
  if (result.kind === 'refused') throw REFUSALS[result.reason]();

  const { accessToken } = await deps.access.grant({
    userId: result.userId,
    clientId: null,
    withRefreshToken: false,
  });
  const identity = await findIdentity(deps.db, result.userId);
  if (identity === undefined) throw REFUSALS.invalid();
  const organization = identity.organizationId.slice(0, 15);
  const version = `${apiVersion}.0`;
  const origin = deps.publicUrl();
  return [
    '<loginResponse><result>',
    element('metadataServerUrl', `${origin}/services/Soap/m/${version}/${organization}`),
    element('passwordExpired', false),
    element('sandbox', identity.isSandbox),
    element(
      'serverUrl',
      `${origin}/services/Soap/${api === 'partner' ? 'u' : 'c'}/${version}/${organization}`,
    ),
    element('sessionId', accessToken),
    element('userId', identity.userId),
    `<userInfo>${userInfoXml(identity, apiVersion, deps.access.sessionSeconds)}</userInfo>`,
    '</result></loginResponse>',
  ].join('');
};
