/**
 * Who may supervise the floor. Salesforce opens the supervisor panel to console users and lets supervisors at all
 * Chat Sessions (live-agent-chat.md §1, §9); what exactly it asks for is not known, so the rule stands here alone (u).
 */

import type { Caller } from '../../access/caller.js';

/** Works in a console, and sees every LiveAgentSession whoever owns it. */
export function maySupervise({ access }: Caller): boolean {
  return access.permits('SalesConsole') && access.object('LiveAgentSession').viewAll;
}
