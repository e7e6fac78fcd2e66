/**
 * The request headers of the REST API (salesforce-data-api.md §7.1). A header that cannot be read is ignored where
 * it is only a hint; clients send them by habit.
 */

/** The token of `Authorization: Bearer …` or the older `OAuth …`; undefined when there is none. */
export function bearerToken(authorization: string | undefined): string | undefined {
  return /^(?:Bearer|OAuth)\s+(\S+)\s*$/i.exec(authorization ?? '')?.[1];
}

export interface QueryOptions {
  /** Rows a page, 200 to 2,000; undefined leaves the engine's default of 2,000. */
  readonly batchSize: number | undefined;
}

/** Reads `Sforce-Query-Options: batchSize=N`; out of range is brought to the nearest bound, for it is a hint (§12). */
export function queryOptionsOf(header: string | undefined): QueryOptions {
  const stated = Number(namedValues(header).get('batchsize') || Number.NaN);
  if (!Number.isInteger(stated)) return { batchSize: undefined };
  return { batchSize: Math.min(2000, Math.max(200, stated)) };
}

/** Whether `Sforce-Mru` lets the call note the row as viewed; true unless it says `updateMru=false`. */
export function updatesMru(header: string | undefined): boolean {
  return namedValues(header).get('updatemru')?.toLowerCase() !== 'false';
}

/** `a=1; b=2` or `a=1, b=2` as a map, names in lower case. */
function namedValues(header: string | undefined): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const part of (header ?? '').slice(0, 1000).split(/[;,]/)) {
    const equals = part.indexOf('=');
    if (equals > 0) values.set(part.slice(0, equals).trim().toLowerCase(), part.slice(equals + 1).trim());
  }
  return values;
}
