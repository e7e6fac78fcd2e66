/**
 * Chasitor/*: what the visitor of a chat does. Every one is answered exactly `OK`, after what it asked is durable
 * (live-agent-chat.md §13.2, §13.3; §0.6 for the answer).
 */

import type { ChatRequest } from '../../chat/floor.js';
import {
  type ChasitorInitBody,
  chasitorInit,
  chatMessage,
  customEvent,
  idleWarning,
  readAs,
  sensitiveRules,
  sneakPeek,
} from './body.js';
import { type Call, header, OK, sessionKey } from './call.js';
import type { ChatRestDeps, Noun } from './noun.js';

function visitorPost(act: (call: Call, deps: ChatRestDeps) => Promise<unknown>): Noun {
  return {
    method: 'POST',
    async act(call, deps) {
      await act(call, deps);
      return OK;
    },
  };
}

export const init = visitorPost((call, { floor }) =>
  floor.visitor.requestChat(sessionKey(call), chatRequest(readAs(chasitorInit, call.body), call), call.post),
);

export const say = visitorPost((call, { floor }) =>
  floor.visitor.sendMessage(sessionKey(call), readAs(chatMessage, call.body).text, call.post),
);

export const typing = visitorPost((call, { floor }) => floor.visitor.typing(sessionKey(call), true));

export const notTyping = visitorPost((call, { floor }) => floor.visitor.typing(sessionKey(call), false));

export const peek = visitorPost((call, { floor }) => {
  const { position, text } = readAs(sneakPeek, call.body);
  return floor.visitor.sneakPeek(sessionKey(call), { position: position ?? 0, text });
});

export const custom = visitorPost((call, { floor }) =>
  floor.visitor.sendCustomEvent(sessionKey(call), readAs(customEvent, call.body), call.post),
);

/** The body's reason is `client` whatever the client says, or leaves out as inside MultiNoun. */
export const end = visitorPost((call, { floor }) =>
  floor.visitor.endChat(sessionKey(call), 'client', call.post),
);

export const idle = visitorPost((call, { floor }) =>
  floor.visitor.idleWarning(sessionKey(call), readAs(idleWarning, call.body).idleTimeoutWarningEvent),
);

/** The state lives in the database; there is nothing to bring back, only to agree. */
export const resyncState = visitorPost(async () => {});

/** Documented with the version header alone; only with a session it names a chat, whose transcript will tell of it. */
export const sensitiveDataRuleTriggered = visitorPost(async (call, { floor }) => {
  const { rules } = readAs(sensitiveRules, call.body);
  if (sessionKey(call) !== '') await floor.visitor.sensitiveDataTriggered(sessionKey(call), rules);
});

/** Of an agent's client, which speaks another protocol here: it is read and accepted. */
export const sensitiveDataRuleTriggeredByAgent = visitorPost(async (call) =>
  readAs(sensitiveRules, call.body),
);

function chatRequest(body: ChasitorInitBody, call: Call): ChatRequest {
  return {
    organizationId: body.organizationId ?? '',
    deploymentId: body.deploymentId ?? '',
    buttonId: body.buttonId ?? null,
    agentId: body.agentId ?? null,
    doFallback: body.doFallback ?? false,
    buttonOverrides: body.buttonOverrides,
    visitorId: body.visitorId ?? body.trackingId ?? null,
    visitorName: body.visitorName ?? '',
    ipAddress: call.ip,
    userAgent: body.userAgent ?? header(call, 'user-agent') ?? null,
    language: body.language ?? null,
    screenResolution: body.screenResolution ?? null,
    referrer: header(call, 'referer') ?? null,
    prechatDetails: body.prechatDetails,
    prechatEntities: body.prechatEntities,
    receiveQueueUpdates: body.receiveQueueUpdates ?? false,
    isPost: body.isPost ?? false,
  };
}
