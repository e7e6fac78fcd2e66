/**
 * A JSON request body that can say where a value stands. Reading goes through JSON.parse; only when something is
 * wrong is the text walked once more, to name the line and column as the vendor's parser does: the position just
 * behind the offending token, both counted from 1 (salesforce-data-api.md §19.3).
 */
import { ApiError } from '../../errors.js';

/** Deeper nesting than any request of this API has; a limit keeps the second walk off the end of the stack. */
const MAX_DEPTH = 200;

export type JsonPath = readonly (string | number)[];

/** The token names of the vendor's parser. */
export type TokenName =
  | 'VALUE_STRING'
  | 'VALUE_NUMBER_INT'
  | 'VALUE_NUMBER_FLOAT'
  | 'VALUE_TRUE'
  | 'VALUE_FALSE'
  | 'VALUE_NULL'
  | 'START_OBJECT'
  | 'START_ARRAY';

export interface JsonToken {
  readonly name: TokenName;
  /** As it stands in the text; a string without its quotes and escapes. */
  readonly text: string;
  readonly line: number;
  readonly column: number;
}

export interface JsonDocument {
  readonly value: unknown;
  /** The token at a path of keys and indexes; the last one where a key stands twice, for that one counts. */
  tokenAt(path: JsonPath): JsonToken | undefined;
}

/** Throws ApiError JSON_PARSER_ERROR: the body is missing or is not JSON. */
export function readJsonDocument(body: Buffer | undefined): JsonDocument {
  if (body === undefined || body.length === 0) {
    throw new ApiError(
      'JSON_PARSER_ERROR',
      'The HTTP entity body is required, but this request has no entity body.',
    );
  }
  const text = decodeUtf8(body);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw syntaxErrorIn(text);
  }
  if (isDeeper(value, MAX_DEPTH)) {
    throw new ApiError('JSON_PARSER_ERROR', `The request is nested deeper than ${MAX_DEPTH} levels`);
  }
  return {
    value,
    tokenAt(path) {
      let found: JsonToken | undefined;
      try {
        walk(text, (at, name, raw, end) => {
          if (samePath(at, path)) found = { name, text: tokenText(name, raw), ...positionOf(text, end) };
        });
      } catch (error) {
        // Too deep, in the value of a key that stands again later: what JSON.parse kept is not.
        if (!(error instanceof Unreadable)) throw error;
      }
      return found;
    },
  };
}

/** Whoever walks the value later may do so by calling itself. */
function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  return Object.values(value).some((inner) => isDeeper(inner, levels - 1));
}

function decodeUtf8(body: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    throw new ApiError('JSON_PARSER_ERROR', 'Invalid UTF-8 in the request body at [line:1, column:1]');
  }
}

function samePath(at: JsonPath, wanted: JsonPath): boolean {
  return at.length === wanted.length && at.every((step, index) => step === wanted[index]);
}

function tokenText(name: TokenName, raw: string): string {
  return name === 'VALUE_STRING' ? (JSON.parse(raw) as string) : raw;
}

function positionOf(text: string, offset: number): { line: number; column: number } {
  let line = 1;
  let lineStart = 0;
  for (let at = text.indexOf('\n'); at >= 0 && at < offset - 1; at = text.indexOf('\n', at + 1)) {
    line += 1;
    lineStart = at + 1;
  }
  return { line, column: offset - lineStart + 1 };
}

/** What is wrong with a text JSON.parse refused. */
function syntaxErrorIn(text: string): ApiError {
  try {
    walk(text, () => {});
  } catch (error) {
    if (error instanceof Unreadable) {
      const { line, column } = positionOf(text, error.offset);
      return new ApiError('JSON_PARSER_ERROR', `${error.message} at [line:${line}, column:${column}]`);
    }
    throw error;
  }
  return new ApiError('JSON_PARSER_ERROR', 'Unexpected content at [line:1, column:1]');
}

/** Where the walk stopped: `offset` is the one just behind what was read. */
class Unreadable extends Error {
  constructor(
    message: string,
    readonly offset: number,
  ) {
    super(message);
  }
}

type Visit = (path: JsonPath, name: TokenName, raw: string, end: number) => void;

const LITERALS = new Map<string, TokenName>([
  ['true', 'VALUE_TRUE'],
  ['false', 'VALUE_FALSE'],
  ['null', 'VALUE_NULL'],
]);

/** Visits every value of a JSON text with the offset behind its token; throws Unreadable at the first error. */
function walk(text: string, visit: Visit): void {
  const path: (string | number)[] = [];
  let at = 0;
  readValue();
  skipBlanks();
  if (at < text.length) throw unexpected('expected the end of the content');

  function readValue(): void {
    skipBlanks();
    const first = text[at];
    if (first === undefined) throw new Unreadable('Unexpected end-of-input', at);
    if (first === '{') readEntries('}', 'START_OBJECT', readField, 'OBJECT');
    else if (first === '[') readEntries(']', 'START_ARRAY', readValue, 'ARRAY');
    else if (first === '"') {
      const raw = readString();
      visit(path, 'VALUE_STRING', raw, at);
    } else if (first === '-' || (first >= '0' && first <= '9')) readNumber();
    else if (/[a-zA-Z]/.test(first)) readLiteral();
    else
      throw unexpected("expected a valid value (number, String, array, object, 'true', 'false' or 'null')");
  }

  function readEntries(close: string, name: TokenName, readEntry: () => void, kind: string): void {
    if (path.length >= MAX_DEPTH) throw new Unreadable(`Nesting is deeper than ${MAX_DEPTH} levels`, at + 1);
    at += 1;
    visit(path, name, text[at - 1] ?? '', at);
    skipBlanks();
    if (text[at] === close) {
      at += 1;
      return;
    }
    for (let index = 0; ; index += 1) {
      path.push(index);
      readEntry();
      path.pop();
      skipBlanks();
      const next = text[at];
      if (next === close) break;
      if (next === undefined)
        throw new Unreadable(`Unexpected end-of-input: expected close marker for ${kind}`, at);
      if (next !== ',') throw unexpected(`was expecting comma to separate ${kind} entries`);
      at += 1;
    }
    at += 1;
  }

  function readField(): void {
    skipBlanks();
    if (text[at] !== '"') throw unexpected('was expecting double-quote to start field name');
    path[path.length - 1] = JSON.parse(readString()) as string;
    skipBlanks();
    if (text[at] !== ':') throw unexpected('was expecting a colon to separate field name and value');
    at += 1;
    readValue();
  }

  function readString(): string {
    const start = at;
    for (at += 1; ; at += 1) {
      const code = text.charCodeAt(at);
      if (Number.isNaN(code)) throw new Unreadable('Unexpected end-of-input in VALUE_STRING', at);
      if (code < 0x20) {
        throw new Unreadable(
          `Illegal unquoted character ((CTRL-CHAR, code ${code})): has to be escaped using backslash to be included in string value`,
          at + 1,
        );
      }
      if (text[at] === '"') break;
      if (text[at] === '\\') {
        at += 1;
        const sequence = /^(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/.exec(text.slice(at, at + 5))?.[0];
        if (sequence === undefined) throw unexpected('unrecognized character escape');
        at += sequence.length - 1;
      }
    }
    at += 1;
    return text.slice(start, at);
  }

  function readNumber(): void {
    const raw = /^-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/.exec(text.slice(at, at + 1000));
    if (raw === null) {
      at += 1;
      throw unexpected('expected digit (0-9) to follow minus sign, for valid numeric value');
    }
    at += raw[0].length;
    const isInteger = raw[1] === undefined && raw[2] === undefined;
    visit(path, isInteger ? 'VALUE_NUMBER_INT' : 'VALUE_NUMBER_FLOAT', raw[0], at);
  }

  function readLiteral(): void {
    const word = /^\w+/.exec(text.slice(at, at + 100))?.[0] ?? '';
    at += word.length;
    const name = LITERALS.get(word);
    if (name === undefined)
      throw new Unreadable(`Unrecognized token '${word}': was expecting 'null', 'true' or 'false'`, at);
    visit(path, name, word, at);
  }

  function skipBlanks(): void {
    while (text[at] === ' ' || text[at] === '\n' || text[at] === '\r' || text[at] === '\t') at += 1;
  }

  function unexpected(expectation: string): Unreadable {
    const character = text[at];
    if (character === undefined) return new Unreadable('Unexpected end-of-input', at);
    const code = character.charCodeAt(0);
    const shown = code < 0x20 ? `CTRL-CHAR, code ${code}` : `'${character}' (code ${code})`;
    return new Unreadable(`Unexpected character (${shown}): ${expectation}`, at + 1);
  }
}
