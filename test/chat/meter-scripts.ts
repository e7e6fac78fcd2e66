/** Histories of a login for the meter's tests: a generator of possible ones, and a slow evaluator that is obviously right. */
import fc from 'fast-check';
import type { MeterEvent, MeterEventKind, Totals } from '../../src/chat/meter.js';

interface Step {
  readonly waitMs: number;
  /** Where between the last contact and now the last known contact lies: 0 no news, 1 now. */
  readonly contact: number;
  readonly choice: number;
  readonly capacity: number | null;
}

const STEP: fc.Arbitrary<Step> = fc.record({
  waitMs: fc.oneof({ weight: 1, arbitrary: fc.constant(0) }, { weight: 4, arbitrary: fc.nat(40) }),
  contact: fc.oneof(fc.constant(0), fc.constant(1), fc.double({ min: 0, max: 1, noNaN: true })),
  choice: fc.nat(10_000),
  capacity: fc.oneof(fc.constant(null), fc.nat(4)),
});

/** Any possible sequence of events of one login, `logout` perhaps at the end; times near `START`. */
export const HISTORY: fc.Arbitrary<readonly MeterEvent[]> = fc
  .record({
    steps: fc.array(STEP, { maxLength: 60 }),
    capacity: fc.oneof(fc.constant(null), fc.nat(4)),
    away: fc.boolean(),
    logout: fc.boolean(),
  })
  .map(({ steps, capacity, away, logout }) => build(steps, capacity, away, logout));

export const START = 1_700_000_000_123;

function build(
  steps: readonly Step[],
  capacity: number | null,
  away: boolean,
  logout: boolean,
): MeterEvent[] {
  let at = START;
  let contactAt = START;
  let engaged = 0;
  let offered = 0;
  let lost = false;
  const events: MeterEvent[] = [{ kind: 'login', at, contactAt, status: away ? 'Away' : 'Online', capacity }];
  for (const step of steps) {
    at += step.waitMs;
    if (!lost) contactAt += Math.floor((at - contactAt) * step.contact);
    const kinds: MeterEventKind[] = [
      'status',
      'capacity',
      'flagRaise',
      'flagLowerAgent',
      'flagLowerSupervisor',
    ];
    if (!lost) kinds.push('offer', 'offer', 'offer', 'lost');
    if (lost) kinds.push('resume');
    if (offered > 0) kinds.push('engage', 'engage', 'decline', 'timeout', 'withdraw');
    if (engaged > 0) kinds.push('disengage', 'disengage');
    const kind = kinds[step.choice % kinds.length] as MeterEventKind;
    if (kind === 'resume') contactAt = at;
    if (kind === 'offer') offered += 1;
    if (kind === 'engage' || kind === 'decline' || kind === 'timeout' || kind === 'withdraw') offered -= 1;
    if (kind === 'engage') engaged += 1;
    if (kind === 'disengage') engaged -= 1;
    if (kind === 'lost') lost = true;
    if (kind === 'resume') lost = false;
    if (kind === 'status') events.push({ kind, at, contactAt, status: step.choice % 2 ? 'Away' : 'Online' });
    else if (kind === 'capacity') events.push({ kind, at, contactAt, capacity: step.capacity });
    else if (kind !== 'login') events.push({ kind, at, contactAt } as MeterEvent);
  }
  if (logout) events.push({ kind: 'logout', at, contactAt: lost ? contactAt : at });
  return events;
}

/**
 * Walks every single millisecond from log-in to `until` and looks at what held in it: the last event at or
 * before that millisecond decides. Slow, and nothing in common with the meter.
 */
export function walk(events: readonly MeterEvent[], until: number): Totals {
  const totals = { onlineMs: 0, awayMs: 0, idleMs: 0, inChatsMs: 0, atCapacityMs: 0 };
  for (let ms = (events[0] as MeterEvent).at; ms < until; ms += 1) {
    let status = 'Online';
    let capacity: number | null = null;
    let engaged = 0;
    let offered = 0;
    for (const event of events) {
      if (event.at > ms) break;
      if (event.kind === 'login' || event.kind === 'status') status = event.status;
      if (event.kind === 'login' || event.kind === 'capacity') capacity = event.capacity;
      if (event.kind === 'offer') offered += 1;
      if (['engage', 'decline', 'timeout', 'withdraw'].includes(event.kind)) offered -= 1;
      if (event.kind === 'engage') engaged += 1;
      if (event.kind === 'disengage') engaged -= 1;
    }
    const online = status === 'Online';
    if (online) totals.onlineMs += 1;
    else totals.awayMs += 1;
    if (engaged > 0) totals.inChatsMs += 1;
    if (online && engaged === 0) totals.idleMs += 1;
    if (online && capacity !== null && capacity > 0 && engaged + offered >= capacity)
      totals.atCapacityMs += 1;
  }
  return totals;
}
