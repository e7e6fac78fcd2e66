/**
 * One PostgreSQL connection as Floorwalker wants it: rows by their bytes on request, moments as epoch milliseconds,
 * and ISO dates in UTC whatever the server's or the user's defaults are.
 */
import pg from 'pg';
import { serialize } from 'pg-protocol';
import { valueTypes } from './values.js';
import { columnCountOf, createWire, type RowSlot, type VisitRow, type WireConnection } from './wire.js';

/** A statement with its values; `name` makes it a prepared statement of the connection. */
export interface Statement {
  readonly text: string;
  readonly values?: readonly unknown[];
  readonly name?: string;
  /** By column, 1 for PostgreSQL's binary form, 0 for text. Only for rows read by their bytes; text when left out. */
  readonly formats?: readonly number[];
}

/** A statement that may run so long; for ever when left out. */
interface Bounded extends Statement {
  readonly timeoutMs?: number | undefined;
}

/** Rows by their bytes. Each buffer is the DataRow body after its column count: (int32 length, bytes) a column, in text
 * format; length -1 is null. The buffers may share memory with each other and are never written to again. */
export interface DataRows {
  readonly rows: Buffer[];
  /** 0 when there are no rows. */
  readonly columnCount: number;
}

interface StartupClient extends pg.Client {
  getStartupConf(): Record<string, string>;
}
const BaseClient = pg.Client as unknown as new (config: pg.ClientConfig) => StartupClient;

/** pg's client with the wire of wire.ts. */
export class FloorClient extends BaseClient {
  constructor(config: pg.ClientConfig) {
    const wire = createWire();
    super({ ...config, types: valueTypes, stream: wire.stream } as unknown as pg.ClientConfig);
    const connection = this.connection as unknown as FloorConnection;
    wire.attach(connection);
    connection.rowSlot = wire.rows;
    connection.undescribed = Object.create(connection) as FloorConnection;
    connection.undescribed.describe = () => undefined;
    connection.undescribed.bind = (config) => {
      const { formats } = wire.rows;
      const message = serialize.bind(config);
      connection._send(formats === undefined ? message : withFormats(message, formats));
    };
  }

  /** As start-up parameters, not SET: a pooler keeps track of these two for each of its clients. */
  override getStartupConf(): Record<string, string> {
    return { ...super.getStartupConf(), DateStyle: 'ISO', TimeZone: 'UTC' };
  }
}

/**
 * Bounds what follows it in one message; gives no row. It travels with the statement, so it takes no round trip, and ends
 * with the transaction, so neither another statement nor another client of a pooler meets it.
 */
const BOUND = {
  name: 'floor.bound',
  text: "SELECT WHERE set_config('statement_timeout', $1, true) IS NULL",
} as const;

/** Makes statements of this client boundable; to be called once, before any other. */
export async function prepareBound(client: pg.ClientBase): Promise<void> {
  await client.query({ ...BOUND, values: ['0'] });
}

/** What of pg's Connection is used here. */
interface FloorConnection extends WireConnection {
  rowSlot: RowSlot;
  /** Texts by the names of prepared statements. */
  readonly parsedStatements: Readonly<Record<string, string | undefined>>;
  /** The same connection for statements whose columns nobody asks about. */
  undescribed: FloorConnection;
  describe(message: object): void;
  bind(config: object): void;
  execute(config: object): void;
  _send(bytes: Buffer): void;
}

/** A Bind message ends in one format code for all columns; pg knows no other. */
const ONE_FORMAT_BYTES = 4;

/** Puts a format code for each column in the place of the one for all. */
function withFormats(message: Buffer, formats: readonly number[]): Buffer {
  const kept = message.length - ONE_FORMAT_BYTES;
  const bytes = Buffer.allocUnsafe(kept + 2 + formats.length * 2);
  message.copy(bytes, 0, 0, kept);
  bytes.writeInt32BE(bytes.length - 1, 1);
  let at = bytes.writeInt16BE(formats.length, kept);
  for (const format of formats) at = bytes.writeInt16BE(format, at);
  return bytes;
}

/** What pg's Query does to send a statement; its constructor, which copies the statement bit by bit, is not used. */
interface Sending {
  hasBeenParsed(connection: FloorConnection): boolean;
  submit(connection: FloorConnection): Error | null;
  prepare(connection: FloorConnection): void;
  requiresPreparation(): boolean;
  _getRows(connection: FloorConnection, rows: unknown): void;
}
const sending = pg.Query.prototype as unknown as Sending;

/** A query that hands out the bytes of its rows as they come, instead of decoding them: a Submittable of pg. */
class RowBytesQuery {
  readonly text: string;
  readonly name: string | undefined;
  readonly values: readonly unknown[] | undefined;
  readonly formats: readonly number[] | undefined;
  readonly timeoutMs: number | undefined;
  /** Statements without values go the same way: the other one knows neither formats nor bounds. */
  readonly queryMode: 'extended' | undefined;
  /** Called once, by pg's client or here, with what went wrong. */
  callback: (error?: unknown) => void;
  readonly hasBeenParsed = sending.hasBeenParsed;
  readonly requiresPreparation = sending.requiresPreparation;
  readonly _getRows = sending._getRows;
  private readonly visit: VisitRow;
  /** What the visitor threw; it sees no further row then. */
  private failure: unknown;

  constructor(
    { text, name, values, formats, timeoutMs }: Bounded,
    visit: VisitRow,
    callback: (error?: unknown) => void,
  ) {
    this.text = text;
    this.name = name;
    this.values = values;
    this.formats = formats;
    this.timeoutMs = timeoutMs;
    this.queryMode = formats === undefined && timeoutMs === undefined ? undefined : 'extended';
    this.callback = callback;
    this.visit = (bytes, start, end) => {
      if (this.failure !== undefined) return;
      try {
        visit(bytes, start, end);
      } catch (error) {
        this.failure = error ?? new Error('a row could not be read');
      }
    };
  }

  /** pg calls this when the query's turn has come; nothing else runs on the connection until it is ready again. */
  submit(connection: FloorConnection): Error | null {
    connection.rowSlot.visit = this.visit;
    return sending.submit.call(this, connection);
  }

  /** Bytes need no description of their columns: neither PostgreSQL nor pg has to say it and read it each time. */
  prepare(connection: FloorConnection): void {
    connection.rowSlot.formats = this.formats;
    if (this.timeoutMs !== undefined && connection.parsedStatements[BOUND.name] !== undefined) {
      connection.bind({ statement: BOUND.name, values: [String(this.timeoutMs)] });
      connection.execute({});
    }
    sending.prepare.call(this, connection.undescribed);
  }

  handleError(error: Error, connection: FloorConnection): void {
    connection.rowSlot.visit = undefined;
    this.callback(error);
  }

  handleReadyForQuery(connection: FloorConnection): void {
    connection.rowSlot.visit = undefined;
    this.callback(this.failure);
  }

  // Nothing of these is wanted: rows go to the visitor.
  handleRowDescription(): void {}
  handleDataRow(): void {}
  handleCommandComplete(): void {}
  handleEmptyQuery(): void {}
  handlePortalSuspended(): void {}
  handleCopyInResponse(): void {}
  handleCopyData(): void {}
}

/**
 * Runs a statement on this client and shows each row to `visit` as soon as it is here, while the server is still at work
 * on the others. Rejects with pg's DatabaseError, or with what `visit` threw.
 */
export function queryEachRow(client: pg.ClientBase, statement: Bounded, visit: VisitRow): Promise<void> {
  return new Promise((resolve, reject) => {
    const query = new RowBytesQuery(statement, visit, (error) => {
      if (error === undefined || error === null) resolve();
      else reject(error);
    });
    client.query(query as unknown as pg.Query);
  });
}

/** Rows that are kept each in memory of its own; further ones share it. */
const ROWS_ALONE = 8;
const SHARED_BYTES = 64 * 1024;

/** Runs a statement on this client and gives its rows by their bytes. Rejects with pg's DatabaseError. */
export async function queryDataRows(client: pg.ClientBase, statement: Bounded): Promise<DataRows> {
  const rows: Buffer[] = [];
  let shared = Buffer.alloc(0);
  let at = 0;
  let columnCount = 0;
  await queryEachRow(client, statement, (bytes, start, end) => {
    const length = end - start;
    if (rows.length === 0) columnCount = columnCountOf(bytes, start);
    if (rows.length < ROWS_ALONE) {
      rows.push(Buffer.from(bytes.subarray(start, end)));
      return;
    }
    if (at + length > shared.length) {
      shared = Buffer.allocUnsafeSlow(Math.max(SHARED_BYTES, length));
      at = 0;
    }
    bytes.copy(shared, at, start, end);
    rows.push(shared.subarray(at, at + length));
    at += length;
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
