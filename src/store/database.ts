/**
 * The one way to the database: pooled queries, transactions, rows by their bytes, notifications.
 *
 * A process holds no state of its own that was acknowledged to anybody; it is all behind this interface (DESIGN.md).
 */
import pg from 'pg';
import {
  type DataRows,
  FloorClient,
  prepareBound,
  queryDataRows,
  queryEachRow,
  queryRows,
  type Statement,
} from './client.js';
import { createListener } from './listener.js';
import type { VisitRow } from './wire.js';

export type { DataRows, Statement } from './client.js';

export interface Queryable {
  /**
   * Rows as objects keyed by column name: moments are epoch milliseconds, counts are numbers, json is parsed. `name`
   * prepares the statement once a connection; the same name must always carry the same text.
   */
  query<R extends object = Record<string, unknown>>(
    text: string,
    values?: readonly unknown[],
    name?: string,
  ): Promise<R[]>;
  /** Rows as the bytes PostgreSQL sent, for the paths where building objects costs more than the query. */
  dataRows(statement: RowsStatement): Promise<DataRows>;
  /**
   * Shows the bytes of each row as soon as it has come; resolves after the last one. What `visit` throws is rethrown. The
   * bytes are written over once it returns.
   */
  eachRow(statement: RowsStatement, visit: VisitRow): Promise<void>;
}

export interface RowsStatement extends Statement {
  /** Somebody's query, which ends with SQLSTATE 57014 when it runs longer than `queryTimeoutMs`. */
  readonly isQuery?: boolean;
}

/** Inside a transaction. One statement at a time; the object is dead when the transaction is over. */
export interface Tx extends Queryable {
  readonly kind: 'tx';
  /**
   * Runs after the COMMIT and before `tx()` resolves, on no connection; not at all when the transaction is rolled back.
   * An error of it rejects `tx()` although everything is committed.
   */
  afterCommit(fn: (db: Database) => Promise<void>): void;
}

export interface Database extends Queryable {
  readonly kind: 'database';
  /**
   * BEGIN, `fn`, COMMIT; ROLLBACK when `fn` throws, which is then rethrown. Nothing is retried: the caller knows what
   * may run twice. `opening`, a statement without parameters, travels with the BEGIN and saves a round trip; `fn` gets
   * its rows.
   */
  tx<T>(fn: (tx: Tx, opened: readonly object[]) => Promise<T>, opening?: string): Promise<T>;
  /**
   * Calls `fn` with each notification, and with '' after the connection was lost and found again: read anew then. A
   * notification is a hint and may be missed; whoever relies on it also looks every 2 s (DECISIONS 4).
   */
  listen(channel: string, fn: (payload: string) => void): Promise<() => Promise<void>>;
  /** A replica where one is configured, otherwise this database. It may lag: never for reading one's own writes. */
  readonly readOnly: Queryable;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  readonly url: string;
  /** Reaches the server itself when `url` is a transaction pooler; LISTEN and session locks need it. */
  readonly directUrl?: string | undefined;
  readonly readUrl?: string | undefined;
  /** Connections of the pool; 8 is enough for two cores. */
  readonly poolSize?: number | undefined;
  readonly applicationName?: string | undefined;
  /** How long queries may run (`isQuery`); nothing else is ever cut short. Default: for ever. */
  readonly queryTimeoutMs?: number | undefined;
  /** Sees the text of every statement sent, BEGIN and COMMIT too: tests count, logs sample. Never the values. */
  readonly onStatement?: ((text: string) => void) | undefined;
  /** Errors of idle connections: the server went away. The pool has already replaced the connection. */
  readonly onConnectionError?: ((error: Error) => void) | undefined;
}

const DEFAULT_POOL_SIZE = 8;
const CONNECT_TIMEOUT_MS = 10_000;

/** Opens the pool and proves that the database answers; rejects with the driver's error if it does not. */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const seen = options.onStatement ?? (() => undefined);
  const onError = options.onConnectionError ?? (() => undefined);
  const shared: Shared = { seen, queryTimeoutMs: options.queryTimeoutMs };
  const application_name = options.applicationName ?? 'floorwalker';

  const open = (connectionString: string): pg.Pool => {
    const pool = new pg.Pool({
      connectionString,
      application_name,
      max: options.poolSize ?? DEFAULT_POOL_SIZE,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      keepAlive: true,
      Client: FloorClient as unknown as typeof pg.Client,
      ...(shared.queryTimeoutMs === undefined ? {} : { onConnect: prepareBound }),
    } as pg.PoolConfig);
    pool.on('error', onError);
    // A client in use tells its error by rejecting its query; without a listener of its own the event would end the
    // process. An idle one tells the pool.
    pool.on('connect', (client) => client.on('error', () => undefined));
    return pool;
  };

  const pool = open(options.url);
  const readPool = options.readUrl === undefined ? undefined : open(options.readUrl);
  const listener = createListener(
    { connectionString: options.directUrl ?? options.url, application_name, keepAlive: true },
    onError,
  );

  try {
    await Promise.all([pool, readPool].map((one) => one?.query('SELECT 1')));
  } catch (error) {
    await Promise.all([pool.end(), readPool?.end()]);
    throw error;
  }

  const main = pooled(pool, shared);
  const database: Database = {
    kind: 'database',
    ...main,
    readOnly: readPool === undefined ? main : pooled(readPool, shared),
    async tx(fn, opening) {
      const afterwards: ((db: Database) => Promise<void>)[] = [];
      const result = await inTransaction(pool, shared, afterwards, fn, opening);
      for (const then of afterwards) await then(database);
      return result;
    },
    listen: (channel, fn) => listener.listen(channel, fn),
    async close() {
      await listener.close();
      await Promise.all([pool.end(), readPool?.end()]);
    },
  };
  return database;
}

/** What every connection of a database is used with. */
interface Shared {
  readonly seen: (text: string) => void;
  readonly queryTimeoutMs: number | undefined;
}

function queryable(
  { seen, queryTimeoutMs }: Shared,
  run: <T>(use: (client: pg.ClientBase) => Promise<T>) => Promise<T>,
): Queryable {
  const bounded = (statement: RowsStatement) =>
    statement.isQuery === true && queryTimeoutMs !== undefined
      ? { ...statement, timeoutMs: queryTimeoutMs }
      : statement;
  return {
    query<R extends object>(text: string, values?: readonly unknown[], name?: string) {
      seen(text);
      return run((client) => queryRows<R>(client, statementOf(text, values, name)));
    },
    dataRows(statement) {
      seen(statement.text);
      return run((client) => queryDataRows(client, bounded(statement)));
    },
    async eachRow(statement, visit) {
      seen(statement.text);
      await run((client) => queryEachRow(client, bounded(statement), visit));
    },
  };
}

function statementOf(text: string, values?: readonly unknown[], name?: string): Statement {
  return { text, ...(values === undefined ? {} : { values }), ...(name === undefined ? {} : { name }) };
}

function pooled(pool: pg.Pool, shared: Shared): Queryable {
  return queryable(shared, async (use) => {
    const client = await pool.connect();
    try {
      const result = await use(client);
      client.release();
      return result;
    } catch (error) {
      client.release(isConnectionLoss(error) && !isOutOfRoom(error));
      throw error;
    }
  });
}

async function inTransaction<T>(
  pool: pg.Pool,
  shared: Shared,
  afterwards: ((db: Database) => Promise<void>)[],
  fn: (tx: Tx, opened: readonly object[]) => Promise<T>,
  opening: string | undefined,
): Promise<T> {
  const client = await pool.connect();
  let open = true;
  const statements = queryable(shared, (use) => {
    if (!open) throw new Error('this transaction is over');
    return use(client);
  });
  let broken: boolean | Error = false;
  try {
    const opened = await statements.query<object>(opening === undefined ? 'BEGIN' : `BEGIN; ${opening}`);
    const result = await fn(
      { kind: 'tx', ...statements, afterCommit: (then) => afterwards.push(then) },
      opened,
    );
    shared.seen('COMMIT');
    const { command } = await client.query('COMMIT');
    // What PostgreSQL answers for a transaction in which a statement failed, however well that was hidden.
    if (command !== 'COMMIT') throw new Error(`the transaction was not committed: ${command}`);
    return result;
  } catch (error) {
    // A ROLLBACK that fails leaves the connection in an unknown state: it is closed, and the first error is told.
    await statements.query('ROLLBACK').catch((second: Error) => {
      broken = second;
    });
    throw error;
  } finally {
    open = false;
    client.release(broken);
  }
}

/** The connection itself is as good as before: keep it. */
const isOutOfRoom = (error: unknown): boolean => (error as { code?: unknown }).code === '53100';

/** Whether an error says that the database cannot be reached, or cannot write, now: answer 503 and try again (DECISIONS 11). */
export function isConnectionLoss(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = (error as { code?: unknown }).code;
  if (typeof code === 'string') {
    // Class 08 connection exceptions; 57P01-3 shutdown, crash, cannot connect now; 53300 too many connections; 53100 no
    // room on its disk: nothing was written, and all is well again when there is.
    if (/^(08...|57P0[123]|53[13]00)$/.test(code)) return true;
    if (/^(ECONNREFUSED|ECONNRESET|EPIPE|ENOENT|ENOTFOUND|ETIMEDOUT|EHOSTUNREACH)$/.test(code)) return true;
  }
  return /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error)/.test(
    error.message,
  );
}
