/** The calls served, by the name of their element. One file each. */
import { getServerTimestamp } from './get-server-timestamp.js';
import { getUserInfo } from './get-user-info.js';
import { login } from './login.js';
import { logout } from './logout.js';
import type { SoapCall } from './soap-call.js';

export const CALLS: ReadonlyMap<string, SoapCall> = new Map([
  ['login', login],
  ['logout', logout],
  ['getServerTimestamp', getServerTimestamp],
  ['getUserInfo', getUserInfo],
]);
