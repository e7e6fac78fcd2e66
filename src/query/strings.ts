/**
 * String literals: what their escapes mean, and which characters may stand in them.
 * Invariant: what leaves this file can be stored by PostgreSQL, or matches nothing that is stored.
 * Facts: salesforce-data-api.md §15.2; characters: the same rule the record engine applies to values.
 */
import { hasUnsupportedCharacters, replaceUnsupportedCharacters } from '../store/text.js';

/** Longest string literal in a condition, in characters (salesforce-data-api.md §4.5). */
export const STRING_MAX_CHARS = 4_000;

/** False for NUL, other C0 controls but tab, LF and CR, U+FFFE, U+FFFF and lone surrogates. */
export function isStorable(text: string): boolean {
  return !hasUnsupportedCharacters(text);
}

/** The text with U+FFFD for every character no protocol could carry; error messages quote statements. */
export function showable(text: string): string {
  return replaceUnsupportedCharacters(text, '\ufffd');
}

const SIMPLE: Readonly<Record<string, string>> = {
  n: '\n',
  N: '\n',
  r: '\r',
  R: '\r',
  t: '\t',
  T: '\t',
  b: '\b',
  B: '\b',
  f: '\f',
  F: '\f',
  '"': '"',
  "'": "'",
  '\\': '\\',
};

/** The problem of a literal, or its value. `like` keeps `\%` and `\_`, which mean the characters themselves. */
export type StringValue = { readonly value: string } | { readonly problem: string };

/**
 * The value of a quoted literal. With `like` the answer is a pattern of SQL's LIKE with backslash as its
 * escape character: `\_` and `\%` stay escaped, a plain backslash becomes two.
 */
export function stringValue(literal: string, like = false): StringValue {
  const inner = literal.slice(1, -1);
  let value = inner;
  if (inner.includes('\\')) {
    value = '';
    for (let at = 0; at < inner.length; at++) {
      const char = inner[at] as string;
      if (char !== '\\') {
        value += char;
        continue;
      }
      const next = inner[++at] ?? '';
      const simple = SIMPLE[next];
      if (simple !== undefined) value += like && simple === '\\' ? '\\\\' : simple;
      else if (next === 'u' || next === 'U') {
        const hex = inner.slice(at + 1, at + 5);
        if (!/^[0-9a-fA-F]{4}$/.test(hex)) return { problem: badEscape(`\\${next}${hex}`) };
        const code = String.fromCharCode(Number.parseInt(hex, 16));
        value += like && code === '\\' ? '\\\\' : code;
        at += 4;
      } else if (next === '_' || next === '%') {
        if (!like) return { problem: badEscape(`\\${next}`) };
        value += `\\${next}`;
      } else return { problem: badEscape(`\\${next}`) };
    }
  }
  // \b and \f are words of the language; no stored value holds them, so they simply match nothing.
  if (
    !isStorable(value.replaceAll('\b', '').replaceAll('\f', '')) ||
    (!inner.includes('\\') && !isStorable(inner))
  ) {
    return { problem: 'string literal contains a character that cannot be stored' };
  }
  return { value };
}

const badEscape = (sequence: string) =>
  `Invalid string literal '${sequence}'. Illegal character sequence '${sequence}' in string literal.`;
