/** GET …/limits/recordCount?sObjects=: how many rows each object has (salesforce-data-api.md §9). */
import { findObject, OBJECTS } from '../../../objects/registry.js';
import { startQuery } from '../../../query/run.js';
import { jsonAnswer, type RestAnswer, type RestContext, type RestRequest } from '../exchange.js';
import { listOf } from '../parameters.js';

/** Of the objects named, or of all; those the caller cannot see are left out. Counts only what the caller may read. */
export async function recordCount(
  { db, caller, base }: RestContext,
  { query }: RestRequest,
): Promise<RestAnswer> {
  const asked = listOf(query.get('sObjects'));
  const names = asked.length > 0 ? asked : OBJECTS.map(({ name }) => name);
  const objects = names.flatMap((name) => findObject(name, caller.apiVersion) ?? []);
  const counts: { count: number; name: string }[] = [];
  for (const object of new Set(objects)) {
    if (!object.flags.includes('queryable') || !caller.access.object(object.name).read) continue;
    const { totalSize } = await startQuery(db, caller, `SELECT COUNT() FROM ${object.name}`, { base });
    counts.push({ count: totalSize, name: object.name });
  }
  return jsonAnswer({ sObjects: counts });
}
