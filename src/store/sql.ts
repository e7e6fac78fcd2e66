/**
 * Writing identifiers into SQL. Values never come here: they are parameters, everywhere.
 */

const MAX_IDENTIFIER_BYTES = 63;

/**
 * `"name"`, safe to stand in a statement. Throws on what PostgreSQL would cut or refuse; that is a mistake in an object
 * description, not something a caller can cause.
 */
export function quoteIdentifier(name: string): string {
  if (name.length === 0 || Buffer.byteLength(name) > MAX_IDENTIFIER_BYTES || name.includes('\0')) {
    throw new Error(`not an SQL identifier: ${JSON.stringify(name)}`);
  }
  return `"${name.replaceAll('"', '""')}"`;
}

/** `'text'` for DDL only, where PostgreSQL takes no parameters. */
export function quoteLiteral(text: string): string {
  if (text.includes('\0') || text.includes('\\'))
    throw new Error(`not a plain SQL literal: ${JSON.stringify(text)}`);
  return `'${text.replaceAll("'", "''")}'`;
}
