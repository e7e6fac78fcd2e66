/** xsd:dateTime in the arguments of a call. */
import { XmlRefused } from './xml-tree.js';

const DATE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(Z|[+-]\d\d:?\d\d)?$/;

/** Epoch milliseconds; a moment without zone is in UTC. Throws XmlRefused. */
export function readDateTime(text = ''): number {
  const trimmed = text.trim();
  const parts = DATE_TIME.exec(trimmed);
  const at = parts === null ? Number.NaN : Date.parse(parts[1] === undefined ? `${trimmed}Z` : trimmed);
  if (!Number.isNaN(at)) return at;
  throw new XmlRefused(`'${trimmed.slice(0, 100)}' is not a valid value for the type xsd:dateTime`);
}
