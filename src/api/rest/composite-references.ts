/**
 * `@{ref.field}` in the URL and the body of a composite sub-request: the value an earlier sub-request answered
 * (salesforce-data-api.md §17.1). Names are case-sensitive.
 */
import { ApiError } from '../../errors.js';

/** null may be referred to from this version on; before, it counted as no value. */
const NULL_REFERENCES_FROM_VERSION = 52;

const REFERENCE = /@\{([^}]*)\}/g;
const PATH = /^([A-Za-z0-9][A-Za-z0-9_]*)((?:\.[A-Za-z0-9_]+|\[\d+\])*)$/;
const STEP = /\.([A-Za-z0-9_]+)|\[(\d+)\]/g;

/** What earlier sub-requests answered, by referenceId; reading one parses it at most once. */
export interface Answers {
  has(referenceId: string): boolean;
  bodyOf(referenceId: string): unknown;
}

/**
 * Puts the values in for all references of a JSON value. A string that is one reference becomes the value itself,
 * with its type; inside a longer string it becomes text.
 * @throws ApiError PROCESSING_HALTED when a reference has no value
 */
export function resolveReferences(value: unknown, answers: Answers, apiVersion: number): unknown {
  if (typeof value === 'string') return resolveText(value, answers, apiVersion);
  if (Array.isArray(value)) return value.map((item) => resolveReferences(item, answers, apiVersion));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, resolveReferences(item, answers, apiVersion)]),
    );
  }
  return value;
}

/** As `resolveReferences`, each value encoded as it must stand in a URL. */
export function resolveUrl(url: string, answers: Answers, apiVersion: number): string {
  return url.replace(REFERENCE, (_whole, path: string) =>
    encodeURIComponent(String(lookUp(path, answers, apiVersion) ?? '')),
  );
}

function resolveText(text: string, answers: Answers, apiVersion: number): unknown {
  if (!text.includes('@{')) return text;
  const whole = /^@\{([^}]*)\}$/.exec(text)?.[1];
  if (whole !== undefined) return lookUp(whole, answers, apiVersion);
  return text.replace(REFERENCE, (_whole, path: string) => String(lookUp(path, answers, apiVersion) ?? ''));
}

function lookUp(path: string, answers: Answers, apiVersion: number): unknown {
  const [, referenceId = '', steps = ''] = PATH.exec(path.trim()) ?? [];
  if (!answers.has(referenceId)) throw noValue(path, referenceId || path);
  let value: unknown = answers.bodyOf(referenceId);
  for (const [, key, index] of steps.matchAll(STEP)) {
    const step = key ?? Number(index);
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step))
      throw noValue(path, referenceId);
    value = (value as Record<string | number, unknown>)[step];
  }
  if (value === undefined || (value === null && apiVersion < NULL_REFERENCES_FROM_VERSION)) {
    throw noValue(path, referenceId);
  }
  return value;
}

function noValue(path: string, referenceId: string): ApiError {
  return new ApiError(
    'PROCESSING_HALTED',
    `Invalid reference specified. No value for ${path} found in ${referenceId}`,
  );
}
