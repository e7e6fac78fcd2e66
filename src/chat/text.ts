/**
 * Text from outside, made storable: what PostgreSQL and XML cannot hold is stripped from chat text, silently, because
 * a visitor's client cannot be asked again (DECISIONS 7). Lengths are limited, loudly.
 */
import { ApiError } from '../errors.js';
import { replaceUnsupportedCharacters } from '../store/text.js';

/** Most characters of one line of a chat. */
export const LINE_LIMIT = 4_000;

/** Without NUL, other C0 but tab, LF and CR, U+FFFE, U+FFFF and lone surrogates. */
export function cleanText(text: string): string {
  return replaceUnsupportedCharacters(text, '');
}

/** Cleaned text of at most `limit` characters; STRING_TOO_LONG beyond. */
export function limitedText(text: string, limit: number, what: string): string {
  if (text.length > limit)
    throw new ApiError('STRING_TOO_LONG', `${what}: data value too large (max length=${limit})`);
  return cleanText(text);
}

/** Cleaned text cut to `limit` characters, or null: for what only describes the visitor. */
export function cutText(text: string | null | undefined, limit: number): string | null {
  return text == null ? null : cleanText(text.slice(0, limit));
}

/** A copy of a JSON value with every string and key in it cleaned. */
export function cleanJson<T>(value: T): T {
  return cleaned(value) as T;
}

function cleaned(value: unknown): unknown {
  if (typeof value === 'string') return cleanText(value);
  if (Array.isArray(value)) return value.map(cleaned);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [cleanText(key), cleaned(inner)]));
}
