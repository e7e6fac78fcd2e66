/**
 * Field paths and function calls: what may be selected, filtered, grouped and sorted.
 * At most one function stands inside another; more is `unexpected token: '('` (salesforce-data-api.md §15.11).
 */
import type { Expression } from './ast.js';
import { unexpectedToken } from './errors.js';
import { expectSymbol, isSymbol, next, peek, type Tokens } from './token-stream.js';
import { RESERVED } from './tokens.js';

const NESTING_MAX = 2;

export function parseExpression(tokens: Tokens, nesting = 1): Expression {
  const at = tokens.at;
  const token = peek(tokens);
  if (token.kind !== 'name' || RESERVED.has(token.word)) throw unexpectedToken(tokens.lexed, at);
  next(tokens);
  if (!isSymbol(tokens, '(')) return Object.freeze({ kind: 'path', at, text: token.text });
  if (nesting > NESTING_MAX) throw unexpectedToken(tokens.lexed, tokens.at);
  next(tokens);
  const argument = isSymbol(tokens, ')') ? undefined : parseExpression(tokens, nesting + 1);
  expectSymbol(tokens, ')');
  return Object.freeze({ kind: 'call', at, name: token.text, argument });
}
