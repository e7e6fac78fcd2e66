/** Engagements: an agent in a chat. They begin with an accepted offer; leaving.ts and ending.ts have their ends. */
import { besideOf } from './beside.js';
import type { Button } from './configuration.js';
import type { Chat, Conversation, Engagement, Login, OpenOffer } from './entities.js';
import { offerIdOf } from './entities.js';
import type { ChatLine, EngagedChat } from './floor.js';
import { greet } from './greeting.js';
import {
  conferenceNotice,
  disengage,
  ownerOf,
  takeBackRequests,
  tellParticipants,
  watchAnswers,
} from './leaving.js';
import { ACCEPTED } from './queue-updates.js';
import { engagedChatOf, viewOf } from './summary.js';
import { tellInvitation, tellTransfer } from './transfer-state.js';
import type { Work } from './work.js';

/** Lines given with a chat, in a snapshot or when it is taken over: the newest ones. */
export const LINES_SHOWN = 1_000;

/** What a chat has said so far, oldest first; the newest `LINES_SHOWN` of it. */
export async function linesOf(work: Work, chat: Chat): Promise<ChatLine[]> {
  const rows = await work.tx.query<{ line: ChatLine }>(
    `SELECT chat_line(m) AS line FROM chat_message m WHERE m.chat_id = $1 ORDER BY m.sequence DESC LIMIT ${LINES_SHOWN}`,
    [chat.id],
    'floor.linesOf',
  );
  return rows.map(({ line }) => line).reverse();
}

/** Accepts an open offer: the agent is in the chat, and everybody in it is told. */
export async function engage(
  work: Work,
  chat: Chat,
  login: Login,
  offer: OpenOffer,
  byAgent: boolean,
): Promise<EngagedChat> {
  const conversation = await work.conversation(chat);
  const lines = await linesOf(work, chat);
  const button = await work.button(chat.buttonId);
  offer.state = 'accepted';
  offer.endedAt = work.now;
  const engagement: Engagement = {
    generation: offer.generation,
    loginId: login.id,
    userId: login.userId,
    // The button's name for agents overrides the agent's own (live-agent-chat.md §6).
    name: button?.customAgentName ?? login.name,
    kind: offer.kind === 'conference' ? 'conference' : 'primary',
    startedAt: work.now,
    endedAt: null,
    flagMessage: null,
    flagRaisedAt: null,
  };
  work.record(
    login,
    { kind: 'engage' },
    { chatId: chat.id, actor: byAgent ? login.userId : 'system', byAgent },
  );
  if (offer.kind === 'conference') {
    chat.engagements.push(engagement);
    await joinConference(work, chat, login, offer, engagement);
    await greet(work, chat, login, { name: engagement.name, button, isFirst: false });
  } else {
    if (offer.kind === 'transfer') await handOver(work, chat, login);
    chat.engagements.push(engagement);
    await own(work, chat, login, offer, { engagement, conversation, button, byAgent });
  }
  const established = engagedChatOf(
    chat,
    engagement,
    lines,
    viewOf(chat, login, conversation, await besideOf(work.tx, chat.id)),
  );
  work.tell(login, { type: 'chatStarted', offerId: offerIdOf(chat.id, offer.generation), chat: established });
  return established;
}

/** The agent owns the chat from now on: its clocks are this agent's, and the visitor is told. */
async function own(
  work: Work,
  chat: Chat,
  login: Login,
  offer: OpenOffer,
  begun: { engagement: Engagement; conversation: Conversation; button: Button | undefined; byAgent: boolean },
): Promise<void> {
  const { engagement, conversation, button, byAgent } = begun;
  const again = chat.establishedAt !== null;
  chat.state = 'engaged';
  chat.establishedAt ??= work.now;
  chat.lastOperatorUserId = login.userId;
  chat.declinedBy = [];
  chat.timedOutBy = [];
  chat.attempts = 0;
  chat.queuePosition = null;
  if (offer.kind !== 'transfer') {
    work.note(chat, 'Accept', { login, ...(byAgent ? {} : { detail: 'Accepted automatically' }) });
    await endButtonTransfer(work, chat, login);
  }
  await watchAnswers(work, chat, login);
  conversation.idleWarningMs = button?.idleWarningMs ?? null;
  conversation.idleTimeoutMs = button?.idleTimeoutMs ?? null;
  await tellParticipants(work, chat, login);
  const { name } = engagement;
  const told = {
    name,
    userId: login.userId,
    sneakPeekEnabled: login.settings.seesSneakPeek,
    chasitorIdleTimeout: {
      isEnabled: button?.idleTimeoutMs != null,
      warningTime: (button?.idleWarningMs ?? 0) / 1000,
      timeout: (button?.idleTimeoutMs ?? 0) / 1000,
    },
  };
  if (again) {
    work.post(chat, { type: 'ChatTransferred', message: told });
    return greet(work, chat, login, { name, button, isFirst: false });
  }
  if (chat.request.receiveQueueUpdates) work.post(chat, ACCEPTED);
  work.post(chat, { type: 'ChatEstablished', message: { ...told, items: [] } });
  if (button) await countWait(work, button.id, work.now - chat.requestedAt);
  await greet(work, chat, login, { name, button, isFirst: true });
}

/** A transfer to an agent or skill is accepted: who owned the chat is out of it. */
async function handOver(work: Work, chat: Chat, receiver: Login): Promise<void> {
  const engagement = ownerOf(chat);
  const owner = engagement && (await work.login(engagement.loginId));
  const { transfer } = chat;
  if (!engagement || !owner || !transfer) throw new Error(`transfer of chat ${chat.id} without an owner`);
  work.note(chat, 'Transfer', { login: receiver });
  tellTransfer(work, chat, owner, transfer, 'accepted');
  await takeBackRequests(work, chat, owner, owner.userId);
  await disengage(work, chat, owner, engagement, {
    by: 'System',
    reason: 'transfer',
    actor: receiver.userId,
    left: true,
  });
}

/** A chat that waited at the button it was transferred to is taken, by somebody there or by who sent it. */
async function endButtonTransfer(work: Work, chat: Chat, login: Login): Promise<void> {
  const { transfer } = chat;
  if (!transfer) return;
  chat.transfer = null;
  chat.fallbacks = [];
  if (transfer.returning) return work.note(chat, 'ChatResumedAfterTransfer', { login });
  work.note(chat, 'Transfer', { login });
  const from = await work.login(transfer.fromLoginId);
  if (from?.endedAt === null) tellTransfer(work, chat, from, transfer, 'accepted');
}

/** An invited agent joins: everybody in the chat sees it. */
async function joinConference(
  work: Work,
  chat: Chat,
  login: Login,
  offer: OpenOffer,
  engagement: Engagement,
): Promise<void> {
  work.note(chat, 'OperatorJoinedConference', { login });
  work.post(chat, conferenceNotice('AgentJoinedConference', engagement));
  const inviter = offer.fromLoginId === null ? undefined : await work.login(offer.fromLoginId);
  if (inviter) tellInvitation(work, chat, inviter, offer, 'accepted');
  await tellParticipants(work, chat, login);
}

/** The chat as the agent who is in it already would have got it from `engage`. */
export async function engagedAgain(
  work: Work,
  chat: Chat,
  login: Login,
  engagement: Engagement,
): Promise<EngagedChat> {
  const conversation = await work.conversation(chat);
  return engagedChatOf(
    chat,
    engagement,
    await linesOf(work, chat),
    viewOf(chat, login, conversation, await besideOf(work.tx, chat.id)),
  );
}

/** A = 0.9 A' + 0.1 W at each acceptance, the first time W (live-agent-chat.md §8.3). */
async function countWait(work: Work, buttonId: string, waitMs: number): Promise<void> {
  await work.tx.query(
    `INSERT INTO button_wait (button_id, average_ms) VALUES ($1, $2)
     ON CONFLICT (button_id) DO UPDATE SET average_ms = 0.9 * button_wait.average_ms + 0.1 * excluded.average_ms`,
    [buttonId, waitMs],
    'floor.countWait',
  );
}
