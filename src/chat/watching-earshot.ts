/**
 * Typing on its way past: heard by the watchers on this process, and passed on to processes that said lately that they
 * watch the chat. Soft state only: who watches says so again every few seconds, and is forgotten when it falls silent.
 * Invariant: a chat nobody watches costs two look-ups a key stroke, and nothing anybody in the chat could notice.
 */
import type { Typing, VisitorTyping } from './typing.js';
import type { Wakeups } from './wakeups.js';
import type { Overheard } from './watching-state.js';

export interface Earshot {
  /** The same typing, overheard. */
  overhear(typing: Typing): Typing;
  pass(chatId: number, overheard: Overheard): void;
  /** Says to other processes that this chat is watched here. */
  announce(chatId: number): void;
  /** Says it again where it is time to. */
  renew(): void;
  /** From another process: it watches these chats. */
  watchedElsewhere(chatIds: readonly number[]): void;
  /** From another process: this was typed there. */
  heardElsewhere(chatId: number, overheard: Overheard): void;
}

const COALESCE_MS = 500;
const RENEW_MS = 4_000;
const FORGET_MS = 10_000;
const CHATS_REMEMBERED = 10_000;
/** Chats named in one hint, which must fit a notification. */
const NAMED = 200;

export function createEarshot(
  wakeups: Pick<Wakeups, 'send'>,
  here: { watched(): ReadonlyMap<number, unknown>; hear(chatId: number, overheard: Overheard): void },
): Earshot {
  /** Chats watched on other processes, until when this is believed. */
  const elsewhere = new Map<number, number>();
  /** Matters heard within the last half second, with what came last and is still to be said. */
  const recent = new Map<string, { waiting: (() => void) | undefined }>();
  let renewedAt = performance.now();

  /** At most twice a second a matter; of what comes in between, the latest. */
  function coalesced(matter: string, say: () => void): void {
    const known = recent.get(matter);
    if (known) {
      known.waiting = say;
      return;
    }
    const entry = { waiting: undefined as (() => void) | undefined };
    recent.set(matter, entry);
    say();
    setTimeout(() => {
      recent.delete(matter);
      if (entry.waiting) coalesced(matter, entry.waiting);
    }, COALESCE_MS).unref();
  }

  function isElsewhere(chatId: number): boolean {
    const until = elsewhere.get(chatId);
    if (until === undefined) return false;
    if (until > performance.now()) return true;
    elsewhere.delete(chatId);
    return false;
  }

  const self: Earshot = {
    overhear: (typing) => ({
      agent(chatId, loginId, userId, isTyping) {
        typing.agent(chatId, loginId, userId, isTyping);
        self.pass(chatId, { type: 'agentTyping', chatId: String(chatId), userId, typing: isTyping });
      },
      visitor(chatId: number, transient: VisitorTyping) {
        typing.visitor(chatId, transient);
        self.pass(chatId, { ...transient, chatId: String(chatId) });
      },
    }),
    pass(chatId, overheard) {
      const isHere = here.watched().has(chatId);
      const isThere = isElsewhere(chatId);
      if (!isHere && !isThere) return;
      const who = 'userId' in overheard ? overheard.userId : '';
      coalesced(`${chatId} ${overheard.type} ${who}`, () => {
        if (isHere) here.hear(chatId, overheard);
        if (isThere) wakeups.send({ overheard: [[chatId, overheard]] });
      });
    },
    announce: (chatId) => wakeups.send({ watching: [chatId] }),
    renew() {
      if (performance.now() - renewedAt < RENEW_MS) return;
      renewedAt = performance.now();
      const ids = [...here.watched().keys()];
      for (let from = 0; from < ids.length; from += NAMED) {
        wakeups.send({ watching: ids.slice(from, from + NAMED) });
      }
    },
    watchedElsewhere(chatIds) {
      if (elsewhere.size > CHATS_REMEMBERED) elsewhere.clear();
      for (const chatId of chatIds) elsewhere.set(chatId, performance.now() + FORGET_MS);
    },
    heardElsewhere: (chatId, overheard) => here.hear(chatId, overheard),
  };
  return self;
}
