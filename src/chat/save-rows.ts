/** Entities as the rows `floor_write` writes: column names, times as ISO text. */
import { isoOf } from '../clock.js';
import type { Chat, Conversation, Engagement, Login, OpenOffer } from './entities.js';
import { current } from './meter.js';
import { listingOf } from './summary.js';

const iso = (at: number | null): string | null => (at === null ? null : isoOf(at));

export function loginRow(login: Login, routable: boolean): object {
  const { engaged, offered, capacity } = current(login.meter);
  return {
    id: login.id,
    status: login.status,
    status_since: iso(login.statusSince),
    connected: login.connected,
    settings: login.settings,
    capacity,
    engaged,
    offered,
    routable,
    last_offer_at: iso(login.lastOfferAt),
    seq: login.meter.seq,
    at: iso(login.meter.at),
    meter: login.meter,
    ended_at: iso(login.endedAt),
    end_reason: login.endReason,
    session_id: login.sessionId,
  };
}

export function chatRow(chat: Chat): object {
  return {
    id: chat.id,
    state: chat.state,
    button_id: chat.buttonId,
    skill_ids: chat.skillIds,
    target_user_id: chat.targetUserId,
    fallbacks: chat.fallbacks,
    waiting_since: iso(chat.waitingSince),
    established_at: iso(chat.establishedAt),
    ended_at: iso(chat.endedAt),
    declined_by: chat.declinedBy,
    timed_out_by: chat.timedOutBy,
    attempts: chat.attempts,
    generation: chat.generation,
    last_assigned_user_id: chat.lastAssignedUserId,
    last_operator_user_id: chat.lastOperatorUserId,
    queue_position: chat.queuePosition,
    by_choice: chat.byChoice,
    listing: listingOf(chat),
    transfer: chat.transfer,
    ended_by: chat.endedBy,
    end_reason: chat.endReason,
    outcome: chat.outcome,
    seq: chat.seq,
    at: iso(chat.at),
  };
}

export function offerRow(chat: Chat, offer: OpenOffer): object {
  return {
    chat_id: chat.id,
    generation: offer.generation,
    login_id: offer.loginId,
    user_id: offer.userId,
    kind: offer.kind,
    state: offer.state,
    offered_at: iso(offer.offeredAt),
    due_at: iso(offer.dueAt),
    ended_at: iso(offer.endedAt),
    from_login_id: offer.fromLoginId,
  };
}

export function engagementRow(chat: Chat, engagement: Engagement): object {
  return {
    chat_id: chat.id,
    generation: engagement.generation,
    login_id: engagement.loginId,
    user_id: engagement.userId,
    name: engagement.name,
    kind: engagement.kind,
    started_at: iso(engagement.startedAt),
    ended_at: iso(engagement.endedAt),
    flag_message: engagement.flagMessage,
    flag_raised_at: iso(engagement.flagRaisedAt),
  };
}

export function conversationRow(chatId: number, conversation: Conversation): object {
  return {
    chat_id: chatId,
    open: conversation.open,
    critical_wait_ms: conversation.criticalWaitMs,
    idle_warning_ms: conversation.idleWarningMs,
    idle_timeout_ms: conversation.idleTimeoutMs,
    critical_due_at: iso(conversation.criticalDueAt),
    critical_since: iso(conversation.criticalSince),
    idle_warning_due_at: iso(conversation.idleWarningDueAt),
    idle_warned_at: iso(conversation.idleWarnedAt),
    idle_due_at: iso(conversation.idleDueAt),
    answered_at: iso(conversation.answeredAt),
  };
}
