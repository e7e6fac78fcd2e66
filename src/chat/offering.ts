/**
 * Offers: a request put before one agent, and the five ways it ends. Every change of an offer is an event of the login
 * (it counts) and an event of the chat (the transcript tells it), made here together so that the two agree.
 */
import type { Button } from './configuration.js';
import { type Chat, type Login, type OpenOffer, offerIdOf } from './entities.js';
import type { OfferEnd, OfferKind } from './floor.js';
import { offerOf } from './summary.js';
import type { Cause, Work } from './work.js';

/** Invitations are refused, not declined: they count in Assigned only (DECISIONS 12). */
export function isInvitation(kind: OfferKind): boolean {
  return kind === 'transfer' || kind === 'conference';
}

export function openOffer(chat: Chat, generation: number): OpenOffer | undefined {
  return chat.offers.find((offer) => offer.generation === generation && offer.state === 'open');
}

/** Puts a waiting chat before an agent. `ChatReqAssigned` counts it, whatever becomes of it. */
export function makeOffer(
  work: Work,
  chat: Chat,
  login: Login,
  kind: OfferKind,
  button: Button | undefined,
  from: Login | null = null,
): OpenOffer {
  chat.generation += 1;
  const pushTimeoutMs = button?.pushTimeoutMs ?? null;
  const offer: OpenOffer = {
    generation: chat.generation,
    loginId: login.id,
    userId: login.userId,
    name: login.name,
    kind,
    state: 'open',
    offeredAt: work.now,
    dueAt: pushTimeoutMs === null || kind === 'choice' ? null : work.now + pushTimeoutMs,
    endedAt: null,
    fromLoginId: from?.id ?? null,
    from: from && { userId: from.userId, name: from.name },
  };
  chat.offers.push(offer);
  if (!isInvitation(kind)) {
    chat.state = 'offered';
    chat.lastAssignedUserId = login.userId;
  }
  login.lastOfferAt = work.now;
  work.record(login, { kind: 'offer' }, { chatId: chat.id, actor: 'system', detail: { offer: kind } });
  work.note(chat, NOTED_OFFER[kind], { login });
  work.tell(login, { type: 'offered', offer: offerOf(chat, offer) });
  work.deadline(offer.dueAt);
  return offer;
}

const NOTED_OFFER: Readonly<Record<OfferKind, string>> = {
  push: 'PushAssignment',
  direct: 'PushAssignment',
  choice: 'ChoiceRoute',
  transfer: 'TransferRequest',
  conference: 'ConferenceRequest',
};

/** How an offer can end other than by being accepted. */
export type Refusal = 'declined' | 'timedOut' | 'withdrawn';

/**
 * Ends an open offer; its agent has that room again. The chat is left waiting (unless an agent is in it); routing it on
 * is the caller's.
 */
export function endOffer(
  work: Work,
  chat: Chat,
  login: Login,
  offer: OpenOffer,
  how: Refusal,
  told: OfferEnd,
  cause: Omit<Cause, 'chatId'> & { readonly note?: string; readonly noted?: string },
): void {
  const { note, noted, ...about } = cause;
  offer.state = how;
  offer.endedAt = Math.max(cause.at ?? work.now, offer.offeredAt);
  const counted = isInvitation(offer.kind) ? 'withdraw' : METER[how];
  work.record(login, { kind: counted }, { ...about, chatId: chat.id });
  if (!isInvitation(offer.kind)) {
    chat.state = 'waiting';
    chat.waitingSince = work.now;
    if (how === 'declined') chat.declinedBy = [...chat.declinedBy, login.userId];
    if (how === 'timedOut') chat.timedOutBy = [...chat.timedOutBy, login.userId];
  }
  work.touch({ chat });
  if (note)
    work.note(chat, note, {
      login,
      ...(noted ? { detail: noted } : {}),
      ...(cause.at ? { at: cause.at } : {}),
    });
  work.tell(login, {
    type: 'offerEnded',
    offerId: offerIdOf(chat.id, offer.generation),
    chatId: String(chat.id),
    reason: told,
  });
  work.serveLater(login);
}

const METER = { declined: 'decline', timedOut: 'timeout', withdrawn: 'withdraw' } as const;
