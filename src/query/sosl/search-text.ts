/**
 * What stands between the braces of FIND: words, phrases, wildcards and operators (salesforce-data-api.md §16.3).
 * AND and AND NOT bind before OR; words side by side are joined by AND.
 */
import { ApiError } from '../../errors.js';
import { textKey } from '../../store/columns.js';
import { wordsOf } from './words.js';

export type Search =
  | { readonly kind: 'and' | 'or'; readonly of: readonly Search[] }
  | { readonly kind: 'not'; readonly of: Search }
  /** Words in a row; `*` and `?` in them are wildcards. One word is a phrase of one. */
  | { readonly kind: 'phrase'; readonly words: readonly string[] }
  | { readonly kind: 'nothing' };

/** Above this no rows are found; above the next the operators are words no more. */
const TEXT_MAX_CHARS = 10_000;
const OPERATORS_MAX_CHARS = 4_000;
const NESTING_MAX = 100;

const malformed = (text: string): ApiError => new ApiError('MALFORMED_SEARCH', text);

/** Characters that need a backslash. */
const RESERVED = new Set("&|![]{}^~:'+");

type Piece =
  | { readonly kind: 'open'; readonly text?: undefined }
  | { readonly kind: 'close'; readonly text?: undefined }
  | { readonly kind: 'word' | 'phrase'; readonly text: string };

/** Reads a search text. Throws MALFORMED_SEARCH, and INVALID_SEARCH where it is too short. */
export function readSearch(text: string): Search {
  // Private characters mean something in here, so none may come from outside.
  const pieces = cut(text.replace(/[\ue000\ue001]/g, ' '));
  const bare = pieces.map((piece) => piece.text ?? '').join('');
  const letters = bare.replaceAll(WILDCARD_ANY, '').replaceAll(WILDCARD_ONE, '');
  if (letters.length < 2)
    throw new ApiError('INVALID_SEARCH', `search term must be longer than one character: ${text.trim()}`);
  if (text.length > TEXT_MAX_CHARS) return NOTHING;
  if (text.length > OPERATORS_MAX_CHARS) {
    const texts = pieces.flatMap(({ kind, text: one }) =>
      one === undefined || (kind === 'word' && isOperator(one)) ? [] : [one],
    );
    return joined('or', texts.map(phraseOf));
  }
  const reader = { pieces, at: 0, depth: 0 };
  const search = readOr(reader);
  if (reader.at < pieces.length) throw malformed('unexpected closing bracket in the search term');
  return search;
}

const NOTHING: Search = { kind: 'nothing' };

/** Inside pieces wildcards are kept apart from escaped characters by these, which no word can hold. */
const WILDCARD_ANY = '\ue000';
const WILDCARD_ONE = '\ue001';

function cut(text: string): Piece[] {
  const pieces: Piece[] = [];
  let word = '';
  const flush = () => {
    if (word !== '') pieces.push({ kind: 'word', text: word });
    word = '';
  };
  for (let at = 0; at < text.length; at++) {
    const char = text[at] as string;
    if (/\s/.test(char)) flush();
    else if (char === '(' || char === ')') {
      flush();
      pieces.push(char === '(' ? { kind: 'open' } : { kind: 'close' });
    } else if (char === '"') {
      flush();
      const phrase = readPhrase(text, at + 1);
      pieces.push({ kind: 'phrase', text: phrase.text });
      at = phrase.end;
    } else {
      const one = readChar(text, at);
      word += one.text;
      at = one.end;
    }
  }
  flush();
  return pieces;
}

function readPhrase(text: string, from: number): { text: string; end: number } {
  let phrase = '';
  for (let at = from; at < text.length; at++) {
    if (text[at] === '"') return { text: phrase, end: at };
    const one = readChar(text, at);
    phrase += one.text;
    at = one.end;
  }
  throw malformed('a phrase in the search term is not closed');
}

/** One character, escapes and wildcards resolved; `end` is the last index used. */
function readChar(text: string, at: number): { text: string; end: number } {
  const char = text[at] as string;
  if (char === '\\') {
    if (at + 1 >= text.length) throw malformed('a backslash in the search term escapes nothing');
    return { text: text[at + 1] as string, end: at + 1 };
  }
  if (char === '*') return { text: WILDCARD_ANY, end: at };
  if (char === '?') return { text: WILDCARD_ONE, end: at };
  if (RESERVED.has(char))
    throw malformed(`the reserved character ${char} in the search term needs a backslash`);
  return { text: char, end: at };
}

// ---- operators -----------------------------------------------------------------------------------------

interface Reader {
  readonly pieces: readonly Piece[];
  at: number;
  depth: number;
}

const isOperator = (word: string): boolean => /^(?:and|or|not)$/i.test(word);

const operatorAt = (reader: Reader, word: string, at = reader.at): boolean => {
  const piece = reader.pieces[at];
  return piece?.kind === 'word' && piece.text.toUpperCase() === word;
};

function readOr(reader: Reader): Search {
  const operands = [readAnd(reader)];
  while (operatorAt(reader, 'OR')) {
    reader.at++;
    operands.push(readAnd(reader));
  }
  return joined('or', operands);
}

function readAnd(reader: Reader): Search {
  const operands = [readOperand(reader)];
  for (;;) {
    const piece = reader.pieces[reader.at];
    if (piece === undefined || piece.kind === 'close' || operatorAt(reader, 'OR'))
      return joined('and', operands);
    if (operatorAt(reader, 'AND')) {
      reader.at++;
      if (operatorAt(reader, 'NOT')) {
        reader.at++;
        operands.push({ kind: 'not', of: readOperand(reader) });
        continue;
      }
    }
    operands.push(readOperand(reader));
  }
}

function readOperand(reader: Reader): Search {
  const piece = reader.pieces[reader.at];
  if (piece === undefined || piece.kind === 'close') throw malformed('a search term is missing');
  if (piece.kind === 'open') {
    if (++reader.depth > NESTING_MAX) throw malformed('brackets in the search term are nested too deeply');
    reader.at++;
    const inner = readOr(reader);
    if (reader.pieces[reader.at]?.kind !== 'close')
      throw malformed('a bracket in the search term is not closed');
    reader.at++;
    reader.depth--;
    return inner;
  }
  if (piece.kind === 'word' && isOperator(piece.text))
    throw malformed(`unexpected operator ${piece.text} in the search term`);
  reader.at++;
  return phraseOf(piece.text);
}

function joined(kind: 'and' | 'or', of: readonly Search[]): Search {
  return of.length === 1 ? (of[0] as Search) : { kind, of };
}

/** The words of a piece; wildcards stay in them. A word that begins with one finds nothing. */
function phraseOf(text: string): Search {
  const words: string[] = [];
  for (const part of text.split(/[^\p{L}\p{N}\p{M}\ue000\ue001]+/u)) {
    if (part === '') continue;
    if (/^[\ue000\ue001]/.test(part)) return NOTHING;
    if (part.includes(WILDCARD_ANY) || part.includes(WILDCARD_ONE)) {
      // Stars in a row mean one, and as a regular expression they would be too complex.
      words.push(
        textKey(part)
          .replace(/\ue000+/g, '*')
          .replaceAll(WILDCARD_ONE, '?'),
      );
    } else words.push(...wordsOf(part));
  }
  return words.length === 0 ? NOTHING : { kind: 'phrase', words };
}
