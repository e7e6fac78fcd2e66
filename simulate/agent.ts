/**
 * One agent: logs in and out, goes Away, loses the line for a while or for too long, accepts, declines or overlooks what
 * is offered, talks, asks for help. Every decision comes from the agent's own stream of luck; times are the floor's.
 */
import type {
  EngagedChat,
  FileTransfer,
  LiveEvent,
  Offer,
  Operation,
  Params,
  Result,
} from '../src/api/live/schema.js';
import { connectLive, type LiveClient, LiveError } from '../src/live-client/client.js';
import { agentDiary } from './agent-diary.js';
import type { Day } from './day.js';
import type { AgentDiary } from './diary.js';
import { fingerprintOf } from './files.js';
import { createNetworkLine, type NetworkLine } from './network-line.js';
import type { AgentSpec } from './organization.js';
import type { Random } from './random.js';
import { spoken } from './secrets.js';

/** Real ms a request may take; while the line is cut it waits for the line. */
const REQUEST_TIMEOUT_MS = 120_000;
/** Real ms an agent waits at the end for the last word of its login. */
const LAST_WORD_MS = 15_000;

/**
 * What the floor may answer because somebody else was faster, the server is coming up again, or is behind with so many
 * answers that it takes no more questions.
 */
const EXCUSED = new Set([
  'INVALID_OPERATION',
  'NOT_FOUND',
  'SERVER_UNAVAILABLE',
  'too_many_requests',
  'timeout',
  'closed',
]);

interface AtWork {
  readonly day: Day;
  readonly spec: AgentSpec;
  readonly random: Random;
  readonly line: NetworkLine;
  readonly client: LiveClient;
  readonly diary: AgentDiary;
  /** Files on their way to the agent. */
  readonly fetching: Promise<void>[];
  readonly token: string;
  ask<O extends Operation>(op: O, params: Params<O>): Promise<Result<O> | undefined>;
}

/** Lives one agent's day; resolves when it has gone home. The diary is filled while it runs. */
export async function runAgent(day: Day, spec: AgentSpec, number: number, diary: AgentDiary): Promise<void> {
  const random = day.random.fork(spec.name);
  const { pace, over, tally } = day;
  await pace.sleep(random.between(0, 6_000), over);
  const line = createNetworkLine();
  const token = await day.tokenOf(spec.userId);
  const client = await connectLive({
    url: day.urls[number % day.urls.length] ?? '',
    token,
    WebSocket: line.Socket,
    client: 'simulation',
    request_timeout_ms: REQUEST_TIMEOUT_MS,
    backoff_ms: { first: pace.real(500), most: pace.real(3_000) },
  });
  let connections = 1;
  client.on('connected', () => {
    connections += 1;
  });
  const me: AtWork = {
    day,
    spec,
    random,
    line,
    client,
    diary,
    fetching: [],
    token,
    async ask(op, params) {
      const asked = { at: performance.now(), connections };
      try {
        const answer = await client.request(op, params);
        // one that was asked again over a new connection says nothing about the server
        if (asked.connections === connections)
          tally.slowestMs = Math.max(tally.slowestMs, performance.now() - asked.at);
        return answer;
      } catch (error) {
        if (error instanceof LiveError && EXCUSED.has(error.code)) return undefined;
        day.problem(`${spec.name}: ${op} was refused: ${(error as Error).message}`);
        return undefined;
      }
    },
  };
  const writing = agentDiary(me.client, diary, line, pace);
  react(me);
  while (!over.aborted) {
    await me.ask('setStatus', { status: random.chance(0.85) ? 'Online' : 'Away' });
    if (isLoggedIn(client)) {
      tally.logins += 1;
      tally.agentsOnline += 1;
      await shift(me);
      tally.agentsOnline -= 1;
    }
    await pace.sleep(random.between(1_000, 6_000), over);
  }
  await goHome(me);
  await Promise.all(me.fetching);
  client.close();
  writing.close();
}

const isLoggedIn = (client: LiveClient) => client.snapshot().loginId !== null;

/** One login, until it ends or the day does. */
async function shift(me: AtWork): Promise<void> {
  const { day, random, client, line } = me;
  const { pace, over } = day;
  const loggedOut = new AbortController();
  const off = client.on('loggedOut', () => loggedOut.abort());
  const either = AbortSignal.any([over, loggedOut.signal]);
  while (isLoggedIn(client) && !either.aborted) {
    await pace.sleep(random.between(3_000, 11_000), either);
    if (either.aborted || !isLoggedIn(client)) break;
    switch (
      random.weighted({ works: 46, rests: 20, stumbles: 14, isCutOff: 5, logsOut: 8, goesOffline: 7 })
    ) {
      case 'rests':
        await me.ask('setStatus', { status: 'Away' });
        await pace.sleep(random.between(1_000, 7_000), either);
        if (!either.aborted) await me.ask('setStatus', { status: 'Online' });
        break;
      case 'stumbles':
        line.cut(random.chance(0.75) ? 'loudly' : 'silently');
        day.tally.drops += 1;
        await pace.sleep(random.between(300, day.graceMs / 2), over);
        line.restore();
        break;
      case 'isCutOff':
        line.cut(random.chance(0.75) ? 'loudly' : 'silently');
        day.tally.drops += 1;
        await pace.sleep(day.graceMs + random.between(4_000, 15_000));
        line.restore();
        await reconnected(client, day);
        break;
      case 'logsOut':
        await logOut(me);
        break;
      case 'goesOffline':
        await me.ask('setStatus', { status: 'Offline' });
        break;
      case 'works':
        if (client.snapshot().status === 'Away' && random.chance(0.6)) {
          await me.ask('setStatus', { status: 'Online' });
        }
        break;
    }
  }
  off();
}

async function logOut(me: AtWork): Promise<void> {
  const { loginId } = me.client.snapshot();
  const answer = await me.ask('logout', {});
  const login = loginId === null ? undefined : me.diary.logins.get(loginId);
  if (login && answer?.sessionId) login.sessionId = answer.sessionId;
}

/** After the line is back the client needs a moment; its snapshot is old until then. */
function reconnected(client: LiveClient, day: Day): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, day.pace.real(60_000) + 5_000);
    const off = client.on('connected', done);
    function done(): void {
      clearTimeout(timer);
      off();
      resolve();
    }
  });
}

async function goHome(me: AtWork): Promise<void> {
  const { client, random, line, diary } = me;
  if (line.isCut) line.restore();
  const { loginId } = client.snapshot();
  // some just close the browser: the grace ends their login
  if (loginId !== null && !random.chance(0.15)) {
    if (random.chance(0.5)) await logOut(me);
    else await me.ask('setStatus', { status: 'Offline' });
    const began = performance.now();
    // a login that ended while the line was cut says nothing any more
    const patience = () => (client.snapshot().loginId === loginId ? LAST_WORD_MS : LAST_WORD_MS / 15);
    while (diary.logins.get(loginId)?.isComplete === false && performance.now() - began < patience()) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

/** What an agent does when something happens to it. */
function react(me: AtWork): void {
  const { client, day } = me;
  const { tally } = day;
  client.on('offered', ({ offer }) => void decide(me, offer));
  client.on('requestListed', ({ request }) => void pick(me, request.chat.chatId));
  client.on('chatStarted', ({ chat }) => {
    tally.chats += 1;
    day.running.add(chat.chat.chatId);
    void converse(me, chat);
  });
  client.on('chatEnded', ({ chatId }) => {
    day.running.delete(chatId);
    day.flags.delete(`${chatId} ${me.spec.userId}`);
  });
  client.on('offerEnded', ({ reason }) => {
    if (reason === 'declined') tally.declines += 1;
    if (reason === 'pushTimeout') tally.timeouts += 1;
  });
  client.on('fileTransfer', ({ chatId, file }) => {
    if (file.state === 'success') me.fetching.push(fetchFile(me, chatId, file));
  });
  client.on('flagRaised', ({ chatId }) => {
    tally.flags += 1;
    day.flags.add(`${chatId} ${me.spec.userId}`);
  });
  client.on('flagLowered', ({ chatId }) => day.flags.delete(`${chatId} ${me.spec.userId}`));
  // sent Away by rule or by a supervisor, it comes back after a while
  client.on('statusChanged', ({ by, status }) => {
    if (by !== 'agent' && status === 'Away') void comeBack(me);
  });
  // a tab that missed something would be a fault of the client or the server
  let last: Pick<LiveEvent, 'loginId' | 'id'> | undefined;
  client.on('event', (event) => {
    if (last?.loginId === event.loginId && event.id !== last.id + 1) {
      day.problem(`${me.spec.name}: event ${event.id} of login ${event.loginId} came after ${last.id}`);
    }
    last = event;
  });
  client.on('refused', (error) => day.problem(`${me.spec.name}: an error frame: ${error.message}`));
}

async function comeBack(me: AtWork): Promise<void> {
  const { loginId } = me.client.snapshot();
  await me.day.pace.sleep(me.random.between(1_000, 6_000), me.day.over);
  const { status, loginId: now } = me.client.snapshot();
  if (!me.day.over.aborted && status === 'Away' && now === loginId) {
    await me.ask('setStatus', { status: 'Online' });
  }
}

async function decide(me: AtWork, offer: Offer): Promise<void> {
  const { random, day } = me;
  const luck = random.fork(offer.offerId);
  const decision = luck.weighted({ accepts: 68, declines: 14, overlooks: 18 });
  await day.pace.sleep(luck.between(200, 3_000), day.over);
  if (day.over.aborted || decision === 'overlooks') return;
  if (!me.client.snapshot().offers.some((one) => one.offerId === offer.offerId)) return;
  if (decision === 'accepts') await me.ask('acceptOffer', { offerId: offer.offerId });
  else {
    await me.ask('declineOffer', {
      offerId: offer.offerId,
      ...(luck.chance(0.3) ? { reason: 'no time' } : {}),
    });
  }
}

/** A listed request is for whoever is quickest; not everybody tries. */
async function pick(me: AtWork, chatId: string): Promise<void> {
  const { client, day } = me;
  const luck = me.random.fork(`listed-${chatId}`);
  await day.pace.sleep(luck.between(300, 5_000), day.over);
  if (day.over.aborted || luck.chance(0.5)) return;
  if (!client.snapshot().requests.some(({ chat }) => chat.chatId === chatId)) return;
  if (await me.ask('pickChat', { chatId })) day.tally.picks += 1;
}

/** What an agent does in one chat until it is out of it. */
async function converse(me: AtWork, { chat: { chatId } }: EngagedChat): Promise<void> {
  const { client, day } = me;
  const luck = me.random.fork(`chat-${chatId}`);
  const isIn = () => client.snapshot().chats.some((one) => one.chat.chatId === chatId);
  for (let turn = 1; ; turn += 1) {
    await day.pace.sleep(luck.between(900, 4_500), day.over);
    if (day.over.aborted || !isIn()) return;
    const hasFlag = day.flags.has(`${chatId} ${me.spec.userId}`);
    const ends = turn > 3 ? 18 : 4;
    const turns = { speaks: 54, types: 8, raises: 10, lowers: 8, ends, transfers: 5, invites: 5, leaves: 4 };
    const tools = { insertsText: 5, asksForFile: turn < 4 ? 18 : 6, looksBack: 4, blocks: turn > 2 ? 4 : 0 };
    switch (luck.weighted({ ...turns, ...tools, waits: 8 })) {
      case 'speaks':
        await say(me, chatId, luck);
        break;
      case 'insertsText':
        await insertText(me, chatId, luck);
        break;
      case 'asksForFile':
        await askForFile(me, chatId, luck);
        break;
      case 'looksBack':
        await lookBack(me, chatId, luck);
        break;
      case 'blocks':
        await block(me, chatId);
        break;
      case 'types':
        client.signal({ type: 'typing', chatId, typing: luck.chance(0.5) });
        break;
      case 'raises':
        await me.ask('raiseFlag', { chatId, message: `help in ${chatId}` });
        break;
      case 'lowers':
        if (hasFlag) await me.ask('lowerFlag', { chatId });
        break;
      case 'ends':
        if (!isWaitingForFile(me, chatId) || luck.chance(0.3)) await me.ask('endChat', { chatId });
        break;
      case 'transfers':
        await transfer(me, chatId, luck);
        break;
      case 'invites':
        await invite(me, chatId, luck);
        break;
      case 'leaves':
        if (chatOf(me, chatId)?.others.length) await me.ask('leaveChat', { chatId });
        break;
      case 'waits':
        break;
    }
  }
}

const chatOf = (me: AtWork, chatId: string) =>
  me.client.snapshot().chats.find((one) => one.chat.chatId === chatId);

/** Hands the chat to an agent, a skill or a button, and sometimes thinks better of it. */
async function transfer(me: AtWork, chatId: string, luck: Random): Promise<void> {
  const { day } = me;
  if (!chatOf(me, chatId)?.isOwner) return;
  const targets = await me.ask('getTransferTargets', { chatId });
  if (!targets) return;
  const agents = targets.agents.filter(({ userId }) => isColleague(day, userId));
  const to = [
    ...agents.slice(0, 3).map(({ userId }) => ({ kind: 'agent' as const, id: userId })),
    ...targets.skills.slice(0, 3).map(({ id }) => ({ kind: 'skill' as const, id })),
    ...targets.buttons.slice(0, 3).map(({ id }) => ({ kind: 'button' as const, id })),
  ];
  if (to.length === 0 || !(await me.ask('transfer', { chatId, to: luck.pick(to) }))) return;
  day.tally.transfers += 1;
  if (!luck.chance(0.2)) return;
  await day.pace.sleep(luck.between(300, 3_000), day.over);
  await me.ask('cancelTransfer', { chatId });
}

/** Asks a colleague into the chat, and sometimes takes that back. */
async function invite(me: AtWork, chatId: string, luck: Random): Promise<void> {
  const { day } = me;
  const targets = await me.ask('getTransferTargets', { chatId });
  const agents = targets?.agents.filter(({ userId }) => isColleague(day, userId)) ?? [];
  if (agents.length === 0) return;
  const { userId } = luck.pick(agents);
  if (!(await me.ask('invite', { chatId, userId }))) return;
  day.tally.conferences += 1;
  if (!luck.chance(0.2)) return;
  await day.pace.sleep(luck.between(300, 3_000), day.over);
  await me.ask('cancelInvitation', { chatId, userId });
}

/** The database may hold other simulations, whose agents are none of ours. */
const isColleague = (day: Day, userId: string) =>
  day.organization.agents.some((agent) => agent.userId === userId);

async function say(me: AtWork, chatId: string, luck: Random, words = 'says'): Promise<void> {
  me.diary.tries += 1;
  const { said, stored } = spoken(luck, 'agent', `${me.spec.name} ${words} ${me.diary.tries}`);
  const answer = await me.ask('sendMessage', { chatId, text: said });
  if (!answer) return;
  if (answer.line.text !== stored) {
    me.day.problem(`${me.spec.name}: “${said}” was answered as “${answer.line.text}”, not “${stored}”`);
  }
  me.diary.said.push({ chatId, sequence: answer.line.sequence, text: stored });
  me.day.tally.lines += 1;
}

/** Takes one of the ready texts, which are those of the organization for chats and no others. */
async function insertText(me: AtWork, chatId: string, luck: Random): Promise<void> {
  const { day } = me;
  const { quickTexts, mark } = day.organization;
  const answer = await me.ask('getQuickTexts', {});
  if (!answer) return;
  // the database may hold those of other simulations
  const own = answer.quickTexts.filter(({ name }) => name.startsWith(`Sim ${mark} `));
  const shown = own.map(({ name, message }) => ({ name, message }));
  if (JSON.stringify(shown) !== JSON.stringify(quickTexts)) {
    day.problem(`${me.spec.name}: the quick texts were ${JSON.stringify(shown)}`);
  }
  await say(me, chatId, luck, luck.pick(quickTexts).message);
}

const isWaitingForFile = (me: AtWork, chatId: string) =>
  chatOf(me, chatId)?.files.some(({ state }) => state === 'requested') === true;

/** Asks the visitor for a file, and sometimes thinks better of it. What is sent is fetched when it is there. */
async function askForFile(me: AtWork, chatId: string, luck: Random): Promise<void> {
  const { day } = me;
  if (!(await me.ask('requestFile', { chatId })) || !luck.chance(0.2)) return;
  await day.pace.sleep(luck.between(100, 4_000), day.over);
  await me.ask('cancelFile', { chatId });
}

async function fetchFile(me: AtWork, chatId: string, file: FileTransfer): Promise<void> {
  const { day, diary, spec } = me;
  const { transferId, name, size } = file;
  const url = `${me.random.fork(transferId).pick(day.urls)}/chat/files/${transferId}`;
  const answer = await fetch(url, {
    headers: { authorization: `Bearer ${me.token}` },
  }).catch(() => undefined);
  const bytes = await answer?.arrayBuffer().catch(() => undefined);
  if (answer?.status === 200 && bytes !== undefined) {
    const fingerprint = fingerprintOf(new Uint8Array(bytes));
    diary.fetched.push({ chatId, transferId, name, size, fingerprint });
  } else if (!day.isRough) {
    day.problem(`${spec.name}: file ${transferId} was answered ${answer?.status}`);
  }
}

async function block(me: AtWork, chatId: string): Promise<void> {
  const { chatKey = '' } = chatOf(me, chatId)?.chat ?? {};
  if (!(await me.ask('blockVisitor', { chatId }))) return;
  me.day.tally.blocks += 1;
  me.day.blocked.add(chatKey);
}

/** Reads what was said before some line. */
async function lookBack(me: AtWork, chatId: string, luck: Random): Promise<void> {
  const last = chatOf(me, chatId)?.lines.at(-1)?.sequence ?? 0;
  const beforeSequence = luck.whole(1, last + 1);
  const limit = luck.whole(1, 8);
  const answer = await me.ask('getLines', { chatId, beforeSequence, limit });
  if (!answer) return;
  const lines = answer.lines.map(({ sequence, kind, text }) => [sequence, kind, text] as const);
  me.diary.pages.push({ chatId, beforeSequence, limit, lines });
}
