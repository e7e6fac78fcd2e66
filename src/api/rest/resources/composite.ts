/**
 * POST …/composite: up to 25 sub-requests in order, later ones using what earlier ones answered; with allOrNone in one
 * transaction (salesforce-data-api.md §17.1). The answer is 200 whatever the sub-requests did.
 */
import { ApiError } from '../../../errors.js';
import { answerText } from '../answer-text.js';
import { type Answers, resolveReferences, resolveUrl } from '../composite-references.js';
import { refusalOf } from '../errors.js';
import {
  bytesAnswer,
  type RestAnswer,
  type RestContext,
  type RestRequest,
  type ServeSubrequest,
} from '../exchange.js';
import { objectAt } from '../record-body.js';
import { ROOT } from '../root.js';
import { undoable } from '../undoable.js';

const MAX_SUBREQUESTS = 25;
const MAX_QUERIES_AND_COLLECTIONS = 5;
/** A malformed referenceId fails the whole request from this version on. */
const CHECKED_REFERENCE_IDS_FROM_VERSION = 52;
const ROLLED_BACK = 'The transaction was rolled back since another operation in the same transaction failed.';

interface CompositePart {
  readonly method: string;
  readonly url: string;
  readonly referenceId: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** A sub-request's answer as it goes out; `text` is undefined for an empty body. */
interface Served {
  readonly referenceId: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string | undefined;
}

export async function composite(context: RestContext, request: RestRequest): Promise<RestAnswer> {
  const { serve, caller, db } = context;
  if (serve === undefined)
    throw new ApiError('INVALID_INPUT', 'A composite request cannot stand inside another one');
  const body = request.json();
  const { allOrNone, compositeRequest } = objectAt(body, []);
  const parts = readParts(compositeRequest, caller.apiVersion);
  const served =
    allOrNone === true
      ? await serveAllOrNone(context, serve, parts)
      : await serveInOrder(db, serve, parts, caller.apiVersion, () => true);
  return bytesAnswer([Buffer.from(`{"compositeResponse":[${served.map(rendered).join(',')}]}`)]);
}

function readParts(list: unknown, apiVersion: number): readonly CompositePart[] {
  if (!Array.isArray(list))
    throw new ApiError('JSON_PARSER_ERROR', 'compositeRequest must be a list of sub-requests');
  if (list.length > MAX_SUBREQUESTS) {
    throw new ApiError('LIMIT_EXCEEDED', `A composite request has at most ${MAX_SUBREQUESTS} sub-requests`);
  }
  const parts = list.map((item) => readPart(item, apiVersion));
  if (parts.filter(isQueryOrCollection).length > MAX_QUERIES_AND_COLLECTIONS) {
    throw new ApiError(
      'LIMIT_EXCEEDED',
      `At most ${MAX_QUERIES_AND_COLLECTIONS} sub-requests of a composite request can be queries or collections`,
    );
  }
  const repeated = parts.find((part, index) =>
    parts.some((other, at) => at < index && other.referenceId === part.referenceId),
  );
  if (repeated !== undefined) {
    throw new ApiError(
      'INVALID_INPUT',
      `Duplicate referenceId '${repeated.referenceId}' in the composite request`,
    );
  }
  return parts;
}

function readPart(item: unknown, apiVersion: number): CompositePart {
  const { method, url, referenceId, httpHeaders = {}, body } = (item ?? {}) as Record<string, unknown>;
  if (typeof method !== 'string' || typeof url !== 'string' || typeof referenceId !== 'string') {
    throw new ApiError('JSON_PARSER_ERROR', 'A composite sub-request needs method, url and referenceId');
  }
  if (apiVersion >= CHECKED_REFERENCE_IDS_FROM_VERSION && !/^[A-Za-z0-9]\w*$/.test(referenceId)) {
    throw new ApiError(
      'JSON_PARSER_ERROR',
      `Provided referenceId ('${referenceId}') must start with a letter or a number, and it can contain only letters, numbers and underscores ('_').`,
    );
  }
  if (!url.startsWith(`${ROOT}/v`)) {
    throw new ApiError(
      'INVALID_INPUT',
      `The url of a composite sub-request must begin with ${ROOT}/vXX.X/: ${url.slice(0, 200)}`,
    );
  }
  return { method: method.toUpperCase(), url, referenceId, headers: readHeaders(httpHeaders), body };
}

function readHeaders(value: unknown): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, content] of Object.entries((value ?? {}) as Record<string, unknown>)) {
    if (/^(?:accept|authorization|content-type)$/i.test(name)) {
      throw new ApiError('INVALID_INPUT', `The header ${name} cannot be set on a composite sub-request`);
    }
    headers[name.toLowerCase()] = String(content);
  }
  return headers;
}

function isQueryOrCollection({ url }: CompositePart): boolean {
  return /^\/services\/data\/v[\d.]+\/(?:query|queryAll|composite\/sobjects)(?:[/?]|$)/i.test(url);
}

/** Serves the parts one by one; stops when `goOn` says so. */
async function serveInOrder(
  db: RestContext['db'],
  serve: ServeSubrequest,
  parts: readonly CompositePart[],
  apiVersion: number,
  goOn: (latest: Served) => boolean,
): Promise<Served[]> {
  const served: Served[] = [];
  const answers = answersOf(served);
  for (const part of parts) {
    const latest = await servePart(db, serve, part, answers, apiVersion);
    served.push(latest);
    if (!goOn(latest)) break;
  }
  return served;
}

async function servePart(
  db: RestContext['db'],
  serve: ServeSubrequest,
  part: CompositePart,
  answers: Answers,
  apiVersion: number,
): Promise<Served> {
  const { referenceId } = part;
  try {
    const url = resolveUrl(part.url, answers, apiVersion);
    const body = resolveReferences(part.body, answers, apiVersion);
    const answer = await serve(db, { method: part.method, url, headers: part.headers, body });
    return { referenceId, status: answer.status, headers: answer.headers, text: await answerText(answer) };
  } catch (error) {
    if (error instanceof ApiError) return refused(referenceId, error);
    throw error;
  }
}

async function serveAllOrNone(
  { db, caller }: RestContext,
  serve: ServeSubrequest,
  parts: readonly CompositePart[],
): Promise<Served[]> {
  const succeeded = ({ status }: Served) => status < 400;
  const served = await undoable(
    db,
    (tx) => serveInOrder(tx, serve, parts, caller.apiVersion, succeeded),
    (all) => all.every(succeeded),
  );
  if (served.every(succeeded)) return served;
  return parts.map(({ referenceId }, index) => {
    const own = served[index];
    return own !== undefined && !succeeded(own)
      ? own
      : refused(referenceId, new ApiError('PROCESSING_HALTED', ROLLED_BACK));
  });
}

function refused(referenceId: string, error: ApiError): Served {
  const { answer } = refusalOf(error);
  const text = answer.body.kind === 'value' ? JSON.stringify(answer.body.value) : undefined;
  return { referenceId, status: answer.status, headers: {}, text };
}

function answersOf(served: readonly Served[]): Answers {
  const parsed = new Map<string, unknown>();
  const find = (referenceId: string) => served.find((one) => one.referenceId === referenceId);
  return {
    has: (referenceId) => find(referenceId) !== undefined,
    bodyOf(referenceId) {
      if (!parsed.has(referenceId)) parsed.set(referenceId, JSON.parse(find(referenceId)?.text ?? 'null'));
      return parsed.get(referenceId);
    },
  };
}

/** Keys in the vendor's order; of the headers only Location is shown. */
function rendered({ referenceId, status, headers, text }: Served): string {
  const shown = headers.location === undefined ? {} : { Location: headers.location };
  return `{"body":${text ?? 'null'},"httpHeaders":${JSON.stringify(shown)},"httpStatusCode":${status},"referenceId":${JSON.stringify(referenceId)}}`;
}
