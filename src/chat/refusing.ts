/** A transfer or an invitation was refused, in whatever way: whoever asked learns it, or the next one is asked. */
import { invitationRefused } from './conferring.js';
import type { Chat, OpenOffer } from './entities.js';
import { transferRefused } from './transferring.js';
import type { Work } from './work.js';

/** After `endOffer`; other offers are routed on by their chat. `gone`: the agent went Offline or was lost. */
export async function requestRefused(
  work: Work,
  chat: Chat,
  offer: OpenOffer,
  how: 'declined' | 'gone',
): Promise<void> {
  if (offer.kind === 'transfer') await transferRefused(work, chat, offer, how);
  else if (offer.kind === 'conference') await invitationRefused(work, chat, offer, how);
}

/** What the transcript calls the refusal of an offer by its agent, or by its push time-out. */
export function refusalNote(offer: OpenOffer, how: 'declined' | 'timedOut'): string {
  if (offer.kind === 'transfer') return 'TransferDeclined';
  if (offer.kind === 'conference') return 'ConferenceRequestDeclined';
  return how === 'declined' ? 'DeclineManual' : 'DeclineTimeout';
}
