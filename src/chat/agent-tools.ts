/** The agent's calls besides talking: block, ask for a file, ready texts. Each checks that the agent is in the chat. */
import type { Caller } from '../access/caller.js';
import { ApiError } from '../errors.js';
import { blockVisitor } from './blocking.js';
import type { FloorContext } from './context.js';
import { type Chat, type Login, parseNumber } from './entities.js';
import { cancelFile, requestFile } from './file-transfer.js';
import type { AgentTools } from './floor-conversation.js';
import { floorWork } from './floor-work.js';
import { engagementOf } from './leaving.js';
import { quickTextsFor } from './quick-texts.js';
import type { Work } from './work.js';

interface Parts {
  /** The open login of a connection; counts as contact. INVALID_OPERATION without one. */
  loggedIn(connectionId: string): { readonly userId: string; readonly loginId: number };
  readonly callers: { prepare(userId: string): Promise<void>; known(userId: string): Caller | undefined };
}

export function createAgentTools(context: FloorContext, { loggedIn, callers }: Parts): AgentTools {
  /** Does something in a running chat the agent is in; undefined: the chat is over, and the agent was in it. */
  async function inChat<T>(
    connectionId: string,
    chatId: string,
    act: (work: Work, chat: Chat, login: Login) => Promise<T>,
  ): Promise<T | undefined> {
    const { loginId } = loggedIn(connectionId);
    return floorWork(context, async (work) => {
      const login = await work.login(loginId);
      if (!login || login.endedAt !== null) throw new ApiError('INVALID_OPERATION', 'the login has ended');
      const chat = await work.chat(parseNumber(chatId) ?? 0);
      if (!chat) throw new ApiError('NOT_FOUND', `no chat ${chatId}`);
      if (engagementOf(chat, login)) return act(work, chat, login);
      const [was] = await work.tx.query<{ known: boolean }>(
        'SELECT EXISTS (SELECT FROM engagement WHERE chat_id = $1 AND user_id = $2) AS known',
        [chat.id, login.userId],
        'floor.wasEngaged',
      );
      if (!was?.known) throw new ApiError('NOT_FOUND', `no chat ${chatId}`);
      if (chat.state === 'ended') return undefined;
      throw new ApiError('INVALID_OPERATION', `the agent is not in chat ${chatId}`);
    });
  }

  async function callerOf(userId: string): Promise<Caller> {
    await callers.prepare(userId);
    const caller = callers.known(userId);
    if (!caller) throw new ApiError('INSUFFICIENT_ACCESS', 'the user is not active');
    return caller;
  }

  return {
    async blockVisitor(connectionId, chatId) {
      const caller = await callerOf(loggedIn(connectionId).userId);
      await inChat(connectionId, chatId, (work, chat, login) => blockVisitor(work, chat, login, caller));
    },

    async requestFile(connectionId, chatId) {
      const file = await inChat(connectionId, chatId, requestFile);
      if (!file) throw new ApiError('INVALID_OPERATION', `chat ${chatId} is over`);
      return file;
    },

    cancelFile: (connectionId, chatId) => inChat(connectionId, chatId, cancelFile),

    async quickTexts(connectionId) {
      return quickTextsFor(context.db, await callerOf(loggedIn(connectionId).userId));
    },
  };
}
