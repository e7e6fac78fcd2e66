/**
 * The automatic greeting: what the button says, else what the agent's configuration says (live-agent-chat.md §6). It opens
 * a chat; on a transfer or a conference it is said only where the configuration has HasTransferConferenceGreeting.
 * (u): that field's label says the opposite of its name; its name is believed, and this is its place.
 */
import { type Button, findAgent } from './configuration.js';
import type { Chat, Login } from './entities.js';
import type { Work } from './work.js';

export async function greet(
  work: Work,
  chat: Chat,
  login: Login,
  greeting: { readonly name: string; readonly button: Button | undefined; readonly isFirst: boolean },
): Promise<void> {
  const { name, button, isFirst } = greeting;
  const said = button?.autoGreeting;
  // Asked only where it decides something: a chat's first greeting is the button's, whoever took it.
  const agent = isFirst && said ? undefined : await findAgent(work.tx, login.userId);
  if (!isFirst && !agent?.greetsOnTransfer) return;
  const text = said ?? agent?.autoGreeting;
  if (!text) return;
  work.say({
    chatId: chat.id,
    kind: 'agent',
    userId: login.userId,
    name,
    text,
    visitorMessage: agentMessage(name, login.userId, text),
  });
}

/** ChatMessage as the visitor's client gets it (live-agent-chat.md §13.7). */
export function agentMessage(name: string, agentId: string, text: string) {
  return {
    type: 'ChatMessage',
    message: { text, name, agentId, schedule: { responseDelayMilliseconds: 0 } },
  } as const;
}
