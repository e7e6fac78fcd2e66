/** getUserInfo(): who is signed in (salesforce-data-api.md §8.1). */
import { findIdentity } from '../../../access/identity.js';
import { invalidSession } from '../../../access/sessions.js';
import { callerOf } from '../session-header.js';
import type { SoapCall } from '../soap-call.js';
import { userInfoXml } from '../user-info.js';

export const getUserInfo: SoapCall = async (context) => {
  const { userId } = await callerOf(context);
  const { db, access } = context.deps;
  const identity = await findIdentity(db, userId);
  if (identity === undefined) throw invalidSession();
  const info = userInfoXml(identity, context.apiVersion, access.sessionSeconds);
  return `<getUserInfoResponse><result>${info}</result></getUserInfoResponse>`;
};
