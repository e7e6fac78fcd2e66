/** Text as the content of an XML element. */

const REFERENCES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '\r': '&#xD;',
};

/** A carriage return survives parsing only as a reference; what XML cannot hold becomes U+FFFD. */
export function escapeXmlText(text: string): string {
  return (
    text
      .replace(/[&<>\r]/g, (character) => REFERENCES[character] as string)
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what XML 1.0 forbids
      .replace(/[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/g, '\uFFFD')
  );
}
