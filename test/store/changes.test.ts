import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  type ChangePosition,
  changesAfter,
  currentPosition,
  FROM_THE_BEGINNING,
} from '../../src/store/changes.js';
import type { Tx } from '../../src/store/database.js';
import { type TestStore, testStore } from '../support/store.js';
import { setFloorTime } from '../support/time.js';

let store: TestStore;
beforeAll(async () => {
  store = await testStore();
});
afterAll(() => store.close());
afterEach(() => store.db.query('TRUNCATE change'));

const note = (tx: Tx, id: string) =>
  tx.query(
    `INSERT INTO change (object, record_id, kind, at) VALUES ('T', $1, 'create', (SELECT floor_now()))`,
    [id],
  );

/** A transaction that stays open until it is told to end. */
async function open(work: (tx: Tx) => Promise<unknown>, on = store): Promise<() => Promise<void>> {
  let release = () => {};
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  let started = () => {};
  const ready = new Promise<void>((resolve) => {
    started = resolve;
  });
  const done = on.db.tx(async (tx) => {
    await work(tx);
    started();
    await gate;
  });
  await ready;
  return async () => {
    release();
    await done;
  };
}

function follower(from: ChangePosition, limit?: number) {
  let position = from;
  return async () => {
    const { changes, next } = await changesAfter(store.db, position, undefined, limit);
    position = next;
    return changes.map(({ recordId }) => recordId);
  };
}

describe('a follower of the outbox', () => {
  it('misses nothing of a transaction that commits late, and sees nothing twice', async () => {
    const read = follower(FROM_THE_BEGINNING);
    const commitLate = await open(async (tx) => {
      await note(tx, 'late 1');
      await note(tx, 'late 2');
    });
    await store.db.tx((tx) => note(tx, 'early'));
    expect(await read()).toEqual(['early']);
    await store.db.tx((tx) => note(tx, 'between'));
    expect(await read()).toEqual(['between']);
    await commitLate();
    expect(await read()).toEqual(['late 1', 'late 2']);
    expect(await read()).toEqual([]);
  });

  it('is not held back by a transaction that stays open, of this database or of another of the server', async () => {
    const other = await testStore();
    const ends = [
      await open((tx) => tx.query('SELECT pg_current_xact_id()')),
      await open((tx) => tx.query('SELECT pg_current_xact_id()'), other),
    ];
    const read = follower(await currentPosition(store.db));
    ends.push(await open((tx) => tx.query('SELECT pg_current_xact_id()')));
    await store.db.tx((tx) => note(tx, 'now'));
    expect(await read()).toEqual(['now']);
    for (const end of ends) await end();
    expect(await read()).toEqual([]);
    await other.close();
  });

  it('gets what is too much for one call in several, each change once, whatever commits in between', async () => {
    const commitLate = await open(async (tx) => {
      for (let n = 0; n < 5; n++) await note(tx, `late ${n}`);
    });
    const read = follower(await currentPosition(store.db), 3);
    await store.db.tx(async (tx) => {
      for (let n = 0; n < 7; n++) await note(tx, `big ${n}`);
    });
    const parts = [await read()];
    await commitLate();
    await store.db.tx((tx) => note(tx, 'after'));
    for (;;) {
      const part = await read();
      parts.push(part);
      expect(part.length).toBeLessThanOrEqual(3);
      if (part.length === 0) break;
    }
    expect(parts[0]).toEqual(['big 0', 'big 1', 'big 2']);
    const all = parts.flat();
    expect(all).toEqual([
      ...Array.from({ length: 7 }, (_, n) => `big ${n}`),
      ...Array.from({ length: 5 }, (_, n) => `late ${n}`),
      'after',
    ]);
  });

  it('sees each of many concurrent writes exactly once', async () => {
    const read = follower(FROM_THE_BEGINNING);
    const seen: string[] = [];
    const expected: string[] = [];
    const writers = Array.from({ length: 5 }, async (_, writer) => {
      for (let n = 0; n < 20; n++) {
        const id = `${writer}.${n}`;
        expected.push(id);
        await store.db.tx(async (tx) => {
          await note(tx, id);
          if (n % 3 === 0) await new Promise((resolve) => setTimeout(resolve, (writer * 7 + n) % 11));
        });
      }
    });
    let writing = true;
    const reading = (async () => {
      while (writing) seen.push(...(await read()));
    })();
    await Promise.all(writers);
    writing = false;
    await reading;
    seen.push(...(await read()));
    expect([...seen].sort()).toEqual([...expected].sort());
    for (let writer = 0; writer < 5; writer++) {
      const own = seen.filter((id) => id.startsWith(`${writer}.`));
      expect(own).toEqual(Array.from({ length: 20 }, (_, n) => `${writer}.${n}`));
    }
  });

  it('that starts now hears of what was under way and of nothing older', async () => {
    await store.db.tx((tx) => note(tx, 'old'));
    const commit = await open((tx) => note(tx, 'under way'));
    const read = follower(await currentPosition(store.db));
    await commit();
    await store.db.tx((tx) => note(tx, 'new'));
    expect(await read()).toEqual(['under way', 'new']);
  });

  it('can be told of some objects only', async () => {
    await store.db.tx((tx) => note(tx, 'a'));
    const { changes } = await changesAfter(store.db, FROM_THE_BEGINNING, ['Other']);
    expect(changes).toEqual([]);
  });
});

describe('the replication horizon', () => {
  const horizon = async () => {
    const [row] = await store.db.query<{ at: number }>('SELECT replication_horizon() AS at');
    return row?.at ?? 0;
  };

  it('is now while nobody writes, and the beginning of the oldest write while somebody does', async () => {
    const start = Date.UTC(2026, 2, 10, 12);
    await setFloorTime(store.db, { frozenAt: start + 300 });
    expect(await horizon()).toBe(start + 300);
    const end = await open((tx) => tx.query('SELECT begin_write()'));
    await setFloorTime(store.db, { offsetMs: 90_000 });
    expect(await horizon()).toBe(start);
    const endSecond = await open((tx) => tx.query('SELECT begin_write()'));
    expect(await horizon()).toBe(start);
    await end();
    expect(await horizon()).toBe(start + 90_000);
    await endSecond();
    expect(await horizon()).toBe(start + 90_300);
    await setFloorTime(store.db, { speed: 1 });
  });

  it('is never later than the stamp of a write that commits after it was read', async () => {
    await setFloorTime(store.db, { speed: 1 });
    const late: string[] = [];
    const writers = Array.from({ length: 4 }, async () => {
      for (let n = 0; n < 40; n++) {
        await store.db.tx(async (tx) => {
          const [row] = await tx.query<{ at: number }>('SELECT begin_write() AS at');
          await tx.query(
            `INSERT INTO change (object, record_id, kind, at) VALUES ('H', 'x', 'create', to_timestamp($1::float8 / 1000))`,
            [row?.at],
          );
          if (n % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 30));
        });
      }
    });
    let writing = true;
    const reading = (async () => {
      while (writing) {
        const covered = Math.floor((await horizon()) / 1000) * 1000;
        const count = async () => {
          const [row] = await store.db.query<{ n: number }>(
            `SELECT count(*) AS n FROM change WHERE object = 'H' AND at < to_timestamp($1::float8 / 1000)`,
            [covered],
          );
          return row?.n ?? 0;
        };
        const before = await count();
        await new Promise((resolve) => setTimeout(resolve, 5));
        const after = await count();
        if (after !== before) late.push(`${before} -> ${after} below ${covered}`);
      }
    })();
    await Promise.all(writers);
    writing = false;
    await reading;
    expect(late).toEqual([]);
  });

  it('does not mind the writers of another database of the same server', async () => {
    const other = await testStore();
    const end = await open((tx) => tx.query('SELECT begin_write()'), other);
    await setFloorTime(store.db, { offsetMs: 3_600_000 });
    const [row] = await store.db.query<{ now: number }>('SELECT floor_now() AS now');
    expect(await horizon()).toBeGreaterThanOrEqual(row?.now ?? Number.POSITIVE_INFINITY);
    await end();
    await other.close();
  });
});
