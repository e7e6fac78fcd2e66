/** The order of snapshots and events on one socket, for every way they can come between each other. */

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createEventStream } from '../../../src/api/live/event-stream.js';
import type { AgentEvent, AgentState } from '../../../src/chat/floor.js';

/** A state and events with nothing in them but what the order depends on. */
function stateOf(loginId: string | null, lastEventId: number): AgentState {
  return { loginId, lastEventId, chats: [] as AgentState['chats'] } as AgentState;
}
function eventOf(loginId: string, id: number): AgentEvent {
  return { loginId, id, at: 0, type: 'statusChanged', status: 'Online', by: 'agent' };
}

type Frame = { type: 'snapshot'; snapshot: AgentState } | { type: 'event'; event: AgentEvent };

/** A floor that is told what to do step by step, and the frames a client would get. */
function scene(login = 0, lastId = 0) {
  const frames: Frame[] = [];
  const reads: (() => void)[] = [];
  let turn: Promise<void> = Promise.resolve();
  const inTurn = (work: () => Promise<void>) => {
    turn = turn.then(work);
    return turn;
  };
  const now = () => stateOf(login === 0 ? null : `L${login}`, lastId);
  const stream = createEventStream({
    send: (frame) => frames.push(frame as Frame),
    readState: () => {
      const state = now();
      return new Promise((resolve) => reads.push(() => resolve(state)));
    },
    inTurn,
    failed: (error) => {
      throw error;
    },
  });
  return {
    frames,
    stream,
    now,
    happen: () => {
      if (login > 0) stream.event(eventOf(`L${login}`, ++lastId));
    },
    relogin: () => {
      if (login > 0) stream.event(eventOf(`L${login}`, ++lastId));
      login++;
      lastId = 0;
      stream.loginOpened(`L${login}`);
    },
    /** A request is answered with a snapshot. */
    answer: () =>
      inTurn(async () => {
        const state = now();
        frames.push({ type: 'snapshot', snapshot: state });
        stream.answered(state);
      }),
    /** A snapshot that was being read arrives. */
    arrive: async () => {
      reads.shift()?.();
      for (let tick = 0; tick < 30; tick++) await Promise.resolve();
    },
    waiting: () => reads.length,
  };
}

it('sends the events of a login that began after the welcome from the first on, its snapshot before them', async () => {
  const { frames, stream, now, happen, relogin, arrive } = scene();
  stream.open(now());
  relogin();
  happen();
  happen();
  expect(frames).toEqual([]);
  await arrive();
  await arrive();
  expect(frames.map((frame) => frame.type)).toEqual(['snapshot', 'event', 'event']);
  happen();
  expect(frames.at(-1)).toMatchObject({ type: 'event', event: { loginId: 'L1', id: 3 } });
});

it('lets a login that is over say its last words', async () => {
  const { frames, stream, now, happen, relogin, arrive } = scene();
  stream.open(now());
  relogin();
  await arrive();
  happen();
  relogin();
  await arrive();
  const said = frames.flatMap((frame) =>
    frame.type === 'event' ? [`${frame.event.loginId}:${frame.event.id}`] : [],
  );
  expect(said).toEqual(['L1:1', 'L1:2']);
});

it('sends each event once and in order, and all of the last login after its snapshot', async () => {
  const step = fc.constantFrom('happen', 'relogin', 'arrive', 'answer');
  await fc.assert(
    fc.asyncProperty(
      fc.record({ login: fc.constantFrom(0, 1), lastId: fc.nat(3) }),
      fc.array(fc.constantFrom('happen', 'relogin'), { maxLength: 5 }),
      fc.array(step, { maxLength: 60 }),
      async (begin, beforeWelcome, steps) => {
        const { frames, stream, now, happen, relogin, arrive, answer, waiting } = scene(
          begin.login,
          begin.login * begin.lastId,
        );
        // The welcome carries the snapshot of when the agent was connected; things happen before it is sent.
        const welcome = now();
        for (const one of beforeWelcome) one === 'happen' ? happen() : relogin();
        expect(frames).toEqual([]);
        frames.push({ type: 'snapshot', snapshot: welcome });
        stream.open(welcome);
        for (const one of steps) {
          if (one === 'happen') happen();
          else if (one === 'relogin') relogin();
          else if (one === 'arrive') await arrive();
          else void answer();
        }
        do await arrive();
        while (waiting() > 0);

        const idsOf = new Map<string, number[]>();
        const known = new Set<string | null>();
        for (const frame of frames) {
          if (frame.type === 'snapshot') known.add(frame.snapshot.loginId);
          else {
            const { loginId, id } = frame.event;
            expect(known).toContain(loginId);
            idsOf.set(loginId, [...(idsOf.get(loginId) ?? []), id]);
          }
        }
        const after = (loginId: string) => (loginId === welcome.loginId ? welcome.lastEventId : 0);
        for (const [loginId, ids] of idsOf) {
          expect(ids).toEqual(ids.map((_, index) => after(loginId) + index + 1));
        }
        const { loginId, lastEventId } = now();
        if (loginId === null) return;
        expect(known).toContain(loginId);
        expect(idsOf.get(loginId) ?? []).toHaveLength(lastEventId - after(loginId));
      },
    ),
    { numRuns: 1_000 },
  );
});
