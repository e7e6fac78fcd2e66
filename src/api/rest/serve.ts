/**
 * One call without its transport: path to endpoint to answer. HTTP requests and the sub-requests of the composite
 * family both come through here, so they cannot differ.
 */
import type { Caller } from '../../access/caller.js';
import { ApiError } from '../../errors.js';
import type { Database, Tx } from '../../store/database.js';
import { matchResource, resourceTable } from './dispatch.js';
import { refusalOf } from './errors.js';
import type {
  RestAnswer,
  RestContext,
  RestDeps,
  RestRequest,
  ServeSubrequest,
  Subrequest,
} from './exchange.js';
import { queryOptionsOf } from './headers.js';
import { type JsonDocument, readJsonDocument } from './json-document.js';
import { resources } from './resources.js';
import { ROOT } from './root.js';
import { readVersion } from './versions.js';

/** Characters of a request URI; above it the vendor answers 414. */
const MAX_URI_LENGTH = 16_384;

const table = resourceTable(resources);

export interface UrlParts {
  /** `v60.0`, as written; '' for the version list. */
  readonly version: string;
  /** Behind the version, without slashes at its ends. */
  readonly path: string;
  readonly query: URLSearchParams;
}

/** Takes apart a URL that begins with `/services/data`; throws URI_TOO_LONG (414). */
export function splitUrl(url: string): UrlParts {
  if (url.length > MAX_URI_LENGTH) {
    throw new ApiError('URI_TOO_LONG', `The URI is longer than ${MAX_URI_LENGTH} characters`, {
      status: 414,
    });
  }
  const mark = url.indexOf('?');
  const whole = mark < 0 ? url : url.slice(0, mark);
  const [version = '', ...rest] = whole
    .slice(ROOT.length)
    .split('/')
    .filter((segment) => segment !== '');
  return { version, path: rest.join('/'), query: new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1)) };
}

export interface Call {
  readonly method: string;
  readonly url: UrlParts;
  readonly headers: Readonly<Record<string, string | undefined>>;
  json(): JsonDocument;
}

/**
 * Serves one call for a caller whose `apiVersion` is the URL's.
 * @throws ApiError for every refusal
 */
export async function serveCall(
  deps: RestDeps,
  db: Database | Tx,
  caller: Caller,
  call: Call,
  nested = false,
): Promise<RestAnswer> {
  const { version, path, query } = call.url;
  const context: RestContext = {
    deps,
    db,
    caller,
    base: `${ROOT}/${version.toLowerCase()}`,
    serve: nested ? undefined : subrequestServer(deps, caller),
  };
  const method = call.method === 'HEAD' ? 'GET' : call.method;
  const { endpoint, params } = matchResource(table, method, path, caller.apiVersion);
  return endpoint(context, {
    method: method as RestRequest['method'],
    params,
    query,
    headers: call.headers,
    queryOptions: queryOptionsOf(call.headers['sforce-query-options']),
    json: call.json,
  });
}

function subrequestServer(deps: RestDeps, caller: Caller): ServeSubrequest {
  return async (db, subrequest) => {
    try {
      const url = splitUrl(subrequest.url);
      const apiVersion = readVersion(url.version);
      return await serveCall(deps, db, { ...caller, apiVersion }, callOf(subrequest, url), true);
    } catch (error) {
      // What is not a refusal is ours, and fails the whole request.
      if (!(error instanceof ApiError)) throw error;
      return refusalOf(error).answer;
    }
  };
}

function callOf({ method, headers, body }: Subrequest, url: UrlParts): Call {
  return {
    method: method.toUpperCase(),
    url,
    headers,
    json: () =>
      readJsonDocument(body === undefined || body === null ? undefined : Buffer.from(JSON.stringify(body))),
  };
}
