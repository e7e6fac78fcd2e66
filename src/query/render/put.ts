/** What both renderers put into a sink the same way: constants, plain values and moments, eight bytes at a time. */
import { type Constant, constantOf, reserve, type Sink } from './sink.js';

export const TRUE = constantOf('true');
export const FALSE = constantOf('false');
/** `t`, as PostgreSQL writes true. */
export const SMALL_T = 0x74;
const LETTER_T = 0x54;

/** Stores a constant; up to seven bytes behind it are overwritten, which the next step writes anyway. */
export function put(view: DataView, at: number, { words, length }: Constant): number {
  for (let i = 0; i < words.length; i++) view.setFloat64(at + i * 8, words[i] as number);
  return at + length;
}

/**
 * Copies ASCII. Eight bytes are moved as one double: none that begins with a byte below 0x7f is a NaN, whose bits would
 * not be safe. What is read past the end is overwritten by the next step.
 */
export function copy(view: DataView, at: number, from: DataView, start: number, length: number): number {
  let i = 0;
  if (start + length + 8 <= from.byteLength) {
    for (; i < length; i += 8) view.setFloat64(at + i, from.getFloat64(start + i));
  } else {
    for (; i < length; i++) view.setUint8(at + i, from.getUint8(start + i));
  }
  return at + length;
}

/** `2026-03-10 12:00:00+00` -> `2026-03-10T12:00:00` and `midnight`, which begins with `.000` and goes on with the zone. */
export function putMomentText(
  view: DataView,
  at: number,
  row: DataView,
  start: number,
  length: number,
  midnight: Constant,
): number {
  // No moment is shorter than 22 characters, so 24 bytes may be stored; those behind the 19th are written anew.
  view.setFloat64(at, row.getFloat64(start));
  view.setFloat64(at + 8, row.getFloat64(start + 8));
  view.setUint16(at + 16, row.getUint16(start + 16));
  view.setUint8(at + 18, row.getUint8(start + 18));
  view.setUint8(at + 10, LETTER_T);
  const end = put(view, at + 19, midnight);
  if (length > 22) {
    // Fractions of a second, which only computed columns have: up to milliseconds.
    for (let i = 0; i < 3; i++) {
      const digit = row.getUint8(start + 20 + i);
      if (digit < 0x30 || digit > 0x39) break;
      view.setUint8(at + 20 + i, digit);
    }
  }
  return end;
}

/** A column that goes by way of a string. */
export const textOf = (row: Uint8Array, start: number, length: number): string =>
  Buffer.from(row.buffer, row.byteOffset + start, length).toString('utf8');

/** A number with its decimal point; undefined for what is none (NaN, Infinity). */
export function doubleText(text: string): string | undefined {
  if (/^-?\d+$/.test(text)) return `${text}.0`;
  return /^-?[\d.e+-]+$/i.test(text) ? text : undefined;
}

/** The labels of the values of a picklist, which may be several. */
export const labelText = (text: string, labels: ReadonlyMap<string, string> | undefined): string =>
  text
    .split(';')
    .map((value) => labels?.get(value) ?? value)
    .join(';');

/** Writes text in the middle of a row. */
export function writeFormed(sink: Sink, text: string): void {
  reserve(sink, text.length * 3 + sink.rowBytes);
  sink.at += sink.buffer.write(text, sink.at);
}
