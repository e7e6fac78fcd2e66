/**
 * What is sent whole is kept short enough for a socket: a visitor who talks very much must not make a welcome that closes
 * the connection it greets. Invariant: of lines the newest are kept, of events the oldest, and always at least one.
 */

import type { AgentEvent, AgentState, ChatLine, EngagedChat } from '../../chat/floor.js';
import { LIVE_LIMITS } from './schema.js';

/** The snapshot with its chats' newest lines: each chat has an equal share of `snapshot_characters`. */
export function fittingState(state: AgentState): AgentState {
  const share = LIVE_LIMITS.snapshot_characters / Math.max(1, state.chats.length);
  const chats = state.chats.map((chat) => fittingChat(chat, share));
  return chats.every((chat, index) => chat === state.chats[index]) ? state : { ...state, chats };
}

/** The chat with its newest lines. */
export function fittingChat(
  chat: EngagedChat,
  characters: number = LIVE_LIMITS.snapshot_characters,
): EngagedChat {
  const lines = newestLines(chat.lines, characters);
  return lines === chat.lines ? chat : { ...chat, lines };
}

/** The newest lines that have so many characters together; the same list when all fit. */
export function newestLines(
  lines: readonly ChatLine[],
  characters: number = LIVE_LIMITS.snapshot_characters,
): readonly ChatLine[] {
  let left = characters;
  let first = lines.length;
  while (first > 0) {
    left -= (lines[first - 1]?.text.length ?? 0) + LINE_OVERHEAD;
    if (left < 0 && first < lines.length) break;
    first -= 1;
  }
  return first === 0 ? lines : lines.slice(first);
}

/** Names, ids and times around the text of a line. */
const LINE_OVERHEAD = 300;

/** The oldest events that fit into a frame; who wants more asks for those after the last of them. */
export function oldestEvents(events: readonly AgentEvent[]): readonly AgentEvent[] {
  let left: number = LIVE_LIMITS.snapshot_characters;
  const end = events.findIndex((event, index) => {
    left -= JSON.stringify(event).length;
    return left < 0 && index > 0;
  });
  return end === -1 ? events : events.slice(0, end);
}
