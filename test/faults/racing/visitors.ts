/**
 * Visitors whose every request may go to the other server, as behind any load balancer: they ask, poll, talk, lose
 * answers and say it again there, and leave at the very moments at which something happens to their chat.
 */
import { Agent, request } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import type { Random } from '../../../simulate/random.js';
import type { Organization } from './organization.js';

export interface VisitorDiary {
  readonly name: string;
  /** The chat key; '' when no session came. */
  id: string;
  /** Lines whose POST was answered OK, in order. */
  readonly acknowledged: string[];
  /** Lines that got no answer, or another. */
  readonly unsure: string[];
  /** Times its numbers started over; what was not confirmed then comes twice. */
  reconnects: number;
  readonly heard: { readonly type: string; readonly message: Record<string, unknown> }[];
  readonly problems: string[];
}

export interface Visitor {
  readonly diary: VisitorDiary;
  isOver(): boolean;
  /** Leaves, if it has not, and hears the end. */
  leave(): Promise<void>;
}

export interface Visits {
  readonly organization: Organization;
  readonly urls: readonly string[];
  readonly isRough: boolean;
}

interface Reply {
  /** 0: no answer. */
  readonly status: number;
  readonly text: string;
}

const sockets = new Agent({ keepAlive: true });
/** What a conversation ends with, for the visitor's client. */
const LAST_WORDS = new Set(['ChatEnded', 'ChatRequestFail']);
/** A visitor gives a POST up after so many answers lost, and the stress with it. */
const MOST_TRIES = 600;

export function visit(visits: Visits, name: string, random: Random): Visitor {
  const diary: VisitorDiary = {
    name,
    id: '',
    acknowledged: [],
    unsure: [],
    reconnects: 0,
    heard: [],
    problems: [],
  };
  const { organization, urls, isRough } = visits;
  const luck = random.fork('calls');
  const sendsToken = random.chance(0.6);
  let session = { id: '', key: '', affinityToken: 'null' };
  let sequence = 0;
  let ack = -1;
  let isOver = false;
  let hasLeft = false;
  let isLeaving = false;
  const wakes: (() => void)[] = [];

  function call(
    method: string,
    path: string,
    more: { body?: object; headers?: object; lost?: boolean } = {},
  ) {
    const base = new URL(luck.pick(urls));
    const payload = more.body === undefined ? undefined : JSON.stringify(more.body);
    return new Promise<Reply>((resolve) => {
      const nothing = () => resolve({ status: 0, text: '' });
      const sent = request(
        {
          host: base.hostname,
          port: base.port,
          method,
          path: `/chat/rest/${path}`,
          agent: sockets,
          headers: {
            'x-liveagent-api-version': '48',
            'x-liveagent-affinity': sendsToken ? session.affinityToken : 'null',
            ...(session.key === '' ? {} : { 'x-liveagent-session-key': session.key }),
            ...(payload === undefined
              ? {}
              : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(payload)) }),
            ...more.headers,
          },
        },
        (response) => {
          let text = '';
          response.setEncoding('utf8');
          response.on('data', (chunk: string) => {
            text += chunk;
          });
          response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
          response.on('error', nothing);
          response.on('aborted', nothing);
        },
      );
      sent.on('error', nothing);
      sent.end(payload);
      if (more.lost) setTimeout(() => sent.destroy(), luck.whole(0, 12));
    });
  }

  /** Says it until it is answered, under one number, at whichever server. */
  async function post(noun: string, body: object): Promise<Reply> {
    sequence += 1;
    const headers = { 'x-liveagent-sequence': String(sequence) };
    for (let tries = 1; ; tries += 1) {
      const reply = await call('POST', noun, { body, headers, lost: tries < 4 && luck.chance(0.2) });
      if (reply.status !== 0 && reply.status !== 503) return reply;
      if (reply.status === 503 && !isRough) diary.problems.push(`${name}: ${noun}: 503 ${reply.text}`);
      if (tries === MOST_TRIES) throw new Error(`${name}: ${noun} is not answered`);
      if (tries > 3) await wait(50);
    }
  }

  async function poll(): Promise<void> {
    while (!isOver) {
      const epoch = diary.reconnects;
      const reply = await call('GET', `System/Messages?ack=${ack}`, { lost: luck.chance(0.05) });
      if (reply.status === 200) {
        const batch = JSON.parse(reply.text) as { messages: VisitorDiary['heard']; sequence: number };
        // one that was under way when the numbers started over still has one of the old
        if (epoch === diary.reconnects) ack = batch.sequence;
        diary.heard.push(...batch.messages);
        if (batch.messages.some(({ type }) => LAST_WORDS.has(type))) isOver = true;
        for (const wake of wakes.splice(0)) wake();
      } else if (reply.status === 403) isOver = true;
      else if (reply.status === 0) await wait(10);
      else if (reply.status !== 204 && reply.status !== 409 && !(isRough && reply.status === 503))
        diary.problems.push(`${name}: a poll was answered ${reply.status} ${reply.text}`);
    }
    for (const wake of wakes.splice(0)) wake();
  }

  const hasHeard = (type: string) => diary.heard.some((one) => one.type === type);
  async function hear(type: string): Promise<void> {
    while (!hasHeard(type) && !isOver && !isLeaving)
      await new Promise<void>((resolve) => wakes.push(resolve));
  }

  async function say(text: string): Promise<void> {
    const reply = await post('Chasitor/ChatMessage', { text });
    if (reply.status === 200) diary.acknowledged.push(text);
    else {
      diary.unsure.push(text);
      // over: the chat has ended; anything else is a fault
      if (reply.status !== 403)
        diary.problems.push(`${name}: a line was answered ${reply.status} ${reply.text}`);
    }
  }

  async function reconnect(): Promise<void> {
    for (;;) {
      const reply = await call('GET', 'System/ReconnectSession?ReconnectSession.offset=0');
      if (reply.status === 403) return;
      if (reply.status !== 200) {
        if (!isRough || reply.status === 500)
          diary.problems.push(`${name}: ReconnectSession was answered ${reply.status} ${reply.text}`);
        await wait(50);
        continue;
      }
      const { messages } = JSON.parse(reply.text) as { messages: { message: { affinityToken: string } }[] };
      session = { ...session, affinityToken: messages[0]?.message.affinityToken ?? '' };
      diary.reconnects += 1;
      sequence = 0;
      ack = -1;
      return;
    }
  }

  async function end(): Promise<void> {
    if (hasLeft) return;
    hasLeft = true;
    const reply = await post('Chasitor/ChatEnd', { reason: 'client' });
    if (reply.status !== 200 && reply.status !== 403)
      diary.problems.push(`${name}: ChatEnd was answered ${reply.status} ${reply.text}`);
  }

  async function come(): Promise<void> {
    const plan = random.weighted({ stays: 8, atOnce: 1, whenTaken: 1, soon: 2, later: 3 });
    for (;;) {
      const opened = await call('GET', 'System/SessionId');
      if (opened.status === 200) {
        session = JSON.parse(opened.text) as typeof session;
        break;
      }
      await wait(50);
    }
    diary.id = session.id;
    const asked = random.chance(0.15)
      ? { agentId: random.pick(organization.agents).userId, doFallback: random.chance(0.6) }
      : {};
    const reply = await post('Chasitor/ChasitorInit', {
      organizationId: organization.organizationId,
      deploymentId: organization.deploymentId,
      buttonId: random.pick(organization.buttons),
      ...asked,
      sessionId: session.id,
      userAgent: 'racing',
      language: 'en-US',
      screenResolution: '1x1',
      visitorName: name,
      prechatDetails: [],
      prechatEntities: [],
      receiveQueueUpdates: random.chance(0.3),
      isPost: true,
    });
    if (reply.status !== 200) diary.problems.push(`${name}: ChasitorInit: ${reply.status} ${reply.text}`);
    if (plan === 'atOnce') {
      await wait(random.whole(0, 40));
      return end();
    }
    if (plan === 'whenTaken') {
      await hear('ChatEstablished');
      return end();
    }
    const lines = random.whole(0, 4);
    for (let i = 1; i <= lines && !isOver; i += 1) {
      await wait(random.whole(10, 300));
      if (!isOver && random.chance(0.15)) await reconnect();
      if (!isOver) await say(`${name} says ${i}`);
    }
    if (plan === 'stays') return;
    await wait(plan === 'soon' ? random.whole(0, 400) : random.whole(400, 2_500));
    if (!isOver) await end();
  }

  const coming = come().catch((error: unknown) => void diary.problems.push(String(error)));
  let polling: Promise<void> | undefined;
  void (async () => {
    while (sequence === 0) await wait(5);
    polling = poll();
  })();
  return {
    diary,
    isOver: () => isOver,
    async leave() {
      isLeaving = true;
      for (const wake of wakes.splice(0)) wake();
      await coming;
      if (!isOver) await end();
      while (polling === undefined) await wait(5);
      await polling;
    },
  };
}
