/**
 * One REST call, free of the web framework: what an endpoint is given and what it answers. Composite runs its
 * sub-requests through the same endpoints, inside one transaction, so an endpoint knows neither sockets nor
 * fastify, and takes its database from the context.
 */
import type { ApiUsage } from '../../access/api-usage.js';
import type { Caller } from '../../access/caller.js';
import type { RecentViews } from '../../records/recent-views.js';
import type { Database, Tx } from '../../store/database.js';
import type { QueryOptions } from './headers.js';
import type { JsonDocument } from './json-document.js';

export type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

/** What the server gives the REST face once, at start. */
export interface RestDeps {
  readonly db: Database;
  /** Scheme, host and port of every absolute URL, without a slash at the end (`PUBLIC_URL`, never the Host header). */
  publicUrl(): string;
  /** Throws ApiError INVALID_SESSION_ID. */
  authenticate(token: string, apiVersion: number): Promise<Caller>;
  /** Looks whether rights or fields changed; the next `authenticate` rests on what is so now. */
  catchUp(): Promise<void>;
  /** Calls of the organization; REST counts and shows them. */
  readonly usage: Pick<ApiUsage, 'count' | 'current'>;
  readonly recentViews: RecentViews;
  /** Bytes of a request body, counted after decompression. */
  readonly bodyLimitBytes?: number;
}

/** Everything around a call that is not the call itself. */
export interface RestContext {
  readonly deps: RestDeps;
  /** The server's database, or the transaction of an all-or-none composite. */
  readonly db: Database | Tx;
  readonly caller: Caller;
  /** `/services/data/v60.0`: relative URLs in answers begin so. */
  readonly base: string;
  /** Serves a request of a composite through the same endpoints; absent inside one, for they do not nest. */
  readonly serve: ServeSubrequest | undefined;
}

/** One request inside a composite or a batch. */
export interface Subrequest {
  readonly method: string;
  /** Begins with `/services/data/vXX.X/`. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: unknown;
}

/** Never rejects for what the caller did wrong: a refusal is an answer. */
export type ServeSubrequest = (db: Database | Tx, subrequest: Subrequest) => Promise<RestAnswer>;

export interface RestRequest {
  readonly method: Method;
  /** The named segments of the resource's path, decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly queryOptions: QueryOptions;
  /** Parses the body; throws JSON_PARSER_ERROR when there is none or it is not JSON. */
  json(): JsonDocument;
}

/** Pieces of one JSON document: all there, or made while they are sent. */
export type Chunks = readonly Buffer[] | AsyncIterable<Buffer>;

export type AnswerBody =
  | { readonly kind: 'none' }
  | { readonly kind: 'value'; readonly value: unknown }
  /** JSON text already made: the hot paths never build an object per row. */
  | {
      readonly kind: 'bytes';
      readonly chunks: Chunks;
      /** To be called once the chunks are sent or copied; never when they may still be on their way. */
      readonly release?: (() => void) | undefined;
    };

export interface RestAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: AnswerBody;
}

export type Endpoint = (context: RestContext, request: RestRequest) => Promise<RestAnswer> | RestAnswer;

export function jsonAnswer(value: unknown, status = 200, headers: Record<string, string> = {}): RestAnswer {
  return { status, headers, body: { kind: 'value', value } };
}

export function bytesAnswer(chunks: Chunks, release?: () => void): RestAnswer {
  return { status: 200, headers: {}, body: { kind: 'bytes', chunks, release } };
}

export function emptyAnswer(status = 204, headers: Record<string, string> = {}): RestAnswer {
  return { status, headers, body: { kind: 'none' } };
}
