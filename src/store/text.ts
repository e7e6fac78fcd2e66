/**
 * Which characters can be kept. PostgreSQL holds no NUL, and XML 1.0 no other control character but tab, line feed and
 * carriage return, nor U+FFFE, U+FFFF or half a surrogate pair; whatever is stored must come out of every renderer
 * (DECISIONS 7). Records refuse such text, SOQL and SOSL refuse it in literals, chat text loses it.
 */

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what this looks for
const UNSUPPORTED = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]|\p{Surrogate}/u;
const EVERY_UNSUPPORTED = new RegExp(UNSUPPORTED, 'gu');

/** Whether text holds a character that cannot be kept. */
export function hasUnsupportedCharacters(text: string): boolean {
  return UNSUPPORTED.test(text);
}

/** Text with `by` in place of every character that cannot be kept. */
export function replaceUnsupportedCharacters(text: string, by: string): string {
  return text.replace(EVERY_UNSUPPORTED, by);
}

/** The first `length` UTF-16 units of text, one less where that would cut a character in two. */
export function truncateText(text: string, length: number): string {
  if (text.length <= length) return text;
  const last = text.charCodeAt(length - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? length - 1 : length);
}
