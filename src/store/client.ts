/**
 * One PostgreSQL connection as Floorwalker wants it: rows by their bytes on request, moments as epoch milliseconds,
 * and ISO dates in UTC whatever the server's or the user's defaults are.
 */
import pg from 'pg';
import { valueTypes } from './values.js';
import {
  type DataRowMessage,
  type RowDescriptionMessage,
  readRowsUnparsed,
  type WireConnection,
} from './wire.js';

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
  handleRowDescription(message: RowDescriptionMessage): void;
  handleDataRow(message: DataRowMessage): void;
}
const BaseQuery = pg.Query as unknown as new (config: object) => BaseQueryInstance;

/** Sees one row: its columns' bytes, in the form of DataRows, which may be kept and are never written to again. */
export type VisitRow = (row: Buffer) => void;

/** A query that hands out the bytes of its rows as they come, instead of decoding them. */
class RowBytesQuery extends BaseQuery {
  columnCount = 0;
  /** What the visitor threw; it sees no further row then. */
  failure: unknown;
  private readonly visit: VisitRow;

  constructor(config: object, visit: VisitRow) {
    super(config);
    this.visit = visit;
  }

  /** pg would look for a parser of each column's type here; nothing is parsed. */
  override handleRowDescription(message: RowDescriptionMessage): void {
    this.columnCount = message.fieldCount;
  }

  override handleDataRow(message: DataRowMessage): void {
    if (this.failure !== undefined) return;
    try {
      this.visit(message.columns());
    } catch (error) {
      this.failure = error ?? new Error('a row could not be read');
    }
  }
}

/**
 * Runs a statement on this client and shows each row to `visit` as soon as it is here, while the server is still at work
 * on the others. Resolves with the number of columns after the last one; rejects with pg's DatabaseError, or with what
 * `visit` threw.
 */
export function queryEachRow(client: pg.ClientBase, statement: Statement, visit: VisitRow): Promise<number> {
  return new Promise((resolve, reject) => {
    const query: RowBytesQuery = new RowBytesQuery(
      {
        ...statement,
        callback: (error: Error | null | undefined) => {
          const failure = error ?? query.failure;
          if (failure === undefined) resolve(query.columnCount);
          else reject(failure);
        },
      },
      visit,
    );
    client.query(query);
  });
}

/** Runs a statement on this client and gives its rows by their bytes. Rejects with pg's DatabaseError. */
export async function queryDataRows(client: pg.ClientBase, statement: Statement): Promise<DataRows> {
  const rows: Buffer[] = [];
  const columnCount = await queryEachRow(client, statement, (row) => {
    rows.push(row);
  });
  return { rows, columnCount };
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
