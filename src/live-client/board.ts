/**
 * The supervisor's board on the client: kept current by changes, and read as a panel reads it. Pure functions.
 * Invariant: `applyBoardChange` over the changes after a board equals a fresh board (proved in test/api/live).
 */

import type {
  Board,
  BoardAgent,
  BoardChange,
  BoardChat,
  Figures,
  WatchedChange,
  WatchedChat,
} from '../api/live/schema.js';

/** The board after `change`, or undefined when a change between them is missing: then a whole board is needed. */
export function applyBoardChange(before: Board, change: BoardChange): Board | undefined {
  if (change.version <= before.version) return before;
  if (change.version !== before.version + 1) return undefined;
  return {
    version: change.version,
    agents: applied(before.agents, change.agents, change.agentsGone, ({ loginId }) => loginId),
    chats: applied(before.chats, change.chats, change.chatsGone, ({ chatId }) => chatId),
    buttons: applied(before.buttons, change.buttons, change.buttonsGone, ({ buttonId }) => buttonId),
    skills: applied(before.skills, change.skills, change.skillsGone, ({ skillId }) => skillId),
  };
}

function applied<T>(before: T[], set: readonly T[], gone: readonly string[], idOf: (one: T) => string): T[] {
  if (set.length === 0 && gone.length === 0) return before;
  const left = new Map(before.map((one) => [idOf(one), one]));
  for (const id of gone) left.delete(id);
  for (const one of set) left.set(idOf(one), one);
  return [...left].sort(([a], [b]) => byId(a, b)).map(([, one]) => one);
}

/** Numbers as text, or record ids of one length: the longer is the higher. */
function byId(a: string, b: string): number {
  return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);
}

/** The watched chat after `change`. Lines it has already change nothing. */
export function applyWatchedChange(before: WatchedChat, change: WatchedChange): WatchedChat {
  const last = before.lines.at(-1)?.sequence ?? 0;
  const fresh = change.lines.filter(({ sequence }) => sequence > last);
  return {
    ...before,
    lines: fresh.length === 0 ? before.lines : [...before.lines, ...fresh],
    ...(change.state === undefined ? {} : { state: change.state }),
    ...(change.agents === undefined ? {} : { agents: change.agents }),
    ...(change.files === undefined ? {} : { files: change.files }),
  };
}

/** The figures of an open login at a moment of the server's clock: what its LiveAgentSession would say by now. */
export function figuresOf({ figures, figuresAt, running }: BoardAgent, at: number): Figures {
  const ms = Math.max(0, at - figuresAt);
  const more = (isRunning: boolean) => (isRunning ? ms : 0);
  return {
    ...figures,
    timeInOnlineStatusMs: figures.timeInOnlineStatusMs + more(running.online),
    timeInAwayStatusMs: figures.timeInAwayStatusMs + more(running.away),
    timeIdleMs: figures.timeIdleMs + more(running.idle),
    timeInChatsMs: figures.timeInChatsMs + more(running.inChats),
    timeAtCapacityMs: figures.timeAtCapacityMs + more(running.atCapacity),
  };
}

/** A row of the Queue Status panel (live-agent-chat.md §9). */
export interface QueueStatus {
  readonly id: string;
  readonly label: string;
  readonly kind: 'button' | 'skill';
  /** Chats in nobody's hands, the longest waiting first. */
  readonly waiting: readonly BoardChat[];
  /** Since when the longest waits; null: nobody does. */
  readonly longestWaitSince: number | null;
  /** Chats in front of an agent, and chats running. */
  readonly offered: number;
  readonly engaged: number;
  readonly agentsOnline: number;
  readonly agentsAway: number;
  /** Agents Online, connected and below their capacity. */
  readonly agentsWithRoom: number;
}

/** Queue and agent status, a row for each button and each skill. */
export function queueStatusOf(board: Board): QueueStatus[] {
  return [
    ...board.buttons.map(({ buttonId, label, skillIds }) =>
      queueStatus(
        board,
        { id: buttonId, label, kind: 'button' },
        skillIds,
        (chat) => chat.buttonId === buttonId,
      ),
    ),
    ...board.skills.map(({ skillId, label }) =>
      queueStatus(board, { id: skillId, label, kind: 'skill' }, [skillId], (chat) =>
        chat.skillIds.includes(skillId),
      ),
    ),
  ];
}

function queueStatus(
  board: Board,
  head: Pick<QueueStatus, 'id' | 'label' | 'kind'>,
  skillIds: readonly string[],
  isIts: (chat: BoardChat) => boolean,
): QueueStatus {
  const chats = board.chats.filter(isIts);
  const waiting = chats
    .filter(({ state }) => state === 'waiting')
    .sort((a, b) => a.waitingSince - b.waitingSince || byId(a.chatId, b.chatId));
  const agents = board.agents.filter((agent) => agent.skillIds.some((id) => skillIds.includes(id)));
  const online = agents.filter(({ status }) => status === 'Online');
  return {
    ...head,
    waiting,
    longestWaitSince: waiting[0]?.waitingSince ?? null,
    offered: chats.filter(({ state }) => state === 'offered').length,
    engaged: chats.filter(({ state }) => state === 'engaged').length,
    agentsOnline: online.length,
    agentsAway: agents.length - online.length,
    agentsWithRoom: online.filter(
      ({ connected, engaged, offered, capacity }) => connected && engaged + offered < (capacity ?? 0),
    ).length,
  };
}

export interface RaisedFlag {
  readonly chatId: string;
  readonly userId: string;
  readonly name: string;
  readonly visitorName: string;
  readonly message: string;
  readonly raisedAt: number;
}

/** The flags that are up, the longest raised first. */
export function raisedFlagsOf(board: Board): RaisedFlag[] {
  return board.chats
    .flatMap(({ chatId, visitorName, agents }) =>
      agents.flatMap(({ userId, name, flag }) =>
        flag === null ? [] : [{ chatId, userId, name, visitorName, ...flag }],
      ),
    )
    .sort((a, b) => a.raisedAt - b.raisedAt);
}
