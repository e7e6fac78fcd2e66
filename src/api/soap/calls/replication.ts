/** getUpdated(), getDeleted(): what changed in a window of time (salesforce-data-api.md §13). */
import type { Caller } from '../../../access/caller.js';
import { isoOf } from '../../../clock.js';
import type { SObjectDescription } from '../../../objects/language.js';
import { getDeleted as deletedIn } from '../../../records/get-deleted.js';
import { getUpdated as updatedIn } from '../../../records/get-updated.js';
import { readDateTime } from '../read-date-time.js';
import { writeNamed } from '../schema/write.js';
import { callerOf } from '../session-header.js';
import type { SoapCall, SoapContext } from '../soap-call.js';
import { visibleObject } from '../sobject-type.js';
import { textOf } from '../xml-tree.js';

export const getUpdated: SoapCall = async (context) => {
  const { caller, object, start, end } = await windowOf(context);
  const { ids, latestDateCovered } = await updatedIn(context.deps.db, caller, object, start, end);
  const value = { ids, latestDateCovered: isoOf(latestDateCovered) };
  const result = writeNamed('result', 'GetUpdatedResult', value, context.apiVersion);
  return `<getUpdatedResponse>${result}</getUpdatedResponse>`;
};

export const getDeleted: SoapCall = async (context) => {
  const { caller, object, start, end } = await windowOf(context);
  const found = await deletedIn(context.deps.db, caller, object, start, end);
  const value = {
    deletedRecords: found.deletedRecords.map(({ id, deletedDate }) => ({
      id,
      deletedDate: isoOf(deletedDate),
    })),
    earliestDateAvailable: isoOf(found.earliestDateAvailable),
    latestDateCovered: isoOf(found.latestDateCovered),
  };
  const result = writeNamed('result', 'GetDeletedResult', value, context.apiVersion);
  return `<getDeletedResponse>${result}</getDeletedResponse>`;
};

interface Window {
  readonly caller: Caller;
  readonly object: SObjectDescription;
  /** Epoch milliseconds. */
  readonly start: number;
  readonly end: number;
}

async function windowOf(context: SoapContext): Promise<Window> {
  const caller = await callerOf(context);
  const { call } = context.request;
  return {
    caller,
    object: visibleObject(caller, textOf(call, 'sObjectType') ?? ''),
    start: readDateTime(textOf(call, 'startDate')),
    end: readDateTime(textOf(call, 'endDate')),
  };
}
