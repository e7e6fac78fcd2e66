/** A call's answer in its envelope: short ones whole, rows piece by piece as they are rendered. */
import { envelopeAround } from './envelope.js';
import { LIMIT_INFO_CALLS } from './schema/operations.js';
import { writeNamed } from './schema/write.js';
import type { RowsAnswer, SoapContext } from './soap-call.js';

/** Calls whose answers hold rows or values that say their type; their envelope declares more namespaces. */
const TYPED_CALLS: ReadonlySet<string> = new Set([
  'query',
  'queryAll',
  'queryMore',
  'retrieve',
  'search',
  'describeSObject',
  'describeSObjects',
]);

/** Counts the call, unless it is login(), which belongs to no session. */
export async function writeAnswer(
  context: SoapContext,
  call: string,
  answer: string | RowsAnswer,
): Promise<string | AsyncIterable<Buffer>> {
  const { open, close } = envelopeAround(context.api, {
    header: call === 'login' ? '' : limitInfo(context, call),
    hasRows: TYPED_CALLS.has(call),
  });
  if (typeof answer === 'string') return open + answer + close;
  const { before, rows, after } = answer;
  if (Array.isArray(rows)) return open + before + Buffer.concat(rows).toString('utf8') + after + close;
  return pieces(open + before, rows, after + close);
}

function limitInfo({ deps, apiVersion }: SoapContext, call: string): string {
  const { used, limit } = deps.usage.count();
  if (!LIMIT_INFO_CALLS.has(call)) return '';
  const value = { limitInfo: [{ current: used, limit, type: 'API REQUESTS' }] };
  return writeNamed('LimitInfoHeader', 'LimitInfoHeader', value, apiVersion);
}

async function* pieces(before: string, rows: RowsAnswer['rows'], after: string): AsyncGenerator<Buffer> {
  yield Buffer.from(before);
  yield* rows;
  yield Buffer.from(after);
}
