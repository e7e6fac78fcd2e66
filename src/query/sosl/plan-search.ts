/**
 * A search -> what the text index is asked, and what has to be read in the words themselves: phrases, wildcards inside
 * a word, and fields that may not be searched. The index answers a superset; reading makes it exact.
 */
import type { SearchReading } from '../checked.js';
import type { Search } from './search-text.js';

export interface PlannedSearch {
  /** A tsquery; undefined where the index can exclude nothing. */
  readonly terms: string | undefined;
  readonly reading: SearchReading | undefined;
  /** Regular expressions by the parameter names in `reading`. */
  readonly patterns: Readonly<Record<string, string>>;
}

/** `fields` names the fields that may be searched; undefined where that is all of the object's. */
export function planSearch(search: Search, fields: readonly string[] | undefined): PlannedSearch {
  const patterns: Record<string, string> = {};
  const exact = fields === undefined && isExact(search);
  return {
    terms: termsOf(search),
    reading: exact ? undefined : readingOf(search, fields, patterns),
    patterns,
  };
}

const isPlain = (word: string): boolean => !/[*?]/.test(word);
const isPrefix = (word: string): boolean => /^[^*?]+\*$/.test(word);

/** Whether the index alone decides. */
function isExact(search: Search): boolean {
  switch (search.kind) {
    case 'and':
    case 'or':
      return search.of.every(isExact);
    case 'not':
      return isExact(search.of);
    case 'phrase':
      return search.words.length === 1 && search.words.every((word) => isPlain(word) || isPrefix(word));
    case 'nothing':
      return false;
  }
}

const lexeme = (word: string): string => `'${word.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;

/** A tsquery that every row found passes; undefined where there is none. */
function termsOf(search: Search): string | undefined {
  switch (search.kind) {
    case 'and': {
      const of = search.of.map(termsOf).filter((one) => one !== undefined);
      return of.length === 0 ? undefined : `(${of.join(' & ')})`;
    }
    case 'or': {
      const of = search.of.map(termsOf);
      return of.some((one) => one === undefined) ? undefined : `(${of.join(' | ')})`;
    }
    case 'not': {
      const inner = isExact(search.of) ? termsOf(search.of) : undefined;
      return inner === undefined ? undefined : `!${inner}`;
    }
    case 'phrase':
      return `(${search.words.map(wordTerm).join(' & ')})`;
    case 'nothing':
      return undefined;
  }
}

function wordTerm(word: string): string {
  const wildcard = word.search(/[*?]/);
  return wildcard === -1 ? lexeme(word) : `${lexeme(word.slice(0, wildcard))}:*`;
}

function readingOf(
  search: Search,
  fields: readonly string[] | undefined,
  patterns: Record<string, string>,
): SearchReading {
  switch (search.kind) {
    case 'and':
    case 'or':
      return { kind: search.kind, of: search.of.map((one) => readingOf(one, fields, patterns)) };
    case 'not':
      return { kind: 'not', of: readingOf(search.of, fields, patterns) };
    case 'nothing':
      return { kind: 'never' };
    case 'phrase': {
      const parameter = `pattern${Object.keys(patterns).length}`;
      patterns[parameter] = patternOf(search.words, fields);
      return { kind: 'matches', parameter };
    }
  }
}

/** Finds the words in a row within one line of `search_document.words`: `\nName WORD WORD `. */
function patternOf(words: readonly string[], fields: readonly string[] | undefined): string {
  const text = words.map((word) => [...word].map(wildcardOr).join('')).join(' ');
  const line =
    fields === undefined ? '' : fields.length === 0 ? '\\n\\n' : `\\n(?:${fields.join('|')})(?: [^ \\n]+)*`;
  return `${line} ${text} `;
}

function wildcardOr(char: string): string {
  if (char === '*') return '[^ \\n]*';
  if (char === '?') return '[^ \\n]';
  return /[\p{L}\p{N}\p{M}]/u.test(char) ? char : `\\${char}`;
}
