/**
 * Watching chats: a supervisor sees lines, typing and sneak peek as they go, and nobody in the chat notices, because
 * nothing is written and nobody is told. Lines come by a look a quarter of a second that reads what is new in all
 * watched chats; typing is overheard where it passes, here or on the process the typist is connected to.
 *
 * Invariant: a listener gets the whole chat first, then each line once and in order, whatever process stored it.
 */
import { ApiError } from '../errors.js';
import type { Database } from '../store/database.js';
import { createTurns } from './board-turns.js';
import { parseNumber } from './entities.js';
import type { SafetyRules } from './safety-rules.js';
import { cleanText } from './text.js';
import type { Wakeups } from './wakeups.js';
import { createEarshot, type Earshot } from './watching-earshot.js';
import { type Position, readNew, readWatched } from './watching-reading.js';
import { type Overheard, WATCHED_LINES, type WatchedChange, type WatchedChat } from './watching-state.js';

export interface WatchListener {
  /** False: the reader is behind; then it is let go with `fellBehind`, to watch anew when it has caught up. */
  isReady(): boolean;
  watched(watched: WatchedChat): void;
  change(change: WatchedChange): void;
  overheard(overheard: Overheard): void;
  fellBehind(): void;
}

export interface Watching {
  /**
   * Resolves after `listener.watched` was called; returns what ends it. It ends by itself with the chat.
   * NOT_FOUND: no such chat, or it is over. INSUFFICIENT_ACCESS: an agent in it may not be watched; who watches when such
   * an agent comes is let go with `fellBehind`. REQUEST_LIMIT_EXCEEDED: too many are watched here.
   */
  watchChat(chatId: string, listener: WatchListener): Promise<() => void>;
  /** What stands in the input line of an agent; heard only where the agent is in a watched chat and may be overheard. */
  agentSneakPeek(userId: string, chatId: string, text: string): void;
  readonly earshot: Earshot;
  stop(): void;
}

/** Real milliseconds between looks. */
const WATCH_EVERY_MS = 250;
/** Pairs of a supervisor and a chat on one process. */
const WATCHES = 2_000;
/** Longest input line that is shown; as for visitors (DECISIONS 4). */
const PEEK_LIMIT = 2_000;

interface Watched {
  position: Position;
  agents: WatchedChat['agents'];
  /** With the last line each has got: those who came at different times began at different lines. */
  readonly listeners: Map<WatchListener, { lastSequence: number }>;
}

export function createWatching(
  db: Database,
  wakeups: Pick<Wakeups, 'send'>,
  safety: Pick<SafetyRules, 'mask'>,
  onError: (error: unknown) => void,
): Watching {
  const chats = new Map<number, Watched>();
  let watches = 0;
  const turns = createTurns(WATCH_EVERY_MS, look, onError);
  const earshot = createEarshot(wakeups, {
    watched: () => chats,
    hear(chatId, overheard) {
      const chat = chats.get(chatId);
      if (chat === undefined || !mayBeHeard(chat, overheard)) return;
      tell(chat, (listener) => {
        if (listener.isReady()) listener.overheard(overheard);
      });
    },
  });

  function tell(chat: Watched, say: (listener: WatchListener, got: { lastSequence: number }) => void): void {
    for (const [listener, got] of [...chat.listeners]) {
      try {
        say(listener, got);
      } catch (error) {
        onError(error);
      }
    }
  }

  async function look(): Promise<void> {
    earshot.renew();
    const known = new Map([...chats].map(([id, { position }]) => [id, position]));
    if (known.size === 0) return;
    for (const { chatId, version, lastSequence, isOpen, lines, ...parts } of await readNew(db, known)) {
      const chat = chats.get(chatId);
      // Begun anew meanwhile: it is further than this reading, and the next look starts there.
      if (chat === undefined || chat.position !== known.get(chatId)) continue;
      if (!isOpen) {
        // An agent came into it, or was told, who may not be watched: whoever watches anew is told so.
        for (const listener of [...chat.listeners.keys()]) {
          leave(chatId, listener);
          listener.fellBehind();
        }
        continue;
      }
      // More lines than one reading gives: the end is told after the last of them.
      const isMore = lines.length === WATCHED_LINES;
      chat.position = { version: isMore ? 0 : version, lastSequence };
      if (parts.agents) chat.agents = parts.agents;
      tell(chat, (listener, got) => {
        if (!listener.isReady()) {
          leave(chatId, listener);
          listener.fellBehind();
          return;
        }
        const fresh = lines.filter(({ sequence }) => sequence > got.lastSequence);
        got.lastSequence = Math.max(got.lastSequence, lastSequence);
        if (fresh.length > 0 || (parts.state !== undefined && !isMore)) {
          listener.change({ chatId: String(chatId), lines: fresh, ...(isMore ? {} : parts) });
        }
      });
      if (parts.state === 'ended' && !isMore) {
        for (const listener of [...chat.listeners.keys()]) leave(chatId, listener);
      }
    }
  }

  function leave(chatId: number, listener: WatchListener): void {
    const chat = chats.get(chatId);
    if (!chat?.listeners.delete(listener)) return;
    watches -= 1;
    if (chat.listeners.size === 0) chats.delete(chatId);
    if (chats.size === 0) turns.stop();
  }

  function join(
    chatId: number,
    read: Position & { readonly watched: WatchedChat },
    listener: WatchListener,
  ): () => void {
    const { watched, ...position } = read;
    const known = chats.get(chatId);
    const chat: Watched = known ?? { position, agents: watched.agents, listeners: new Map() };
    chats.set(chatId, chat);
    if (
      known &&
      (known.position.version !== position.version || known.position.lastSequence > position.lastSequence)
    ) {
      // This reading and the last look are of different moments: all are looked at again from the older one on.
      known.position = {
        version: 0,
        lastSequence: Math.min(known.position.lastSequence, position.lastSequence),
      };
    }
    chat.listeners.set(listener, { lastSequence: position.lastSequence });
    listener.watched(watched);
    turns.start();
    earshot.announce(chatId);
    return () => leave(chatId, listener);
  }

  return {
    async watchChat(chatId, listener) {
      if (watches >= WATCHES) {
        throw new ApiError('REQUEST_LIMIT_EXCEEDED', 'too many chats are watched on this server');
      }
      // Taken before it is read, so that a burst of questions cannot pass the limit.
      watches += 1;
      try {
        const number = parseNumber(chatId);
        const read = number === undefined ? undefined : await readWatched(db, number);
        if (number === undefined || !read) throw new ApiError('NOT_FOUND', `no running chat ${chatId}`);
        if (!read.isOpen) {
          throw new ApiError(
            'INSUFFICIENT_ACCESS',
            'the configuration of an agent in this chat does not allow chat monitoring',
          );
        }
        return join(number, read, listener);
      } catch (error) {
        watches -= 1;
        throw error;
      }
    },

    agentSneakPeek(userId, chatId, text) {
      const number = parseNumber(chatId);
      if (number === undefined) return;
      // As the rules would leave it if it were sent now.
      const { text: peek } = safety.mask('agent', cleanText(text.slice(0, PEEK_LIMIT)));
      earshot.pass(number, { type: 'agentSneakPeek', chatId, userId, text: peek });
    },

    earshot,
    stop() {
      chats.clear();
      turns.stop();
    },
  };
}

/** What an agent has not sent yet is heard of agents who are in the chat and whose configuration shows it. */
function mayBeHeard(chat: Watched, overheard: Overheard): boolean {
  if (overheard.type !== 'agentSneakPeek') return true;
  return chat.agents.some(({ userId, isSneakPeeked }) => userId === overheard.userId && isSneakPeeked);
}
