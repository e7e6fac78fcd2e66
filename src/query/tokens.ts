/**
 * The words of SOQL and SOSL, as the lexer hands them to the parsers.
 * Invariant: tokens are in source order and the last one is `end`; every later stage names a place in the
 * statement by the index of a token, so a cached plan can point into another text of the same shape.
 */

export type TokenKind =
  | 'name' // identifiers and keywords, dotted paths whole: LiveAgentSession, Agent.Manager.Name
  | 'string' // 'text', still escaped
  | 'number'
  | 'date' // 2026-03-10
  | 'datetime' // 2026-03-10T12:00:00Z
  | 'symbol' // ( ) , = != <> < <= > >= : *
  | 'bad' // a lexeme the language does not have; `problem` says what to answer
  | 'end';

export interface Token {
  readonly kind: TokenKind;
  /** As written. */
  readonly text: string;
  /** Upper case of a name; the text itself for everything else. What the parsers compare with. */
  readonly word: string;
  /** Offset of the first character, counted from 0 over the whole statement. */
  readonly start: number;
  readonly end: number;
  /** The message of a `bad` token. */
  readonly problem: string | undefined;
}

/** A statement cut into tokens. */
export interface Lexed {
  readonly source: string;
  readonly tokens: readonly Token[];
  /** The statement with literals replaced by their kind: texts that share it share a plan. */
  readonly shape: string;
}

/** Words that open or join clauses and so cannot be an alias (salesforce-data-api.md §15.1). */
export const RESERVED: ReadonlySet<string> = new Set([
  'AND',
  'ASC',
  'DESC',
  'EXCLUDES',
  'FIRST',
  'FROM',
  'GROUP',
  'HAVING',
  'IN',
  'INCLUDES',
  'LAST',
  'LIKE',
  'LIMIT',
  'NOT',
  'NULL',
  'NULLS',
  'OR',
  'SELECT',
  'USING',
  'WHERE',
  'WITH',
]);
