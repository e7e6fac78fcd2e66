/**
 * What one supervisor's socket looks at: the board, and chats. Invariant: at most one board and `watched_chats` chats a
 * socket; nothing is sent to a user who may no longer supervise, at most a second after the right is gone; a reader who
 * does not keep up is spared changes until its buffer has drained, so it costs no more memory than one board.
 */

import type { Board, BoardChange } from '../../chat/board-state.js';
import type { SupervisorViews } from '../../chat/board-views.js';
import type { WatchedChange, WatchedChat } from '../../chat/watching-state.js';
import { ApiError } from '../../errors.js';
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
const watchedFrame = (watched: WatchedChat): Wire<'watchedChat'> => ({ type: 'watchedChat', watched });
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

export function createWatches({ views, send, isReady, mayStill }: WatchesDeps): Watches {
  let board: { stop: () => void } | undefined;
  const chats = new Map<string, () => void>();

  /** Everything that goes out passes here. */
  function push(frame: string | object): void {
    send(frame);
    void mayStill().then((may) => {
      if (!may) self.end();
    });
  }

  const self: Watches = {
    async watchBoard() {
      self.unwatchBoard();
      const mine = { stop: () => {} };
      board = mine;
      const isMine = () => board === mine;
      const stop = await views.watchBoard({
        isReady,
        board: (whole) => isMine() && push(textOf(whole, boardFrame)),
        change: (change) => isMine() && push(textOf(change, boardChangeFrame)),
      });
      mine.stop = stop;
      if (!isMine()) stop();
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
      const isMine = () => chats.get(chatId) === mine;
      try {
        stop = await views.watchChat(chatId, {
          isReady,
          watched: (watched) => isMine() && push(watchedFrame(watched)),
          change(change) {
            if (!isMine()) return;
            push(watchedChangeFrame(change));
            if (change.state === 'ended') chats.delete(chatId);
          },
          overheard: (signal: Frozen<LiveSignal>) => isMine() && push({ type: 'signal', signal }),
          fellBehind() {
            if (!isMine()) return;
            chats.delete(chatId);
            push({ type: 'watchedLost', chatId });
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
      self.unwatchBoard();
      for (const chatId of [...chats.keys()]) self.unwatchChat(chatId);
    },
  };
  return self;
}
