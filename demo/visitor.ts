/**
 * A visitor of the demo, speaking through rx-sfliveagent-client as published on npm for Salesforce's Chat REST API.
 * Nothing in here knows Floorwalker: host and three ids are all that changed.
 */

import { startSession } from 'rx-sfliveagent-client';

export interface ChatAddress {
  readonly host: string;
  readonly organizationId: string;
  readonly deploymentId: string;
  readonly buttonId: string;
}

export interface Visitor {
  readonly name: string;
  say(text: string): Promise<void>;
  end(): Promise<void>;
  /** The next message of one of these types that was not waited for before; rejects after 15 s. */
  hears(...types: string[]): Promise<{ readonly type: string; readonly message: Record<string, unknown> }>;
  /** Says good-bye to the library, which would poll on. */
  leave(): void;
}

const HEAR_MS = 15_000;

export function visitor(name: string, address: ChatAddress): Visitor {
  const session = startSession(
    { ...address, version: '42' },
    {
      visitorName: name,
      language: 'en-US',
      userAgent: 'demo',
      screenResolution: '1920x1080',
      prechatDetails: [],
      prechatEntities: [],
      receiveQueueUpdates: true,
      isPost: true,
    },
  );
  type Heard = { type: string; message: Record<string, unknown> };
  const heard: Heard[] = [];
  let wake = () => {};
  const subscription = session.all$.subscribe((event: unknown) => {
    if (typeof event === 'object' && event !== null && 'type' in event) heard.push(event as Heard);
    wake();
  });
  return {
    name,
    async say(text) {
      await session.api.chasitorTyping();
      await session.api.chatMessage({ text });
    },
    async end() {
      await session.api.chatEnd();
    },
    async hears(...types) {
      const deadline = performance.now() + HEAR_MS;
      for (;;) {
        const index = heard.findIndex((event) => types.includes(event.type));
        if (index >= 0) return heard.splice(index, 1)[0] as Heard;
        const left = deadline - performance.now();
        if (left <= 0) throw new Error(`${name} never heard ${types.join(' or ')}`);
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, left);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
    },
    leave: () => subscription.unsubscribe(),
  };
}
