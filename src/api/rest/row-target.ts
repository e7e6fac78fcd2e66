/**
 * Which object and which row a path names. Objects the caller's API version does not know, or that the caller may not
 * see, do not exist: 404 (salesforce-data-api.md §19.3).
 */
import { ApiError } from '../../errors.js';
import type { SObjectDescription } from '../../objects/language.js';
import { findObject } from '../../objects/registry.js';
import { id18, isId } from '../../store/ids.js';
import type { RestContext, RestRequest } from './exchange.js';
import { updatesMru } from './headers.js';
import { notFound } from './versions.js';

/** The object of `:type`, in any case; 404 NOT_FOUND when there is none for this caller. */
export function objectOfPath({ caller }: RestContext, request: RestRequest): SObjectDescription {
  const object = findObject(request.params.type ?? '', caller.apiVersion);
  if (object === undefined || !caller.access.object(object.name).read) throw notFound();
  return object;
}

/**
 * The row of `:id` as 18 characters. A segment that has not the form of an id could only be an external id field, of
 * which there is none by that name; an id whose checksum does not fit is malformed.
 */
export function idOfPath(request: RestRequest): string {
  const segment = request.params.id ?? '';
  if (isId(segment)) return id18(segment);
  if (/^[a-zA-Z0-9]{18}$/.test(segment)) throw new ApiError('MALFORMED_ID', `malformed id ${segment}`);
  throw notFound(`Provided external ID field does not exist or is not accessible: ${segment}`);
}

/** Notes that the caller saw or wrote the row, unless the call asks not to (`Sforce-Mru`). */
export function noteViewed(
  { deps, caller }: RestContext,
  { headers }: RestRequest,
  object: SObjectDescription,
  id: string | null,
): void {
  if (id !== null && updatesMru(headers['sforce-mru'])) deps.recentViews.noteViewed(caller, object, id);
}
