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
import { createEntries, type Difference, type Entries } from './board-entries.js';
import { readFloor, readSigns } from './board-reading.js';
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
const BOARD_EVERY_MS = 250;
/** Buttons and skills are read again at every so many looks. */
const SIGNS_EVERY_LOOKS = 8;
/** Supervisors looking at the board of one process. */
export const BOARD_LISTENERS = 200;

/** What is known of the floor since somebody began to look. */
interface Seen {
  horizon: string | undefined;
  readonly agents: Entries<BoardAgent>;
  readonly chats: Entries<BoardChat>;
  buttons: readonly BoardButton[];
  skills: readonly BoardSkill[];
}

function nothingSeen(): Seen {
  return { horizon: undefined, agents: createEntries(), chats: createEntries(), buttons: [], skills: [] };
}

export function createBoards(db: Database, onError: (error: unknown) => void): Boards {
  const listeners = new Map<BoardListener, { isBehind: boolean }>();
  let version = 0;
  let looks = 0;
  let seen = nothingSeen();
  let whole: Board | undefined;

  const turns = createTurns(BOARD_EVERY_MS, look, onError);

  async function look(): Promise<void> {
    const mine = seen;
    const signs = looks++ % SIGNS_EVERY_LOOKS === 0 ? await readSigns(db) : mine;
    const reading = await readFloor(db, mine.horizon, {
      logins: mine.agents.missing(),
      chats: mine.chats.missing(),
    });
    // Everybody turned away meanwhile.
    if (seen !== mine) return;
    mine.horizon = reading.horizon;
    const change = {
      version: version + 1,
      ...named('agents', 'agentsGone', mine.agents.take(reading.loginIds, reading.agents)),
      ...named('chats', 'chatsGone', mine.chats.take(reading.chatIds, reading.chats)),
      ...named(
        'buttons',
        'buttonsGone',
        difference(mine.buttons, signs.buttons, (one) => one.buttonId),
      ),
      ...named(
        'skills',
        'skillsGone',
        difference(mine.skills, signs.skills, (one) => one.skillId),
      ),
    };
    mine.buttons = signs.buttons;
    mine.skills = signs.skills;
    const isDifferent = Object.values(change).some((part) => typeof part === 'object' && part.length > 0);
    if (isDifferent) {
      version = change.version;
      whole = undefined;
    }
    publish(isDifferent ? change : undefined);
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
    const { agents, chats, buttons, skills } = seen;
    whole ??= { version, agents: agents.values(), chats: chats.values(), buttons, skills };
    const state = listeners.get(listener);
    if (state) state.isBehind = false;
    listener.board(whole);
  }

  function forget(listener: BoardListener): void {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    turns.stop();
    looks = 0;
    seen = nothingSeen();
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
