/**
 * `FIND {…} IN … RETURNING … WITH … LIMIT …` -> tree. What stands inside RETURNING is SOQL and read by its parser;
 * refusals are MALFORMED_SEARCH (salesforce-data-api.md §16.1).
 */
import { ApiError } from '../../errors.js';
import type { Query } from '../ast.js';
import { unexpectedToken } from '../errors.js';
import { lex, STATEMENT_MAX_CHARS } from '../lexer.js';
import { parseCondition } from '../parse-condition.js';
import { openTokens, parseCount, parseObjectName, parseOrder, parseSelectItems } from '../parser.js';
import {
  expectSymbol,
  expectWord,
  isSymbol,
  isWord,
  next,
  peek,
  type Tokens,
  takeWord,
} from '../token-stream.js';
import type { Lexed } from '../tokens.js';

export type SearchGroup = 'ALL' | 'NAME' | 'EMAIL' | 'PHONE' | 'SIDEBAR';

export interface Returning {
  readonly at: number;
  readonly object: string;
  /** SOQL over the object, as if FROM named it; Id alone where no field was asked for. */
  readonly query: Query;
  /** USING ListView=… */
  readonly listView: { readonly at: number; readonly name: string } | undefined;
}

export interface SearchWith {
  readonly at: number;
  readonly name: string;
}

export interface SearchStatement {
  readonly lexed: Lexed;
  /** Between the braces, as written. */
  readonly text: string;
  readonly group: SearchGroup;
  /** undefined: every searchable object. */
  readonly returning: readonly Returning[] | undefined;
  readonly with: readonly SearchWith[];
  readonly limit: number | undefined;
}

export const malformedSearch = (text: string): ApiError => new ApiError('MALFORMED_SEARCH', text);

/** Reads one SOSL statement. Throws MALFORMED_SEARCH. */
export function parseSearch(source: string): SearchStatement {
  if (source.length > STATEMENT_MAX_CHARS) {
    throw malformedSearch(`SOSL statements cannot be longer than ${STATEMENT_MAX_CHARS} characters`);
  }
  const start = /^\s*FIND\s*\{/i.exec(source);
  const end = start === null ? -1 : closingBrace(source, start[0].length);
  if (start === null || end === -1) {
    throw malformedSearch('No search term found. The search term must be enclosed in braces.');
  }
  // What was read already becomes blanks, so that rows and columns of the rest stay true.
  const lexed = lex(source.slice(0, end + 1).replace(/[^\n]/g, ' ') + source.slice(end + 1));
  try {
    return { lexed, text: source.slice(start[0].length, end), ...parseClauses(openTokens(lexed)) };
  } catch (error) {
    throw asSearchError(error);
  }
}

/** What SOQL calls a malformed query is a malformed search here. */
export function asSearchError(error: unknown): unknown {
  if (!(error instanceof ApiError) || error.code !== 'MALFORMED_QUERY') return error;
  return new ApiError(
    'MALFORMED_SEARCH',
    error.message,
    error.position === undefined ? {} : { position: error.position },
  );
}

function closingBrace(source: string, from: number): number {
  for (let at = from; at < source.length; at++) {
    if (source[at] === '\\') at++;
    else if (source[at] === '}') return at;
  }
  return -1;
}

const GROUPS: ReadonlySet<string> = new Set<SearchGroup>(['ALL', 'NAME', 'EMAIL', 'PHONE', 'SIDEBAR']);

/** Objects RETURNING may name: more than there are to be searched. */
const RETURNING_MAX = 200;

function parseClauses(tokens: Tokens): Omit<SearchStatement, 'lexed' | 'text'> {
  let group: SearchGroup = 'ALL';
  if (takeWord(tokens, 'IN')) {
    const { word } = peek(tokens);
    if (!GROUPS.has(word)) throw unexpectedToken(tokens.lexed, tokens.at);
    group = word as SearchGroup;
    next(tokens);
    expectWord(tokens, 'FIELDS');
  }
  let returning: Returning[] | undefined;
  if (takeWord(tokens, 'RETURNING')) {
    returning = [parseReturning(tokens)];
    while (isSymbol(tokens, ',')) {
      if (returning.length >= RETURNING_MAX)
        throw malformedSearch(`RETURNING may name at most ${RETURNING_MAX} objects`);
      next(tokens);
      returning.push(parseReturning(tokens));
    }
  }
  const options: SearchWith[] = [];
  while (isWord(tokens, 'WITH')) options.push(parseWith(tokens));
  const limit = parseCount(tokens, 'LIMIT')?.value;
  // UPDATE TRACKING and VIEWSTAT belong to Knowledge, so they are refused like any word that may not stand here.
  if (peek(tokens).kind !== 'end') throw unexpectedToken(tokens.lexed, tokens.at);
  return { group, returning, with: options, limit };
}

function parseReturning(tokens: Tokens): Returning {
  const { at, text: object } = parseObjectName(tokens);
  const from = { kind: 'from', at, path: object, alias: undefined } as const;
  const bare = {
    kind: 'query',
    at,
    from,
    joins: [],
    scope: undefined,
    with: undefined,
    group: undefined,
    having: undefined,
    options: [],
  } as const;
  if (!isSymbol(tokens, '(')) {
    const select = [
      { kind: 'selected', at, expression: { kind: 'path', at, text: 'Id' }, alias: undefined },
    ] as const;
    return {
      at,
      object,
      listView: undefined,
      query: { ...bare, select, where: undefined, order: [], limit: undefined, offset: undefined },
    };
  }
  next(tokens);
  // The first token of the list must be a field: WHERE, ORDER BY and LIMIT need one in front.
  if (isWord(tokens, 'ORDER') && tokens.lexed.tokens[tokens.at + 1]?.word === 'BY')
    throw unexpectedToken(tokens.lexed, tokens.at);
  if (isWord(tokens, 'OFFSET')) throw unexpectedToken(tokens.lexed, tokens.at);
  const select = parseSelectItems(tokens, 'semi-join');
  const where = takeWord(tokens, 'WHERE') ? parseCondition(tokens) : undefined;
  const listView = parseListView(tokens);
  const order = parseOrder(tokens);
  const limit = parseCount(tokens, 'LIMIT');
  const offset = parseCount(tokens, 'OFFSET');
  expectSymbol(tokens, ')');
  return { at, object, listView, query: { ...bare, select, where, order, limit, offset } };
}

function parseListView(tokens: Tokens): Returning['listView'] {
  if (!takeWord(tokens, 'USING')) return undefined;
  expectWord(tokens, 'LISTVIEW');
  expectSymbol(tokens, '=');
  const { at, text } = parseObjectName(tokens);
  return { at, name: text };
}

/** Goes past whatever stands here, but never past a lexeme the language does not have: nothing is read behind it. */
function pass(tokens: Tokens): void {
  if (peek(tokens).kind === 'bad') throw unexpectedToken(tokens.lexed, tokens.at);
  next(tokens);
}

/** WITH HIGHLIGHT, WITH SNIPPET (target_length = 120), WITH METADATA = 'LABELS', WITH SPELL_CORRECTION = false … */
function parseWith(tokens: Tokens): SearchWith {
  next(tokens);
  const { at, text: name } = parseObjectName(tokens);
  if (isSymbol(tokens, '=')) {
    next(tokens);
    pass(tokens);
  } else if (isSymbol(tokens, '(')) {
    while (!isSymbol(tokens, ')') && peek(tokens).kind !== 'end') pass(tokens);
    expectSymbol(tokens, ')');
  } else if (name.toUpperCase() === 'DATA' || name.toUpperCase() === 'NETWORK') {
    while (!isWord(tokens, 'LIMIT') && peek(tokens).kind !== 'end') pass(tokens);
  }
  return { at, name };
}
