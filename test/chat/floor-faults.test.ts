/**
 * The model test can fail: three faults planted between the floor and its database, each kept consistent in log and
 * meter so that neither tells on the other, are each found; the same script without a fault is clean.
 */
import { afterAll, afterEach, expect, it } from 'vitest';
import type { Database, Tx } from '../../src/store/database.js';
import { auditFloor } from '../support/floor-audit.js';
import { type Command, openModelWorld } from './floor-commands.js';
import { closeWorlds, type World } from './floor-world.js';

let world: World;
afterAll(() => closeWorlds());
afterEach(() => world.close());

const everybody = (kind: Command['kind'], b = 0): Command[] => [0, 1, 2, 3].map((a) => ({ kind, a, b }));

/** An offer accepted, a flag raised, another offer declined, some time between all of it. */
const SCRIPT: readonly Command[] = [
  ...everybody('online'),
  { kind: 'leap', a: 0, b: 9 },
  { kind: 'visit', a: 0, b: 0 },
  { kind: 'leap', a: 0, b: 9 },
  ...everybody('accept'),
  { kind: 'leap', a: 0, b: 9 },
  ...everybody('raise'),
  { kind: 'visit', a: 1, b: 0 },
  { kind: 'leap', a: 0, b: 9 },
  ...everybody('decline'),
  { kind: 'leap', a: 0, b: 9 },
];

interface Written {
  readonly logins: { id: number; seq: number; meter: { seq: number; counters: Record<string, number> } }[];
  readonly floor_events: { login_id: number; seq: number; kind: string }[];
}

/** Stands between the floor and its database: changes what is written, or the time that was read. */
function between(change: { write?: (written: Written) => void; now?: (now: number) => number }) {
  const tampered = (tx: Tx): Tx => ({
    ...tx,
    async query<R extends object>(text: string, values?: readonly unknown[], name?: string): Promise<R[]> {
      let sent = values;
      if (text.includes('floor_write(') && change.write) {
        const written = JSON.parse(values?.[0] as string) as Written;
        change.write(written);
        sent = [JSON.stringify(written)];
      }
      return tx.query<R>(text, sent, name);
    },
  });
  return (db: Database): Database => ({
    ...db,
    tx: (fn, opening) =>
      db.tx((tx, opened) => {
        const told = opened.map((row) =>
          'now' in row && change.now ? { ...row, now: change.now(row.now as number) } : row,
        );
        return fn(tampered(tx), told);
      }, opening),
  });
}

async function runThrough(through?: (db: Database) => Database): Promise<void> {
  const opened = await openModelWorld(through);
  world = opened.world;
  await opened.run(SCRIPT);
}

it('is clean without a fault', async () => {
  await runThrough();
  await auditFloor(world.db);
});

it('finds an event that was written twice', async () => {
  const doubled = (written: Written) => {
    for (const event of written.floor_events.filter(({ kind }) => kind === 'flagRaise')) {
      const login = written.logins.find(({ id }) => id === event.login_id);
      if (!login) continue;
      written.floor_events.push({ ...event, seq: event.seq + 1 });
      login.seq += 1;
      login.meter.seq += 1;
      login.meter.counters.flagRaised = (login.meter.counters.flagRaised ?? 0) + 1;
    }
  };
  await expect(runThrough(between({ write: doubled }))).rejects.toMatchObject({
    actual: { raised: 2 },
    expected: { raised: 1 },
  });
  await auditFloor(world.db);
});

it('finds a time that was read before the lock', async () => {
  let entered = 0;
  const early = (now: number) => {
    entered += 1;
    return entered % 3 === 0 ? now - 600 : now;
  };
  await expect(runThrough(between({ now: early }))).rejects.toMatchObject({
    name: 'AssertionError',
  });
  await auditFloor(world.db);
});

it('finds a decline that was lost', async () => {
  const lost = (written: Written) => {
    for (const event of written.floor_events.filter(({ kind }) => kind === 'decline')) {
      event.kind = 'withdraw';
      const counters = written.logins.find(({ id }) => id === event.login_id)?.meter.counters;
      if (counters?.declined) counters.declined -= 1;
    }
  };
  await expect(runThrough(between({ write: lost }))).rejects.toMatchObject({
    actual: { declined: 0 },
    expected: { declined: 1 },
  });
  await auditFloor(world.db);
});
