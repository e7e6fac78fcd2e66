/**
 * `<18-character cursor id>-<rows before the page>`: what stands at the end of nextRecordsUrl. No slash, because
 * clients cut the URL at its last one (salesforce-data-api.md §12, §20).
 */
import { ApiError } from '../errors.js';
import { isId } from '../store/ids.js';

export interface Locator {
  readonly cursorId: string;
  /** Rows, or for cursors that own their ids the ids, before the page. */
  readonly start: number;
}

export const formatLocator = ({ cursorId, start }: Locator): string => `${cursorId}-${start}`;

export const badLocator = (): ApiError => new ApiError('INVALID_QUERY_LOCATOR', 'invalid query locator');

/** Throws INVALID_QUERY_LOCATOR for what cannot be one. */
export function parseLocator(text: string): Locator {
  const parts = /^([a-zA-Z0-9]{18})-(\d{1,9})$/.exec(text);
  if (parts === null || !isId(parts[1] as string)) throw badLocator();
  return { cursorId: parts[1] as string, start: Number(parts[2]) };
}
