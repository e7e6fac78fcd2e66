/**
 * Text -> words, the same for what is indexed and for what is searched (salesforce-data-api.md §16.3): cut at spaces
 * and punctuation, case and the way accents were typed ignored, scripts without spaces cut by the dictionary of ICU.
 */
import { textKey } from '../../store/columns.js';

/** Longer words are cut: no index entry may grow with what somebody pasted. */
const WORD_MAX_CHARS = 200;

const WORD = /[\p{L}\p{N}\p{M}]+/gu;
const WITHOUT_SPACES =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}]/u;

let segmenter: Intl.Segmenter | undefined;

/** The words of a text, in order. */
export function wordsOf(text: string): string[] {
  const words: string[] = [];
  for (const [part] of text.matchAll(WORD)) {
    if (WITHOUT_SPACES.test(part)) {
      segmenter ??= new Intl.Segmenter('und', { granularity: 'word' });
      for (const { segment } of segmenter.segment(part)) words.push(folded(segment));
    } else words.push(folded(part));
  }
  return words;
}

const folded = (word: string): string => textKey(word).slice(0, WORD_MAX_CHARS);
