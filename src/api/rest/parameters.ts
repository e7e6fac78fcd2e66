/** Parameters of a URL as endpoints read them. */

/** A comma-separated parameter without blanks and empty items. */
export function listOf(parameter: string | null): string[] {
  return (parameter ?? '')
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}
