/**
 * The board of this process: read when the first supervisor looks at it, kept current by a look every quarter of a second
 * that reads only what is different, dropped when the last one turns away. It asks nobody to tell it anything, so it is
 * right with any number of processes, and costs the same however much happens.
 *
 * Invariant: a listener gets a whole board first, then each change once, in order; one that could not take a change gets
 * a whole board again before anything else.
 */
import { ApiError } from '../errors.js';
import type { Database } from '../store/database.js';
import { type FloorReading, readFloor, readSigns } from './board-reading.js';
import type { Board, BoardAgent, BoardButton, BoardChange, BoardChat, BoardSkill } from './board-state.js';
import { createTurns } from './board-turns.js';

export interface BoardListener {
  /** False: the reader is behind and is spared changes until it has caught up; then it gets a whole board. */
  isReady(): boolean;
  board(board: Board): void;
  change(change: BoardChange): void;
}

export interface Boards {
  /**
   * Resolves after `listener.board` was called with a board read after this call; returns what ends it.
   * REQUEST_LIMIT_EXCEEDED when too many look already.
   */
  watchBoard(listener: BoardListener): Promise<() => void>;
  stop(): void;
}

/** Real milliseconds between looks. */
export const BOARD_EVERY_MS = 250;
/** Buttons and skills are read again at every so many looks. */
const SIGNS_EVERY_LOOKS = 8;
/** Supervisors looking at the board of one process. */
export const BOARD_LISTENERS = 200;

interface Entry<T> {
  readonly version: number;
  readonly value: T;
}

export function createBoards(db: Database, onError: (error: unknown) => void): Boards {
  const listeners = new Map<BoardListener, { isBehind: boolean }>();
  let version = 0;
  let looks = 0;
  let agents = new Map<number, Entry<BoardAgent>>();
  let chats = new Map<number, Entry<BoardChat>>();
  let buttons: readonly BoardButton[] = [];
  let skills: readonly BoardSkill[] = [];
  let whole: Board | undefined;

  const turns = createTurns(BOARD_EVERY_MS, look, onError);

  async function look(): Promise<void> {
    const before = agents;
    const signs = looks++ % SIGNS_EVERY_LOOKS === 0 ? await readSigns(db) : { buttons, skills };
    const reading = await readFloor(db, versionsOf(agents), versionsOf(chats));
    // Everybody turned away meanwhile, and what this is compared with was dropped.
    if (agents !== before) return;
    const change = changeBy(reading, signs);
    merge(agents, reading.agents, reading.agentsGone);
    merge(chats, reading.chats, reading.chatsGone);
    ({ buttons, skills } = signs);
    if (change !== undefined) {
      version = change.version;
      whole = undefined;
    }
    publish(change);
  }

  function changeBy(
    reading: FloorReading,
    signs: { readonly buttons: readonly BoardButton[]; readonly skills: readonly BoardSkill[] },
  ): BoardChange | undefined {
    const change = {
      version: version + 1,
      agents: reading.agents.map(({ value }) => value),
      agentsGone: reading.agentsGone.map(String),
      chats: reading.chats.map(({ value }) => value),
      chatsGone: reading.chatsGone.map(String),
      ...named(
        'buttons',
        'buttonsGone',
        difference(buttons, signs.buttons, ({ buttonId }) => buttonId),
      ),
      ...named(
        'skills',
        'skillsGone',
        difference(skills, signs.skills, ({ skillId }) => skillId),
      ),
    };
    const size = Object.values(change).reduce<number>(
      (sum, part) => sum + (Array.isArray(part) ? part.length : 0),
      0,
    );
    return size === 0 ? undefined : change;
  }

  function publish(change: BoardChange | undefined): void {
    for (const [listener, state] of listeners) {
      try {
        if (state.isBehind) {
          if (listener.isReady()) give(listener);
        } else if (change !== undefined) {
          if (listener.isReady()) listener.change(change);
          else state.isBehind = true;
        }
      } catch (error) {
        onError(error);
      }
    }
  }

  function give(listener: BoardListener): void {
    whole ??= { version, agents: valuesOf(agents), chats: valuesOf(chats), buttons, skills };
    const state = listeners.get(listener);
    if (state) state.isBehind = false;
    listener.board(whole);
  }

  function forget(listener: BoardListener): void {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    turns.stop();
    looks = 0;
    agents = new Map();
    chats = new Map();
    whole = undefined;
  }

  return {
    async watchBoard(listener) {
      if (listeners.size >= BOARD_LISTENERS) {
        throw new ApiError('REQUEST_LIMIT_EXCEEDED', 'too many supervisors look at the board of this server');
      }
      // Behind from the beginning: the look under way, or the next one, gives it a whole board.
      listeners.set(listener, { isBehind: true });
      turns.start();
      try {
        await turns.fresh();
        if (listeners.get(listener)?.isBehind) give(listener);
      } catch (error) {
        forget(listener);
        throw error;
      }
      return () => forget(listener);
    },
    stop() {
      listeners.clear();
      turns.stop();
    },
  };
}

function versionsOf<T>(entries: ReadonlyMap<number, Entry<T>>): Map<number, number> {
  return new Map([...entries].map(([id, entry]) => [id, entry.version]));
}

/** Ascending by id, which is the order of the map: younger ones have higher ids. */
function valuesOf<T>(entries: ReadonlyMap<number, Entry<T>>): T[] {
  return [...entries].sort(([a], [b]) => a - b).map(([, { value }]) => value);
}

function merge<T>(
  entries: Map<number, Entry<T>>,
  changed: readonly (Entry<T> & { readonly id: number })[],
  gone: readonly number[],
): void {
  for (const { id, version, value } of changed) entries.set(id, { version, value });
  for (const id of gone) entries.delete(id);
}

interface Difference<T> {
  readonly set: readonly T[];
  readonly gone: readonly string[];
}

function difference<T>(before: readonly T[], after: readonly T[], idOf: (one: T) => string): Difference<T> {
  const known = new Map(before.map((one) => [idOf(one), JSON.stringify(one)]));
  const ids = new Set(after.map(idOf));
  return {
    set: after.filter((one) => known.get(idOf(one)) !== JSON.stringify(one)),
    gone: [...known.keys()].filter((id) => !ids.has(id)),
  };
}

function named<S extends string, G extends string, T>(set: S, gone: G, difference: Difference<T>) {
  return { [set]: difference.set, [gone]: difference.gone } as { [K in S]: readonly T[] } & {
    [K in G]: readonly string[];
  };
}
