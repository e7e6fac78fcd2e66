/**
 * One PostgreSQL connection as Floorwalker wants it: rows by their bytes on request, moments as epoch milliseconds,
 * and ISO dates in UTC whatever the server's or the user's defaults are.
 */
import pg from 'pg';
import { valueTypes } from './values.js';
import { type DataRowMessage, readRowsUnparsed, type WireConnection } from './wire.js';

/** A statement with its values; `name` makes it a prepared statement of the connection. */
export interface Statement {
  readonly text: string;
  readonly values?: readonly unknown[];
  readonly name?: string;
}

/** Rows by their bytes. Each buffer is the DataRow body after its column count: (int32 length, bytes) a column, in text
 * format; length -1 is null. The buffers may share memory with each other and are never written to again. */
export interface DataRows {
  readonly rows: Buffer[];
  readonly columnCount: number;
}

interface StartupClient extends pg.Client {
  getStartupConf(): Record<string, string>;
}
const BaseClient = pg.Client as unknown as new (config: pg.ClientConfig) => StartupClient;

/** pg's client with the wire reader of wire.ts. */
export class FloorClient extends BaseClient {
  constructor(config: pg.ClientConfig) {
    super({ ...config, types: valueTypes });
    readRowsUnparsed(this.connection as unknown as WireConnection);
  }

  /** As start-up parameters, not SET: a pooler keeps track of these two for each of its clients. */
  override getStartupConf(): Record<string, string> {
    return { ...super.getStartupConf(), DateStyle: 'ISO', TimeZone: 'UTC' };
  }
}

interface BaseQueryInstance extends pg.Query {
  handleRowDescription(message: { fields: unknown[] }): void;
  handleDataRow(message: DataRowMessage): void;
}
const BaseQuery = pg.Query as unknown as new (config: object) => BaseQueryInstance;

/** A query that keeps the bytes of its rows instead of decoding them. */
class RowBytesQuery extends BaseQuery {
  readonly rowBytes: Buffer[] = [];
  columnCount = 0;

  override handleRowDescription(message: { fields: unknown[] }): void {
    this.columnCount = message.fields.length;
    super.handleRowDescription(message);
  }

  override handleDataRow(message: DataRowMessage): void {
    this.rowBytes.push(message.body.subarray(2));
  }
}

/** Runs a statement on this client and gives its rows by their bytes. Rejects with pg's DatabaseError. */
export function queryDataRows(client: pg.ClientBase, statement: Statement): Promise<DataRows> {
  return new Promise((resolve, reject) => {
    const query: RowBytesQuery = new RowBytesQuery({
      ...statement,
      callback: (error: Error | null | undefined) => {
        if (error) reject(error);
        else resolve({ rows: query.rowBytes, columnCount: query.columnCount });
      },
    });
    client.query(query);
  });
}

/** Runs a statement on this client and gives its rows as objects. Rejects with pg's DatabaseError. */
export async function queryRows<R extends object>(client: pg.ClientBase, statement: Statement): Promise<R[]> {
  const config: pg.QueryConfig = { text: statement.text };
  if (statement.values !== undefined) config.values = statement.values as unknown[];
  if (statement.name !== undefined) config.name = statement.name;
  const result = await client.query<R & pg.QueryResultRow>(config);
  // Several statements in one text give several results; the last one is the answer.
  return Array.isArray(result)
    ? ((result as pg.QueryResult<R & pg.QueryResultRow>[]).at(-1)?.rows ?? [])
    : result.rows;
}
