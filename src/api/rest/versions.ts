/**
 * The API versions served: 21.0 to 68.0, each with the release it came with (salesforce-data-api.md §1).
 * Only versions with two digits before the point are listed: the sf client takes the maximum by string comparison.
 */
import { ApiError } from '../../errors.js';

export const OLDEST_VERSION = 21;
export const NEWEST_VERSION = 68;

export interface ListedVersion {
  readonly label: string;
  readonly url: string;
  readonly version: string;
}

/** `Summer '26` for 67: Spring of year Y is version 30 + 3·(Y − 2014), then Summer, then Winter named for the following year. */
export function releaseLabel(version: number): string {
  const sinceSpring14 = version - 30;
  const year = 2014 + Math.floor(sinceSpring14 / 3);
  const season = ((sinceSpring14 % 3) + 3) % 3;
  const name = season === 0 ? 'Spring' : season === 1 ? 'Summer' : 'Winter';
  return `${name} '${String((season === 2 ? year + 1 : year) % 100).padStart(2, '0')}`;
}

/** Ascending, keys in the order clients were shown. */
export function listVersions(): readonly ListedVersion[] {
  return Array.from({ length: NEWEST_VERSION - OLDEST_VERSION + 1 }, (_, index) => {
    const version = `${OLDEST_VERSION + index}.0`;
    return { label: releaseLabel(OLDEST_VERSION + index), url: `/services/data/v${version}`, version };
  });
}

/**
 * Reads the `v60.0` of a path. Versions below 21.0 were retired: 410 GONE; anything else that is not served does
 * not exist: 404 NOT_FOUND.
 */
export function readVersion(segment: string): number {
  const digits = /^v(\d{1,2})\.0$/i.exec(segment)?.[1];
  const version = digits === undefined ? Number.NaN : Number(digits);
  if (version < OLDEST_VERSION && version > 0) {
    throw new ApiError(
      'GONE',
      `API version ${version}.0 is retired; the oldest version served is ${OLDEST_VERSION}.0`,
    );
  }
  if (!(version >= OLDEST_VERSION && version <= NEWEST_VERSION)) throw notFound();
  return version;
}

/** The answer to every path, object or row that is not there (salesforce-data-api.md §19.3). */
export function notFound(message = 'The requested resource does not exist'): ApiError {
  return new ApiError('NOT_FOUND', message);
}
