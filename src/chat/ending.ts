/** The end of a chat, by whomever: offers withdrawn, engagements ended, the visitor told, the rows left to the writer. */

import type { Chat, Login } from './entities.js';
import type { ChatEndedBy } from './floor.js';
import { disengage, stopClocks } from './leaving.js';
import { endOffer } from './offering.js';
import { isAtButton, tellTransfer } from './transfer-state.js';
import type { Work } from './work.js';

export interface ChatEnd {
  readonly by: ChatEndedBy;
  /** Of ChatEnded or, before anybody accepted, ChatRequestFail (live-agent-chat.md §13.7). */
  readonly reason: string;
  /** Type of the LiveChatTranscriptEvent. */
  readonly note: string;
  /** User, `visitor` or `system`. */
  readonly actor: string;
  /** The agent who ended it. */
  readonly login?: Login;
  readonly at?: number;
}

/** Ends a chat for everyone in it, who have more room then. An ended chat stays as it is. */
export async function endChat(work: Work, chat: Chat, end: ChatEnd): Promise<void> {
  if (chat.state === 'ended') return;
  const conversation = await work.conversation(chat);
  await stopClocks(work, chat);
  conversation.open = false;
  work.note(chat, end.note, {
    ...(end.login ? { login: end.login } : {}),
    ...(end.at === undefined ? {} : { at: end.at }),
  });
  const at = end.at === undefined ? {} : { at: end.at };
  for (const offer of chat.offers.filter(({ state }) => state === 'open')) {
    const login = await work.login(offer.loginId);
    if (!login) throw new Error(`offer of chat ${chat.id} to an unknown login`);
    endOffer(work, chat, login, offer, 'withdrawn', end.by === 'Visitor' ? 'visitorLeft' : 'withdrawn', {
      actor: end.actor,
      ...at,
    });
  }
  for (const engagement of chat.engagements.filter(({ endedAt }) => endedAt === null)) {
    const login = await work.login(engagement.loginId);
    if (!login) throw new Error(`engagement in chat ${chat.id} of an unknown login`);
    const byAgent = end.login?.id === login.id;
    await disengage(work, chat, login, engagement, {
      by: end.by,
      reason: end.reason,
      left: false,
      actor: end.actor,
      byAgent,
      ...at,
    });
  }
  if (chat.transfer && isAtButton(chat)) {
    const owner = await work.login(chat.transfer.fromLoginId);
    if (owner?.endedAt === null) tellTransfer(work, chat, owner, chat.transfer, 'failed');
  }
  chat.transfer = null;
  const established = chat.establishedAt !== null;
  chat.state = 'ended';
  chat.endedAt = Math.max(end.at ?? work.now, chat.requestedAt);
  chat.endedBy = end.by;
  chat.endReason = end.reason;
  chat.outcome ??= established ? 'Completed' : 'Missed';
  work.touch({ chat });
  if (!established && end.by === 'System') {
    work.post(chat, {
      type: 'ChatRequestFail',
      message: { reason: failure(end.reason), attachedRecords: [] },
    });
  } else {
    work.post(chat, { type: 'ChatEnded', message: { reason: end.reason, attachedRecords: [] } });
  }
  work.closeSession(chat.sessionId);
}

/** Reasons of ChatRequestFail are other words than those of ChatEnded. */
function failure(reason: string): string {
  return reason === 'Blocked' || reason === 'NoPost' || reason === 'InternalFailure' ? reason : 'Unavailable';
}
