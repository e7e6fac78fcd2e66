/**
 * From a path below `/services/data/vXX.X/` to the endpoint that serves it. Names of resources and objects are not
 * case-sensitive, ids are; a slash at the end and a `.json` suffix change nothing. Composite sub-requests come through
 * here too, which is why the table is ours and not the web framework's.
 */
import { ApiError } from '../../errors.js';
import type { Endpoint, Method } from './exchange.js';
import { notFound } from './versions.js';

export interface Resource {
  /** `sobjects/:type/:id`; the empty path is the version map. */
  readonly path: string;
  readonly methods: Readonly<Partial<Record<Method, Endpoint>>>;
  /** First API version that has the resource. */
  readonly since?: number;
}

export interface Match {
  readonly endpoint: Endpoint;
  readonly params: Readonly<Record<string, string>>;
}

/** The order the vendor lists the methods of a resource in. */
const METHOD_ORDER = ['HEAD', 'GET', 'POST', 'PATCH', 'DELETE'] as const;

interface CompiledResource extends Resource {
  readonly segments: readonly string[];
}

export type ResourceTable = ReadonlyMap<number, readonly CompiledResource[]>;

/** Groups resources by their number of segments, those with fewer parameters first. */
export function resourceTable(resources: readonly Resource[]): ResourceTable {
  const table = new Map<number, CompiledResource[]>();
  for (const resource of resources) {
    const segments = splitPath(resource.path).map((one) => (one.startsWith(':') ? one : one.toLowerCase()));
    const group = table.get(segments.length) ?? [];
    group.push({ ...resource, segments });
    table.set(segments.length, group);
  }
  const parameters = (resource: CompiledResource) =>
    resource.segments.filter((segment) => segment.startsWith(':')).length;
  for (const group of table.values()) group.sort((a, b) => parameters(a) - parameters(b));
  return table;
}

/**
 * Finds the endpoint of a method and path (without the version).
 * @throws ApiError NOT_FOUND, METHOD_NOT_ALLOWED
 */
export function matchResource(table: ResourceTable, method: string, path: string, apiVersion: number): Match {
  const segments = splitPath(path).map(decodeSegment);
  const last = segments.length - 1;
  if (segments[last]?.endsWith('.json') === true) segments[last] = segments[last].slice(0, -'.json'.length);
  const names = segments.map((segment) => segment.toLowerCase());
  for (const resource of table.get(segments.length) ?? []) {
    if (apiVersion < (resource.since ?? 0)) continue;
    const params = matchSegments(resource.segments, segments, names);
    if (params === undefined) continue;
    const endpoint = Object.hasOwn(resource.methods, method) ? resource.methods[method as Method] : undefined;
    if (endpoint === undefined) throw methodNotAllowed(method, resource);
    return { endpoint, params };
  }
  throw notFound();
}

function splitPath(path: string): string[] {
  return path.split('/').filter((segment) => segment !== '');
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw notFound();
  }
}

/** The named segments as written, or undefined where the path is not this pattern's; `names` are in lower case. */
function matchSegments(
  pattern: readonly string[],
  segments: readonly string[],
  names: readonly string[],
): Record<string, string> | undefined {
  for (let index = 0; index < pattern.length; index++) {
    const expected = pattern[index] as string;
    if (!expected.startsWith(':') && expected !== names[index]) return undefined;
  }
  const params: Record<string, string> = {};
  for (const [index, expected] of pattern.entries()) {
    if (expected.startsWith(':')) params[expected.slice(1)] = segments[index] as string;
  }
  return params;
}

function methodNotAllowed(method: string, resource: Resource): ApiError {
  const served = METHOD_ORDER.filter((name) => (name === 'HEAD' ? 'GET' : name) in resource.methods);
  return new ApiError(
    'METHOD_NOT_ALLOWED',
    `HTTP Method '${method}' not allowed. Allowed are ${served.join(',')}`,
  );
}
