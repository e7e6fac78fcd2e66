/** What an agent who asked others into a chat, or to take it, is told of that. */
import type { Chat, Login, OpenOffer, Transfer } from './entities.js';
import type { RequestState } from './floor.js';
import type { Work } from './work.js';

export function tellTransfer(
  work: Work,
  chat: Chat,
  owner: Login,
  { to }: Pick<Transfer, 'to'>,
  state: RequestState,
): void {
  work.touch({ chat });
  work.tell(owner, { type: 'transfer', chatId: String(chat.id), to, state });
}

export function tellInvitation(
  work: Work,
  chat: Chat,
  inviter: Login,
  { userId, name }: OpenOffer,
  state: RequestState,
): void {
  work.tell(inviter, { type: 'invitation', chatId: String(chat.id), invited: { userId, name }, state });
}

/** Whether the chat waits at a button it was transferred to. */
export function isAtButton({ transfer }: Pick<Chat, 'transfer'>): boolean {
  return transfer?.to.kind === 'button' && !transfer.returning;
}

/** Nobody at that button takes it: its way back begins. A chat without such a transfer stays as it is. */
export async function buttonTransferFailed(work: Work, chat: Chat): Promise<void> {
  const { transfer } = chat;
  if (!transfer || !isAtButton(chat)) return;
  const owner = await work.login(transfer.fromLoginId);
  work.note(chat, 'TransferToButtonFailed', owner ? { login: owner } : {});
  chat.transfer = { ...transfer, returning: true };
  if (owner?.endedAt === null) tellTransfer(work, chat, owner, transfer, 'failed');
}
