/**
 * What the header blocks of a request ask for (salesforce-data-api.md §7.2). Blocks this server has no use for are
 * accepted and ignored, unless the client insists that they be understood.
 */
import { ApiError } from '../../errors.js';
import { SOAP_ENVELOPE, type SoapRequest } from './envelope.js';
import { HEADERS } from './schema/header-types.js';
import { childOf, childrenOf, textOf, XmlRefused } from './xml-tree.js';

export interface CallOptions {
  /** QueryOptions: rows a page, a hint. */
  readonly batchSize: number | undefined;
  readonly allOrNone: boolean;
  readonly allowFieldTruncation: boolean;
  /** MruHeader: rows of this call become the caller's recent ones. */
  readonly updateMru: boolean;
}

const MUST_UNDERSTAND = `{${SOAP_ENVELOPE}}mustUnderstand`;

/** @throws ApiError INVALID_BATCH_SIZE */
export function callOptionsOf({ header }: SoapRequest): CallOptions {
  for (const block of childrenOf(header)) {
    if (block.attributes.get(MUST_UNDERSTAND) === '1' && !(block.name in HEADERS)) {
      throw new XmlRefused(`the header ${block.name} is not understood`);
    }
  }
  const isOn = (block: string, name: string): boolean => isTrue(textOf(childOf(header, block), name));
  return {
    batchSize: batchSizeOf(textOf(childOf(header, 'QueryOptions'), 'batchSize')),
    allOrNone: isOn('AllOrNoneHeader', 'allOrNone'),
    allowFieldTruncation: isOn('AllowFieldTruncationHeader', 'allowFieldTruncation'),
    updateMru: isOn('MruHeader', 'updateMru'),
  };
}

function isTrue(text: string | undefined): boolean {
  const word = text?.trim().toLowerCase();
  return word === 'true' || word === '1';
}

function batchSizeOf(text: string | undefined): number | undefined {
  const trimmed = text?.trim() ?? '';
  if (trimmed === '') return undefined;
  if (/^[+-]?\d{1,9}$/.test(trimmed)) return Number(trimmed);
  throw new ApiError('INVALID_BATCH_SIZE', `invalid batch size: ${trimmed.slice(0, 40)}`);
}
