/**
 * System/*: the session, the long poll, several nouns in one call, and coming back after a 503
 * (live-agent-chat.md §13.2, §13.4, §13.5).
 */

import type { VisitorMessage } from '../../chat/floor.js';
import { multiNoun, readAs } from './body.js';
import { type Call, EMPTY, json, NO_SESSION, OK, parameter, refusal, sessionKey } from './call.js';
import type { ChatRestDeps, Noun } from './noun.js';

export const openSession: Noun = {
  method: 'GET',
  async act(_call, { floor }) {
    const { id, key, affinityToken, clientPollTimeout } = await floor.visitor.createSession();
    return json({ id, key, affinityToken, clientPollTimeout });
  },
};

/** The key stands in the path and may arrive unescaped, `/` of its Base64 included. */
export const endSession: Noun = {
  method: 'DELETE',
  async act(call, { floor }) {
    await floor.visitor.deleteSession(call.rest === '' ? sessionKey(call) : call.rest);
    return OK;
  },
};

export const poll: Noun = {
  method: 'GET',
  async act(call, { floor, pollHoldMs, publicUrl }) {
    const ack = ackOf(call);
    const result = await floor.visitor.poll(sessionKey(call), {
      holdMs: pollHoldMs,
      signal: call.gone,
      ...(ack === undefined ? {} : { ack }),
    });
    switch (result.kind) {
      case 'batch': {
        const { messages, sequence, offset } = result;
        return {
          kind: 'json',
          body: { messages: messages.map((one) => withUploadUrls(one, publicUrl())), sequence, offset },
          lost: () => floor.visitor.undelivered(sessionKey(call), sequence),
        };
      }
      case 'empty':
        return EMPTY;
      case 'superseded':
        return refusal(409, 'A newer Messages request took the place of this one');
      case 'draining':
        return refusal(503, 'The server is going away');
    }
  },
};

/** The floor says that a file is wanted and by which token; where to send it is this server's own address (§13.8). */
function withUploadUrls(one: VisitorMessage, publicUrl: string): VisitorMessage {
  if (one.type !== 'FileTransfer' || one.message.type !== 'Requested') return one;
  const cdmServletUrl = `${publicUrl}/chat/files`;
  return { ...one, message: { ...one.message, uploadServletUrl: `${cdmServletUrl}/upload`, cdmServletUrl } };
}

/** No ack and an ack that is no number mean the same: what was delivered counts as confirmed. */
function ackOf(call: Call): number | undefined {
  const text = parameter(call, 'ack');
  return text !== undefined && /^-?\d{1,9}$/.test(text) ? Number(text) : undefined;
}

/**
 * Runs the nouns in their order. All are looked up before the first runs, so a call with an unknown one changes
 * nothing; the sequence of the POST covers them all, counted by their place.
 */
export function multiNounOf(find: (path: string) => Noun | undefined): Noun {
  return {
    method: 'POST',
    async act(call, deps: ChatRestDeps) {
      const parts = readAs(multiNoun, call.body).nouns.map(({ prefix, noun, body }) => ({
        noun: find(`${prefix}/${noun}`),
        body,
      }));
      for (const { noun } of parts) {
        if (noun === undefined || noun.method !== 'POST') return refusal(404, 'nouns names an unknown noun');
      }
      for (const [part, { noun, body }] of parts.entries()) {
        const post = call.post === undefined ? undefined : { ...call.post, part };
        const answer = await noun?.act({ ...call, body, post }, deps);
        if (answer !== undefined && answer.kind !== 'ok') return answer;
      }
      return OK;
    },
  };
}

export const reconnect: Noun = {
  method: 'GET',
  async act(call, { floor }) {
    const { affinityToken } = await floor.visitor.reconnect(sessionKey(call));
    const message = { resetSequence: true, affinityToken };
    // One client reads the token beside `message` instead of inside it (§16, genutility).
    return json({ messages: [{ type: 'ReconnectSession', message, affinityToken, resetSequence: true }] });
  },
};

/** To version 36. The key is not stored, so the one that was sent is the one that goes on. */
export const resync: Noun = {
  method: 'GET',
  async act(call, { floor }) {
    const key = sessionKey(call);
    if (call.rest !== '' && call.rest !== key.split('!')[0]) return refusal(403, NO_SESSION);
    const { affinityToken } = await floor.visitor.reconnect(key);
    return json({ isValid: true, key, affinityToken });
  },
};
