/** What an agent is shown of a chat: built in one place for offers, running chats and snapshots. */
import type { Chat, Conversation, Engagement, Login, OpenOffer } from './entities.js';
import { offerIdOf } from './entities.js';
import type { ChatLine, ChatSummary, EngagedChat, ListedRequest, Offer } from './floor.js';

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
  offer: Pick<OpenOffer, 'generation' | 'kind' | 'offeredAt' | 'dueAt' | 'from'>,
): Offer {
  return {
    offerId: offerIdOf(chat.id, offer.generation),
    kind: offer.kind,
    chat: summaryOf(chat),
    offeredAt: offer.offeredAt,
    dueAt: offer.dueAt,
    from: offer.from,
  };
}

/** What agents see of a request they may pick; null while there is nothing to pick. */
export function listingOf(chat: Chat): ListedRequest | null {
  const isListed = chat.state === 'waiting' && chat.byChoice && chat.targetUserId === null;
  return isListed ? { chat: summaryOf(chat), listedAt: chat.waitingSince } : null;
}

/** What an engagement shows besides the chat itself. */
export type EngagedView = Pick<EngagedChat, 'isOwner' | 'others' | 'transfer' | 'invited' | 'alerts'> &
  Beside;

/** What belongs to a chat beside its lines. */
export type Beside = Pick<EngagedChat, 'files' | 'location'>;

export function engagedChatOf(
  chat: Summarised,
  engagement: Pick<Engagement, 'startedAt' | 'flagMessage' | 'flagRaisedAt'>,
  lines: readonly ChatLine[],
  view: EngagedView,
): EngagedChat {
  const { flagMessage, flagRaisedAt } = engagement;
  return {
    chat: summaryOf(chat),
    engagedAt: engagement.startedAt,
    lines,
    flag: flagRaisedAt === null ? null : { message: flagMessage ?? '', raisedAt: flagRaisedAt },
    ...view,
  };
}

/** The view of one agent in a chat. */
export function viewOf(chat: Chat, login: Login, conversation: Conversation, beside: Beside): EngagedView {
  const own = chat.engagements.find(({ endedAt, loginId }) => endedAt === null && loginId === login.id);
  const { transfer } = chat;
  return {
    isOwner: own?.kind === 'primary',
    others: othersIn(chat, login),
    transfer:
      transfer?.fromLoginId === login.id ? { to: transfer.to, requestedAt: transfer.requestedAt } : null,
    invited: chat.offers
      .filter(
        ({ state, kind, fromLoginId }) =>
          state === 'open' && kind === 'conference' && fromLoginId === login.id,
      )
      .map(({ userId, name }) => ({ userId, name })),
    alerts: {
      criticalWait: conversation.criticalSince !== null,
      visitorIdle: conversation.idleWarnedAt !== null,
      visitorConnection: conversation.visitorWarnedAt !== null,
    },
    ...beside,
  };
}

/** The agents in a chat besides this one, the longest in it first. */
export function othersIn(chat: Chat, login: Login): EngagedChat['others'] {
  return chat.engagements
    .filter(({ endedAt, loginId }) => endedAt === null && loginId !== login.id)
    .map(({ userId, name }) => ({ userId, name }));
}
