/** An agent turns a visitor away for good: a rule for the address, and the end of the chat (live-agent-chat.md §6, §12.2). */
import type { Caller } from '../access/caller.js';
import { ApiError } from '../errors.js';
import { endChat } from './ending.js';
import type { Chat, Login } from './entities.js';
import { createAsServer } from './session-rows.js';
import type { Work } from './work.js';

/** Blocks the visitor of a chat the agent is in. `caller` is the agent, whose rule it is. */
export async function blockVisitor(work: Work, chat: Chat, login: Login, caller: Caller): Promise<void> {
  if (!login.settings.mayBlockVisitor) {
    throw new ApiError(
      'INSUFFICIENT_ACCESS',
      'the configuration of this agent does not allow to block visitors',
    );
  }
  const { ipAddress } = chat.request;
  if (ipAddress === null) throw new ApiError('INVALID_OPERATION', 'the address of this visitor is not known');
  if (!work.context.safety.isBlocked(ipAddress)) {
    await createAsServer(work.tx, caller, 'LiveChatBlockingRule', [
      {
        DeveloperName: `Blocked_in_chat_${chat.id}`,
        MasterLabel: `${ipAddress} (chat ${chat.id})`,
        FromIpAddress: ipAddress,
        ToIpAddress: ipAddress,
        Description: `Blocked by ${login.name} in a chat`,
      },
    ]);
    // The other processes follow within a second.
    work.afterCommit(() => void work.context.safety.load().catch(() => undefined));
  }
  chat.outcome = 'Blocked';
  await endChat(work, chat, {
    by: 'Agent',
    reason: 'agent',
    note: 'AgentBlocked',
    actor: login.userId,
    login,
  });
}
