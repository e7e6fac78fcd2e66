/** A moment as REST writes it: `2025-04-10T22:31:37.000+0000` (salesforce-data-api.md §4.4). */
export function restDateTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '+0000');
}
