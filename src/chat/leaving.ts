/**
 * An agent goes out of a chat: the engagement ends, what the agent asked for in it is taken back, and the chat goes to
 * another agent in it, or back to be routed. One way for all who go: by a transfer, out of a conference, offline.
 */
import { ApiError } from '../errors.js';
import type { Chat, Engagement, Login, OpenOffer } from './entities.js';
import type { ChatEndedBy, VisitorMessage } from './floor.js';
import { endOffer } from './offering.js';
import { othersIn } from './summary.js';
import type { Work } from './work.js';

/** The running engagement of a login in a chat. */
export function engagementOf(chat: Chat, login: Pick<Login, 'id'>): Engagement | undefined {
  return chat.engagements.find(({ loginId, endedAt }) => loginId === login.id && endedAt === null);
}

/** The running engagement of a login that says it is in the chat; NOT_FOUND if it is not. */
export function ownEngagement(chat: Chat, login: Login): Engagement {
  const engagement = engagementOf(chat, login);
  if (!engagement) throw new ApiError('NOT_FOUND', `no chat ${chat.id}`);
  return engagement;
}

/**
 * Whether the agent is in the chat; false: it is over, and the agent was in it. NOT_FOUND where the agent never was,
 * INVALID_OPERATION where the chat goes on without the agent.
 */
export async function isStillIn(work: Work, chat: Chat, login: Login): Promise<boolean> {
  if (engagementOf(chat, login)) return true;
  const [was] = await work.tx.query<{ known: boolean }>(
    'SELECT EXISTS (SELECT FROM engagement WHERE chat_id = $1 AND user_id = $2) AS known',
    [chat.id, login.userId],
    'floor.wasEngaged',
  );
  if (!was?.known) throw new ApiError('NOT_FOUND', `no chat ${chat.id}`);
  if (chat.state === 'ended') return false;
  throw new ApiError('INVALID_OPERATION', `the agent is not in chat ${chat.id}`);
}

/** The owner's engagement, while somebody is in the chat. */
export function ownerOf(chat: Chat): Engagement | undefined {
  return chat.engagements.find(({ kind, endedAt }) => kind === 'primary' && endedAt === null);
}

/** Who ended an engagement, and why. */
export interface Leaving {
  readonly by: ChatEndedBy;
  readonly reason: string;
  /** User, `visitor` or `system`. */
  readonly actor: string;
  readonly byAgent?: boolean;
  readonly at?: number;
  /** What the visitor is told when nobody is left in the chat; AgentDisconnect, if not said. */
  readonly told?: VisitorMessage;
}

/**
 * Ends one agent's part in a chat; the agent has that room again. A flag still up ends with it, counted by nobody
 * (DECISIONS 12). `left`: the chat goes on. The conversation is locked, so no line can come between.
 */
export async function disengage(
  work: Work,
  chat: Chat,
  login: Login,
  engagement: Engagement,
  end: Leaving & { readonly left: boolean },
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
  work.serveLater(login);
}

/**
 * Takes an agent out of a chat that goes on. Who is in it longest owns it then; with nobody left in it the chat waits to
 * be routed, which is the caller's, and its visitor is told.
 */
export async function leave(
  work: Work,
  chat: Chat,
  login: Login,
  engagement: Engagement,
  end: Leaving,
): Promise<void> {
  await takeBackRequests(work, chat, login, end.actor);
  await disengage(work, chat, login, engagement, { ...end, left: true });
  const heir = chat.engagements.find(({ endedAt }) => endedAt === null);
  if (!heir) {
    work.note(chat, 'LeaveAgent', { login });
    chat.state = 'waiting';
    chat.waitingSince = work.now;
    // Whoever it was asked of, a running chat is open to every agent of its button (live-agent-chat.md §4).
    chat.targetUserId = null;
    chat.fallbacks = [];
    work.post(chat, end.told ?? { type: 'AgentDisconnect', message: {} });
    return stopClocks(work, chat);
  }
  work.note(chat, 'OperatorLeftConference', { login });
  work.post(chat, conferenceNotice('AgentLeftConference', engagement));
  if (engagement.kind === 'primary') await makeOwner(work, chat, heir);
  await tellParticipants(work, chat);
}

async function makeOwner(work: Work, chat: Chat, heir: Engagement): Promise<void> {
  heir.kind = 'primary';
  chat.lastOperatorUserId = heir.userId;
  const login = await work.login(heir.loginId);
  await watchAnswers(work, chat, login);
}

/**
 * From now on this agent's critical wait counts, also for a question that nobody has answered yet: it waits since it was
 * asked, whoever was to answer it (live-agent-chat.md §11).
 */
export async function watchAnswers(work: Work, chat: Chat, owner: Login | undefined): Promise<void> {
  const conversation = await work.conversation(chat);
  const seconds = owner?.settings.criticalWaitSeconds ?? null;
  conversation.criticalWaitMs = seconds === null ? null : seconds * 1000;
  const { askedAt, criticalSince, criticalWaitMs } = conversation;
  if (askedAt === null || criticalSince !== null) return;
  conversation.criticalDueAt = criticalWaitMs === null ? null : askedAt + criticalWaitMs;
  work.deadline(conversation.criticalDueAt);
}

/** Ends what this agent asked others in the chat for. */
export async function takeBackRequests(work: Work, chat: Chat, login: Login, actor: string): Promise<void> {
  const asked = chat.offers.filter(({ state, fromLoginId }) => state === 'open' && fromLoginId === login.id);
  for (const offer of asked) {
    await withdraw(work, chat, offer, {
      actor,
      note: offer.kind === 'transfer' ? 'TransferCancelled' : 'ConferenceRequestCanceled',
    });
  }
  if (chat.transfer?.fromLoginId === login.id) chat.transfer = null;
  work.touch({ chat });
}

/** Takes an open offer back. */
export async function withdraw(
  work: Work,
  chat: Chat,
  offer: OpenOffer,
  cause: { readonly actor: string; readonly note: string },
): Promise<void> {
  const login = await work.login(offer.loginId);
  if (!login) throw new Error(`offer of chat ${chat.id} to an unknown login`);
  endOffer(work, chat, login, offer, 'withdrawn', 'withdrawn', cause);
}

/** Tells every agent in the chat who else is in it now. */
export async function tellParticipants(work: Work, chat: Chat, except?: Login): Promise<void> {
  for (const { loginId, kind, endedAt } of chat.engagements) {
    if (endedAt !== null || loginId === except?.id) continue;
    const login = await work.login(loginId);
    if (!login) continue;
    const others = othersIn(chat, login);
    work.tell(login, { type: 'participants', chatId: String(chat.id), isOwner: kind === 'primary', others });
  }
}

/** What the visitor's client learns of a conference. (u): the reference has the names of these notices, not their bodies. */
export function conferenceNotice(
  type: 'AgentJoinedConference' | 'AgentLeftConference',
  { name, userId }: Pick<Engagement, 'name' | 'userId'>,
) {
  return { type: 'RichMessage', message: { type, name, userId } } as const;
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
