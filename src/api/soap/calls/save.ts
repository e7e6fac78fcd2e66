/** create(), update(), upsert(): up to 200 records of several objects (salesforce-data-api.md §10). */
import type { Caller } from '../../../access/caller.js';
import type { SObjectDescription } from '../../../objects/language.js';
import { createRecords } from '../../../records/create.js';
import type { RecordInput, SaveResult } from '../../../records/result.js';
import { updateRecords } from '../../../records/update.js';
import { upsertRecords } from '../../../records/upsert.js';
import type { Database, Tx } from '../../../store/database.js';
import { callOptionsOf } from '../call-options.js';
import { readSObject, type SentRecord } from '../read-sobject.js';
import { refuseTooMany, saveChunks } from '../save-chunks.js';
import { resultsXml } from '../save-results.js';
import { callerOf } from '../session-header.js';
import type { SoapCall, SoapContext } from '../soap-call.js';
import { childrenOf, textOf } from '../xml-tree.js';

interface SaveRequest {
  readonly object: SObjectDescription;
  readonly records: readonly RecordInput[];
  readonly allOrNone: boolean;
  readonly allowFieldTruncation: boolean;
}

type Save = (db: Database | Tx, caller: Caller, request: SaveRequest) => Promise<readonly SaveResult[]>;

export const create: SoapCall = (context) => saveAll(context, 'create', 'SaveResult', createRecords);

export const update: SoapCall = (context) => saveAll(context, 'update', 'SaveResult', updateRecords);

/** By the id or another lookup field that `externalIDFieldName` names. */
export const upsert: SoapCall = (context) => {
  const keyField = textOf(context.request.call, 'externalIDFieldName')?.trim() ?? '';
  return saveAll(context, 'upsert', 'UpsertResult', (db, caller, request) =>
    upsertRecords(db, caller, { ...request, keyField }),
  );
};

/** Strings that are too long were cut before this version (§1). */
const REFUSES_LONG_TEXT_FROM = 15;

async function saveAll(context: SoapContext, call: string, resultType: string, save: Save): Promise<string> {
  const { deps, api, apiVersion, request } = context;
  const caller = await callerOf(context);
  const options = callOptionsOf(request);
  const elements = childrenOf(request.call, 'sObjects');
  refuseTooMany(elements.length);
  const sent = elements.map((element) => readSObject(api, caller, element));
  const saving = {
    allOrNone: options.allOrNone,
    allowFieldTruncation: options.allowFieldTruncation || apiVersion < REFUSES_LONG_TEXT_FROM,
  };
  const results = await saveChunks(deps.db, sent, options.allOrNone, (db, object, records) =>
    save(db, caller, { object, records, ...saving }),
  );
  if (options.updateMru) noteSaved(context, caller, sent, results);
  return resultsXml(call, resultType, results, apiVersion);
}

function noteSaved(
  { deps }: SoapContext,
  caller: Caller,
  sent: readonly SentRecord[],
  results: readonly SaveResult[],
): void {
  for (const [place, { id, success }] of results.entries()) {
    const object = sent[place]?.object;
    if (success && id !== null && object !== undefined) deps.recentViews.noteViewed(caller, object, id);
  }
}
