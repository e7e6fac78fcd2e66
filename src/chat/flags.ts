/**
 * The assistance flag (live-agent-chat.md §10). It belongs to its raiser's engagement: it counts on the raiser's login,
 * whoever lowers it, and ends uncounted with the engagement. Raising a raised one, or lowering a lowered one, changes
 * nothing; so Raised >= Lowered in every row.
 */
import { ApiError } from '../errors.js';
import type { Chat, Login } from './entities.js';
import { engagementOf } from './leaving.js';
import { limitedText } from './text.js';
import type { Work } from './work.js';

const MESSAGE_LIMIT = 255;

/** Raises the flag of an agent who is in the chat. */
export function raiseFlag(work: Work, chat: Chat, login: Login, message: string): void {
  const engagement = engaged(chat, login);
  if (!login.settings.mayRaiseFlag) {
    throw new ApiError(
      'INSUFFICIENT_ACCESS',
      'the configuration of this agent does not allow assistance flags',
    );
  }
  const said = limitedText(message, MESSAGE_LIMIT, 'message');
  if (engagement.flagRaisedAt !== null) return;
  const { text, rules } = work.context.safety.mask('agent', said);
  engagement.flagMessage = text;
  engagement.flagRaisedAt = work.now;
  work.record(login, { kind: 'flagRaise' }, { chatId: chat.id, actor: login.userId, byAgent: true });
  work.note(chat, 'FlagRaised', { login, detail: text });
  if (rules.length > 0) work.note(chat, 'SensitiveDataAgent', { login, detail: rules.join(', ') });
  work.tell(login, { type: 'flagRaised', chatId: String(chat.id), message: text });
}

/** Lowers it: `supervisorId` says that a supervisor did, otherwise the agent. */
export function lowerFlag(work: Work, chat: Chat, login: Login, supervisorId?: string): void {
  const engagement = engaged(chat, login);
  if (engagement.flagRaisedAt === null) return;
  engagement.flagMessage = null;
  engagement.flagRaisedAt = null;
  const by = supervisorId === undefined ? 'agent' : 'supervisor';
  work.record(
    login,
    { kind: by === 'agent' ? 'flagLowerAgent' : 'flagLowerSupervisor' },
    { chatId: chat.id, actor: supervisorId ?? login.userId, byAgent: by === 'agent' },
  );
  work.note(chat, by === 'agent' ? 'FlagLoweredAgent' : 'FlagLoweredSupervisor', {
    userId: supervisorId ?? login.userId,
    login,
  });
  work.tell(login, { type: 'flagLowered', chatId: String(chat.id), by });
}

function engaged(chat: Chat, login: Login) {
  const engagement = engagementOf(chat, login);
  if (!engagement) throw new ApiError('NOT_FOUND', `agent ${login.userId} is not in chat ${chat.id}`);
  return engagement;
}
