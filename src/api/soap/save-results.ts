/** What became of each record, as the result types of the schema have it; a failed one shows no id (§8.3). */
import type { SaveResult } from '../../records/result.js';
import { writeNamed } from './schema/write.js';

/** `{call}Response` with a result for each record. */
export function resultsXml(
  call: string,
  typeName: string,
  results: readonly SaveResult[],
  apiVersion: number,
): string {
  if (results.length === 0) return `<${call}Response/>`;
  const content = results.map((result) => writeNamed('result', typeName, valuesOf(result), apiVersion));
  return `<${call}Response>${content.join('')}</${call}Response>`;
}

const valuesOf = ({ id, success, created, errors }: SaveResult) => ({
  created: created ?? false,
  errors: errors.map(({ code, message, fields }) => ({ statusCode: code, message, fields })),
  id: success ? id : null,
  success,
});
