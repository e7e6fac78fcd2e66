/**
 * Blocked visitors: an agent's block leaves one rule for the visitor's address, and from a second later on no chat from
 * there comes about; before it, and from anywhere else, none is turned away for it.
 */
import type { Diaries } from '../run-day.js';
import type { ClientTolerance } from './clients.js';
import type { Findings } from './difference.js';
import type { Rows } from './rows.js';
import type { Stored } from './stored.js';

/** Real ms until the last process knows of a block. */
const KNOWN_MS = 1_000;

export function auditBlocking(
  findings: Findings,
  stored: Stored,
  rows: Rows,
  diaries: Diaries,
  { speed, slowestMs }: Pick<ClientTolerance, 'speed' | 'slowestMs'>,
): void {
  const visitors = new Map(diaries.visitors.map((visitor) => [visitor.sessionId, visitor]));
  /** When each address was first blocked, and in which chats. */
  const blocked = new Map<string, { readonly at: number; readonly chats: number[] }>();
  for (const { id, chatKey, address } of stored.chats) {
    const visitor = visitors.get(chatKey);
    if (visitor !== undefined)
      findings.same(`chat ${id}`, 'address of its visitor', visitor.address, address);
    const block = (stored.chatEvents.get(id) ?? []).find(({ type }) => type === 'AgentBlocked');
    if (block === undefined || address === null) continue;
    const known = blocked.get(address);
    blocked.set(address, {
      at: Math.min(block.at, known?.at ?? block.at),
      chats: [...(known?.chats ?? []), id],
    });
  }
  for (const [address, { chats }] of blocked) {
    const rules = rows.blockingRules.get(address) ?? [];
    const named = rules.map(({ DeveloperName }) => Number(DeveloperName.replace('Blocked_in_chat_', '')));
    findings.holds(
      rules.length > 0 && named.every((chat) => chats.includes(chat)),
      `address ${address}`,
      'LiveChatBlockingRules',
      `of chats ${chats.join(', ')}`,
      named,
    );
    for (const { ToIpAddress } of rules) {
      findings.same(`address ${address}`, 'ToIpAddress of LiveChatBlockingRule', address, ToIpAddress);
    }
  }
  for (const { id, chatKey, address, requestedAt } of stored.chats) {
    const events = stored.chatEvents.get(id) ?? [];
    const isTurnedAway = events.some(({ type }) => type === 'CancelBlocked');
    const since = blocked.get(address ?? '')?.at ?? Number.POSITIVE_INFINITY;
    const name = `chat ${id} from ${address}`;
    if (requestedAt < since) findings.same(name, 'turned away without a block', false, isTurnedAway);
    else if (requestedAt > since + (KNOWN_MS + slowestMs) * speed) {
      findings.same(name, 'turned away after a block', true, isTurnedAway);
    }
    const visitor = visitors.get(chatKey);
    if (visitor?.stayed)
      findings.same(name, 'told that it is blocked', isTurnedAway, visitor.failed === 'Blocked');
  }
}
