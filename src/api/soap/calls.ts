/** The calls served, by the name of their element. */
import { describeGlobal, describeSObject, describeSObjects } from './calls/describe.js';
import { describeLayout } from './calls/describe-layout.js';
import { describeTabs } from './calls/describe-tabs.js';
import { getServerTimestamp } from './calls/get-server-timestamp.js';
import { getUserInfo } from './calls/get-user-info.js';
import { login } from './calls/login.js';
import { logout } from './calls/logout.js';
import { query, queryAll, queryMore } from './calls/query.js';
import { deleteCall, emptyRecycleBin, undelete } from './calls/remove.js';
import { getDeleted, getUpdated } from './calls/replication.js';
import { retrieve } from './calls/retrieve.js';
import { create, update, upsert } from './calls/save.js';
import { search } from './calls/search.js';
import { setPassword } from './calls/set-password.js';
import type { SoapCall } from './soap-call.js';

export const CALLS: ReadonlyMap<string, SoapCall> = new Map([
  ['login', login],
  ['logout', logout],
  ['getServerTimestamp', getServerTimestamp],
  ['getUserInfo', getUserInfo],
  ['setPassword', setPassword],
  ['describeGlobal', describeGlobal],
  ['describeSObject', describeSObject],
  ['describeSObjects', describeSObjects],
  ['describeLayout', describeLayout],
  ['describeTabs', describeTabs],
  ['create', create],
  ['update', update],
  ['upsert', upsert],
  ['delete', deleteCall],
  ['undelete', undelete],
  ['emptyRecycleBin', emptyRecycleBin],
  ['retrieve', retrieve],
  ['query', query],
  ['queryAll', queryAll],
  ['queryMore', queryMore],
  ['search', search],
  ['getUpdated', getUpdated],
  ['getDeleted', getDeleted],
]);
