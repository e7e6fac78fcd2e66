/**
 * The clocks of a conversation (live-agent-chat.md §11): critical wait runs from an unanswered line of the visitor, idle
 * warning and idle time-out from the agent's latest line. Lines set and stop them (floor_store); here they ring, and
 * what a line stopped after it had rung is written down.
 */

import type { FloorContext } from './context.js';
import { endChat } from './ending.js';
import type { Chat } from './entities.js';
import type { AgentEventBody } from './floor.js';
import { stopClocks } from './leaving.js';
import type { Work } from './work.js';

const BATCH = 200;

/** Running chats with a clock set, the earliest first; without those in `failing`. */
export function dueConversations(context: FloorContext, failing: ReadonlySet<number>) {
  return context.db.query<{ chat_id: number; due_at: number }>(
    `SELECT chat_id, least(critical_due_at, idle_warning_due_at, idle_due_at, answered_at) AS due_at
       FROM conversation
      WHERE open AND least(critical_due_at, idle_warning_due_at, idle_due_at, answered_at) IS NOT NULL
        AND chat_id <> ALL ($1)
      ORDER BY least(critical_due_at, idle_warning_due_at, idle_due_at, answered_at) LIMIT ${BATCH}`,
    [[...failing]],
    'floor.dueConversations',
  );
}

/** Whatever of this chat is due now. */
export async function ringClocks(work: Work, chatId: number): Promise<void> {
  const chat = await work.chat(chatId);
  if (!chat || chat.state === 'ended') return;
  const conversation = await work.conversation(chat);
  if (chat.state !== 'engaged') return stopClocks(work, chat);
  const { answeredAt, criticalDueAt, idleWarningDueAt, idleDueAt } = conversation;
  if (answeredAt !== null) {
    conversation.answeredAt = null;
    if (conversation.criticalSince !== null) {
      conversation.criticalSince = null;
      work.note(chat, 'ClearCriticalWaitChat', { at: answeredAt });
      await tellAgents(work, chat, { type: 'criticalWait', chatId: String(chat.id), alert: false });
    }
    await clearIdleWarning(work, chat, answeredAt);
  }
  if (criticalDueAt !== null && criticalDueAt <= work.now) {
    conversation.criticalDueAt = null;
    conversation.criticalSince = criticalDueAt;
    work.note(chat, 'AlertCriticalWaitChat');
    await tellAgents(work, chat, { type: 'criticalWait', chatId: String(chat.id), alert: true });
  }
  if (idleWarningDueAt !== null && idleWarningDueAt <= work.now) await warnIdle(work, chat);
  if (idleDueAt !== null && idleDueAt <= work.now) {
    await endChat(work, chat, {
      by: 'System',
      reason: 'clientIdleTimeout',
      note: 'ChasitorIdleTimeout',
      actor: 'system',
    });
  }
}

/** The visitor is warned: by our clock, or by its own client. Warned twice changes nothing. */
export async function warnIdle(work: Work, chat: Chat): Promise<void> {
  const conversation = await work.conversation(chat);
  conversation.idleWarningDueAt = null;
  if (conversation.idleWarnedAt !== null) return;
  conversation.idleWarnedAt = work.now;
  work.note(chat, 'ChasitorIdleTimeoutWarningTriggered');
  await tellAgents(work, chat, { type: 'visitorIdle', chatId: String(chat.id), warning: true });
}

/** The visitor answered the warning. */
export async function clearIdleWarning(work: Work, chat: Chat, at: number): Promise<void> {
  const conversation = await work.conversation(chat);
  if (conversation.idleWarnedAt === null) return;
  conversation.idleWarnedAt = null;
  work.note(chat, 'ChasitorIdleTimeoutWarningCleared', { at });
  await tellAgents(work, chat, { type: 'visitorIdle', chatId: String(chat.id), warning: false });
}

/** Tells everyone engaged in the chat. */
export async function tellAgents(work: Work, chat: Chat, body: AgentEventBody): Promise<void> {
  for (const { loginId, endedAt } of chat.engagements) {
    const login = endedAt === null ? await work.login(loginId) : undefined;
    if (login) work.tell(login, body);
  }
}
