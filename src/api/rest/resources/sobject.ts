/** GET …/sobjects/{T}: the object in short, with the caller's recent rows of it (salesforce-data-api.md §5.5). */
import { describeGlobal } from '../../../records/describe-global.js';
import { MOST_RECENT } from '../../../records/recent-views.js';
import { jsonAnswer, type RestAnswer, type RestContext, type RestRequest } from '../exchange.js';
import { objectOfPath } from '../row-target.js';
import { notFound } from '../versions.js';
import { recentItems } from './recent.js';

export async function getSObject(context: RestContext, request: RestRequest): Promise<RestAnswer> {
  const object = objectOfPath(context, request);
  const entry = describeGlobal(context.caller, context.base).sobjects.find(
    ({ name }) => name === object.name,
  );
  if (entry === undefined) throw notFound();
  return jsonAnswer({
    objectDescribe: entry,
    recentItems: await recentItems(context, MOST_RECENT, object),
  });
}
