/** What a SOAP call is given, what it answers, and what the calls need of the rest of the server. */
import type { Access } from '../../access/access.js';
import type { ApiUsage } from '../../access/api-usage.js';
import type { RecentViews } from '../../records/recent-views.js';
import type { Database } from '../../store/database.js';
import type { SoapApi, SoapRequest } from './envelope.js';

export interface SoapDeps {
  readonly db: Database;
  readonly access: Access;
  /** Origin of every absolute URL, without a slash at its end. */
  readonly publicUrl: () => string;
  /** Whether login() is served at all (SOAP_LOGIN). */
  readonly soapLogin: boolean;
  /** The organization's count of API calls, shared with the other protocols. */
  readonly usage: Pick<ApiUsage, 'count'>;
  readonly recentViews: RecentViews;
}

export interface SoapContext {
  readonly deps: SoapDeps;
  readonly api: SoapApi;
  /** 58 for `/services/Soap/u/58.0`. */
  readonly apiVersion: number;
  /** Where the request came from. */
  readonly address: string;
  /** Bytes of the request body. */
  readonly size: number;
  readonly request: SoapRequest;
}

export type Chunks = Iterable<Buffer> | AsyncIterable<Buffer>;

/** An answer of many bytes: what stands before its rows, the rows, what stands behind. */
export interface RowsAnswer {
  readonly before: string;
  readonly rows: Chunks;
  readonly after: string;
}

/** Serves one call: the bytes of its response element. Throws ApiError. */
export type SoapCall = (context: SoapContext) => Promise<string | RowsAnswer>;
