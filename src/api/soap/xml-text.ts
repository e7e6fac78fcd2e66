/** Writing XML: one escape for text and attributes. */
import { replaceUnsupportedCharacters } from '../../store/text.js';

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** Text as element content. Characters XML cannot hold become U+FFFD; a carriage return survives as a reference. */
export function escapeXml(text: string): string {
  return replaceUnsupportedCharacters(text, '\uFFFD')
    .replace(/[&<>"']/g, (character) => ESCAPES[character] ?? character)
    .replace(/\r/g, '&#xD;');
}

/** `<name>text</name>`; `<name xsi:nil="true"/>` for null. */
export function element(name: string, value: string | number | boolean | null): string {
  return value === null ? `<${name} xsi:nil="true"/>` : `<${name}>${escapeXml(String(value))}</${name}>`;
}
