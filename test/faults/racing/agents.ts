/**
 * Agents at work on two servers, each tab a client of `/live`: they race for whatever is listed, accept, decline and
 * overlook what is offered, hand chats over and share them, go Away and Offline, lose their line. What they were told
 * and answered is kept. All luck is the agent's own stream; only what happens at the same time is up to the machine.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { WebSocket } from 'ws';
import type { Random } from '../../../simulate/random.js';
import type { LiveEvent, Offer, Operation, Params, Result } from '../../../src/api/live/schema.js';
import { connectLive, type LiveClient, LiveError } from '../../../src/live-client/client.js';
import type { SocketConstructor } from '../../../src/live-client/socket.js';
import type { AgentSpec, Organization } from './organization.js';

/** How an agent's request ended that was not done. */
export interface Refused {
  readonly op: Operation;
  readonly code: string;
  readonly message: string;
}

export interface Diary {
  readonly agent: AgentSpec;
  /** Events by login and id, as any tab was told them. */
  readonly logins: Map<string, Map<number, LiveEvent>>;
  readonly refused: Refused[];
  /** Chats picked: answered with the chat. */
  readonly picked: string[];
  /** What must never happen. */
  readonly problems: string[];
}

export interface RacingAgent {
  readonly diary: Diary;
  readonly tabs: readonly LiveClient[];
  /** From now on takes whatever there is and starts nothing. */
  settle(): Promise<void>;
  logOut(): Promise<void>;
  close(): void;
}

export interface Shop {
  readonly organization: Organization;
  /** Whether requests may go unanswered: a server is killed meanwhile. */
  readonly isRough: boolean;
}

/** The floor may say so of what came too late or does not apply now, and to who asks more than a slow machine answers. */
const LATE = new Set(['INVALID_OPERATION', 'NOT_FOUND', 'too_many_requests', 'rate_limited']);
/** A server that is gone or coming may. */
const ROUGH = new Set(['SERVER_UNAVAILABLE', 'timeout', 'closed']);

const REQUEST_TIMEOUT_MS = 60_000;

export async function startAgent(
  shop: Shop,
  spec: AgentSpec,
  urls: readonly string[],
  random: Random,
): Promise<RacingAgent> {
  const diary: Diary = { agent: spec, logins: new Map(), refused: [], picked: [], problems: [] };
  const token = await shop.organization.tokenOf(spec.userId);
  const tabs: LiveClient[] = [];
  for (const url of urls) {
    tabs.push(
      await connectLive({
        url,
        token,
        WebSocket: WebSocket as unknown as SocketConstructor,
        request_timeout_ms: REQUEST_TIMEOUT_MS,
        backoff_ms: { first: 20, most: 200 },
      }),
    );
  }
  const me: AtWork = { shop, spec, diary, random, tabs, isSettled: false, isLeaving: false, isClosed: false };
  for (const [index, tab] of tabs.entries()) react(me, tab, random.fork(`tab ${index}`));
  const first = tabs[0] as LiveClient;
  await ask(me, first, 'setStatus', { status: 'Online' });
  const living = live(me, random.fork('life'));
  return {
    diary,
    tabs,
    async settle() {
      me.isSettled = true;
      await living;
      await ask(me, first, 'setStatus', { status: 'Online' });
      void tidyUp(me, first);
    },
    async logOut() {
      me.isLeaving = true;
      await ask(me, first, 'logout', {});
    },
    close() {
      me.isClosed = true;
      for (const tab of tabs) tab.close();
    },
  };
}

interface AtWork {
  readonly shop: Shop;
  readonly spec: AgentSpec;
  readonly diary: Diary;
  readonly random: Random;
  readonly tabs: readonly LiveClient[];
  isSettled: boolean;
  isLeaving: boolean;
  isClosed: boolean;
}

/** A request; undefined where it was refused as it may be. */
async function ask<O extends Operation>(
  me: AtWork,
  tab: LiveClient,
  op: O,
  params: Params<O>,
): Promise<Result<O> | undefined> {
  try {
    return await tab.request(op, params);
  } catch (error) {
    const { code, message } = error as LiveError;
    const isExpected = error instanceof LiveError && (LATE.has(code) || (me.shop.isRough && ROUGH.has(code)));
    if (!isExpected && !me.isClosed)
      me.diary.problems.push(`${me.spec.name}: ${op} ${JSON.stringify(params)}: ${code} ${message}`);
    me.diary.refused.push({ op, code, message });
    return undefined;
  }
}

function react(me: AtWork, tab: LiveClient, random: Random): void {
  let last: LiveEvent | undefined;
  tab.on('event', (event) => {
    if (last?.loginId === event.loginId && event.id !== last.id + 1)
      me.diary.problems.push(
        `${me.spec.name}: event ${event.id} of login ${event.loginId} came after ${last.id}`,
      );
    last = event;
    keep(me.diary, event);
  });
  tab.on('refused', (error) => me.diary.problems.push(`${me.spec.name}: an error frame: ${error.message}`));
  tab.on('requestListed', ({ request }) => {
    const { chatId } = request.chat;
    const luck = random.fork(`listed ${chatId}`);
    if (!me.isSettled && luck.chance(0.1)) return;
    void wait(luck.whole(0, 20)).then(() => pick(me, tab, chatId));
  });
  tab.on('offered', ({ offer }) => {
    if (offer.kind !== 'choice') void decide(me, tab, offer, random.fork(`offer ${offer.offerId}`));
  });
  // One of the tabs is enough for the rest.
  if (tab !== me.tabs[0]) return;
  tab.on(
    'chatStarted',
    ({ chat }) => void converse(me, tab, chat.chat.chatId, random.fork(`chat ${chat.chat.chatId}`)),
  );
  tab.on('statusChanged', ({ status, by }) => {
    if (status !== 'Away' || by !== 'autoAway') return;
    void wait(random.whole(20, 250)).then(() => ask(me, tab, 'setStatus', { status: 'Online' }));
  });
}

function keep({ logins, agent, problems }: Diary, event: LiveEvent): void {
  const events = logins.get(event.loginId) ?? new Map<number, LiveEvent>();
  logins.set(event.loginId, events);
  const known = events.get(event.id);
  if (known === undefined) events.set(event.id, event);
  else if (!isDeepStrictEqual(known, event))
    problems.push(`${agent.name}: two tabs were told event ${event.id} of ${event.loginId} differently`);
}

async function pick(me: AtWork, tab: LiveClient, chatId: string): Promise<void> {
  if (await ask(me, tab, 'pickChat', { chatId })) me.diary.picked.push(chatId);
}

/** Takes what was overlooked or left lying, until there is nothing any more. */
async function tidyUp(me: AtWork, tab: LiveClient): Promise<void> {
  while (!me.isLeaving && !me.isClosed) {
    for (const { offerId } of tab.snapshot().offers) await ask(me, tab, 'acceptOffer', { offerId });
    for (const { chat } of tab.snapshot().requests) await pick(me, tab, chat.chatId);
    await wait(300);
  }
}

async function decide(me: AtWork, tab: LiveClient, { offerId, dueAt, offeredAt }: Offer, luck: Random) {
  const accept = () => ask(me, tab, 'acceptOffer', { offerId });
  if (me.isSettled) return accept();
  switch (luck.weighted({ accepts: 55, declines: 18, overlooks: 9, hesitates: 18 })) {
    case 'accepts':
      await wait(luck.whole(0, 60));
      return accept();
    case 'declines':
      await wait(luck.whole(0, 60));
      return ask(me, tab, 'declineOffer', { offerId });
    case 'hesitates':
      // until the very moment it times out
      await wait(dueAt === null ? 200 : dueAt - offeredAt + luck.whole(-60, 20));
      return accept();
    case 'overlooks':
      return;
  }
}

async function converse(me: AtWork, tab: LiveClient, chatId: string, luck: Random): Promise<void> {
  const { shop, random } = me;
  const { agents, skills, buttons } = shop.organization;
  const colleague = () => luck.pick(agents.filter((one) => one !== me.spec)).userId;
  const isIn = () => tab.snapshot().chats.some(({ chat }) => chat.chatId === chatId);
  for (let turn = 1; ; turn += 1) {
    await wait(luck.whole(15, 120));
    if (me.isSettled || !isIn()) return;
    const ends = turn > 8 ? 40 : 4;
    const turns = { speaks: 20, agent: 10, skill: 10, button: 10, invites: 14, leaves: 8, flags: 5, ends };
    switch (luck.weighted({ ...turns, takesBack: 8, uninvites: 5 })) {
      case 'speaks':
        await ask(me, tab, 'sendMessage', { chatId, text: `${me.spec.name} ${turn} ${random.next()}` });
        break;
      case 'agent':
        await ask(me, tab, 'transfer', { chatId, to: { kind: 'agent', id: colleague() } });
        break;
      case 'skill':
        await ask(me, tab, 'transfer', { chatId, to: { kind: 'skill', id: luck.pick(skills) } });
        break;
      case 'button':
        await ask(me, tab, 'transfer', { chatId, to: { kind: 'button', id: luck.pick(buttons) } });
        // It is out of the chat now, and may want it back.
        if (luck.chance(0.25)) await wait(luck.whole(0, 100));
        else break;
        await ask(me, tab, 'cancelTransfer', { chatId });
        break;
      case 'invites':
        await ask(me, tab, 'invite', { chatId, userId: colleague() });
        break;
      case 'leaves':
        await ask(me, tab, 'leaveChat', { chatId });
        break;
      case 'flags':
        await ask(me, tab, luck.chance(0.6) ? 'raiseFlag' : 'lowerFlag', {
          chatId,
          message: 'help',
        } as never);
        break;
      case 'takesBack':
        await ask(me, tab, 'cancelTransfer', { chatId });
        break;
      case 'uninvites':
        for (const { userId } of tab.snapshot().chats.find((one) => one.chat.chatId === chatId)?.invited ??
          [])
          await ask(me, tab, 'cancelInvitation', { chatId, userId });
        break;
      case 'ends':
        await ask(me, tab, 'endChat', { chatId });
        break;
    }
  }
}

/** Comings and goings, until it has settled. */
async function live(me: AtWork, luck: Random): Promise<void> {
  const tab = me.tabs[0] as LiveClient;
  while (!me.isSettled) {
    await wait(luck.whole(150, 900));
    if (me.isSettled) return;
    switch (luck.weighted({ works: 10, away: 3, offline: 2, drops: 3 })) {
      case 'works':
        break;
      case 'away':
        await ask(me, tab, 'setStatus', { status: 'Away' });
        await wait(luck.whole(10, 200));
        await ask(me, tab, 'setStatus', { status: 'Online' });
        break;
      case 'offline':
        await ask(me, tab, 'setStatus', { status: 'Offline' });
        await wait(luck.whole(10, 200));
        await ask(me, tab, 'setStatus', { status: 'Online' });
        break;
      case 'drops':
        luck.pick(me.tabs).drop();
        break;
    }
  }
}
