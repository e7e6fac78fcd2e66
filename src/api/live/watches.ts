/**
 * What one supervisor's socket looks at: the board, and chats. Invariant: at most one board and `watched_chats` chats a
 * socket; nothing is sent to a user who may no longer supervise, from a second after the right is gone; a reader who
 * does not keep up is spared changes until its buffer has drained, so it costs no more memory than one board.
 */

import type { Board, BoardChange } from '../../chat/board-state.js';
import type { SupervisorViews } from '../../chat/board-views.js';
import type { WatchedChange, WatchedChat } from '../../chat/watching-state.js';
import { ApiError } from '../../errors.js';
import { newestLines } from './fitting.js';
import type { Frozen } from './frozen.js';
import { LIVE_LIMITS, type LiveSignal, type ServerFrame } from './schema.js';

export interface WatchesDeps {
  readonly views: SupervisorViews;
  readonly send: (frame: object | string) => void;
  /** Whether the socket takes what it is sent. */
  readonly isReady: () => boolean;
  /** Whether the user may still supervise; asks again if the last answer is old. */
  readonly mayStill: () => Promise<boolean>;
}

export interface Watches {
  watchBoard(): Promise<void>;
  unwatchBoard(): void;
  watchChat(chatId: string): Promise<void>;
  unwatchChat(chatId: string): void;
  /** Ends everything: the socket is gone, or the right. */
  end(): void;
}

/** What the views hand out is what the wire carries; the assignments are the proof. */
type Wire<T extends ServerFrame['type']> = Frozen<Extract<ServerFrame, { type: T }>>;
const boardFrame = (board: Board): Wire<'board'> => ({ type: 'board', board });
const boardChangeFrame = (change: BoardChange): Wire<'boardChange'> => ({ type: 'boardChange', change });
const watchedFrame = (watched: WatchedChat): Wire<'watchedChat'> => ({
  type: 'watchedChat',
  watched: { ...watched, lines: newestLines(watched.lines) },
});
const watchedChangeFrame = (change: WatchedChange): Wire<'watchedChange'> => ({
  type: 'watchedChange',
  change,
});

/** One text for all sockets that get the same board or change. */
const texts = new WeakMap<object, string>();
function textOf<T extends object>(shared: T, frame: (shared: T) => object): string {
  let text = texts.get(shared);
  if (text === undefined) {
    text = JSON.stringify(frame(shared));
    texts.set(shared, text);
  }
  return text;
}

/** How long somebody who may no longer supervise goes on seeing at most. */
const CHECK_MS = 1_000;

export function createWatches({ views, send, isReady, mayStill }: WatchesDeps): Watches {
  let board: { stop: () => void } | undefined;
  const chats = new Map<string, () => void>();
  let checks: ReturnType<typeof setInterval> | undefined;

  /** While anything is watched the right to is asked for again and again; nothing waits for the answer. */
  function keepChecking(): void {
    checks ??= setInterval(() => {
      if (board === undefined && chats.size === 0) {
        clearInterval(checks);
        checks = undefined;
        return;
      }
      void mayStill().then((may) => {
        if (!may) self.end();
      });
    }, CHECK_MS);
  }

  const self: Watches = {
    async watchBoard() {
      self.unwatchBoard();
      const mine = { stop: () => {} };
      board = mine;
      keepChecking();
      const isMine = () => board === mine;
      try {
        mine.stop = await views.watchBoard({
          isReady,
          board: (whole) => isMine() && send(textOf(whole, boardFrame)),
          change: (change) => isMine() && send(textOf(change, boardChangeFrame)),
        });
        if (!isMine()) mine.stop();
      } catch (error) {
        if (isMine()) board = undefined;
        throw error;
      }
    },
    unwatchBoard() {
      board?.stop();
      board = undefined;
    },
    async watchChat(chatId) {
      self.unwatchChat(chatId);
      if (chats.size >= LIVE_LIMITS.watched_chats) {
        throw new ApiError('REQUEST_LIMIT_EXCEEDED', 'too many chats are watched over this connection');
      }
      let stop = () => {};
      const mine = () => stop();
      chats.set(chatId, mine);
      keepChecking();
      const isMine = () => chats.get(chatId) === mine;
      try {
        stop = await views.watchChat(chatId, {
          isReady,
          watched: (watched) => isMine() && send(watchedFrame(watched)),
          change(change) {
            if (!isMine()) return;
            send(watchedChangeFrame(change));
            if (change.state === 'ended') chats.delete(chatId);
          },
          overheard: (signal: Frozen<LiveSignal>) => isMine() && send({ type: 'signal', signal }),
          fellBehind() {
            if (!isMine()) return;
            chats.delete(chatId);
            send({ type: 'watchedLost', chatId });
          },
        });
        if (!isMine()) stop();
      } catch (error) {
        if (chats.get(chatId) === mine) chats.delete(chatId);
        throw error;
      }
    },
    unwatchChat(chatId) {
      chats.get(chatId)?.();
      chats.delete(chatId);
    },
    end() {
      clearInterval(checks);
      checks = undefined;
      self.unwatchBoard();
      for (const chatId of [...chats.keys()]) self.unwatchChat(chatId);
    },
  };
  return self;
}
