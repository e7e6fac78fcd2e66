/**
 * How many API calls the organization made in the last 24 hours, over all its servers. Counted in memory and written
 * down each second by one asynchronous statement; what other servers counted is known as of the last write. It informs
 * and refuses nothing: a self-hosted server sells no calls.
 */
import type { Database } from '../store/database.js';

const FLUSH_INTERVAL_MS = 1_000;

export interface UsageFigures {
  readonly used: number;
  /** The allowance clients are shown. */
  readonly limit: number;
}

export interface ApiUsage {
  /** Counts one call and returns the figures to report. */
  count(): UsageFigures;
  current(): UsageFigures;
  /** Writes what was counted down now. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

export interface ApiUsageOptions {
  readonly db: Database;
  readonly limit: number;
  readonly onFlushError?: ((error: unknown) => void) | undefined;
}

const COUNT = `
  INSERT INTO api_usage AS u (hour, calls) VALUES (date_trunc('hour', (SELECT floor_now())), $1)
  ON CONFLICT (hour) DO UPDATE SET calls = u.calls + excluded.calls`;
const TOTAL = `
  SELECT coalesce(sum(calls), 0) AS total FROM api_usage
   WHERE hour > date_trunc('hour', (SELECT floor_now())) - interval '24 hours'`;
const FORGET = `DELETE FROM api_usage WHERE hour < (SELECT floor_now()) - interval '48 hours'`;

/** Counts for this server; figures start with what was counted before. */
export async function createApiUsage({ db, limit, onFlushError }: ApiUsageOptions): Promise<ApiUsage> {
  let written = await total();
  let counted = 0;
  let writing = 0;
  let timer: NodeJS.Timeout | undefined;

  async function total(): Promise<number> {
    const [row] = await db.query<{ total: number }>(TOTAL, [], 'access.usage');
    return row?.total ?? 0;
  }

  async function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    if (counted === 0) return;
    const mine = counted;
    counted = 0;
    writing += mine;
    try {
      await db.tx(async (tx) => {
        await tx.query('SET LOCAL synchronous_commit = off');
        await tx.query(COUNT, [mine]);
        await tx.query(FORGET);
      });
      writing -= mine;
      written += mine;
    } catch (error) {
      counted += mine;
      writing -= mine;
      throw error;
    }
    written = await total();
  }

  const onError = onFlushError ?? (() => undefined);
  const figures = () => ({ used: written + writing + counted, limit });

  return {
    count() {
      counted += 1;
      // no timer while nobody calls
      if (timer === undefined) {
        timer = setTimeout(() => void flush().catch(onError), FLUSH_INTERVAL_MS);
        timer.unref();
      }
      return figures();
    },
    current: figures,
    flush,
    close: () => flush().catch(onError),
  };
}
