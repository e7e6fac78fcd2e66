/**
 * The supervisor's views of one client: the board and watched chats, kept current and asked for again after a reconnect.
 * Invariant: what is shown is a whole view or one with every change after it; a gap is closed by asking anew.
 */

import type { Board, Line, ServerFrame, WatchedChat } from '../api/live/schema.js';
import { applyBoardChange, applyWatchedChange } from './board.js';
import { keepingEarlier, withEarlier } from './earlier-lines.js';

export interface Views {
  board(): Board | undefined;
  watched(chatId: string): WatchedChat | undefined;
  watchBoard(): Promise<Board>;
  unwatchBoard(): Promise<void>;
  watchChat(chatId: string): Promise<WatchedChat>;
  unwatchChat(chatId: string): Promise<void>;
  /** Puts lines that were asked for in front of those of a watched chat. */
  showEarlier(chatId: string, lines: readonly Line[]): void;
  /** Takes a frame if it is one of a view; true if it was. */
  take(frame: ServerFrame): boolean;
  /** A new connection knows nothing of what was watched over the last one. */
  renew(): void;
}

export interface ViewsDeps {
  ask(
    op: 'watchBoard' | 'unwatchBoard' | 'watchChat' | 'unwatchChat',
    params: { chatId?: string },
  ): Promise<unknown>;
  shown(board: Board): void;
  watched(watched: WatchedChat): void;
}

export function createViews({ ask, shown, watched }: ViewsDeps): Views {
  let wantsBoard = false;
  let board: Board | undefined;
  /** Chats this client wants to watch; undefined until the first frame. */
  const chats = new Map<string, WatchedChat | undefined>();

  function show(fresh: Board): void {
    board = fresh;
    shown(fresh);
  }

  function follow(fresh: WatchedChat): void {
    const { chatId } = fresh.chat;
    if (!chats.has(chatId)) return;
    chats.set(chatId, fresh);
    watched(fresh);
  }

  /** A chat that ended while nobody looked has ended. */
  async function watchAgain(chatId: string): Promise<void> {
    try {
      await ask('watchChat', { chatId });
    } catch (error) {
      const last = chats.get(chatId);
      if ((error as { code?: unknown }).code === 'NOT_FOUND' && last) follow({ ...last, state: 'ended' });
    }
  }

  function shownBoard(): Board {
    if (board === undefined) throw new Error('The board was not sent before the answer');
    return board;
  }

  function followed(chatId: string): WatchedChat {
    const one = chats.get(chatId);
    if (one === undefined) throw new Error('The chat was not sent before the answer');
    return one;
  }

  return {
    board: () => board,
    watched: (chatId) => chats.get(chatId),
    async watchBoard() {
      wantsBoard = true;
      await ask('watchBoard', {});
      return shownBoard();
    },
    async unwatchBoard() {
      wantsBoard = false;
      board = undefined;
      await ask('unwatchBoard', {});
    },
    async watchChat(chatId) {
      if (!chats.has(chatId)) chats.set(chatId, undefined);
      try {
        await ask('watchChat', { chatId });
      } catch (error) {
        if (chats.get(chatId) === undefined) chats.delete(chatId);
        throw error;
      }
      return followed(chatId);
    },
    async unwatchChat(chatId) {
      chats.delete(chatId);
      await ask('unwatchChat', { chatId });
    },
    showEarlier(chatId, earlier) {
      const known = chats.get(chatId);
      const lines = known && withEarlier(known.lines, earlier);
      if (known && lines && lines !== known.lines) follow({ ...known, lines });
    },
    take(frame) {
      switch (frame.type) {
        case 'board':
          if (wantsBoard) show(frame.board);
          return true;
        case 'boardChange': {
          if (board === undefined) return true;
          const after = applyBoardChange(board, frame.change);
          if (after === undefined) void ask('watchBoard', {}).catch(() => undefined);
          else if (after !== board) show(after);
          return true;
        }
        case 'watchedChat':
          follow(keepingEarlier(frame.watched, chats.get(frame.watched.chat.chatId)));
          return true;
        case 'watchedChange': {
          const known = chats.get(frame.change.chatId);
          if (known) follow(applyWatchedChange(known, frame.change));
          return true;
        }
        case 'watchedLost':
          void watchAgain(frame.chatId);
          return true;
        default:
          return false;
      }
    },
    renew() {
      if (wantsBoard) void ask('watchBoard', {}).catch(() => undefined);
      for (const [chatId, one] of chats) if (one?.state !== 'ended') void watchAgain(chatId);
    },
  };
}
