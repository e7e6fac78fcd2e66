/** …/sobjects and …/sobjects/{T}/describe (salesforce-data-api.md §5). */
import { describeGlobal } from '../../../records/describe-global.js';
import { describeSObject } from '../../../records/describe-sobject.js';
import { jsonAnswer, type RestAnswer, type RestContext, type RestRequest } from '../exchange.js';
import { objectOfPath } from '../row-target.js';

export function getSObjects({ caller, base }: RestContext): RestAnswer {
  return jsonAnswer(describeGlobal(caller, base));
}

export function getDescribe(context: RestContext, request: RestRequest): RestAnswer {
  const { caller, base, deps } = context;
  return jsonAnswer(
    describeSObject(caller, objectOfPath(context, request), { base, publicUrl: deps.publicUrl() }),
  );
}
