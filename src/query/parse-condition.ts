/**
 * WHERE and HAVING. AND, OR and NOT never mix without brackets (salesforce-data-api.md §15.3), so a condition
 * is one of: comparisons joined by AND, comparisons joined by OR, one NOT, one comparison.
 */
import type { Condition, Expression, Literal, LiteralKind, Operator } from './ast.js';
import { isRangeName } from './date-literals.js';
import { syntaxError, unexpectedToken } from './errors.js';
import { parseExpression } from './parse-expression.js';
import { expectSymbol, isSymbol, isWord, nested, next, peek, type Tokens, takeWord } from './token-stream.js';

export function parseCondition(tokens: Tokens): Condition {
  return nested(tokens, () => {
    const at = tokens.at;
    if (takeWord(tokens, 'NOT')) {
      const operand = parseSimple(tokens);
      refuseMixing(tokens);
      return Object.freeze({ kind: 'not', at, operand });
    }
    const first = parseSimple(tokens);
    for (const [word, kind] of [
      ['AND', 'and'],
      ['OR', 'or'],
    ] as const) {
      if (!isWord(tokens, word)) continue;
      const operands = [first];
      while (takeWord(tokens, word)) operands.push(parseSimple(tokens));
      refuseMixing(tokens);
      return Object.freeze({ kind, at, operands });
    }
    return first;
  });
}

function refuseMixing(tokens: Tokens): void {
  if (isWord(tokens, 'AND') || isWord(tokens, 'OR')) throw unexpectedToken(tokens.lexed, tokens.at);
}

function parseSimple(tokens: Tokens): Condition {
  if (isSymbol(tokens, '(')) {
    next(tokens);
    const condition = parseCondition(tokens);
    expectSymbol(tokens, ')');
    return condition;
  }
  return parseComparison(tokens);
}

const OPERATORS: Readonly<Record<string, Operator>> = {
  '=': '=',
  '!=': '!=',
  '<>': '!=',
  '<': '<',
  '<=': '<=',
  '>': '>',
  '>=': '>=',
  LIKE: 'LIKE',
};

function parseComparison(tokens: Tokens): Condition {
  const at = tokens.at;
  const left = parseExpression(tokens);
  const token = peek(tokens);
  if (token.word === 'INCLUDES' || token.word === 'EXCLUDES') {
    next(tokens);
    const values = parseList(tokens, at);
    return Object.freeze({ kind: 'includes', at, left, negated: token.word === 'EXCLUDES', values });
  }
  if (token.word === 'NOT' || token.word === 'IN') {
    next(tokens);
    if (token.word === 'NOT' && !takeWord(tokens, 'IN')) throw unexpectedToken(tokens.lexed, tokens.at);
    return parseIn(tokens, at, left, token.word === 'NOT');
  }
  const operator =
    Object.hasOwn(OPERATORS, token.word) && token.kind !== 'string' ? OPERATORS[token.word] : undefined;
  if (operator === undefined) throw unexpectedToken(tokens.lexed, tokens.at, at);
  next(tokens);
  const value = parseLiteral(tokens);
  if (operator === 'LIKE' && value.type === 'null')
    throw syntaxError(tokens.lexed, value.at, "unexpected token: 'NULL'");
  return Object.freeze({ kind: 'comparison', at, left, operator, value });
}

function parseIn(tokens: Tokens, at: number, left: Expression, negated: boolean): Condition {
  const following = tokens.lexed.tokens[tokens.at + 1];
  if (isSymbol(tokens, '(') && following?.word === 'SELECT') {
    next(tokens);
    const query = nested(tokens, () => tokens.parseSemiJoin(tokens));
    expectSymbol(tokens, ')');
    return Object.freeze({ kind: 'semi-join', at, left, negated, query });
  }
  return Object.freeze({ kind: 'in', at, left, negated, values: parseList(tokens, at) });
}

function parseList(tokens: Tokens, from: number): readonly Literal[] {
  if (isSymbol(tokens, ':')) throw bindVariable(tokens);
  expectSymbol(tokens, '(');
  if (isSymbol(tokens, ')')) throw unexpectedToken(tokens.lexed, tokens.at, from);
  const values = [parseLiteral(tokens)];
  while (isSymbol(tokens, ',')) {
    next(tokens);
    values.push(parseLiteral(tokens));
  }
  expectSymbol(tokens, ')');
  return values;
}

const WORDS: Readonly<Record<string, LiteralKind>> = { TRUE: 'boolean', FALSE: 'boolean', NULL: 'null' };

function parseLiteral(tokens: Tokens): Literal {
  const token = peek(tokens);
  const at = tokens.at;
  if (token.kind === 'symbol' && token.text === ':') throw bindVariable(tokens);
  if (
    token.kind === 'string' ||
    token.kind === 'number' ||
    token.kind === 'date' ||
    token.kind === 'datetime'
  ) {
    next(tokens);
    return Object.freeze({ kind: 'literal', type: token.kind, at, text: token.text, countAt: undefined });
  }
  if (token.kind !== 'name') throw unexpectedToken(tokens.lexed, at);
  const type = Object.hasOwn(WORDS, token.word) ? WORDS[token.word] : undefined;
  if (type !== undefined) {
    next(tokens);
    return Object.freeze({ kind: 'literal', type, at, text: token.word, countAt: undefined });
  }
  const range = isRangeName(token.word);
  if (range === undefined) throw unexpectedToken(tokens.lexed, at);
  next(tokens);
  let countAt: number | undefined;
  if (range === 'counted') {
    expectSymbol(tokens, ':');
    countAt = tokens.at;
    if (!/^\d{1,9}$/.test(peek(tokens).text)) throw unexpectedToken(tokens.lexed, countAt);
    next(tokens);
  }
  return Object.freeze({ kind: 'literal', type: 'range', at, text: token.word, countAt });
}

const bindVariable = (tokens: Tokens) =>
  syntaxError(tokens.lexed, tokens.at, 'Bind variables only allowed in Apex code');
