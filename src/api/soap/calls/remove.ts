/** delete(), undelete(), emptyRecycleBin(): up to 200 ids of any objects (salesforce-data-api.md §10, §14). */
import type { Caller } from '../../../access/caller.js';
import { deleteRecords } from '../../../records/delete.js';
import { emptyRecycleBin as emptyBin } from '../../../records/empty-recycle-bin.js';
import type { SaveResult } from '../../../records/result.js';
import { undeleteRecords } from '../../../records/undelete.js';
import { type CallOptions, callOptionsOf } from '../call-options.js';
import { resultsXml } from '../save-results.js';
import { callerOf } from '../session-header.js';
import type { SoapCall, SoapContext, SoapDeps } from '../soap-call.js';
import { childrenOf } from '../xml-tree.js';

type Remove = (
  db: SoapDeps['db'],
  caller: Caller,
  ids: readonly string[],
  options: CallOptions,
) => Promise<readonly SaveResult[]>;

export const deleteCall: SoapCall = (context) => removeAll(context, 'delete', 'DeleteResult', deleteRecords);

export const undelete: SoapCall = (context) =>
  removeAll(context, 'undelete', 'UndeleteResult', undeleteRecords);

export const emptyRecycleBin: SoapCall = (context) =>
  removeAll(context, 'emptyRecycleBin', 'EmptyRecycleBinResult', (db, caller, ids) =>
    emptyBin(db, caller, ids),
  );

async function removeAll(
  context: SoapContext,
  call: string,
  resultType: string,
  remove: Remove,
): Promise<string> {
  const caller = await callerOf(context);
  const ids = childrenOf(context.request.call, 'ids').map(({ text }) => text.trim());
  const results = await remove(context.deps.db, caller, ids, callOptionsOf(context.request));
  return resultsXml(call, resultType, results, context.apiVersion);
}
