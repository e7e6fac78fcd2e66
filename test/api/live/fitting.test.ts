/** What is sent whole is cut to what a socket takes. */

import { expect, it } from 'vitest';
import { newestLines, oldestEvents } from '../../../src/api/live/fitting.js';
import { LIVE_LIMITS } from '../../../src/api/live/schema.js';
import type { AgentEvent, ChatLine } from '../../../src/chat/floor.js';

const line = (sequence: number, characters: number): ChatLine => ({
  chatId: '1',
  sequence,
  kind: 'visitor',
  at: 1,
  userId: null,
  name: 'V',
  text: 'x'.repeat(characters),
  customType: null,
  clientId: null,
});

it('keeps all lines that fit, and the newest of those that do not', () => {
  const few = [line(1, 10), line(2, 10)];
  expect(newestLines(few)).toBe(few);
  const many = Array.from({ length: 1_000 }, (_, n) => line(n + 1, 4_000));
  const kept = newestLines(many);
  expect(kept.at(-1)).toBe(many.at(-1));
  expect(kept.length).toBe(Math.floor(LIVE_LIMITS.snapshot_characters / 4_300));
  expect(newestLines([line(1, 5), line(2, 2_000_000)]).map(({ sequence }) => sequence)).toEqual([2]);
  expect(newestLines([])).toEqual([]);
});

it('keeps the oldest events, and at least one', () => {
  const events = Array.from(
    { length: 1_000 },
    (_, n) => ({ id: n + 1, loginId: '1', at: 1, type: 'line', line: line(n, 4_000) }) as AgentEvent,
  );
  const kept = oldestEvents(events);
  expect(kept[0]).toBe(events[0]);
  expect(kept.length).toBeLessThan(250);
  expect(oldestEvents(events.slice(0, 3))).toHaveLength(3);
  const huge = [{ id: 1, loginId: '1', at: 1, type: 'line', line: line(1, 2_000_000) } as AgentEvent];
  expect(oldestEvents(huge)).toHaveLength(1);
});
