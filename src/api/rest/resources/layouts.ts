/**
 * …/sobjects/{T}/describe/layouts and its like, and the lists of an object's pages that have none here
 * (salesforce-data-api.md §6, §9).
 */
import type { SObjectDescription } from '../../../objects/language.js';
import { compactLayoutOf, describeCompactLayouts } from '../../../records/describe-compact-layouts.js';
import { describeLayout, describeLayouts } from '../../../records/describe-layout.js';
import { MASTER_RECORD_TYPE_ID } from '../../../records/describe-sobject.js';
import { id18, isId } from '../../../store/ids.js';
import { jsonAnswer, type RestAnswer, type RestContext, type RestRequest } from '../exchange.js';
import { objectOfPath } from '../row-target.js';
import { notFound } from '../versions.js';

/** The whole result: layouts and which record type has which. */
export function layouts(context: RestContext, request: RestRequest): RestAnswer {
  return jsonAnswer(describeLayouts(context.caller, layoutableObject(context, request), context.base));
}

/** The bare layout of one record type; there is the master only. */
export function layoutOfRecordType(context: RestContext, request: RestRequest): RestAnswer {
  const object = layoutableObject(context, request);
  const { recordTypeId = '' } = request.params;
  if (!isId(recordTypeId) || id18(recordTypeId) !== MASTER_RECORD_TYPE_ID) throw notFound();
  return jsonAnswer(describeLayout(context.caller, object));
}

export function compactLayouts(context: RestContext, request: RestRequest): RestAnswer {
  return jsonAnswer(describeCompactLayouts(context.caller, layoutableObject(context, request), context.base));
}

export function primaryCompactLayout(context: RestContext, request: RestRequest): RestAnswer {
  const object = layoutableObject(context, request);
  return jsonAnswer(compactLayoutOf(context.caller, object));
}

export function approvalLayouts(context: RestContext, request: RestRequest): RestAnswer {
  layoutableObject(context, request);
  return jsonAnswer({ approvalLayouts: [] });
}

export function quickActions(context: RestContext, request: RestRequest): RestAnswer {
  layoutableObject(context, request);
  return jsonAnswer([]);
}

export function listViews(context: RestContext, request: RestRequest): RestAnswer {
  const object = layoutableObject(context, request);
  return jsonAnswer({ done: true, listviews: [], nextRecordsUrl: null, size: 0, sobjectType: object.name });
}

function layoutableObject(context: RestContext, request: RestRequest): SObjectDescription {
  const object = objectOfPath(context, request);
  if (!object.flags.includes('layoutable')) throw notFound();
  return object;
}
