/**
 * Text -> tokens. Decides what a lexeme is, never whether it may stand there; a lexeme the language does not
 * have becomes a `bad` token, so that an earlier syntax error is still reported first.
 * Facts: salesforce-data-api.md §15.2 (literals), §15.15 (texts of errors).
 */
import { dateTimeOf, isRealDate } from './literals.js';
import { showable } from './strings.js';
import type { Lexed, Token, TokenKind } from './tokens.js';

/** Longest statement, in characters (salesforce-data-api.md §4.5). */
export const STATEMENT_MAX_CHARS = 100_000;

/** Character classes of ASCII; everything else is OTHER. */
const OTHER = 0;
const SPACE = 1;
const LETTER = 2;
const DIGIT = 3;

const CLASS = new Uint8Array(128);
for (const c of ' \t\r\n\f') CLASS[c.charCodeAt(0)] = SPACE;
for (let c = 97; c <= 122; c++) CLASS[c] = CLASS[c - 32] = LETTER;
CLASS['_'.charCodeAt(0)] = LETTER;
for (let c = 48; c <= 57; c++) CLASS[c] = DIGIT;

const classOf = (code: number): number => (code < 128 ? (CLASS[code] as number) : OTHER);

const EXCLAMATION = 33;
const DOLLAR = 36;
const QUOTE = 39;
const MINUS = 45;
const DOT = 46;
const LESS = 60;
const EQUALS = 61;
const GREATER = 62;
const BACKSLASH = 92;

/** Cuts a statement into tokens. Never throws. */
export function lex(source: string): Lexed {
  const tokens: Token[] = [];
  let shape = '';
  /** How much of the source is in the shape. */
  let shaped = 0;
  let clause = '';
  let at = 0;
  const add: Add = (kind, start, end, mark, problem) => {
    const text = source.slice(start, end);
    tokens.push({ kind, text, word: text, start, end, problem });
    // No parser passes a bad lexeme, so what follows is not read: it may be a hundred thousand more of them.
    at = kind === 'bad' ? source.length : end;
    if (mark === undefined) return;
    shape += source.slice(shaped, start) + mark;
    shaped = end;
  };

  while (at < source.length) {
    const start = at;
    const code = source.charCodeAt(at);
    const kind = classOf(code);
    if (kind === SPACE) {
      at++;
      continue;
    }
    if (kind === LETTER) {
      const end = nameEnd(source, at);
      const text = source.slice(start, end);
      const word = text.toUpperCase();
      tokens.push({ kind: 'name', text, word, start, end, problem: undefined });
      clause = word;
      at = end;
      continue;
    }
    if (kind === DIGIT || ((code === MINUS || code === 43) && startsNumber(source, at + 1))) {
      lexNumber(source, start, clause, add);
      continue;
    }
    if (code === DOT && classOf(source.charCodeAt(at + 1)) === DIGIT) {
      lexNumber(source, start, clause, add);
      continue;
    }
    if (code === QUOTE) {
      lexString(source, start, add);
      continue;
    }
    const symbol = symbolAt(source, at, code);
    if (symbol !== undefined) {
      tokens.push({
        kind: 'symbol',
        text: symbol,
        word: symbol,
        start,
        end: start + symbol.length,
        problem: undefined,
      });
      at += symbol.length;
      continue;
    }
    const width = (source.codePointAt(at) as number) > 0xffff ? 2 : 1;
    add(
      'bad',
      at,
      at + width,
      '\u0000',
      `${lineAndColumn(source, at)} unexpected token: '${showable(source.slice(at, at + width))}'`,
    );
  }
  const end = source.length;
  tokens.push({ kind: 'end', text: '<EOF>', word: '<EOF>', start: end, end, problem: undefined });
  // Everything else belongs to the shape as it is spelled: aliases keep their spelling in the answer.
  return { source, tokens, shape: shape + source.slice(shaped) };
}

/** `mark` stands in the shape for a literal; without one the literal itself does. No mark can be part of a statement. */
type Add = (kind: TokenKind, start: number, end: number, mark: string | undefined, problem?: string) => void;

const SYMBOLS: readonly (string | undefined)[] = Array.from({ length: 128 }, (_, code) => {
  const char = String.fromCharCode(code);
  return '(),=<>:*'.includes(char) ? char : undefined;
});

/** The symbol at an offset, of one character or two. */
function symbolAt(source: string, at: number, code: number): string | undefined {
  const following = source.charCodeAt(at + 1);
  if (following === EQUALS) {
    if (code === LESS) return '<=';
    if (code === GREATER) return '>=';
    if (code === EXCLAMATION) return '!=';
  }
  if (code === LESS && following === GREATER) return '<>';
  return SYMBOLS[code];
}

/** End of a name or dotted path. A dollar sign may stand inside a name, not at its start (`fr$om`). */
function nameEnd(source: string, from: number): number {
  let at = from + 1;
  for (;;) {
    const code = source.charCodeAt(at);
    const kind = classOf(code);
    if (kind === LETTER || kind === DIGIT || code === DOLLAR) at++;
    else if (code === DOT && classOf(source.charCodeAt(at + 1)) === LETTER) at += 2;
    else return at;
  }
}

function startsNumber(source: string, at: number): boolean {
  const code = source.charCodeAt(at);
  return classOf(code) === DIGIT || (code === DOT && classOf(source.charCodeAt(at + 1)) === DIGIT);
}

const DATE_LIKE = /\d{4}-\d\d?-[\dA-Za-z:.+-]*/y;
const NUMBER = /[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?/y;
const NAME_TAIL = /[\w$]+/y;

function lexNumber(source: string, start: number, clause: string, add: Add): void {
  DATE_LIKE.lastIndex = start;
  const dateLike = DATE_LIKE.exec(source)?.[0];
  if (dateLike !== undefined) {
    const end = start + dateLike.length;
    if (/^\d{4}-\d\d-\d\d$/.test(dateLike)) {
      if (isRealDate(dateLike)) add('date', start, end, ' ?d');
      else add('bad', start, end, '\u0000', `Invalid date: ${dateLike}`);
    } else if (dateTimeOf(dateLike) !== undefined) add('datetime', start, end, ' ?t');
    else add('bad', start, end, '\u0000', `Invalid datetime: ${dateLike.toLowerCase()}`);
    return;
  }
  NUMBER.lastIndex = start;
  const number = NUMBER.exec(source)?.[0] ?? '';
  let end = start + number.length;
  NAME_TAIL.lastIndex = end;
  const tail = NAME_TAIL.exec(source)?.[0];
  if (tail !== undefined) {
    end += tail.length;
    add('bad', start, end, '\u0000', `unexpected token: '${source.slice(start, end)}'`);
    return;
  }
  // How many rows are asked for decides the plan (FIELDS() needs LIMIT <= 200), so those numbers stay.
  const fixed = clause === 'LIMIT' || clause === 'OFFSET';
  add('number', start, end, fixed ? undefined : /^[+-]?\d+$/.test(number) ? ' ?i' : ' ?n');
}

function lexString(source: string, start: number, add: Add): void {
  let at = start + 1;
  for (; at < source.length; at++) {
    const code = source.charCodeAt(at);
    if (code === BACKSLASH) at++;
    else if (code === QUOTE) break;
  }
  if (at >= source.length) {
    add(
      'bad',
      start,
      source.length,
      '\u0000',
      `unexpected token: '${showable(source.slice(start, start + 40))}'`,
    );
    return;
  }
  const end = at + 1;
  // An empty string is compared as null, so it is a shape of its own.
  add('string', start, end, end - start === 2 ? ' ?e' : ' ?s');
}

function lineAndColumn(source: string, offset: number): string {
  const before = source.slice(0, offset).split('\n');
  return `line ${before.length}:${(before.at(-1) as string).length}`;
}
