/**
 * A reading position in a list of tokens, and the few moves the parsers make.
 * Invariant: `at` never passes the last token, which is `end`.
 */
import type { Query } from './ast.js';
import { tooComplicated, unexpectedToken } from './errors.js';
import type { Lexed, Token } from './tokens.js';

export interface Tokens {
  readonly lexed: Lexed;
  at: number;
  /** How many brackets are open; bounded, because the parser recurses. */
  depth: number;
  /** The query on the right of IN; handed in so that conditions need not import the statement parser. */
  readonly parseSemiJoin: (tokens: Tokens) => Query;
}

/** Deepest nesting of brackets and NOTs. */
const DEPTH_MAX = 200;

export const peek = (tokens: Tokens): Token => tokens.lexed.tokens[tokens.at] as Token;

export function next(tokens: Tokens): void {
  if (tokens.at < tokens.lexed.tokens.length - 1) tokens.at++;
}

export const isWord = (tokens: Tokens, word: string): boolean => {
  const token = peek(tokens);
  return token.word === word && token.kind === 'name';
};

export const isSymbol = (tokens: Tokens, symbol: string): boolean => {
  const token = peek(tokens);
  return token.text === symbol && token.kind === 'symbol';
};

export function takeWord(tokens: Tokens, word: string): boolean {
  if (!isWord(tokens, word)) return false;
  next(tokens);
  return true;
}

export function expectWord(tokens: Tokens, word: string): void {
  if (!takeWord(tokens, word)) throw unexpectedToken(tokens.lexed, tokens.at);
}

export function expectSymbol(tokens: Tokens, symbol: string): void {
  if (!isSymbol(tokens, symbol)) throw unexpectedToken(tokens.lexed, tokens.at);
  next(tokens);
}

/** Runs a nested parse, refusing statements whose nesting would exhaust the stack. */
export function nested<T>(tokens: Tokens, parse: () => T): T {
  if (++tokens.depth > DEPTH_MAX) throw tooComplicated();
  const result = parse();
  tokens.depth--;
  return result;
}
