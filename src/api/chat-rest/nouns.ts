/** The whole Chat REST API by path (live-agent-chat.md §13.2). Paths ending in `/*` take the rest of the path with them. */

import * as chasitor from './chasitor-nouns.js';
import type { Noun } from './noun.js';
import * as system from './system-nouns.js';
import * as visitor from './visitor-nouns.js';

const SINGLE: Readonly<Record<string, readonly Noun[]>> = {
  'System/SessionId': [system.openSession, system.endSession],
  'System/Messages': [system.poll],
  'System/MultiNoun': [
    system.multiNounOf((path) =>
      SINGLE[path]?.find((noun) => noun.method === 'POST' && path !== 'System/MultiNoun'),
    ),
  ],
  'System/ReconnectSession': [system.reconnect],
  'System/ResyncSession': [system.resync],
  'Chasitor/ChasitorInit': [chasitor.init],
  'Chasitor/ChatMessage': [chasitor.say],
  'Chasitor/ChasitorTyping': [chasitor.typing],
  'Chasitor/ChasitorNotTyping': [chasitor.notTyping],
  'Chasitor/ChasitorSneakPeek': [chasitor.peek],
  'Chasitor/CustomEvent': [chasitor.custom],
  'Chasitor/ChatEnd': [chasitor.end],
  'Chasitor/ChatCancel': [chasitor.end],
  'Chasitor/ChasitorIdleTimeoutWarningEvent': [chasitor.idle],
  'Chasitor/ChasitorResyncState': [chasitor.resyncState],
  'Chasitor/SensitiveDataRuleTriggered': [chasitor.sensitiveDataRuleTriggered],
  'Agent/SensitiveDataRuleTriggered': [chasitor.sensitiveDataRuleTriggeredByAgent],
  'Visitor/Settings': [visitor.settings],
  'Visitor/Availability': [visitor.availability],
  'Visitor/VisitorId': [visitor.visitorId],
  'Visitor/Breadcrumb': [visitor.visitorBreadcrumb],
};

/** What a script element may ask for: only these answer as JSONP, and without the version header it cannot send. */
const SCRIPTS: Readonly<Record<string, readonly Noun[]>> = {
  'Visitor/Settings.jsonp': [visitor.settings],
  'Visitor/Availability.jsonp': [visitor.availability],
  'Visitor/VisitorId.jsonp': [visitor.visitorId],
  'System/MultiNoun.jsonp': [visitor.bundledVisitorGet],
};

const WITH_REST = ['System/SessionId', 'System/ResyncSession'];

export interface Found {
  /** `System/Messages`, the name the call is counted under. */
  readonly path: string;
  /** By method; empty never. */
  readonly nouns: readonly Noun[];
  readonly rest: string;
  readonly isScript: boolean;
}

/** Looks a path up: without the prefix, decoded, with or without a slash at the end. */
export function findNouns(path: string): Found | undefined {
  const trimmed = path.replace(/^\/+|\/+$/g, '');
  if (Object.hasOwn(SINGLE, trimmed))
    return { path: trimmed, nouns: SINGLE[trimmed] ?? [], rest: '', isScript: false };
  if (Object.hasOwn(SCRIPTS, trimmed))
    return { path: trimmed, nouns: SCRIPTS[trimmed] ?? [], rest: '', isScript: true };
  for (const head of WITH_REST) {
    if (trimmed.startsWith(`${head}/`)) {
      return { path: head, nouns: SINGLE[head] ?? [], rest: trimmed.slice(head.length + 1), isScript: false };
    }
  }
  return undefined;
}
