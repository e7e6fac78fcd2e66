/**
 * Checks that what the floor stored agrees with its log, for any test that drove one: the meter state of each login is
 * the fold of its events from the first one on, the loads are those of the open offers and engagements, and no agent
 * was ever given more than its capacity allows.
 */
import { expect } from 'vitest';
import { apply, current, type MeterEvent, type MeterState } from '../../src/chat/meter.js';
import type { Queryable } from '../../src/store/database.js';

interface LogRow {
  login_id: number;
  at: number;
  contact_at: number;
  kind: string;
  detail: object | null;
}

/** Folds each login's log from its first event; by login id. */
export async function foldedLogs(db: Queryable): Promise<Map<number, MeterState>> {
  const rows = await db.query<LogRow>(
    'SELECT login_id, at, contact_at, kind, detail FROM floor_event ORDER BY login_id, seq',
  );
  const states = new Map<number, MeterState>();
  for (const { login_id, at, contact_at, kind, detail } of rows) {
    const event = { ...detail, kind, at, contactAt: contact_at } as unknown as MeterEvent;
    states.set(login_id, apply(states.get(login_id) ?? null, event));
  }
  return states;
}

/** The meter states as stored. */
export async function storedMeters(db: Queryable): Promise<Map<number, MeterState>> {
  const rows = await db.query<{ id: number; meter: MeterState }>('SELECT id, meter FROM login ORDER BY id');
  return new Map(rows.map(({ id, meter }) => [id, meter]));
}

/** Fails the test when anything stored disagrees with the log. The floor must be quiet. */
export async function auditFloor(db: Queryable): Promise<void> {
  const stored = await storedMeters(db);
  expect(stored).toEqual(await foldedLogs(db));
  const loads = await db.query<{ id: number; offered: number; engaged: number }>(
    `SELECT l.id, (SELECT count(*) FROM offer o WHERE o.login_id = l.id AND o.state = 'open') AS offered,
       (SELECT count(*) FROM engagement e WHERE e.login_id = l.id AND e.ended_at IS NULL) AS engaged
     FROM login l ORDER BY l.id`,
  );
  for (const { id, offered, engaged } of loads) {
    expect({ id, ...pick(current(stored.get(id) as MeterState)) }).toEqual({ id, offered, engaged });
  }
  const counts = await db.query<{ login_id: number; kind: string; n: number }>(
    'SELECT login_id, kind, count(*) AS n FROM floor_event GROUP BY login_id, kind',
  );
  const of = (id: number, kind: string) =>
    counts.find((row) => row.login_id === id && row.kind === kind)?.n ?? 0;
  for (const [id, { counters }] of stored) {
    expect(counters).toMatchObject({
      assigned: of(id, 'offer'),
      engaged: of(id, 'engage'),
      declined: of(id, 'decline'),
      timedOut: of(id, 'timeout'),
      flagRaised: of(id, 'flagRaise'),
    });
  }
}

const pick = ({ offered, engaged }: { offered: number; engaged: number }) => ({ offered, engaged });
