import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Database, isConnectionLoss, openDatabase } from '../../src/store/database.js';
import { type TestDatabase, testDatabase } from '../support/database.js';

let database: TestDatabase;
let db: Database;

beforeAll(async () => {
  database = await testDatabase();
  db = await openDatabase({ url: database.url, poolSize: 4 });
  await db.query('CREATE TABLE note (id int PRIMARY KEY, text text)');
});
afterAll(async () => {
  await db.close();
  await database.drop();
});

/** Columns of one DataRow body as text. */
function decode(row: Buffer, columns: number): (string | null)[] {
  const values: (string | null)[] = [];
  let offset = 0;
  for (let column = 0; column < columns; column++) {
    const length = row.readInt32BE(offset);
    offset += 4;
    values.push(length === -1 ? null : row.toString('utf8', offset, offset + length));
    offset += Math.max(length, 0);
  }
  expect(offset).toBe(row.length);
  return values;
}

describe('values', () => {
  it('gives moments as epoch milliseconds, counts as numbers, dates as text and json parsed', async () => {
    const [row] = await db.query(`SELECT '2026-03-10T12:00:00.123Z'::timestamptz AS fine,
      '1700-01-01T00:00:00Z'::timestamptz AS old, '2026-03-10T14:00:00+02:00'::timestamptz AS zoned,
      count(*) AS n, 1.50::numeric AS num, 7.25::float8 AS dbl, '2026-03-10'::date AS day,
      '{"a":[1]}'::json AS doc, true AS yes, null::text AS nothing, 'infinity'::timestamptz AS ever`);
    expect(row).toEqual({
      fine: Date.UTC(2026, 2, 10, 12, 0, 0, 123),
      old: Date.UTC(1700, 0, 1),
      zoned: Date.UTC(2026, 2, 10, 12),
      n: 1,
      num: 1.5,
      dbl: 7.25,
      day: '2026-03-10',
      doc: { a: [1] },
      yes: true,
      nothing: null,
      ever: Number.POSITIVE_INFINITY,
    });
  });

  it('speaks UTC and ISO whatever the database prefers', async () => {
    const name = new URL(database.url).pathname.slice(1);
    await db.query(`ALTER DATABASE ${name} SET timezone TO 'Asia/Tokyo'`);
    await db.query(`ALTER DATABASE ${name} SET datestyle TO 'German'`);
    const other = await openDatabase({ url: database.url });
    const [row] = await other.query(`SELECT '2026-01-02T03:04:05Z'::timestamptz::text AS text,
      '2026-01-02T03:04:05Z'::timestamptz AS at`);
    await other.close();
    expect(row).toEqual({ text: '2026-01-02 03:04:05+00', at: Date.UTC(2026, 0, 2, 3, 4, 5) });
  });
});

describe('rows by their bytes', () => {
  it('equal what the driver decodes, over pages much larger than one read', async () => {
    const text = `SELECT g::int AS a, repeat('ä€😀', g % 700) AS b, CASE WHEN g % 3 = 0 THEN NULL ELSE g::text END AS c
      FROM generate_series(1, $1::int) g ORDER BY g`;
    const plain = await db.query<{ a: number; b: string; c: string | null }>(text, [3000]);
    for (const name of [undefined, 'bytes', 'bytes']) {
      const { rows, columnCount } = await db.dataRows({ text, values: [3000], ...(name ? { name } : {}) });
      expect(columnCount).toBe(3);
      expect(rows.map((row) => decode(row, 3))).toEqual(plain.map(({ a, b, c }) => [String(a), b, c]));
    }
  });

  it('hold one row of several megabytes', async () => {
    const { rows } = await db.dataRows({ text: `SELECT repeat('x', 5000000), 'end'` });
    const [row] = rows;
    expect(row && decode(row, 2)).toEqual(['x'.repeat(5_000_000), 'end']);
  });

  it('stay right when ordinary queries run between and beside them on the same pool', async () => {
    const bytes = Array.from({ length: 20 }, async (_, n) => {
      const { rows } = await db.dataRows({
        text: `SELECT $1::int, repeat('y', 9000)`,
        values: [n],
        name: 'beside',
      });
      return rows[0] && decode(rows[0], 2)[0];
    });
    const objects = Array.from({ length: 20 }, async (_, n) => {
      const [row] = await db.query<{ n: number }>('SELECT $1::int AS n', [n], 'object');
      return String(row?.n);
    });
    const expected = Array.from({ length: 20 }, (_, n) => String(n));
    expect(await Promise.all(bytes)).toEqual(expected);
    expect(await Promise.all(objects)).toEqual(expected);
  });

  it('reject with the error of the server, and the connection lives on', async () => {
    await expect(db.dataRows({ text: 'SELECT 1 / $1::int', values: [0] })).rejects.toThrow(
      'division by zero',
    );
    const { rows } = await db.dataRows({ text: 'SELECT 1 WHERE false' });
    expect(rows).toEqual([]);
  });
});

describe('queries', () => {
  let bounded: Database;
  beforeAll(async () => {
    bounded = await openDatabase({ url: database.url, poolSize: 1, queryTimeoutMs: 150 });
  });
  afterAll(() => bounded.close());

  const SLOW = { text: 'SELECT pg_sleep($1), 7', values: [5], isQuery: true };

  it('are cut short when they run for too long; nothing else on their connection is', async () => {
    for (const name of [undefined, 'slow', 'slow']) {
      const began = performance.now();
      const running = bounded.dataRows(name === undefined ? SLOW : { ...SLOW, name });
      await expect(running).rejects.toMatchObject({ code: '57014' });
      expect(performance.now() - began).toBeLessThan(2_000);
      await expect(bounded.eachRow(SLOW, () => undefined)).rejects.toMatchObject({ code: '57014' });
      // Neither what is no query, nor a query within the bound.
      expect(await bounded.query('SELECT pg_sleep(0.3)::text AS slept')).toEqual([{ slept: '' }]);
      expect((await bounded.dataRows({ ...SLOW, values: [0.3], isQuery: false })).rows).toHaveLength(1);
      const { rows } = await bounded.dataRows({ ...SLOW, values: [0] });
      expect(rows.map((row) => decode(row, 2))).toEqual([['', '7']]);
    }
    const [row] = await bounded.query("SELECT current_setting('statement_timeout') AS bound");
    expect(row).toEqual({ bound: '0' });
  });

  it('are bounded without values, with columns in binary form, and inside transactions', async () => {
    const sleeping = { text: 'SELECT pg_sleep(5)', isQuery: true };
    await expect(bounded.dataRows(sleeping)).rejects.toMatchObject({ code: '57014' });
    const binary = { text: 'SELECT 5 AS n, pg_sleep($1)', values: [0], formats: [1, 0], isQuery: true };
    const seen: string[] = [];
    await bounded.eachRow(binary, (bytes, start, end) =>
      seen.push(bytes.subarray(start, end).toString('hex')),
    );
    expect(seen).toEqual(['000000040000000500000000']);
    await expect(bounded.tx((tx) => tx.dataRows(SLOW))).rejects.toMatchObject({ code: '57014' });
    expect(await bounded.tx((tx) => tx.query('SELECT 1 AS one'))).toEqual([{ one: 1 }]);
  });

  it('that cannot be parsed say so, and are told so again', async () => {
    const wrong = { text: 'SELECT nothing FROM nowhere', name: 'wrong', isQuery: true };
    for (let i = 0; i < 2; i++)
      await expect(bounded.dataRows(wrong)).rejects.toMatchObject({ code: '42P01' });
  });
});

describe('transactions', () => {
  it('that hide the error of a statement are not taken for committed', async () => {
    const hiding = db.tx(async (tx) => {
      await tx.query('INSERT INTO note VALUES (9, $1)', ['lost']);
      await tx.query('SELECT 1 / 0').catch(() => undefined);
    });
    await expect(hiding).rejects.toThrow('not committed');
    expect(await db.query('SELECT id FROM note WHERE id = 9')).toEqual([]);
  });

  it('commit what they did, and take it back when the function throws', async () => {
    await db.tx((tx) => tx.query('INSERT INTO note VALUES (1, $1)', ['kept']));
    const failing = db.tx(async (tx) => {
      await tx.query('INSERT INTO note VALUES (2, $1)', ['gone']);
      throw new Error('changed my mind');
    });
    await expect(failing).rejects.toThrow('changed my mind');
    expect(await db.query('SELECT id FROM note')).toEqual([{ id: 1 }]);
  });

  it('run what was left for after the commit, and leave it when they fail', async () => {
    const seen: unknown[] = [];
    await db.tx(async (tx) => {
      await tx.query('INSERT INTO note VALUES (7, $1)', ['later']);
      tx.afterCommit(async (outside) => {
        seen.push(...(await outside.query('SELECT id FROM note WHERE id = 7')));
      });
      expect(seen).toEqual([]);
    });
    expect(seen).toEqual([{ id: 7 }]);
    const failing = db.tx(async (tx) => {
      tx.afterCommit(async () => void seen.push('never'));
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(seen).toHaveLength(1);
    await db.query('DELETE FROM note WHERE id = 7');
  });

  it('may open with a statement that travels with the BEGIN', async () => {
    const seen = await db.tx(
      async (tx, opened) => [...opened, ...(await tx.query('SELECT pg_current_xact_id()::text AS id'))],
      `SELECT pg_current_xact_id()::text AS id, ARRAY['a'] AS list`,
    );
    const [first] = seen as { id: string }[];
    expect(seen).toEqual([{ id: first?.id, list: ['a'] }, { id: first?.id }]);
    await expect(db.tx(async () => 1, 'SELECT nonsense')).rejects.toThrow('nonsense');
    expect(await db.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('cannot be used once they are over', async () => {
    let kept: { query(text: string): Promise<unknown> } | undefined;
    await db.tx(async (tx) => {
      kept = tx;
    });
    expect(() => kept?.query('SELECT 1')).toThrow('this transaction is over');
  });

  it('give their connection back, however often they fail', async () => {
    for (let n = 0; n < 20; n++) {
      await expect(db.tx((tx) => tx.query('SELECT nonsense'))).rejects.toThrow('nonsense');
    }
    expect(await db.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });
});

describe('notifications', () => {
  it('reach every listener of the channel, and an empty one follows a lost connection', async () => {
    const heard: string[] = [];
    const also: string[] = [];
    const stop = await db.listen('News', (payload) => heard.push(payload));
    await db.listen('News', (payload) => also.push(payload));
    await db.query(`SELECT pg_notify('News', 'one')`);
    await expect.poll(() => [heard, also]).toEqual([['one'], ['one']]);

    await db.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname = current_database()`,
    );
    await expect.poll(() => also, { timeout: 5_000 }).toEqual(['one', '']);
    await stop();
    await db.query(`SELECT pg_notify('News', 'two')`);
    await expect.poll(() => also).toEqual(['one', '', 'two']);
    expect(heard).toEqual(['one', '']);
  });
});

describe('a database that cannot be reached', () => {
  it('is told apart from a mistake in a statement', async () => {
    const gone = await openDatabase({ url: 'postgresql://nobody@127.0.0.1:1/x' }).catch(
      (error: unknown) => error,
    );
    expect(isConnectionLoss(gone)).toBe(true);
    const wrong = await db.query('SELECT nonsense').catch((error: unknown) => error);
    expect(isConnectionLoss(wrong)).toBe(false);
  });
});
