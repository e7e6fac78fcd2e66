/**
 * …/query?q=, …/queryAll?q= and …/query/{locator}: a page of rows as the engine's own bytes (salesforce-data-api.md
 * §12). The endpoint answers only when the first bytes are there, so a refusal still is an error and no broken page.
 */
import { ApiError } from '../../../errors.js';
import { explainQuery } from '../../../query/explain.js';
import { continueQuery, startQuery } from '../../../query/run.js';
import {
  bytesAnswer,
  type Endpoint,
  type RestAnswer,
  type RestContext,
  type RestRequest,
} from '../exchange.js';

/** Rows of the statement that are neither deleted nor archived. */
export const query: Endpoint = (context, request) => start(context, request, false);

/** Deleted and archived rows too. */
export const queryAll: Endpoint = (context, request) => start(context, request, true);

async function start(context: RestContext, request: RestRequest, all: boolean): Promise<RestAnswer> {
  const explained = request.query.get('explain');
  if (explained !== null) return bytesAnswer([await explainQuery(context.db, context.caller, explained)]);
  const soql = request.query.get('q');
  if (soql === null) throw new ApiError('MALFORMED_QUERY', 'SOQL statements cannot be empty or null');
  const { db, caller, base, deps } = context;
  // What this node gathered of the caller's views and did not write yet must be in the answer.
  await deps.recentViews.flushFor(soql);
  const page = await startQuery(db, caller, soql, { base, all, ...request.queryOptions });
  return bytesAnswer(page.chunks, page.release);
}

/** The next page; the locator is the whole last segment, `01g…-2000`. */
export const queryMore: Endpoint = async ({ db, caller, base }, { params, queryOptions }) => {
  const page = await continueQuery(db, caller, params.locator ?? '', {
    base,
    ...queryOptions,
  });
  return bytesAnswer(page.chunks, page.release);
};
