/**
 * LISTEN on one dedicated connection that comes back by itself.
 *
 * A notification is only ever a hint (DECISIONS 4): one sent while the connection was down is lost, so after every
 * reconnect each handler is called once with an empty payload, "something may have happened: read again".
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { FloorClient } from './client.js';
import { quoteIdentifier } from './sql.js';

type Handler = (payload: string) => void;

const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 2_000;

export interface Listener {
  /** Resolves once the server listens; calling the result ends this handler. */
  listen(channel: string, handler: Handler): Promise<() => Promise<void>>;
  close(): Promise<void>;
}

/** Nothing is connected until the first `listen`. `config` must reach the server itself, not a transaction pooler. */
export function createListener(config: pg.ClientConfig, onError: (error: Error) => void): Listener {
  const handlers = new Map<string, Set<Handler>>();
  const stopped = new AbortController();
  let connection: Promise<FloorClient> | undefined;

  const reconnect = (): void => {
    if (stopped.signal.aborted || handlers.size === 0) {
      connection = undefined;
      return;
    }
    connection = connectWithRetry().then((client) => {
      for (const set of handlers.values()) for (const handler of set) handler('');
      return client;
    });
    connection.catch(() => undefined);
  };

  const connectOnce = async (): Promise<FloorClient> => {
    const client = new FloorClient(config);
    let lost = false;
    client.on('error', onError);
    client.on('notification', ({ channel, payload }) => {
      for (const handler of handlers.get(channel) ?? []) handler(payload ?? '');
    });
    client.on('end', () => {
      if (lost) return;
      lost = true;
      if (established) reconnect();
    });
    let established = false;
    await client.connect();
    for (const channel of handlers.keys()) await client.query(`LISTEN ${quoteIdentifier(channel)}`);
    established = true;
    if (lost) throw new Error('the listening connection ended while it was being set up');
    return client;
  };

  const connectWithRetry = async (): Promise<FloorClient> => {
    for (let wait = FIRST_RETRY_MS; ; wait = Math.min(wait * 2, LONGEST_RETRY_MS)) {
      try {
        return await connectOnce();
      } catch (error) {
        if (stopped.signal.aborted) throw error;
        onError(error as Error);
        await sleep(wait, undefined, { signal: stopped.signal });
      }
    }
  };

  return {
    async listen(channel, handler) {
      const known = handlers.get(channel);
      const set = known ?? new Set<Handler>();
      set.add(handler);
      handlers.set(channel, set);
      if (connection === undefined) {
        connection = connectOnce();
        try {
          await connection;
        } catch (error) {
          connection = undefined;
          handlers.delete(channel);
          throw error;
        }
      } else if (known === undefined) {
        const client = await connection;
        await client.query(`LISTEN ${quoteIdentifier(channel)}`);
      } else {
        await connection;
      }
      return async () => {
        set.delete(handler);
        if (set.size > 0 || handlers.get(channel) !== set) return;
        handlers.delete(channel);
        const client = await connection?.catch(() => undefined);
        await client?.query(`UNLISTEN ${quoteIdentifier(channel)}`).catch(onError);
      };
    },
    async close() {
      stopped.abort();
      handlers.clear();
      const client = await connection?.catch(() => undefined);
      await client?.end().catch(() => undefined);
    },
  };
}
