/**
 * Refusals of SOQL and SOSL in Salesforce's form: excerpt, caret, row and column (salesforce-data-api.md §15.15).
 * Semantic errors count columns from 1, syntax errors from 0; in both the caret stands at column - 1 of the line.
 * A syntax error at the first token or at the end of the statement has its text alone.
 */
import { ApiError } from '../errors.js';
import { showable } from './strings.js';
import type { Lexed, Token } from './tokens.js';

/** Half the width of the excerpt, in characters, before it grows to whole words. */
const WINDOW = 30;

/** A refusal that has no place in the statement. */
export function wholeError(code: string, text: string): ApiError {
  return new ApiError(code, text);
}

/** What is well formed, and yet more than the parser or PostgreSQL takes on. */
export function tooComplicated(): ApiError {
  return wholeError(
    'QUERY_TOO_COMPLICATED',
    'Query is either selecting too many fields or the filter conditions are too complicated.',
  );
}

/** SQLSTATE of a statement that was cancelled, which ours are when they run for too long. */
const CANCELLED = '57014';

/**
 * Rethrows what the database said; where a limit of PostgreSQL itself was met (SQLSTATE class 54: columns, nesting; 2201B:
 * a regular expression), or the time a query may take (salesforce-data-api.md §4.5), the client's statement is what is too
 * much.
 */
export function refuseTooMuch(error: unknown): never {
  const code = (error as { code?: unknown }).code;
  if (code === CANCELLED) throw wholeError('QUERY_TIMEOUT', 'Your query request was running for too long.');
  if (typeof code === 'string' && /^(?:54...|2201B)$/.test(code)) throw tooComplicated();
  throw error;
}

/** A name, field or value the statement may not use, at the token that names it. */
export function semanticError(code: string, lexed: Lexed, at: number, text: string): ApiError {
  const { row, line, offset } = placeOf(lexed, at);
  return positioned(code, line, row, offset + 1, text);
}

/** A token where none like it may stand. `from` is where the parser lost its way, when that is further left. */
export function unexpectedToken(lexed: Lexed, at: number, from = at): ApiError {
  const token = lexed.tokens[at] as Token;
  if (token.kind === 'bad') return syntaxError(lexed, at, token.problem as string);
  const written =
    from === at || token.kind === 'end'
      ? token.text
      : lexed.source.slice((lexed.tokens[from] as Token).start, token.end);
  return syntaxError(lexed, at, `unexpected token: '${written}'`);
}

/** Any other syntax error at a token. */
export function syntaxError(lexed: Lexed, at: number, text: string): ApiError {
  const token = lexed.tokens[at] as Token;
  if (token.kind === 'end' || at === 0) return new ApiError('MALFORMED_QUERY', showable(text));
  const { row, line, offset } = placeOf(lexed, at);
  return positioned('MALFORMED_QUERY', line, row, offset, text);
}

function placeOf(lexed: Lexed, at: number): { row: number; line: string; offset: number } {
  const start = (lexed.tokens[at] as Token).start;
  const before = lexed.source.lastIndexOf('\n', start - 1) + 1;
  const after = lexed.source.indexOf('\n', start);
  let row = 1;
  for (let i = lexed.source.indexOf('\n'); i !== -1 && i < before; i = lexed.source.indexOf('\n', i + 1))
    row++;
  const line = lexed.source.slice(start === 0 ? 0 : before, after === -1 ? undefined : after);
  return {
    row,
    line: line.endsWith('\r') ? line.slice(0, -1) : line,
    offset: start - (start === 0 ? 0 : before),
  };
}

function positioned(code: string, line: string, row: number, column: number, text: string): ApiError {
  const caret = Math.max(0, column - 1);
  const { excerpt, left } = excerptAround(line, caret);
  const message = `\n${excerpt}\n${' '.repeat(caret - left)}^\nERROR at Row:${row}:Column:${column}\n${text}`;
  return new ApiError(code, showable(message), { position: { row, column } });
}

/** The window of one line around an offset, grown to whole words on both sides. */
export function excerptAround(line: string, caret: number): { excerpt: string; left: number } {
  const parts = (char: string | undefined) => char === undefined || char === ',' || /\s/.test(char);
  let left = Math.max(0, Math.min(caret, line.length) - WINDOW);
  while (left > 0 && !parts(line[left - 1])) left--;
  let right = Math.min(line.length, caret + WINDOW);
  while (right < line.length && !parts(line[right])) right++;
  return { excerpt: line.slice(left, right), left };
}
