/**
 * Tokens -> syntax tree, by recursive descent. Decides only whether the statement is well formed; what its
 * names mean is the checker's. Every refusal here is a syntax error (errors.ts).
 * Grammar and texts: salesforce-data-api.md §15.1, §15.15.
 */
import type {
  Count,
  From,
  Group,
  Option,
  OptionName,
  Order,
  Path,
  Query,
  Scope,
  SelectItem,
  TypeOf,
  With,
} from './ast.js';
import { syntaxError, unexpectedToken, wholeError } from './errors.js';
import { lex, STATEMENT_MAX_CHARS } from './lexer.js';
import { parseCondition } from './parse-condition.js';
import { parseExpression } from './parse-expression.js';
import {
  expectSymbol,
  expectWord,
  isSymbol,
  isWord,
  nested,
  next,
  peek,
  type Tokens,
  takeWord,
} from './token-stream.js';
import { type Lexed, RESERVED } from './tokens.js';

export interface Parsed {
  readonly lexed: Lexed;
  readonly query: Query;
}

/** Parses one SOQL statement. Throws MALFORMED_QUERY. */
export function parse(source: string): Parsed {
  return parseLexed(lexStatement(source));
}

/** Cuts a statement into tokens after checking what holds for the text as a whole. */
export function lexStatement(source: string): Lexed {
  if (source.trim() === '') throw wholeError('MALFORMED_QUERY', 'SOQL statements cannot be empty or null');
  if (source.length > STATEMENT_MAX_CHARS) {
    throw wholeError(
      'MALFORMED_QUERY',
      `SOQL statements cannot be longer than ${STATEMENT_MAX_CHARS} characters`,
    );
  }
  return lex(source);
}

/** Begins reading at the first token. */
export const openTokens = (lexed: Lexed): Tokens => ({ lexed, at: 0, depth: 0, parseSemiJoin });

export function parseLexed(lexed: Lexed): Parsed {
  const tokens = openTokens(lexed);
  const query = parseQuery(tokens, 'statement');
  if (peek(tokens).kind !== 'end') throw unexpectedToken(lexed, tokens.at);
  return { lexed, query };
}

/** Which clauses may follow FROM depends on where the query stands. */
export type Place = 'statement' | 'sub-query' | 'semi-join';

function parseQuery(tokens: Tokens, place: Place): Query {
  const at = tokens.at;
  expectWord(tokens, 'SELECT');
  const select = parseSelectList(tokens, at, place);
  expectFrom(tokens);
  const from = parseFrom(tokens);
  const joins: From[] = [];
  while (isSymbol(tokens, ',')) {
    next(tokens);
    joins.push(parseFrom(tokens));
  }
  const scope = parseScope(tokens);
  const where = takeWord(tokens, 'WHERE') ? parseCondition(tokens) : undefined;
  if (place === 'semi-join') {
    return Object.freeze({
      kind: 'query',
      at,
      select,
      from,
      joins,
      scope,
      where,
      with: undefined,
      group: undefined,
      having: undefined,
      order: [],
      limit: undefined,
      offset: undefined,
      options: [],
    });
  }
  const with_ = parseWith(tokens);
  const group = parseGroup(tokens);
  const having = takeWord(tokens, 'HAVING') ? parseCondition(tokens) : undefined;
  const order = parseOrder(tokens);
  const limit = parseCount(tokens, 'LIMIT');
  const offset = parseCount(tokens, 'OFFSET');
  const options = parseOptions(tokens);
  return Object.freeze({
    kind: 'query',
    at,
    select,
    from,
    joins,
    scope,
    where,
    with: with_,
    group,
    having,
    order,
    limit,
    offset,
    options,
  });
}

/** `(SELECT …)` on the right of IN: one field, FROM and WHERE, nothing behind them. */
function parseSemiJoin(tokens: Tokens): Query {
  const query = parseQuery(tokens, 'semi-join');
  if (!isSymbol(tokens, ')')) {
    const token = peek(tokens);
    // The clauses that could follow a closing bracket: to the parser the bracket itself is what is missing.
    if (CLAUSE_STARTS.has(token.word))
      throw syntaxError(tokens.lexed, tokens.at, `missing value at '${token.text}'`);
    throw unexpectedToken(tokens.lexed, tokens.at);
  }
  return query;
}

const CLAUSE_STARTS: ReadonlySet<string> = new Set([
  'GROUP',
  'HAVING',
  'ORDER',
  'LIMIT',
  'OFFSET',
  'WITH',
  'FOR',
  'UPDATE',
]);

// ---- SELECT --------------------------------------------------------------------------------------------

function parseSelectList(tokens: Tokens, selectAt: number, place: Place): readonly SelectItem[] {
  const first = peek(tokens);
  if (first.kind !== 'bad' && (isWord(tokens, 'FROM') || (first.kind !== 'name' && !isSymbol(tokens, '(')))) {
    throw unexpectedToken(tokens.lexed, tokens.at, selectAt);
  }
  return parseSelectItems(tokens, place);
}

/** Fields, functions and sub-queries joined by commas; SOSL's RETURNING lists them too. */
export function parseSelectItems(tokens: Tokens, place: Place): readonly SelectItem[] {
  const items: SelectItem[] = [parseSelectItem(tokens, place)];
  while (isSymbol(tokens, ',')) {
    next(tokens);
    items.push(parseSelectItem(tokens, place));
  }
  return items;
}

function parseSelectItem(tokens: Tokens, place: Place): SelectItem {
  const at = tokens.at;
  if (isSymbol(tokens, '(') && place !== 'semi-join') {
    next(tokens);
    const query = nested(tokens, () => parseQuery(tokens, 'sub-query'));
    expectSymbol(tokens, ')');
    return Object.freeze({ kind: 'sub-query', at, query });
  }
  const token = peek(tokens);
  const following = tokens.lexed.tokens[at + 1];
  if (token.word === 'TYPEOF' && following?.kind === 'name' && following.word !== 'FROM')
    return parseTypeOf(tokens);
  if (token.word === 'FIELDS' && following?.text === '(') return parseFields(tokens);
  const expression = parseExpression(tokens);
  return Object.freeze({ kind: 'selected', at, expression, alias: takeAlias(tokens) });
}

function parseFields(tokens: Tokens): SelectItem {
  const at = tokens.at;
  next(tokens);
  next(tokens);
  const which = peek(tokens);
  if (which.word !== 'ALL' && which.word !== 'STANDARD' && which.word !== 'CUSTOM') {
    throw unexpectedToken(tokens.lexed, tokens.at);
  }
  next(tokens);
  expectSymbol(tokens, ')');
  return Object.freeze({ kind: 'fields', at, which: which.word });
}

function parseTypeOf(tokens: Tokens): TypeOf {
  const at = tokens.at;
  next(tokens);
  const path = parsePath(tokens);
  const when: TypeOf['when'][number][] = [];
  while (isWord(tokens, 'WHEN')) {
    next(tokens);
    const typeAt = tokens.at;
    const type = parseObjectName(tokens).text;
    expectWord(tokens, 'THEN');
    when.push(Object.freeze({ at: typeAt, type, fields: parsePaths(tokens) }));
  }
  if (when.length === 0) throw unexpectedToken(tokens.lexed, tokens.at);
  const otherwise = takeWord(tokens, 'ELSE') ? parsePaths(tokens) : undefined;
  expectWord(tokens, 'END');
  return Object.freeze({ kind: 'typeof', at, path, when, otherwise });
}

function parsePaths(tokens: Tokens): Path[] {
  const paths = [parsePath(tokens)];
  while (isSymbol(tokens, ',')) {
    next(tokens);
    paths.push(parsePath(tokens));
  }
  return paths;
}

/** The name of an object: Group is one, although it opens a clause elsewhere. */
export const parseObjectName = (tokens: Tokens): Path => parsePath(tokens, 'GROUP');

function parsePath(tokens: Tokens, allowed?: string): Path {
  const token = peek(tokens);
  if (token.kind !== 'name' || (RESERVED.has(token.word) && token.word !== allowed))
    throw unexpectedToken(tokens.lexed, tokens.at);
  const at = tokens.at;
  next(tokens);
  return Object.freeze({ kind: 'path', at, text: token.text });
}

// ---- FROM and what follows -----------------------------------------------------------------------------

function expectFrom(tokens: Tokens): void {
  const token = peek(tokens);
  if (token.word === 'FROM') {
    next(tokens);
    return;
  }
  // A name where FROM is due could follow FROM, so the parser takes FROM itself as missing.
  if (token.kind === 'name' && !RESERVED.has(token.word)) {
    throw syntaxError(tokens.lexed, tokens.at, `missing value at '${token.text}'`);
  }
  throw unexpectedToken(tokens.lexed, tokens.at);
}

function parseFrom(tokens: Tokens): From {
  const path = parseObjectName(tokens);
  return Object.freeze({
    kind: 'from',
    at: path.at,
    path: path.text,
    alias: takeAlias(tokens),
  });
}

/** ORDER, OFFSET, FOR, UPDATE, ALL and SET are no reserved words: they open a clause only with their partner. */
function startsClause(tokens: Tokens): boolean {
  const following = tokens.lexed.tokens[tokens.at + 1];
  switch (peek(tokens).word) {
    case 'ORDER':
      return following?.word === 'BY';
    case 'OFFSET':
      return following?.kind === 'number';
    case 'FOR':
      return following?.word === 'VIEW' || following?.word === 'REFERENCE' || following?.word === 'UPDATE';
    case 'UPDATE':
      return following?.word === 'TRACKING' || following?.word === 'VIEWSTAT';
    case 'ALL':
      return following?.word === 'ROWS';
    case 'SET':
      return following?.word === 'OPTIONS';
    default:
      return false;
  }
}

/** Any word that is not reserved is an alias, so in `SELECT Id FORM T` FORM is one. */
function takeAlias(tokens: Tokens): string | undefined {
  const token = peek(tokens);
  if (token.kind !== 'name' || RESERVED.has(token.word) || token.text.includes('.')) return undefined;
  if (startsClause(tokens)) return undefined;
  next(tokens);
  return token.text;
}

function parseScope(tokens: Tokens): Scope | undefined {
  if (!isWord(tokens, 'USING')) return undefined;
  next(tokens);
  expectWord(tokens, 'SCOPE');
  const { at, text } = parsePath(tokens);
  return Object.freeze({ kind: 'scope', at, name: text });
}

function parseWith(tokens: Tokens): With | undefined {
  if (!isWord(tokens, 'WITH')) return undefined;
  const at = tokens.at;
  next(tokens);
  const what = peek(tokens);
  if (what.kind !== 'name') throw unexpectedToken(tokens.lexed, tokens.at);
  next(tokens);
  if (what.word === 'DATA') {
    expectWord(tokens, 'CATEGORY');
    do parseCategory(tokens);
    while (takeWord(tokens, 'AND'));
  } else if (isSymbol(tokens, '(')) skipBrackets(tokens);
  const last = tokens.lexed.tokens[tokens.at - 1];
  const text = tokens.lexed.source.slice(what.start, last?.end);
  return Object.freeze({ kind: 'with', at, what: what.text, text });
}

function parseCategory(tokens: Tokens): void {
  parsePath(tokens);
  const operator = peek(tokens);
  if (!['AT', 'ABOVE', 'BELOW', 'ABOVE_OR_BELOW'].includes(operator.word))
    throw unexpectedToken(tokens.lexed, tokens.at);
  next(tokens);
  if (isSymbol(tokens, '(')) skipBrackets(tokens);
  else parsePath(tokens);
}

function skipBrackets(tokens: Tokens): void {
  let open = 0;
  do {
    const token = peek(tokens);
    if (token.kind === 'end' || token.kind === 'bad') throw unexpectedToken(tokens.lexed, tokens.at);
    if (token.text === '(') open++;
    else if (token.text === ')') open--;
    next(tokens);
  } while (open > 0);
}

function parseGroup(tokens: Tokens): Group | undefined {
  if (!isWord(tokens, 'GROUP')) return undefined;
  const at = tokens.at;
  next(tokens);
  expectWord(tokens, 'BY');
  const mode = peek(tokens).word;
  if ((mode === 'ROLLUP' || mode === 'CUBE') && tokens.lexed.tokens[tokens.at + 1]?.text === '(') {
    next(tokens);
    next(tokens);
    const by = parseExpressions(tokens);
    expectSymbol(tokens, ')');
    return Object.freeze({ kind: 'group', at, mode, by });
  }
  return Object.freeze({ kind: 'group', at, mode: 'plain', by: parseExpressions(tokens) });
}

function parseExpressions(tokens: Tokens) {
  const expressions = [parseExpression(tokens)];
  while (isSymbol(tokens, ',')) {
    next(tokens);
    expressions.push(parseExpression(tokens));
  }
  return expressions;
}

export function parseOrder(tokens: Tokens): readonly Order[] {
  if (!isWord(tokens, 'ORDER')) return [];
  next(tokens);
  expectWord(tokens, 'BY');
  const order = [parseOrderItem(tokens)];
  while (isSymbol(tokens, ',')) {
    next(tokens);
    order.push(parseOrderItem(tokens));
  }
  return order;
}

function parseOrderItem(tokens: Tokens): Order {
  const at = tokens.at;
  const by = parseExpression(tokens);
  const descending = takeWord(tokens, 'DESC') || (takeWord(tokens, 'ASC') && false);
  let nulls: Order['nulls'];
  if (takeWord(tokens, 'NULLS')) {
    const which = peek(tokens).word;
    if (which !== 'FIRST' && which !== 'LAST') throw unexpectedToken(tokens.lexed, tokens.at);
    nulls = which;
    next(tokens);
  }
  return Object.freeze({ kind: 'order', at, by, descending, nulls });
}

export function parseCount(tokens: Tokens, word: 'LIMIT' | 'OFFSET'): Count | undefined {
  if (!isWord(tokens, word)) return undefined;
  next(tokens);
  const at = tokens.at;
  const token = peek(tokens);
  if (word === 'OFFSET' && /^-\d+$/.test(token.text)) {
    throw wholeError('NUMBER_OUTSIDE_VALID_RANGE', 'SOQL offset must be a non-negative value');
  }
  if (token.kind !== 'number' || !/^\+?\d{1,15}$/.test(token.text)) throw unexpectedToken(tokens.lexed, at);
  next(tokens);
  return Object.freeze({ kind: 'count', at, value: Number(token.text) });
}

// ---- what stands behind the query ----------------------------------------------------------------------

const OPTION_PAIRS: Readonly<Record<string, readonly string[]>> = {
  FOR: ['VIEW', 'REFERENCE', 'UPDATE'],
  UPDATE: ['TRACKING', 'VIEWSTAT'],
  ALL: ['ROWS'],
  SET: ['OPTIONS'],
};

function parseOptions(tokens: Tokens): readonly Option[] {
  const options: Option[] = [];
  for (;;) {
    const at = tokens.at;
    const first = peek(tokens).word;
    const partners = Object.hasOwn(OPTION_PAIRS, first) ? OPTION_PAIRS[first] : undefined;
    if (partners === undefined) return options;
    next(tokens);
    const second = peek(tokens).word;
    if (!partners.includes(second)) throw unexpectedToken(tokens.lexed, tokens.at);
    next(tokens);
    const name = `${first} ${second}` as OptionName;
    if (options.some((option) => option.name === name)) throw unexpectedToken(tokens.lexed, at);
    const honorEmptyStrings = name === 'SET OPTIONS' ? parseHonorEmptyStrings(tokens) : undefined;
    options.push(Object.freeze({ kind: 'option', at, name, honorEmptyStrings }));
  }
}

function parseHonorEmptyStrings(tokens: Tokens): boolean {
  expectSymbol(tokens, '(');
  expectWord(tokens, 'HONOREMPTYSTRINGS');
  expectSymbol(tokens, '=');
  const value = peek(tokens).word;
  if (value !== 'TRUE' && value !== 'FALSE') throw unexpectedToken(tokens.lexed, tokens.at);
  next(tokens);
  expectSymbol(tokens, ')');
  return value === 'TRUE';
}
