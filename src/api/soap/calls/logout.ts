/** logout(): the session of the header ends (salesforce-data-api.md §18.2). */
import { callerOf } from '../session-header.js';
import type { SoapCall } from '../soap-call.js';

export const logout: SoapCall = async (context) => {
  await callerOf(context);
  await context.deps.access.revoke(context.request.sessionId ?? '');
  return '<logoutResponse/>';
};
