/** Who calls, by the SessionHeader every call but login carries. */
import type { Caller } from '../../access/caller.js';
import { hashToken, sessionIdOf } from '../../access/tokens.js';
import { ApiError } from '../../errors.js';
import type { SoapContext, SoapDeps } from './soap-call.js';

/** Throws INVALID_SESSION_ID. */
export function callerOf({ deps, request, apiVersion }: SoapContext): Promise<Caller> {
  return authenticated(deps, request.sessionId, apiVersion);
}

/** Throws INVALID_SESSION_ID in SOAP's own words (salesforce-data-api.md §19.2). */
export async function authenticated(
  { access }: SoapDeps,
  sessionId = '',
  apiVersion: number,
): Promise<Caller> {
  try {
    return await access.authenticate(sessionId, apiVersion);
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 'INVALID_SESSION_ID') throw error;
    throw new ApiError(
      'INVALID_SESSION_ID',
      `Invalid Session ID found in SessionHeader: Illegal Session. Session not found, missing session hash: ${sessionIdOf(hashToken(sessionId))}\nThis error usually occurs after a session expires or a user logs out. `,
    );
  }
}
