/** The agent's calls that pick a chat, hand it over, or share it: each one unit of work. */

import { cancelInvitation, invite, leaveConference } from './conferring.js';
import type { FloorContext } from './context.js';
import type { Chat, Login } from './entities.js';
import type { AgentFloor } from './floor.js';
import { floorWork } from './floor-work.js';
import { ownEngagement } from './leaving.js';
import { assertPickable, pickChat } from './picking.js';
import { transferTargets } from './transfer-targets.js';
import { cancelTransfer, requestTransfer } from './transferring.js';
import { chatNamed, openLoginNamed, unavailableWhenAway, type Work } from './work.js';

export type Handover = Pick<
  AgentFloor,
  'pickChat' | 'transferTargets' | 'transfer' | 'cancelTransfer' | 'invite' | 'cancelInvitation' | 'leaveChat'
>;

/** `loggedIn` gives the open login of a connection, and throws where there is none. */
export function createHandover(context: FloorContext, loggedIn: (connectionId: string) => number): Handover {
  async function inChat<T>(
    connectionId: string,
    chatId: string,
    fn: (work: Work, chat: Chat, login: Login) => Promise<T>,
  ): Promise<T> {
    const loginId = loggedIn(connectionId);
    return floorWork(context, async (work) =>
      fn(work, await chatNamed(work, chatId), await openLoginNamed(work, loginId)),
    );
  }

  return {
    async pickChat(connectionId, chatId) {
      await unavailableWhenAway(assertPickable(context.db, loggedIn(connectionId), chatId));
      return inChat(connectionId, chatId, pickChat);
    },
    transferTargets: (connectionId, chatId) =>
      inChat(connectionId, chatId, (work, chat, login) => {
        ownEngagement(chat, login);
        return transferTargets(work.tx, chat, login);
      }),
    transfer: (connectionId, { chatId, to }) =>
      inChat(connectionId, chatId, async (work, chat, login) => ({
        state: await requestTransfer(work, chat, login, to),
      })),
    cancelTransfer: (connectionId, chatId) => inChat(connectionId, chatId, cancelTransfer),
    invite: (connectionId, { chatId, userId }) =>
      inChat(connectionId, chatId, async (work, chat, login) => ({
        state: await invite(work, chat, login, userId),
      })),
    cancelInvitation: (connectionId, { chatId, userId }) =>
      inChat(connectionId, chatId, (work, chat, login) => cancelInvitation(work, chat, login, userId)),
    leaveChat: (connectionId, chatId) => inChat(connectionId, chatId, leaveConference),
  };
}
