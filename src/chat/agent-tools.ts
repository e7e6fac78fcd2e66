/** The agent's calls besides talking: block, ask for a file, ready texts. Each checks that the agent is in the chat. */
import type { Caller } from '../access/caller.js';
import { ApiError } from '../errors.js';
import { blockVisitor } from './blocking.js';
import type { FloorContext } from './context.js';
import type { Chat, Login } from './entities.js';
import { cancelFile, requestFile } from './file-transfer.js';
import type { AgentTools } from './floor-conversation.js';
import { floorWork } from './floor-work.js';
import { isStillIn } from './leaving.js';
import { quickTextsFor } from './quick-texts.js';
import { chatNamed, openLoginNamed, type Work } from './work.js';

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
      const login = await openLoginNamed(work, loginId);
      const chat = await chatNamed(work, chatId);
      return (await isStillIn(work, chat, login)) ? act(work, chat, login) : undefined;
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
