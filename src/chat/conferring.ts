/**
 * Conferences (live-agent-chat.md §12.2, DECISIONS 12): an agent in a chat invites others. An invitation is an offer;
 * each agent's engagement counts in their own meter; the chat has one owner, and goes on while anybody is in it.
 */
import { ApiError } from '../errors.js';
import { findButton } from './configuration.js';
import type { Chat, Login, OpenOffer } from './entities.js';
import type { RequestState } from './floor.js';
import { engagementOf, leave } from './leaving.js';
import { endOffer, makeOffer } from './offering.js';
import { type Asked, agentFor } from './transferring.js';
import type { Work } from './work.js';

/** Most agents in a chat, those invited included. */
const PARTICIPANTS_LIMIT = 10;

/** Asks an agent into the chat. */
export async function invite(work: Work, chat: Chat, login: Login, userId: string): Promise<Asked> {
  if (!engagementOf(chat, login)) throw new ApiError('NOT_FOUND', `no chat ${chat.id}`);
  if (!login.settings.mayConference) {
    throw new ApiError('INSUFFICIENT_ACCESS', 'the configuration of this agent does not allow conferences');
  }
  if (invitationTo(chat, login, userId)) return 'requested';
  const present = chat.engagements.filter(({ endedAt }) => endedAt === null).length;
  const invited = chat.offers.filter(({ state }) => state === 'open').length;
  if (present + invited >= PARTICIPANTS_LIMIT) {
    throw new ApiError('INVALID_OPERATION', `at most ${PARTICIPANTS_LIMIT} agents share a chat`);
  }
  const other = await agentFor(work, chat, login, userId);
  if (!other) return 'failed';
  const button = chat.buttonId === null ? undefined : await findButton(work.tx, chat.buttonId);
  const offer = makeOffer(work, chat, other, 'conference', button, login);
  tellInvitation(work, chat, login, offer, 'requested');
  return 'requested';
}

/** Takes an invitation back; one that is over changes nothing. */
export async function cancelInvitation(work: Work, chat: Chat, login: Login, userId: string): Promise<void> {
  if (!engagementOf(chat, login)) throw new ApiError('NOT_FOUND', `no chat ${chat.id}`);
  const offer = invitationTo(chat, login, userId);
  const other = offer && (await work.login(offer.loginId));
  if (!offer || !other) return;
  endOffer(work, chat, other, offer, 'withdrawn', 'withdrawn', {
    actor: login.userId,
    note: 'ConferenceRequestCanceled',
  });
  tellInvitation(work, chat, login, offer, 'cancelled');
  work.serveLater(other);
}

/** Who was invited will not come: the inviter learns that. */
export async function invitationRefused(
  work: Work,
  chat: Chat,
  offer: OpenOffer,
  how: 'declined' | 'gone',
): Promise<void> {
  const inviter = offer.fromLoginId === null ? undefined : await work.login(offer.fromLoginId);
  if (!inviter) throw new Error(`offer ${offer.generation} of chat ${chat.id} is nobody's invitation`);
  tellInvitation(work, chat, inviter, offer, how === 'declined' ? 'declined' : 'failed');
}

/** One agent leaves a conference; the others go on. */
export async function leaveConference(work: Work, chat: Chat, login: Login): Promise<void> {
  const engagement = engagementOf(chat, login);
  if (!engagement) throw new ApiError('NOT_FOUND', `no chat ${chat.id}`);
  if (!chat.engagements.some(({ endedAt, loginId }) => endedAt === null && loginId !== login.id)) {
    throw new ApiError('INVALID_OPERATION', 'the last agent in a chat ends or transfers it');
  }
  const freed = await leave(work, chat, login, engagement, {
    by: 'Agent',
    reason: 'left',
    actor: login.userId,
    byAgent: true,
  });
  for (const one of freed) work.serveLater(one);
}

function invitationTo(chat: Chat, login: Login, userId: string): OpenOffer | undefined {
  return chat.offers.find(
    (offer) =>
      offer.state === 'open' &&
      offer.kind === 'conference' &&
      offer.fromLoginId === login.id &&
      offer.userId === userId,
  );
}

function tellInvitation(work: Work, chat: Chat, inviter: Login, offer: OpenOffer, state: RequestState): void {
  const invited = { userId: offer.userId, name: offer.name };
  work.tell(inviter, { type: 'invitation', chatId: String(chat.id), invited, state });
}
