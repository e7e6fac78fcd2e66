/**
 * GET …/recent, and the recentItems of …/sobjects/{T}: rows the caller viewed or came across, newest first
 * (salesforce-data-api.md §9).
 */
import type { SObjectDescription } from '../../../objects/language.js';
import { MOST_RECENT } from '../../../records/recent-views.js';
import { jsonAnswer, type RestAnswer, type RestContext, type RestRequest } from '../exchange.js';

export interface RecentItem {
  readonly attributes: { readonly type: string; readonly url: string };
  readonly Id: string;
  readonly Name: string | null;
}

/** `?limit=`, 200 at most and by default. */
export async function recent(context: RestContext, request: RestRequest): Promise<RestAnswer> {
  const stated = Number(request.query.get('limit') ?? MOST_RECENT);
  const limit = Number.isInteger(stated) ? Math.min(MOST_RECENT, Math.max(0, stated)) : MOST_RECENT;
  return jsonAnswer(await recentItems(context, limit));
}

/** Of one object, or of all the caller may see. */
export async function recentItems(
  { deps, caller, base }: RestContext,
  limit: number,
  object?: SObjectDescription,
): Promise<RecentItem[]> {
  const records = await deps.recentViews.recent(caller, { object, limit });
  return records.map(({ type, id, name }) => ({
    attributes: { type, url: `${base}/sobjects/${type}/${id}` },
    Id: id,
    Name: name,
  }));
}
