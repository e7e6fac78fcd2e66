/**
 * Transfers (live-agent-chat.md §12.2, DECISIONS 12). To an agent or to any agent of a skill: an invitation, which is an
 * offer; the owner keeps the chat until somebody accepts. To a button: the owner is out at once, the chat queues there
 * like any request, and comes back to its owner if nobody takes it.
 */
import { ApiError } from '../errors.js';
import { id18, isId } from '../store/ids.js';
import { roomOf } from './availability.js';
import { engage } from './engaging.js';
import type { Chat, Engagement, Login, OpenOffer, Transfer } from './entities.js';
import type { TransferTarget } from './floor.js';
import { engagementOf, leave, ownEngagement, withdraw } from './leaving.js';
import { pick } from './next-agent.js';
import { makeOffer } from './offering.js';
import { routeChat } from './routing.js';
import { tellTransfer } from './transfer-state.js';
import { transferableTo } from './transfer-targets.js';
import { isRoutable, type Work } from './work.js';

/** What became of asking: `failed` means that nobody is there, and nothing has changed. */
export type Asked = 'requested' | 'failed';

/** Starts a transfer of a chat the agent owns. Asking for the one that is under way changes nothing. */
export async function requestTransfer(
  work: Work,
  chat: Chat,
  login: Login,
  wanted: TransferTarget,
): Promise<Asked> {
  if (!isId(wanted.id)) throw new ApiError('INVALID_INPUT', `${wanted.id} is no id`);
  const to: TransferTarget = { kind: wanted.kind, id: id18(wanted.id) };
  const { transfer } = chat;
  if (transfer?.fromLoginId === login.id && transfer.to.kind === to.kind && transfer.to.id === to.id) {
    return 'requested';
  }
  const engagement = ownEngagement(chat, login);
  if (engagement.kind !== 'primary') throw refused('only the owner of a chat transfers it');
  if (transfer) throw refused('a transfer of this chat is under way');
  await assertAllowed(work, login, to);
  if (to.kind === 'button') return toButton(work, chat, login, engagement, to.id);
  const target = to.kind === 'agent' ? await agentFor(work, chat, login, to.id) : undefined;
  chat.transfer = begun(work, chat, login, to);
  const isAsked = await askNext(work, chat, login, target);
  if (!isAsked) {
    chat.transfer = null;
    return 'failed';
  }
  tellTransfer(work, chat, login, { to }, 'requested');
  return 'requested';
}

function begun(work: Work, chat: Chat, { id, userId }: Login, to: TransferTarget): Transfer {
  return {
    fromLoginId: id,
    fromUserId: userId,
    to,
    requestedAt: work.now,
    asked: [],
    originButtonId: chat.buttonId,
    returning: false,
  };
}

/** Takes a transfer back; the chat is its owner's again, or stays so. */
export async function cancelTransfer(work: Work, chat: Chat, login: Login): Promise<void> {
  const { transfer } = chat;
  if (!transfer || transfer.fromLoginId !== login.id || transfer.returning) {
    if (engagementOf(chat, login)) return;
    throw new ApiError('NOT_FOUND', `no transfer of chat ${chat.id} by this agent`);
  }
  const offer = chat.offers.find(({ state, kind }) => state === 'open' && kind !== 'conference');
  const cause = { actor: login.userId, note: 'TransferCancelled' };
  if (transfer.to.kind !== 'button') {
    if (offer) await withdraw(work, chat, offer, cause);
    chat.transfer = null;
    return tellTransfer(work, chat, login, transfer, 'cancelled');
  }
  if (!isRoutable(login)) throw refused('the agent has no room to take the chat back');
  if (offer) await withdraw(work, chat, offer, cause);
  else work.note(chat, cause.note, { login });
  chat.transfer = { ...transfer, returning: true };
  const button = await work.button(transfer.originButtonId);
  chat.buttonId = transfer.originButtonId;
  chat.skillIds = button?.skillIds ?? [];
  chat.fallbacks = [];
  tellTransfer(work, chat, login, transfer, 'cancelled');
  await engage(work, chat, login, makeOffer(work, chat, login, 'direct', button), true);
}

/** Who was asked for a transfer did not take it: the next agent of the skill is asked, or the owner learns that. */
export async function transferRefused(
  work: Work,
  chat: Chat,
  offer: OpenOffer,
  how: 'declined' | 'gone',
): Promise<void> {
  const { transfer } = chat;
  const owner = offer.fromLoginId === null ? undefined : await work.login(offer.fromLoginId);
  if (!transfer || !owner) throw new Error(`offer ${offer.generation} of chat ${chat.id} is of no transfer`);
  if (transfer.to.kind === 'skill' && (await askNext(work, chat, owner, undefined))) return;
  chat.transfer = null;
  tellTransfer(work, chat, owner, transfer, how === 'declined' ? 'declined' : 'failed');
}

/** Puts the transfer before its agent, or the best one of its skill who was not asked yet; false: there is none. */
async function askNext(work: Work, chat: Chat, owner: Login, agent: Login | undefined): Promise<boolean> {
  const { transfer } = chat;
  if (!transfer) return false;
  const here = [...chat.engagements, ...chat.offers].map(({ userId }) => userId);
  const login =
    transfer.to.kind === 'agent'
      ? agent
      : await pick(work, [transfer.to.id], [...transfer.asked, ...here], 'active');
  if (!login || !isRoutable(login)) return false;
  chat.transfer = { ...transfer, asked: [...transfer.asked, login.userId] };
  const button = await work.button(chat.buttonId);
  makeOffer(work, chat, login, 'transfer', button, owner);
  return true;
}

/** The open login of an agent the chat may go to; undefined: not there. */
export async function agentFor(
  work: Work,
  chat: Chat,
  login: Login,
  userId: string,
): Promise<Login | undefined> {
  if (userId === login.userId) throw new ApiError('INVALID_INPUT', 'this is the agent who asks');
  const other = await work.openLoginOf(userId);
  if (other && engagementOf(chat, other)) throw refused(`agent ${userId} is in the chat already`);
  if (other && chat.offers.some(({ state, loginId }) => state === 'open' && loginId === other.id)) {
    throw refused(`agent ${userId} has been asked into the chat already`);
  }
  return other && isRoutable(other) ? other : undefined;
}

async function toButton(
  work: Work,
  chat: Chat,
  login: Login,
  engagement: Engagement,
  buttonId: string,
): Promise<Asked> {
  const button = await work.button(buttonId);
  if (!button || button.routing === 'Omni') {
    throw new ApiError('NOT_FOUND', `no button ${buttonId}`);
  }
  if (chat.engagements.some(({ endedAt, loginId }) => endedAt === null && loginId !== login.id)) {
    throw refused('other agents are in the chat');
  }
  await work.save();
  const room = await roomOf(work.tx, button, [login.userId]);
  if (room === 'noAgent' || room === 'noQueue') {
    work.note(chat, 'TransferToButtonFailed', { login });
    return 'failed';
  }
  const to: TransferTarget = { kind: 'button', id: button.id };
  const origin = chat.buttonId;
  work.note(chat, 'TransferredToButton', { login, detail: button.label });
  await leave(work, chat, login, engagement, {
    by: 'System',
    reason: 'transfer',
    actor: login.userId,
    byAgent: true,
    told: { type: 'TransferToButtonInitiated', message: {} },
  });
  chat.transfer = begun(work, chat, login, to);
  chat.buttonId = button.id;
  chat.fallbacks = [
    { agentId: login.userId, buttonId: origin },
    { agentId: null, buttonId: origin },
  ];
  tellTransfer(work, chat, login, { to }, 'requested');
  await routeChat(work, chat);
  return 'requested';
}

async function assertAllowed(work: Work, login: Login, { kind, id }: TransferTarget): Promise<void> {
  const { mayTransferToAgent, mayTransferToSkill, mayTransferToButton } = login.settings;
  const allowed = { agent: mayTransferToAgent, skill: mayTransferToSkill, button: mayTransferToButton };
  if (!allowed[kind] || (kind !== 'agent' && !(await transferableTo(work.tx, login.userId, kind, id)))) {
    throw new ApiError('INSUFFICIENT_ACCESS', `the configuration of this agent does not allow this transfer`);
  }
}

const refused = (why: string) => new ApiError('INVALID_OPERATION', why);
