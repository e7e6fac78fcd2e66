/** The meter: exact in milliseconds for every possible history, lost at any point included (DECISIONS 2). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  apply,
  current,
  type MeterEvent,
  type MeterState,
  TAIL_LIMIT,
  totalsAt,
} from '../../src/chat/meter.js';
import { cutToSecond, figuresAt, sessionFields, wholeSeconds } from '../../src/chat/session-figures.js';
import { HISTORY, START, walk } from './meter-scripts.js';

const fold = (events: readonly MeterEvent[]): MeterState =>
  events.reduce<MeterState | null>((state, event) => apply(state, event), null) as MeterState;

/** A history written as `seconds kind`, contact at each event unless given. */
function script(
  ...lines: readonly (readonly [seconds: number, kind: string, more?: object])[]
): MeterEvent[] {
  return lines.map(([seconds, kind, more]) => {
    const at = START + seconds * 1000;
    return { kind, at, contactAt: at, ...more } as MeterEvent;
  });
}

describe('any history', () => {
  it('has the totals a walk through every millisecond finds, at the last contact and at any moment after it', () => {
    fc.assert(
      fc.property(HISTORY, fc.nat(100), (events, later) => {
        const state = fold(events);
        expect(totalsAt(state, state.contactAt)).toEqual(walk(events, state.contactAt));
        expect(totalsAt(state, state.at + later)).toEqual(walk(events, state.at + later));
      }),
      { numRuns: 500 },
    );
  });

  it('keeps the invariants of the design at every contact, exactly in milliseconds', () => {
    fc.assert(
      fc.property(HISTORY, (events) => {
        for (let n = 1; n <= events.length; n += 1) {
          const state = fold(events.slice(0, n));
          const { counters } = state;
          const t = totalsAt(state, state.contactAt);
          expect(t.onlineMs + t.awayMs).toBe(state.contactAt - state.loginAt);
          expect(t.idleMs).toBeLessThanOrEqual(t.onlineMs);
          expect(t.atCapacityMs).toBeLessThanOrEqual(t.onlineMs);
          expect(t.inChatsMs).toBeLessThanOrEqual(t.onlineMs + t.awayMs);
          expect(t.onlineMs - t.idleMs).toBeLessThanOrEqual(t.inChatsMs);
          const { offered } = current(state);
          expect(counters.assigned).toBeGreaterThanOrEqual(
            counters.engaged + counters.declined + counters.timedOut + offered,
          );
        }
      }),
    );
  });

  it('counts each event once, under its own name', () => {
    fc.assert(
      fc.property(HISTORY, (events) => {
        const of = (kind: string) => events.filter((event) => event.kind === kind).length;
        expect(fold(events).counters).toEqual({
          assigned: of('offer'),
          engaged: of('engage'),
          declined: of('decline'),
          timedOut: of('timeout'),
          flagRaised: of('flagRaise'),
          flagLoweredAgent: of('flagLowerAgent'),
          flagLoweredSupervisor: of('flagLowerSupervisor'),
        });
      }),
    );
  });

  it('may be cut anywhere: the rest applied to the stored state gives the same state', () => {
    fc.assert(
      fc.property(HISTORY, fc.nat(60), (events, at) => {
        const cut = Math.min(at, events.length);
        const stored = JSON.parse(
          JSON.stringify(events.slice(0, cut).reduce<MeterState | null>((s, e) => apply(s, e), null)),
        );
        expect(events.slice(cut).reduce<MeterState | null>((s, e) => apply(s, e), stored)).toEqual(
          fold(events),
        );
      }),
    );
  });

  it('lost at any point says what it would have said had nothing come after the contact but counts', () => {
    fc.assert(
      fc.property(HISTORY, (events) => {
        const state = fold(events);
        const known = events.filter((event) => event.at <= state.contactAt);
        expect(totalsAt(state, state.contactAt)).toEqual(totalsAt(fold(known), state.contactAt));
      }),
    );
  });

  it('rounds to whole seconds within one second of the span, and never idle above online', () => {
    const long = HISTORY.map((events) =>
      events.map((event) => ({
        ...event,
        at: START + (event.at - START) * 337,
        contactAt: START + (event.contactAt - START) * 337,
      })),
    );
    fc.assert(
      fc.property(long, (events) => {
        const state = fold(events);
        const row = sessionFields(state) as Record<string, number>;
        const span = (cutToSecond(state.contactAt) - cutToSecond(state.loginAt)) / 1000;
        const sum = (row.TimeInOnlineStatus as number) + (row.TimeInAwayStatus as number);
        expect(Math.abs(sum - span)).toBeLessThanOrEqual(1);
        expect(row.TimeIdle).toBeLessThanOrEqual(row.TimeInOnlineStatus as number);
        expect(row.TimeAtCapacity).toBeLessThanOrEqual(row.TimeInOnlineStatus as number);
      }),
    );
  });
});

describe('one history at a time', () => {
  it('does not count what came after the last contact: contact at 100 s, offer at 110 s, then lost', () => {
    const contactAt = START + 100_000;
    const state = fold(
      script(
        [0, 'login', { status: 'Online', capacity: 1 }],
        [110, 'offer', { contactAt }],
        [120, 'lost', { contactAt }],
        [150, 'withdraw', { contactAt }],
        [150, 'logout', { contactAt }],
      ),
    );
    expect(state.contactAt).toBe(contactAt);
    expect(sessionFields(state)).toMatchObject({
      TimeInOnlineStatus: 100,
      TimeAtCapacity: 0,
      ChatReqAssigned: 1,
    });
  });

  it('counts overlapping chats once and goes on counting them while Away', () => {
    const state = fold(
      script(
        [0, 'login', { status: 'Online', capacity: 2 }],
        [10, 'offer'],
        [12, 'engage'],
        [20, 'offer'],
        [25, 'engage'],
        [30, 'status', { status: 'Away' }],
        [40, 'disengage'],
        [50, 'disengage'],
        [60, 'logout'],
      ),
    );
    expect(sessionFields(state)).toMatchObject({
      TimeInOnlineStatus: 30,
      TimeInAwayStatus: 30,
      TimeInChats: 38,
      TimeIdle: 12,
      TimeAtCapacity: 10,
      ChatReqAssigned: 2,
      ChatReqEngaged: 2,
    });
  });

  it('is never at capacity with capacity 0 or none, and follows a change of capacity', () => {
    for (const capacity of [0, null]) {
      const state = fold(script([0, 'login', { status: 'Online', capacity }], [10, 'logout']));
      expect(sessionFields(state).TimeAtCapacity).toBe(0);
    }
    const changed = fold(
      script(
        [0, 'login', { status: 'Online', capacity: 2 }],
        [1, 'offer'],
        [10, 'capacity', { capacity: 1 }],
        [15, 'capacity', { capacity: null }],
        [20, 'logout'],
      ),
    );
    expect(sessionFields(changed).TimeAtCapacity).toBe(5);
  });

  it('counts the gap of a resumed login in the status held', () => {
    const state = fold(
      script(
        [0, 'login', { status: 'Away', capacity: 1 }],
        [10, 'lost', { contactAt: START + 8_000 }],
        [30, 'resume'],
        [40, 'logout'],
      ),
    );
    expect(sessionFields(state).TimeInAwayStatus).toBe(40);
  });

  it('begins with Online for no time when the agent goes from Offline to Away', () => {
    const state = fold(
      script(
        [0, 'login', { status: 'Online', capacity: 1 }],
        [0, 'status', { status: 'Away' }],
        [9, 'logout'],
      ),
    );
    expect(sessionFields(state)).toMatchObject({ TimeInOnlineStatus: 0, TimeInAwayStatus: 9, TimeIdle: 0 });
  });

  it('stands still while a clock goes back', () => {
    const state = fold(
      script([0, 'login', { status: 'Online', capacity: 1 }], [10, 'offer'], [5, 'engage'], [12, 'logout']),
    );
    expect(sessionFields(state)).toMatchObject({ TimeInOnlineStatus: 12, TimeInChats: 2 });
  });

  it('shows a lost login at its last contact', () => {
    const state = fold(
      script([0, 'login', { status: 'Online', capacity: 1 }], [10, 'lost', { contactAt: START + 7_000 }]),
    );
    expect(figuresAt(state, START + 25_000).timeInOnlineStatusMs).toBe(7_000);
  });

  it('refuses an impossible event and a tail without end', () => {
    const login = script([0, 'login', { status: 'Online', capacity: 1 }]);
    expect(() => fold([...login, ...script([1, 'engage'])])).toThrow('engage without what it ends');
    expect(() => fold([...login, ...script([1, 'logout'], [2, 'offer'])])).toThrow('after logout');
    expect(() => fold(script([1, 'offer']))).toThrow('before login');
    const endless = Array.from(
      { length: TAIL_LIMIT + 1 },
      (_, i) => [i + 1, i % 2 ? 'withdraw' : 'offer', { contactAt: START }] as const,
    );
    expect(() => fold([...login, ...script(...endless)])).toThrow('256 slices');
  });

  it('rounds half a second up, once', () => {
    expect([499, 500, 1_499, 1_500].map(wholeSeconds)).toEqual([0, 1, 1, 2]);
  });
});
