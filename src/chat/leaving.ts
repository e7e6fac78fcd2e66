/**
 * An agent goes out of a chat: the engagement ends, what the agent asked for in it is taken back, and the chat goes to
 * another agent in it, or back to be routed. One way for all who go: by a transfer, out of a conference, offline.
 */
import type { Chat, Engagement, Login } from './entities.js';
import type { ChatEndedBy, VisitorMessage } from './floor.js';
import { endOffer } from './offering.js';
import { othersIn } from './summary.js';
import type { Work } from './work.js';

/** The running engagement of a login in a chat. */
export function engagementOf(chat: Chat, login: Pick<Login, 'id'>): Engagement | undefined {
  return chat.engagements.find(({ loginId, endedAt }) => loginId === login.id && endedAt === null);
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
 * Ends one agent's part in a chat. A flag still up ends with it, counted by nobody (DECISIONS 12). `left`: the chat
 * goes on. The conversation is locked, so no line can come between.
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
}

/**
 * Takes an agent out of a chat that goes on; gives the logins that have room now. Who is in it longest owns it then;
 * with nobody left in it the chat waits to be routed, which is the caller's, and its visitor is told.
 */
export async function leave(
  work: Work,
  chat: Chat,
  login: Login,
  engagement: Engagement,
  end: Leaving,
): Promise<Login[]> {
  const freed = await takeBackRequests(work, chat, login, end.actor);
  await disengage(work, chat, login, engagement, { ...end, left: true });
  const heir = chat.engagements.find(({ endedAt }) => endedAt === null);
  if (!heir) {
    work.note(chat, 'LeaveAgent', { login });
    chat.state = 'waiting';
    chat.waitingSince = work.now;
    work.post(chat, end.told ?? { type: 'AgentDisconnect', message: {} });
    await stopClocks(work, chat);
    return [...freed, login];
  }
  work.note(chat, 'OperatorLeftConference', { login });
  work.post(chat, conferenceNotice('AgentLeftConference', engagement));
  if (engagement.kind === 'primary') await makeOwner(work, chat, heir);
  await tellParticipants(work, chat);
  return [...freed, login];
}

async function makeOwner(work: Work, chat: Chat, heir: Engagement): Promise<void> {
  heir.kind = 'primary';
  chat.lastOperatorUserId = heir.userId;
  const login = await work.login(heir.loginId);
  const seconds = login?.settings.criticalWaitSeconds ?? null;
  const conversation = await work.conversation(chat);
  conversation.criticalWaitMs = seconds === null ? null : seconds * 1000;
}

/** Ends what this agent asked others in the chat for; gives those others. */
export async function takeBackRequests(
  work: Work,
  chat: Chat,
  login: Login,
  actor: string,
): Promise<Login[]> {
  const asked = chat.offers.filter(({ state, fromLoginId }) => state === 'open' && fromLoginId === login.id);
  const freed: Login[] = [];
  for (const offer of asked) {
    const other = await work.login(offer.loginId);
    if (!other) throw new Error(`offer of chat ${chat.id} to an unknown login`);
    const note = offer.kind === 'transfer' ? 'TransferCancelled' : 'ConferenceRequestCanceled';
    endOffer(work, chat, other, offer, 'withdrawn', 'withdrawn', { actor, note });
    freed.push(other);
  }
  if (chat.transfer?.fromLoginId === login.id) chat.transfer = null;
  work.touch({ chat });
  return freed;
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
