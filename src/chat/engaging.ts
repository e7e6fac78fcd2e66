/** Engagements: an agent in a chat. They begin with an accepted offer and end for the agent or for everyone. */
import { findAgent, findButton } from './configuration.js';
import type { Chat, Engagement, Login, OpenOffer } from './entities.js';
import { offerIdOf } from './entities.js';
import type { ChatEndedBy, ChatLine, EngagedChat } from './floor.js';
import { ACCEPTED } from './queue-updates.js';
import { engagedChatOf, othersIn } from './summary.js';
import type { Work } from './work.js';

/** Lines given with a chat that is taken over. */
const LINES_SHOWN = 1_000;

/** What a chat has said so far, oldest first; the newest `LINES_SHOWN` of it. */
export async function linesOf(work: Work, chat: Chat): Promise<ChatLine[]> {
  const rows = await work.tx.query<{ line: ChatLine }>(
    `SELECT chat_line(m) AS line FROM chat_message m WHERE m.chat_id = $1 ORDER BY m.sequence DESC LIMIT ${LINES_SHOWN}`,
    [chat.id],
    'floor.linesOf',
  );
  return rows.map(({ line }) => line).reverse();
}

/** Accepts an open offer: the agent is in the chat, and the visitor is told. */
export async function engage(
  work: Work,
  chat: Chat,
  login: Login,
  offer: OpenOffer,
  byAgent: boolean,
): Promise<EngagedChat> {
  const conversation = await work.conversation(chat);
  const lines = await linesOf(work, chat);
  const again = chat.establishedAt !== null;
  offer.state = 'accepted';
  offer.endedAt = work.now;
  const button = chat.buttonId === null ? undefined : await findButton(work.tx, chat.buttonId);
  // The button's name for agents overrides the agent's own (live-agent-chat.md §6).
  const name = button?.customAgentName ?? login.name;
  const engagement: Engagement = {
    generation: offer.generation,
    loginId: login.id,
    userId: login.userId,
    name,
    kind: 'primary',
    startedAt: work.now,
    endedAt: null,
    flagMessage: null,
    flagRaisedAt: null,
  };
  chat.engagements.push(engagement);
  chat.state = 'engaged';
  chat.establishedAt ??= work.now;
  chat.lastOperatorUserId = login.userId;
  chat.declinedBy = [];
  chat.timedOutBy = [];
  chat.attempts = 0;
  chat.queuePosition = null;
  work.record(
    login,
    { kind: 'engage' },
    { chatId: chat.id, actor: byAgent ? login.userId : 'system', byAgent },
  );
  work.note(chat, 'Accept', { login, ...(byAgent ? {} : { detail: 'Accepted automatically' }) });

  conversation.criticalWaitMs = secondsOf(login.settings.criticalWaitSeconds);
  conversation.idleWarningMs = button?.idleWarningMs ?? null;
  conversation.idleTimeoutMs = button?.idleTimeoutMs ?? null;
  const established = engagedChatOf(chat, engagement, lines, othersIn(chat, login));
  work.tell(login, { type: 'chatStarted', offerId: offerIdOf(chat.id, offer.generation), chat: established });
  const idle = {
    isEnabled: button?.idleTimeoutMs != null,
    warningTime: (button?.idleWarningMs ?? 0) / 1000,
    timeout: (button?.idleTimeoutMs ?? 0) / 1000,
  };
  const { seesSneakPeek: sneakPeekEnabled } = login.settings;
  if (!again && chat.request.receiveQueueUpdates) work.post(chat, ACCEPTED);
  work.post(
    chat,
    again
      ? {
          type: 'ChatTransferred',
          message: { name, userId: login.userId, sneakPeekEnabled, chasitorIdleTimeout: idle },
        }
      : {
          type: 'ChatEstablished',
          message: { name, userId: login.userId, items: [], sneakPeekEnabled, chasitorIdleTimeout: idle },
        },
  );
  if (!again) {
    if (button) await countWait(work, button.id, work.now - chat.requestedAt);
    const greeting = button?.autoGreeting ?? (await findAgent(work.tx, login.userId))?.autoGreeting;
    if (greeting) {
      work.say({
        chatId: chat.id,
        kind: 'agent',
        userId: login.userId,
        name,
        text: greeting,
        visitorMessage: agentMessage(name, login.userId, greeting),
      });
    }
  }
  return established;
}

/** The chat as the agent who is in it already would have got it from `engage`. */
export async function engagedAgain(
  work: Work,
  chat: Chat,
  login: Login,
  engagement: Engagement,
): Promise<EngagedChat> {
  return engagedChatOf(chat, engagement, await linesOf(work, chat), othersIn(chat, login));
}

/** ChatMessage as the visitor's client gets it (live-agent-chat.md §13.7). */
export function agentMessage(name: string, agentId: string, text: string) {
  return {
    type: 'ChatMessage',
    message: { text, name, agentId, schedule: { responseDelayMilliseconds: 0 } },
  } as const;
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

const secondsOf = (seconds: number | null): number | null => (seconds === null ? null : seconds * 1000);

/** The running engagement of a login in a chat. */
export function engagementOf(chat: Chat, login: Login): Engagement | undefined {
  return chat.engagements.find(({ loginId, endedAt }) => loginId === login.id && endedAt === null);
}

/**
 * Ends one agent's part in a chat. A flag still up ends with it, counted by nobody (DECISIONS 12). `left`: the chat
 * goes on. The conversation is locked, so no line can come between.
 */
export async function disengage(
  work: Work,
  chat: Chat,
  login: Login,
  engagement: Engagement,
  end: { by: ChatEndedBy; reason: string; left: boolean; actor: string; byAgent?: boolean; at?: number },
): Promise<void> {
  await work.conversation(chat);
  engagement.endedAt = Math.max(end.at ?? work.now, engagement.startedAt);
  work.record(
    login,
    { kind: 'disengage' },
    {
      chatId: chat.id,
      actor: end.actor,
      ...(end.byAgent ? { byAgent: true } : {}),
      ...(end.at === undefined ? {} : { at: end.at }),
    },
  );
  work.tell(login, {
    type: 'chatEnded',
    chatId: String(chat.id),
    endedBy: end.by,
    reason: end.reason,
    left: end.left,
  });
}

/** Nobody answers in this chat now: none of its clocks runs. */
export async function stopClocks(work: Work, chat: Chat): Promise<void> {
  const conversation = await work.conversation(chat);
  Object.assign(conversation, {
    criticalWaitMs: null,
    idleWarningMs: null,
    idleTimeoutMs: null,
    criticalDueAt: null,
    criticalSince: null,
    idleWarningDueAt: null,
    idleWarnedAt: null,
    idleDueAt: null,
    answeredAt: null,
  });
}
