/**
 * Lines of a long chat from before those it was shown with. Pure functions.
 * Invariant: what is shown is one piece without gaps; lines that do not join it are left out, to be asked for again.
 */

import type { Line, Snapshot } from '../api/live/schema.js';

/** A chat of one's own or a watched one. */
interface Shown {
  readonly chat: { readonly chatId: string };
  readonly lines: Line[];
}

/** The lines with those of `earlier` in front of them that join on. */
export function withEarlier(lines: Line[], earlier: readonly Line[]): Line[] {
  const first = lines[0];
  if (first === undefined) return lines;
  const before = earlier.filter(({ sequence }) => sequence < first.sequence);
  return before.at(-1)?.sequence === first.sequence - 1 ? [...before, ...lines] : lines;
}

/** `fresh` with the lines in front that were shown before: a chat does not grow shorter by a new snapshot. */
export function keepingEarlier<C extends Shown>(fresh: C, before: C | undefined): C {
  const lines = before === undefined ? fresh.lines : withEarlier(fresh.lines, before.lines);
  return lines === fresh.lines ? fresh : { ...fresh, lines };
}

/** The same for all chats of a snapshot. */
export function keepingEarlierLines(fresh: Snapshot, before: Snapshot | undefined): Snapshot {
  const chats = fresh.chats.map((chat) =>
    keepingEarlier(
      chat,
      before?.chats.find((one) => one.chat.chatId === chat.chat.chatId),
    ),
  );
  return chats.every((chat, i) => chat === fresh.chats[i]) ? fresh : { ...fresh, chats };
}

/** Whether there are lines before those shown. */
export function hasEarlier(lines: readonly Line[]): boolean {
  return (lines[0]?.sequence ?? 1) > 1;
}
