/**
 * Routing: who gets a waiting chat, and which waiting chat an agent with room gets (live-agent-chat.md §8). It reads
 * without row locks because it is alone: every caller holds the floor lock (DECISIONS 2).
 *
 * A chat has a list of targets (§13.3): where it is now, and where it is tried next. There is one way through it, for new
 * requests, refused offers, chats given back and transfers alike. The reference calls the list ordered and says no more;
 * what we make of it:
 * - The first target that has somebody for it now gets it, also if it waits in the queue of an earlier one.
 * - Otherwise it waits at the first one whose queue has room, and goes to whoever of any button of its list is free first.
 * - The list is one round: who refused the chat is not asked again by another target.
 * - An agent it is straight for is asked once, and not waited for: who declines, or lets it time out, has refused.
 * - Without either it is given up, and the visitor told. A chat that was once established is not: it waits for an agent.
 */
import { type Room, roomOf } from './availability.js';
import { skillsOfUser } from './configuration.js';
import { endChat } from './ending.js';
import { engage } from './engaging.js';
import type { Chat, Login, RoutingTarget } from './entities.js';
import { type Asked, isAnyoneThere, nextAgent, notAsked } from './next-agent.js';
import { makeOffer } from './offering.js';
import { buttonTransferFailed, isAtButton } from './transfer-state.js';
import { isRoutable, type Work } from './work.js';

/** Offers a waiting chat to the next agent, lists it to be picked (Choice), leaves it in a queue, or gives it up. */
export async function routeChat(work: Work, chat: Chat): Promise<void> {
  if (chat.state !== 'waiting') return;
  const here = { agentId: chat.targetUserId, buttonId: chat.buttonId };
  const place = await findPlace(work, chat, [here, ...chat.fallbacks], here);
  if ('target' in place) await takePlace(work, chat, place);
  else await giveUp(work, chat, place.room);
}

/** Where a chat goes on: put before `login`, or waiting there. */
export interface Place extends Look {
  readonly target: RoutingTarget;
  /** Where it is tried after that. */
  readonly rest: readonly RoutingTarget[];
}

/** Nobody, for want of an agent or of room in the queue. */
export interface NoPlace {
  readonly room: 'noAgent' | 'noQueue';
}

/** What a chat finds at a target. `agent` without a login: it is listed there, to be picked. */
interface Look {
  readonly room: Room;
  readonly login?: Login;
  /** Who qualifies. */
  readonly skillIds: readonly string[];
  readonly byChoice: boolean;
}

/** What looking for a place goes by, besides the targets. */
export type Seeker = Asked & Pick<Chat, 'lastOperatorUserId'>;

/** Looks through the targets, as the header says. `here` is the one it is at: it need not find room in its queue again. */
export async function findPlace(
  work: Work,
  chat: Seeker,
  targets: readonly RoutingTarget[],
  here?: RoutingTarget,
): Promise<Place | NoPlace> {
  const looks: (Look & { readonly target: RoutingTarget })[] = [];
  // From a button it was transferred to it goes on for good; other buttons stay open to it, whichever it is at.
  const restOf = (index: number) => [
    ...targets.slice(index + 1),
    ...(isAtButton(chat) ? [] : targets.slice(0, index).filter(({ agentId }) => agentId === null)),
  ];
  for (const [index, target] of targets.entries()) {
    const look = await lookAt(work, chat, target, target === here);
    if (look.room === 'agent') return { ...look, target, rest: restOf(index) };
    looks.push({ ...look, target });
    // Its way back from a button is for when nobody there takes it: it waits there first.
    if (look.room === 'queue' && isAtButton(chat)) break;
  }
  let stays = looks.findIndex(({ room }) => room === 'queue');
  if (stays < 0 && chat.establishedAt !== null) stays = looks.length - 1;
  const place = looks[stays];
  // Without a button and skills nobody can ever come.
  if (!place || (place.target.buttonId === null && place.skillIds.length === 0)) {
    return { room: looks.some(({ room }) => room === 'noQueue') ? 'noQueue' : 'noAgent' };
  }
  const rest = restOf(stays);
  if (place.byChoice) return { ...place, rest };
  const open = looks.filter(({ target }) => target === place.target || rest.includes(target));
  const skillIds = open.flatMap((look) => (look.target.agentId === null ? look.skillIds : []));
  return { ...place, rest, skillIds: [...new Set([...place.skillIds, ...skillIds])] };
}

async function lookAt(
  work: Work,
  chat: Seeker,
  { agentId, buttonId }: RoutingTarget,
  isHere: boolean,
): Promise<Look> {
  const button = await work.button(buttonId);
  // Without a button it is open to those who have a skill of the agent it was with.
  const skillIds = button?.skillIds ?? (await skillsOfUser(work.tx, chat.lastOperatorUserId));
  const byChoice = agentId === null && button?.routing === 'Choice';
  const found = (room: Room, login?: Login): Look => ({ room, skillIds, byChoice, ...(login && { login }) });
  if (agentId !== null) {
    const hasRefused = chat.declinedBy.includes(agentId) || chat.timedOutBy.includes(agentId);
    const login = hasRefused ? undefined : await work.openLoginOf(agentId);
    return login && isRoutable(login) ? found('agent', login) : found('noAgent');
  }
  if (!byChoice) {
    const login = await nextAgent(work, chat, button, skillIds);
    if (login) return found('agent', login);
  } else if (isHere && (await isAnyoneThere(work, skillIds, []))) return found('agent');
  if (isHere || !button) return found(button?.hasQueue ? 'queue' : 'noAgent');
  await work.saveLogins();
  return found(await roomOf(work.tx, button, notAsked(chat)));
}

/** Moves a waiting chat to its place, and puts it before the agent found there. */
export async function takePlace(work: Work, chat: Chat, place: Place): Promise<void> {
  const { target, rest, login, skillIds, byChoice } = place;
  if (target.buttonId !== chat.buttonId || target.agentId !== chat.targetUserId) {
    await buttonTransferFailed(work, chat);
  }
  chat.buttonId = target.buttonId;
  chat.targetUserId = target.agentId;
  Object.assign(chat, { fallbacks: rest, skillIds, byChoice });
  work.touch({ chat });
  if (!login) return;
  const button = await work.button(chat.buttonId);
  const offer = makeOffer(work, chat, login, target.agentId === null ? 'push' : 'direct', button);
  if (button?.isAutoAccept) await engage(work, chat, login, offer, false);
}

/** Nobody will come: the visitor is told. */
export async function giveUp(work: Work, chat: Chat, room: NoPlace['room']): Promise<void> {
  const note = room === 'noAgent' ? 'CancelNoAgent' : 'CancelNoQueue';
  await endChat(work, chat, { by: 'System', reason: 'agentsUnavailable', note, actor: 'system' });
}

/** An agent got room, or a chance: gives it the chats that wait longest, as many as it has room for. */
export async function serveLogin(work: Work, login: Login): Promise<void> {
  const passed: number[] = [];
  while (isRoutable(login)) {
    await work.save();
    const [row] = await work.tx.query<{ id: number }>(
      `SELECT c.id FROM chat c
        WHERE c.state = 'waiting' AND c.listing IS NULL AND NOT $2 = ANY (c.declined_by) AND NOT c.id = ANY ($3)
          AND c.skill_ids && array(SELECT s.skill_id FROM login_skill s WHERE s.login_id = $1)
        ORDER BY c.requested_at, c.id LIMIT 1`,
      [login.id, login.userId, passed],
      'floor.longestWaiting',
    );
    const chat = row && (await work.chat(row.id));
    if (!chat) return;
    passed.push(chat.id);
    await routeChat(work, chat);
  }
}

/**
 * Somebody does not take chats any more: what waited for them alone goes on. Listed requests that no agent sees, and that
 * will not wait for one; and declined ones, to be offered again, that nobody is left to be asked in this round.
 */
export async function routeStranded(work: Work): Promise<void> {
  await work.save();
  const rows = await work.tx.query<{ id: number }>(
    `SELECT c.id FROM chat c LEFT JOIN so_live_chat_button b ON b.id = c.button_id AND b.has_queue
      WHERE c.listing IS NOT NULL AND NOT EXISTS (SELECT FROM listed_request r WHERE r.chat_id = c.id)
        AND b.id IS NULL AND (c.established_at IS NULL OR c.fallbacks <> '[]')
     UNION ALL
     SELECT c.id FROM chat c JOIN so_live_chat_button b ON b.id = c.button_id AND b.options_has_reroute_declined_request
      WHERE c.state = 'waiting' AND c.declined_by <> '{}'
        AND (b.number_of_rerouting_attempts IS NULL OR c.attempts < b.number_of_rerouting_attempts)
        AND NOT EXISTS (SELECT FROM login_skill s WHERE s.skill_id = ANY (c.skill_ids) AND s.online
          AND s.free + s.active > 0 AND NOT s.user_id = ANY (c.declined_by || c.timed_out_by))
      ORDER BY id`,
    [],
    'floor.stranded',
  );
  for (const { id } of rows) {
    const chat = await work.chat(id);
    if (chat) await routeChat(work, chat);
  }
}
