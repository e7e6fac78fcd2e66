/**
 * What the header blocks of a request ask for (salesforce-data-api.md §7.2). Blocks this server has no use for are
 * accepted and ignored.
 */
import { ApiError } from '../../errors.js';
import type { SoapRequest } from './envelope.js';
import { childOf, textOf, XmlRefused } from './xml-tree.js';

export interface CallOptions {
  /** QueryOptions: rows a page, a hint. */
  readonly batchSize: number | undefined;
  readonly allOrNone: boolean;
  readonly allowFieldTruncation: boolean;
  /** MruHeader: rows of this call become the caller's recent ones. */
  readonly updateMru: boolean;
}

/** @throws ApiError INVALID_BATCH_SIZE; XmlRefused for what is no boolean */
export function callOptionsOf({ header }: SoapRequest): CallOptions {
  const isOn = (block: string, name: string): boolean => readBoolean(textOf(childOf(header, block), name));
  return {
    batchSize: batchSizeOf(textOf(childOf(header, 'QueryOptions'), 'batchSize')),
    allOrNone: isOn('AllOrNoneHeader', 'allOrNone'),
    allowFieldTruncation: isOn('AllowFieldTruncationHeader', 'allowFieldTruncation'),
    updateMru: isOn('MruHeader', 'updateMru'),
  };
}

function readBoolean(text: string | undefined): boolean {
  const word = text?.trim().toLowerCase() ?? '';
  if (word === 'true' || word === '1') return true;
  if (word === 'false' || word === '0' || word === '') return false;
  throw new XmlRefused(`'${word.slice(0, 40)}' is not a valid value for the type xsd:boolean`);
}

function batchSizeOf(text: string | undefined): number | undefined {
  const trimmed = text?.trim() ?? '';
  if (trimmed === '') return undefined;
  if (/^[+-]?\d{1,9}$/.test(trimmed)) return Number(trimmed);
  throw new ApiError('INVALID_BATCH_SIZE', `invalid batch size: ${trimmed.slice(0, 40)}`);
}
