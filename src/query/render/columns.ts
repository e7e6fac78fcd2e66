/**
 * Finds the columns inside the bytes of one row. Shared by every renderer; allocates nothing per row.
 * A row is (int32 length, bytes) a column, length -1 for null (store/client.ts).
 */

export interface ColumnIndex {
  /** Where each column's bytes begin. */
  readonly starts: Int32Array;
  /** How many bytes each column has; -1 for null. */
  readonly lengths: Int32Array;
}

export const createColumnIndex = (columnCount: number): ColumnIndex => ({
  starts: new Int32Array(columnCount),
  lengths: new Int32Array(columnCount),
});

/** Points the index at a row that begins at `start`. */
export function indexColumns(row: Uint8Array, index: ColumnIndex, start = 0): void {
  const { starts, lengths } = index;
  let at = start;
  for (let column = 0; column < starts.length; column++) {
    const length =
      ((row[at] as number) << 24) |
      ((row[at + 1] as number) << 16) |
      ((row[at + 2] as number) << 8) |
      (row[at + 3] as number);
    at += 4;
    starts[column] = at;
    lengths[column] = length;
    if (length > 0) at += length;
  }
}

/** A column as text, or null. For cursors and marks, not for the bulk of a page. */
export function columnText(row: Buffer, columnCount: number, column: number): string | null {
  const index = createColumnIndex(columnCount);
  indexColumns(row, index);
  const start = index.starts[column] as number;
  const length = index.lengths[column] as number;
  return length === -1 ? null : row.toString('utf8', start, start + length);
}

/** The rows of a sub-query column (a JSON array of arrays of texts) as rows of the wire, for the same renderers. */
export function childRows(json: string): Buffer[] {
  const rows = JSON.parse(json) as (string | null)[][];
  return rows.map((row) => {
    const texts = row.map((text) => (text === null ? null : Buffer.from(text)));
    const bytes = Buffer.allocUnsafe(texts.reduce((sum, text) => sum + 4 + (text?.length ?? 0), 0));
    let at = 0;
    for (const text of texts) {
      at = bytes.writeInt32BE(text === null ? -1 : text.length, at);
      if (text !== null) at += text.copy(bytes, at);
    }
    return bytes;
  });
}
