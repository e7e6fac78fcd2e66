/**
 * The logins or the chats of a board, by id. Invariant: after `take` the entries are those the reading lists, but for the
 * missing ones, each in the version the reading gave or one that has not changed since.
 */
import type { Versioned } from './board-reading.js';

export interface Entries<T> {
  /** Brings the entries up to a reading, `ids` being all it lists; gives what is different. */
  take(ids: string, changed: readonly Versioned<T>[]): Difference<T>;
  /** Listed and never given: they came into the limits of the board without having changed. To be asked for. */
  missing(): readonly number[];
  /** Ascending by id. */
  values(): T[];
}

export interface Difference<T> {
  readonly set: readonly T[];
  readonly gone: readonly string[];
}

export function createEntries<T>(): Entries<T> {
  const entries = new Map<number, { readonly version: number; readonly value: T }>();
  let listed = '';
  let missing: number[] = [];
  return {
    take(ids, changed) {
      const set: T[] = [];
      for (const { id, version, value } of changed) {
        if (entries.get(id)?.version === version) continue;
        entries.set(id, { version, value });
        set.push(value);
      }
      const gone: string[] = [];
      if (ids !== listed || missing.length > 0) {
        const open = new Set(ids === '' ? [] : ids.split(',').map(Number));
        for (const id of [...entries.keys()]) {
          if (open.has(id)) continue;
          entries.delete(id);
          gone.push(String(id));
        }
        missing = open.size === entries.size ? [] : [...open].filter((id) => !entries.has(id));
        listed = ids;
      }
      return { set, gone };
    },
    missing: () => missing,
    values: () => [...entries].sort(([a], [b]) => a - b).map(([, { value }]) => value),
  };
}
