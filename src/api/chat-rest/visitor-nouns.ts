/**
 * Visitor/*: what a page asks before there is a chat. The guide prints bare bodies, every client reads
 * `messages[0].message`: they are wrapped (live-agent-chat.md §13.2).
 */

import type { Availability, ButtonSettings } from '../../chat/floor.js';
import { breadcrumb, readAs } from './body.js';
import { type Answer, type Call, idList, isOn, json, OK, parameter, refusal, sessionKey } from './call.js';
import type { Noun } from './noun.js';

/** How often the browser script asks again, ms; the vendor's value is not known (u). */
const PING_RATE_MS = 50_000;

/** One message of a wrapped answer, or why there is none. */
type VisitorMessage = { readonly type: string; readonly message: unknown };

export const availability: Noun = visitorGet('Availability', async (call, { floor }) => {
  const ids = idList(call, 'Availability.ids');
  const estimatedWaitTime = isOn(call, 'Availability.needEstimatedWaitTime');
  const known = await floor.visitor.availability(ids, { estimatedWaitTime });
  return { results: ids.map((id) => asAsked(id, known)) };
});

export const settings: Noun = visitorGet('Settings', async (call, { floor, publicUrl }) => {
  const ids = idList(call, 'Settings.buttonIds');
  const estimatedWaitTime = isOn(call, 'Settings.needEstimatedWaitTime');
  const buttons = await floor.visitor.buttonSettings(ids, { estimatedWaitTime });
  return {
    pingRate: PING_RATE_MS,
    contentServerUrl: `${publicUrl()}/content`,
    buttons: ids.flatMap((id) => {
      const button = buttons.find((one) => isSameId(one.id, id));
      return button === undefined ? [] : [withoutNulls({ ...button, id, endpointUrl: null })];
    }),
  };
});

export const visitorId: Noun = visitorGet('VisitorId', async (_call, { floor }) => {
  const { sessionId } = await floor.visitor.visitorId();
  return { sessionId };
});

/** With a session that has a chat, both sides of it learn of the page; documented without one, it is read and forgotten. */
export const visitorBreadcrumb: Noun = {
  method: 'POST',
  async act(call, { floor }) {
    const { location } = readAs(breadcrumb, call.body);
    const key = sessionKey(call);
    if (key !== '' && location !== undefined) await floor.visitor.breadcrumb(key, location);
    return OK;
  },
};

/** The nouns a JSONP call may bundle: `System/MultiNoun.jsonp?nouns=VisitorId,Settings`. */
export const bundledVisitorGet: Noun = {
  method: 'GET',
  async act(call, deps) {
    const names = (parameter(call, 'nouns') ?? '').split(',');
    const messages: unknown[] = [];
    for (const name of names.slice(0, 10)) {
      const noun =
        name === 'Settings'
          ? settings
          : name === 'VisitorId'
            ? visitorId
            : name === 'Availability'
              ? availability
              : undefined;
      if (noun === undefined)
        return refusal(404, `Unknown noun ${name.slice(0, 40).replace(/[^\w/.]/g, '')}`);
      const answer = await noun.act(call, deps);
      if (answer.kind !== 'json') return answer;
      messages.push(...(answer.body as { messages: unknown[] }).messages);
    }
    return json({ messages });
  },
};

function visitorGet(
  type: string,
  body: (call: Call, deps: Parameters<Noun['act']>[1]) => Promise<unknown>,
): Noun {
  return {
    method: 'GET',
    async act(call, deps): Promise<Answer> {
      const org = parameter(call, 'org_id') ?? '';
      const deployment = parameter(call, 'deployment_id') ?? '';
      if (!(await deps.floor.visitor.knowsDeployment(org, deployment))) {
        return refusal(400, 'org_id and deployment_id do not name a deployment of this organization');
      }
      const message: VisitorMessage = { type, message: await body(call, deps) };
      return json({ messages: [message] });
    },
  };
}

/** Answers by the id that was asked for, 15 or 18 characters; unknown ids come without isAvailable. */
function asAsked(id: string, known: readonly Availability[]): Availability {
  const found = known.find((one) => isSameId(one.id, id));
  return found === undefined ? { id } : { ...found, id };
}

function isSameId(one: string, other: string): boolean {
  return one.slice(0, 15) === other.slice(0, 15);
}

/** Clients test for presence: what a button does not have is left out. */
function withoutNulls(button: ButtonSettings & { endpointUrl: string | null }): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(button).filter(([, value]) => value !== null && value !== undefined),
  );
}
