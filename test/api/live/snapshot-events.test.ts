/**
 * The contract of live state: a snapshot + the events after it equals a fresh snapshot, whatever happened in between.
 * Random histories of one agent with visitors; every history is replayed by its printed seed.
 */

import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Snapshot } from '../../../src/api/live/schema.js';
import type { LiveClient } from '../../../src/live-client/client.js';
import { applyEvent } from '../../../src/live-client/state.js';
import { type ChatServer, chatServer, type RawVisitor } from '../../support/chat-server.js';

let server: ChatServer;
beforeAll(async () => {
  server = await chatServer({ GRACE_SECONDS: '20' });
});
afterAll(() => server?.close());

const STEPS = [
  'online',
  'away',
  'arrive',
  'accept',
  'decline',
  'agentSays',
  'visitorSays',
  'custom',
  'agentEnds',
  'visitorEnds',
  'drop',
  'relogin',
] as const;
type Step = (typeof STEPS)[number];

interface Scene {
  readonly agent: LiveClient;
  readonly visitors: RawVisitor[];
}

const firstOffer = (agent: LiveClient) => agent.snapshot().offers[0];
const firstChat = (agent: LiveClient) => agent.snapshot().chats[0];
const visitorOf = (scene: Scene, chatKey: string) => scene.visitors.find((one) => one.id === chatKey);

/** Does one step if it makes sense now; what an agent's hand may be too late for is no fault. */
async function take(scene: Scene, step: Step): Promise<void> {
  const { agent, visitors } = scene;
  const offer = firstOffer(agent);
  const chat = firstChat(agent);
  switch (step) {
    case 'online':
      await agent.request('setStatus', { status: 'Online' });
      return;
    case 'away':
      await agent.request('setStatus', { status: 'Away' });
      return;
    case 'arrive': {
      if (visitors.length >= 6) return;
      const visitor = server.visitor();
      await visitor.open();
      await visitor.init({ visitorName: `V${visitors.length}` });
      visitors.push(visitor);
      return;
    }
    case 'accept':
      if (offer) await agent.request('acceptOffer', { offerId: offer.offerId }).catch(() => undefined);
      return;
    case 'decline':
      if (offer) await agent.request('declineOffer', { offerId: offer.offerId }).catch(() => undefined);
      return;
    case 'agentSays':
      if (chat)
        await agent.request('sendMessage', { chatId: chat.chat.chatId, text: `a${chat.lines.length}` });
      return;
    case 'visitorSays':
      if (chat) await visitorOf(scene, chat.chat.chatKey)?.say(`v${chat.lines.length}`);
      return;
    case 'custom':
      if (chat)
        await visitorOf(scene, chat.chat.chatKey)?.post('Chasitor/CustomEvent', { type: 't', data: 'd' });
      return;
    case 'agentEnds':
      if (chat) await agent.request('endChat', { chatId: chat.chat.chatId });
      return;
    case 'visitorEnds':
      if (chat) await visitorOf(scene, chat.chat.chatKey)?.post('Chasitor/ChatEnd', { reason: 'client' });
      return;
    case 'drop': {
      const back = new Promise((resolve) => {
        const off = agent.on('connected', (welcome) => {
          off();
          resolve(welcome);
        });
      });
      agent.drop();
      await back;
      return;
    }
    case 'relogin':
      await agent.request('logout', {});
      await agent.request('setStatus', { status: 'Online' });
      return;
  }
}

it('snapshot + events = a fresh snapshot', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.constantFrom(...STEPS), { minLength: 5, maxLength: 40 }), async (steps) => {
      const agent = await server.agent('ana', { backoff_ms: { first: 20, most: 50 } });
      const scene: Scene = { agent, visitors: [] };
      // Folded here, from events alone; only a login that begins, and one that is gone, start from a snapshot.
      let folded: Snapshot = agent.snapshot();
      agent.on('event', (event) => {
        folded = applyEvent(folded, event);
      });
      agent.on('snapshot', (snapshot) => {
        if (snapshot.loginId !== folded.loginId) folded = snapshot;
      });
      try {
        await agent.request('setStatus', { status: 'Online' });
        for (const step of steps) {
          await take(scene, step);
          await expect
            .poll(
              async () => {
                const { snapshot } = await agent.request('getSnapshot', {});
                return {
                  fresh: snapshot.lastEventId,
                  folded: folded.lastEventId,
                  isEqual: JSON.stringify(snapshot) === JSON.stringify(folded),
                };
              },
              { timeout: 5_000, interval: 20 },
            )
            .toMatchObject({ isEqual: true })
            .catch(async () => {
              expect(folded).toEqual((await agent.request('getSnapshot', {})).snapshot);
            });
        }
        // A stranger's fresh look, over a connection of its own.
        const other = await server.agent('ana');
        expect(folded).toEqual(other.snapshot());
        other.close();
      } finally {
        for (const visitor of scene.visitors) await visitor.call('DELETE', `System/SessionId/${visitor.key}`);
        await agent.request('logout', {});
        agent.close();
      }
    }),
    { numRuns: 8, endOnFailure: true },
  );
}, 120_000);
