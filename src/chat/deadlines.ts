/**
 * Time-outs (DECISIONS 5): a deadline is a column of its subject. Every process sleeps until the earliest one it knows,
 * looks again every 2 s, and fires under the floor lock after reading the subject anew; so each fires once, whichever
 * process set it and whether or not that one still lives.
 */
import { ApiError } from '../errors.js';
import { latestContact } from './contacts.js';
import type { FloorContext } from './context.js';
import { dueConversations, ringClocks } from './conversation-clocks.js';
import { floorWork } from './floor-work.js';
import { endOffer, isInvitation, openOffer } from './offering.js';
import { changeStatus } from './presence.js';
import { refusalNote, requestRefused } from './refusing.js';
import { routeChat } from './routing.js';
import type { Work } from './work.js';

const BATCH = 200;

/**
 * Fires what is due now; gives the next deadline known. Chats in `failing` are left alone; one whose time-out fails comes
 * in there, and those behind it go on.
 */
export async function fireDue(context: FloorContext, failing: Set<number>): Promise<number | undefined> {
  const now = await context.clock.now();
  context.time.anchor(now);
  const next = [
    await fireAll(context, now, failing, await dueOffers(context, failing), (work, { chat_id, generation }) =>
      pushTimeout(work, chat_id, generation),
    ),
    await fireAll(context, now, failing, await dueConversations(context, failing), (work, { chat_id }) =>
      ringClocks(work, chat_id),
    ),
  ].filter((dueAt) => dueAt !== undefined);
  return next.length > 0 ? Math.min(...next) : undefined;
}

interface Due {
  readonly chat_id: number;
  readonly due_at: number;
}

/** Fires subjects, earliest first, up to the first that is not due yet; gives that one's deadline. */
async function fireAll<T extends Due>(
  context: FloorContext,
  now: number,
  failing: Set<number>,
  due: readonly T[],
  fire: (work: Work, subject: T) => Promise<void>,
): Promise<number | undefined> {
  for (const subject of due) {
    if (subject.due_at > now) return subject.due_at;
    const isDone = await fireOne(context, subject.chat_id, (work) => fire(work, subject));
    if (!isDone) failing.add(subject.chat_id);
  }
  return due.length === BATCH ? now : undefined;
}

/** Fires one subject; false: it failed, which is logged. Rejects while the database is away. */
export async function fireOne(
  context: FloorContext,
  chatId: number,
  fire: (work: Work) => Promise<void>,
): Promise<boolean> {
  try {
    await floorWork(context, fire);
    return true;
  } catch (error) {
    if (error instanceof ApiError && error.code === 'SERVER_UNAVAILABLE') throw error;
    context.log.error({ err: error, chatId }, 'a time-out failed');
    return false;
  }
}

function dueOffers(context: FloorContext, failing: ReadonlySet<number>) {
  return context.db.query<Due & { generation: number }>(
    `SELECT chat_id, generation, due_at FROM offer WHERE state = 'open' AND due_at IS NOT NULL
        AND chat_id <> ALL ($1) ORDER BY due_at LIMIT ${BATCH}`,
    [[...failing]],
    'floor.dueOffers',
  );
}

/** An offer's push time-out has come: the next qualified agent gets the chat. */
async function pushTimeout(work: Work, chatId: number, generation: number): Promise<void> {
  const chat = await work.chat(chatId);
  const offer = chat && openOffer(chat, generation);
  if (!chat || !offer || offer.dueAt === null || offer.dueAt > work.now) return;
  const login = await work.login(offer.loginId);
  if (!login) return;
  const contactAt = latestContact(work.context.contacts, login, work.now);
  // Found late, or the agent is gone: it timed out only if the agent was still heard after the deadline. Otherwise the
  // contact was lost first, and the offer is taken back (DECISIONS 5).
  const late = work.now - offer.dueAt > work.context.settings.graceMs;
  if ((late || !login.connected) && contactAt < offer.dueAt) {
    endOffer(work, chat, login, offer, 'withdrawn', 'agentGone', { actor: 'system', note: 'Unassigned' });
    await requestRefused(work, chat, offer, 'gone');
  } else {
    endOffer(work, chat, login, offer, 'timedOut', 'pushTimeout', {
      actor: 'system',
      note: refusalNote(offer, 'timedOut'),
      // one time in all logs: neither the login's nor the chat's may go back
      ...(late ? { at: Math.max(offer.dueAt, login.meter.at, chat.at) } : {}),
    });
    await requestRefused(work, chat, offer, 'declined');
    if (!isInvitation(offer.kind) && login.settings.isAutoAwayOnPushTimeout) {
      await changeStatus(work, login, 'Away', 'autoAway', 'system');
    }
  }
  if (chat.state === 'waiting') await routeChat(work, chat);
}
