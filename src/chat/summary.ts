/** What an agent is shown of a chat: built in one place for offers, running chats and snapshots. */
import type { Chat, Engagement, Login, OpenOffer } from './entities.js';
import { offerIdOf } from './entities.js';
import type { ChatLine, ChatSummary, EngagedChat, Offer } from './floor.js';

/** The part of a chat a summary is made of. */
export type Summarised = Pick<
  Chat,
  'id' | 'chatKey' | 'deploymentId' | 'buttonId' | 'request' | 'requestedAt'
>;

export function summaryOf(chat: Summarised): ChatSummary {
  const { request } = chat;
  return {
    chatId: String(chat.id),
    chatKey: chat.chatKey,
    visitorName: request.visitorName,
    deploymentId: chat.deploymentId,
    buttonId: chat.buttonId,
    requestedAt: chat.requestedAt,
    details: request.prechatDetails
      .filter(({ displayToAgent }) => displayToAgent)
      .map(({ label, value }) => ({ label, value })),
    ipAddress: request.ipAddress,
    userAgent: request.userAgent,
    language: request.language,
    screenResolution: request.screenResolution,
  };
}

export function offerOf(
  chat: Summarised,
  offer: Pick<OpenOffer, 'generation' | 'kind' | 'offeredAt' | 'dueAt'>,
): Offer {
  return {
    offerId: offerIdOf(chat.id, offer.generation),
    kind: offer.kind,
    chat: summaryOf(chat),
    offeredAt: offer.offeredAt,
    dueAt: offer.dueAt,
  };
}

export function engagedChatOf(
  chat: Summarised,
  engagement: Pick<Engagement, 'startedAt' | 'flagMessage' | 'flagRaisedAt'>,
  lines: readonly ChatLine[],
  others: EngagedChat['others'],
): EngagedChat {
  const { flagMessage, flagRaisedAt } = engagement;
  return {
    chat: summaryOf(chat),
    engagedAt: engagement.startedAt,
    lines,
    flag: flagRaisedAt === null ? null : { message: flagMessage ?? '', raisedAt: flagRaisedAt },
    others,
  };
}

/** The agents in a chat besides this one. */
export function othersIn(chat: Chat, login: Login): EngagedChat['others'] {
  return chat.engagements
    .filter(({ endedAt, loginId }) => endedAt === null && loginId !== login.id)
    .map(({ userId, name }) => ({ userId, name }));
}
