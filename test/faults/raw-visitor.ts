/** A visitor of the Chat REST API by plain fetch, which remembers what the server acknowledged and goes on after a fault. */
import { setTimeout as sleep } from 'node:timers/promises';

export interface ChatIds {
  readonly organizationId: string;
  readonly deploymentId: string;
  readonly buttonId: string;
}

export interface RawVisitor {
  /** Types of the messages received so far. */
  readonly received: { readonly type: string; readonly message: Record<string, unknown> }[];
  /** Texts whose POST was answered 200. */
  readonly acknowledged: string[];
  say(text: string): Promise<boolean>;
  end(): Promise<void>;
  /** Resolves when a message of this type has come. */
  heard(type: string): Promise<void>;
  stop(): void;
}

const HEAR_MS = 20_000;

/** Asks for a chat and polls from then on, whatever happens to the server. */
export async function rawVisitor(url: string, ids: ChatIds, name: string): Promise<RawVisitor> {
  const base = { 'x-liveagent-api-version': '42', 'x-liveagent-affinity': 'null' };
  const opened = await fetch(`${url}/chat/rest/System/SessionId`, { headers: base });
  const { id, key, affinityToken } = (await opened.json()) as Record<string, string>;
  const headers = {
    ...base,
    'x-liveagent-affinity': affinityToken ?? '',
    'x-liveagent-session-key': key ?? '',
  };
  let sequence = 0;
  let over = false;
  const received: RawVisitor['received'] = [];
  const acknowledged: string[] = [];

  async function post(noun: string, body: object): Promise<boolean> {
    sequence += 1;
    const current = String(sequence);
    // A POST without an answer is sent again with its number; the server does it once.
    for (;;) {
      const answer = await fetch(`${url}/chat/rest/Chasitor/${noun}`, {
        method: 'POST',
        headers: { ...headers, 'x-liveagent-sequence': current, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }).catch(() => undefined);
      if (answer !== undefined && answer.status < 500) return answer.status === 200;
      if (over) return false;
      await sleep(100);
    }
  }

  async function poll(): Promise<void> {
    let ack = -1;
    while (!over) {
      const answer = await fetch(`${url}/chat/rest/System/Messages?ack=${ack}`, { headers }).catch(
        () => undefined,
      );
      if (answer?.status === 200) {
        const batch = (await answer.json()) as { messages: RawVisitor['received']; sequence: number };
        received.push(...batch.messages);
        ack = batch.sequence;
      } else if (answer?.status !== 204) {
        if (answer?.status === 403) return;
        await sleep(100);
      }
    }
  }

  const accepted = await post('ChasitorInit', {
    ...ids,
    sessionId: id,
    userAgent: 'raw',
    language: 'en-US',
    screenResolution: '1x1',
    visitorName: name,
    prechatDetails: [],
    prechatEntities: [],
    receiveQueueUpdates: true,
    isPost: true,
  });
  if (!accepted) throw new Error('ChasitorInit was refused');
  const polling = poll();

  return {
    received,
    acknowledged,
    async say(text) {
      const taken = await post('ChatMessage', { text });
      if (taken) acknowledged.push(text);
      return taken;
    },
    async end() {
      await post('ChatEnd', { reason: 'client' });
    },
    async heard(type) {
      const deadline = performance.now() + HEAR_MS;
      while (!received.some((message) => message.type === type)) {
        if (performance.now() > deadline) throw new Error(`${name} never heard ${type}`);
        await sleep(20);
      }
    },
    stop() {
      over = true;
      void polling.catch(() => undefined);
    },
  };
}
