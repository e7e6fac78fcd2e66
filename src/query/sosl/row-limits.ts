/** How many rows each object of a search may give (salesforce-data-api.md §16.4). Pure. */

/** Rows of a whole search: 2,000 from API version 28 on, 200 before. */
const ROWS_MAX = 2_000;
const ROWS_MAX_BEFORE_28 = 200;
/** Rows of one object that is neither filtered nor sorted, or that shares the search with others. */
const OBJECT_ROWS_MAX = 250;

export interface Asked {
  /** Whether RETURNING filters or sorts the object's rows. */
  readonly refined: boolean;
  readonly limit: number | undefined;
}

/** The most rows of each object, in order; `overall` is the LIMIT of the statement. */
export function rowLimits(
  objects: readonly Asked[],
  overall: number | undefined,
  apiVersion: number,
): number[] {
  const most = apiVersion >= 28 ? ROWS_MAX : ROWS_MAX_BEFORE_28;
  const total = Math.min(overall ?? most, most);
  const count = objects.length;
  const share = Math.floor(total / count);
  return objects.map(({ refined, limit }, position) => {
    const own = count === 1 && refined ? most : Math.min(Math.floor(most / count), OBJECT_ROWS_MAX);
    const even = share + (position < total % count ? 1 : 0);
    return Math.min(own, even, limit ?? own);
  });
}
