/**
 * Conferences (live-agent-chat.md §12.2, DECISIONS 12): an agent in a chat invites others. An invitation is an offer;
 * each agent's engagement counts in their own meter; the chat has one owner, and goes on while anybody is in it.
 */
import { ApiError } from '../errors.js';
import type { Chat, Login, OpenOffer } from './entities.js';
import { leave, ownEngagement, withdraw } from './leaving.js';
import { makeOffer } from './offering.js';
import { tellInvitation } from './transfer-state.js';
import { type Asked, agentFor } from './transferring.js';
import type { Work } from './work.js';

/** Most agents in a chat, those invited included. */
const PARTICIPANTS_LIMIT = 10;

/** Asks an agent into the chat. */
export async function invite(work: Work, chat: Chat, login: Login, userId: string): Promise<Asked> {
  ownEngagement(chat, login);
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
  const button = await work.button(chat.buttonId);
  const offer = makeOffer(work, chat, other, 'conference', button, login);
  tellInvitation(work, chat, login, offer, 'requested');
  return 'requested';
}

/** Takes an invitation back; one that is over changes nothing. */
export async function cancelInvitation(work: Work, chat: Chat, login: Login, userId: string): Promise<void> {
  ownEngagement(chat, login);
  const offer = invitationTo(chat, login, userId);
  if (!offer) return;
  await withdraw(work, chat, offer, { actor: login.userId, note: 'ConferenceRequestCanceled' });
  tellInvitation(work, chat, login, offer, 'cancelled');
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
  const engagement = ownEngagement(chat, login);
  if (!chat.engagements.some(({ endedAt, loginId }) => endedAt === null && loginId !== login.id)) {
    throw new ApiError('INVALID_OPERATION', 'the last agent in a chat ends or transfers it');
  }
  await leave(work, chat, login, engagement, {
    by: 'Agent',
    reason: 'left',
    actor: login.userId,
    byAgent: true,
  });
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
