/**
 * POST …/composite/batch: up to 25 independent sub-requests, each with its own result; with haltOnError the ones after
 * the first failure are not run and answer 412 (salesforce-data-api.md §17.2).
 */
import { ApiError } from '../../../errors.js';
import { answerText } from '../answer-text.js';
import { bytesAnswer, type RestAnswer, type RestContext, type RestRequest } from '../exchange.js';
import { objectAt } from '../record-body.js';
import { ROOT } from '../root.js';

const MAX_SUBREQUESTS = 25;
const HALTED = JSON.stringify([
  { errorCode: 'BATCH_PROCESSING_HALTED', message: 'Batch processing halted per request' },
]);

interface BatchPart {
  readonly method: string;
  readonly url: string;
  readonly body: unknown;
}

export async function batch({ serve, db }: RestContext, request: RestRequest): Promise<RestAnswer> {
  if (serve === undefined)
    throw new ApiError('INVALID_INPUT', 'A batch request cannot stand inside another one');
  const { haltOnError, batchRequests } = objectAt(request.json(), []);
  const parts = readParts(batchRequests);
  const results: string[] = [];
  let hasErrors = false;
  for (const { method, url, body } of parts) {
    if (hasErrors && haltOnError === true) {
      results.push(`{"statusCode":412,"result":${HALTED}}`);
      continue;
    }
    const answer = await serve(db, { method, url, headers: {}, body });
    results.push(`{"statusCode":${answer.status},"result":${(await answerText(answer)) ?? 'null'}}`);
    if (answer.status >= 400) hasErrors = true;
  }
  return bytesAnswer([Buffer.from(`{"hasErrors":${hasErrors},"results":[${results.join(',')}]}`)]);
}

function readParts(list: unknown): readonly BatchPart[] {
  if (!Array.isArray(list))
    throw new ApiError('JSON_PARSER_ERROR', 'batchRequests must be a list of sub-requests');
  if (list.length > MAX_SUBREQUESTS) {
    throw new ApiError('LIMIT_EXCEEDED', `A batch request has at most ${MAX_SUBREQUESTS} sub-requests`);
  }
  return list.map((item) => {
    const { method, url, richInput } = (item ?? {}) as Record<string, unknown>;
    if (typeof method !== 'string' || typeof url !== 'string') {
      throw new ApiError('JSON_PARSER_ERROR', 'A batch sub-request needs method and url');
    }
    return { method, url: absolute(url), body: richInput };
  });
}

/** `v60.0/sobjects/…` stands below /services/data; the whole path is accepted too. */
function absolute(url: string): string {
  return url.startsWith(`${ROOT}/`) ? url : `${ROOT}/${url.replace(/^\/+/, '')}`;
}
