/**
 * Routing: who gets a waiting chat, and which waiting chat an agent with room gets (live-agent-chat.md §8). It reads
 * without row locks because it is alone: every caller holds the floor lock (DECISIONS 2).
 */
import type { Button } from './configuration.js';
import { endChat } from './ending.js';
import { engage } from './engaging.js';
import type { Chat, Login } from './entities.js';
import { makeOffer } from './offering.js';
import { buttonTransferFailed, isAtButton } from './transfer-state.js';
import { isRoutable, type Work } from './work.js';

/**
 * Offers a waiting chat to the next qualified agent, or lists it to be picked (Choice), or tries its next target, or
 * leaves it in the queue, or gives it up where there is no queue. A chat that once was established is never given up: it
 * waits for an agent.
 */
export async function routeChat(work: Work, chat: Chat): Promise<void> {
  while (chat.state === 'waiting') {
    const button = await work.button(chat.buttonId);
    const isPicked = chat.byChoice && chat.targetUserId === null;
    if (isPicked && (await isListed(work, chat))) return;
    const login = isPicked ? undefined : await nextAgent(work, chat, button);
    if (login) {
      const offer = makeOffer(work, chat, login, chat.targetUserId === null ? 'push' : 'direct', button);
      if (button?.isAutoAccept) await engage(work, chat, login, offer, false);
      return;
    }
    if (isAtButton(chat) && button?.hasQueue) return;
    if (nextTarget(chat)) {
      await buttonTransferFailed(work, chat);
      await prepareTarget(work, chat);
      continue;
    }
    if (chat.establishedAt === null && !button?.hasQueue) {
      await endChat(work, chat, {
        by: 'System',
        reason: 'agentsUnavailable',
        note: 'CancelNoAgent',
        actor: 'system',
      });
    }
    return;
  }
}

/** An agent got room, or a chance: gives it the chats that wait longest, as many as it has room for. */
export async function serveLogin(work: Work, login: Login): Promise<void> {
  while (isRoutable(login)) {
    await work.save();
    const [row] = await work.tx.query<{ id: number }>(
      `SELECT c.id FROM chat c
        WHERE c.state = 'waiting' AND c.listing IS NULL AND NOT $2 = ANY (c.declined_by)
          AND CASE WHEN c.target_user_id IS NULL
                THEN c.skill_ids && array(SELECT s.skill_id FROM login_skill s WHERE s.login_id = $1)
                ELSE c.target_user_id = $2 END
        ORDER BY c.requested_at, c.id LIMIT 1`,
      [login.id, login.userId],
      'floor.longestWaiting',
    );
    const chat = row && (await work.chat(row.id));
    if (!chat) return;
    const { generation } = chat;
    await routeChat(work, chat);
    // It went nowhere: nothing that waits can be offered now.
    if (chat.generation === generation) return;
  }
}

/** Whether any agent sees the request in the list of those to pick. */
async function isListed(work: Work, chat: Chat): Promise<boolean> {
  await work.save();
  const [row] = await work.tx.query<{ listed: boolean }>(
    'SELECT EXISTS (SELECT FROM listed_request WHERE chat_id = $1) AS listed',
    [chat.id],
    'floor.isSeen',
  );
  return row?.listed ?? false;
}

/** Listed requests that no agent sees any more, and that will not wait for one, go on. */
export async function routeUnlisted(work: Work): Promise<void> {
  await work.save();
  const rows = await work.tx.query<{ id: number }>(
    `SELECT c.id FROM chat c LEFT JOIN so_live_chat_button b ON b.id = c.button_id AND b.has_queue
      WHERE c.listing IS NOT NULL AND NOT EXISTS (SELECT FROM listed_request r WHERE r.chat_id = c.id)
        AND b.id IS NULL AND (c.established_at IS NULL OR c.fallbacks <> '[]')
      ORDER BY c.id`,
    [],
    'floor.unlisted',
  );
  for (const { id } of rows) {
    const chat = await work.chat(id);
    if (chat) await routeChat(work, chat);
  }
}

/** The agent to offer a waiting chat to now; starts a new round of offers where the rules allow one. */
async function nextAgent(work: Work, chat: Chat, button: Button | undefined): Promise<Login | undefined> {
  await work.saveLogins();
  if (chat.targetUserId !== null) {
    if (chat.declinedBy.includes(chat.targetUserId)) return undefined;
    const login = await work.openLoginOf(chat.targetUserId);
    return login && isRoutable(login) ? login : undefined;
  }
  const order = button?.routing === 'MostAvailable' ? 'free' : 'active';
  const refused = [...chat.declinedBy, ...chat.timedOutBy];
  const fresh = await pick(work, chat.skillIds, refused, order);
  if (fresh) return fresh;
  if (chat.timedOutBy.length > 0) {
    // Everybody let it time out: it goes round again (the reference knows a thousand time-outs of one agent).
    const again = await pick(work, chat.skillIds, chat.declinedBy, order);
    if (again) {
      chat.timedOutBy = [];
      return again;
    }
  }
  const mayReroute =
    button?.reroutesDeclined &&
    (button.reroutingAttempts === null || chat.attempts < button.reroutingAttempts);
  if (chat.declinedBy.length > 0 && mayReroute) {
    const again = await pick(work, chat.skillIds, [], order);
    if (again) {
      chat.attempts += 1;
      chat.declinedBy = [];
      chat.timedOutBy = [];
      return again;
    }
  }
  return undefined;
}

const PICK = {
  active: pickStatement('active'),
  free: pickStatement('free DESC'),
};

/** The best of each skill's best, straight from the index of those with room; ties go to who waits longest. */
function pickStatement(order: 'active' | 'free DESC'): string {
  return `SELECT best.login_id FROM unnest($1::text[]) AS wanted (skill_id)
    CROSS JOIN LATERAL (
      SELECT s.login_id, s.active, s.free, s.waiting_since FROM login_skill s
       WHERE s.skill_id = wanted.skill_id AND s.routable AND NOT s.user_id = ANY ($2)
       ORDER BY s.${order}, s.waiting_since, s.login_id LIMIT 1
    ) best
    ORDER BY best.${order}, best.waiting_since, best.login_id LIMIT 1`;
}

/** The agent of these skills with the least to do, or the most room; undefined: nobody has room. Save first. */
export async function pick(
  work: Work,
  skillIds: readonly string[],
  except: readonly string[],
  order: keyof typeof PICK,
): Promise<Login | undefined> {
  const [row] = await work.tx.query<{ login_id: number }>(
    PICK[order],
    [skillIds, except],
    `floor.pick.${order}`,
  );
  return row && work.login(row.login_id);
}

/** Moves the chat to its next target; false if there is none. */
function nextTarget(chat: Chat): boolean {
  const [next, ...rest] = chat.fallbacks;
  if (!next) return false;
  chat.fallbacks = rest;
  chat.buttonId = next.buttonId;
  chat.targetUserId = next.agentId;
  chat.declinedBy = [];
  chat.timedOutBy = [];
  chat.attempts = 0;
  return true;
}

/** Reads who qualifies for the chat's present target, and whether they pick it. */
export async function prepareTarget(work: Work, chat: Chat): Promise<void> {
  const button = await work.button(chat.buttonId);
  chat.skillIds = button?.skillIds ?? [];
  chat.byChoice = button?.routing === 'Choice';
  work.touch({ chat });
}
