/** The JSON text of an answer, for those that put it inside another (composite, batch). */
import type { RestAnswer } from './exchange.js';

/** undefined where the answer has no body. */
export async function answerText(answer: RestAnswer): Promise<string | undefined> {
  const { body } = answer;
  if (body.kind === 'none') return undefined;
  if (body.kind === 'value') return JSON.stringify(body.value);
  const chunks: Buffer[] = [];
  for await (const chunk of body.chunks) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}
