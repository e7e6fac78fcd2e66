/**
 * One visitor: asks for a chat, waits or loses patience, talks, and leaves in one of the ways real visitors do: with a
 * word, by taking the session away, by closing the browser. Times are the floor's.
 */
import { type ChatMessage, type ChatRestClient, createChatRestClient } from './chat-rest-client.js';
import type { Day } from './day.js';
import type { VisitorDiary } from './diary.js';
import { fingerprintOf, simulatedFile } from './files.js';
import type { Random } from './random.js';
import { spoken } from './secrets.js';

/** Patience at the end of the day: then a visitor whose session will not end stops asking. Real ms. */
const STUBBORN_POLLS = 400;

/** Real ms after which somebody who was blocked tries again: mostly when the last process knows of it. */
const BACK_AFTER_MS = [700, 2_500] as const;

/** Lives one visitor's day and gives the diary, which is also filled while it runs. */
export async function runVisitor(day: Day, number: number, diary: VisitorDiary): Promise<void> {
  const random = day.random.fork(diary.name);
  const { pace, tally, over, organization } = day;
  const client = createChatRestClient({
    url: day.urls[number % day.urls.length] ?? '',
    agent: day.sockets,
    address: diary.address,
    confirms: diary.confirms,
    retryMs: pace.real(1_000),
    answered: (ms) => {
      tally.slowestMs = Math.max(tally.slowestMs, ms);
    },
  });
  if (random.chance(0.2)) {
    const ids = organization.buttons.map(({ id }) => id);
    await client.availability(ids, organization.organizationId, organization.deploymentId.slice(0, 15));
  }
  const opened = await insist(day, () => client.open());
  if (opened.status !== 200) {
    if (!over.aborted) day.problem(`${diary.name}: SessionId was answered ${opened.status} ${opened.text}`);
    return;
  }
  diary.sessionId = client.sessionId;
  const asked = await client.post('Chasitor/ChasitorInit', requestOf(day, random, diary.name), over);
  if (asked.status !== 200) {
    if (!isExcused(day, asked.status))
      day.problem(`${diary.name}: ChasitorInit was answered ${asked.status} ${asked.text}`);
    return;
  }
  diary.asked = true;
  tally.visitorsHere += 1;
  try {
    await stay(day, random, client, diary);
  } finally {
    tally.visitorsHere -= 1;
    tally.visitorsGone += 1;
  }
  if (!day.blocked.has(diary.sessionId) || random.chance(0.2)) return;
  await pace.sleep(random.between(...BACK_AFTER_MS) * pace.speed, over);
  if (!over.aborted) await runVisitor(day, number, day.comeAgain(diary));
}

/** Where servers are killed, a call may get no answer, or be told to come again. */
const isExcused = (day: Day, status: number) => day.isRough && (status === 0 || status === 503);

/** Asks until there is an answer, or the day is over; null: then too. */
async function insist<T extends { status: number }>(
  day: Day,
  ask: () => Promise<T>,
  until: AbortSignal | null = day.over,
): Promise<T> {
  for (;;) {
    const reply = await ask();
    if (!isExcused(day, reply.status) || until?.aborted) return reply;
    await day.pace.sleep(1_000, until ?? undefined);
  }
}

function requestOf(day: Day, random: Random, visitorName: string): object {
  const { organization } = day;
  const button = random.pick(organization.buttons).id;
  const agent = random.pick(organization.agents).userId;
  const target = random.weighted({ button: 84, direct: 6, agentOnly: 2, overrides: 8 });
  const targets = {
    button: { buttonId: button },
    direct: { buttonId: button, agentId: agent, doFallback: true },
    agentOnly: { agentId: agent },
    overrides: { buttonOverrides: [`${agent}_${button}`, random.pick(organization.buttons).id] },
  };
  return {
    organizationId: organization.organizationId,
    deploymentId: organization.deploymentId.slice(0, 15),
    userAgent: 'simulation',
    language: 'en-US',
    screenResolution: '1280x720',
    visitorName,
    prechatDetails: [{ label: 'Order', value: String(random.whole(1, 9_999)), displayToAgent: true }],
    prechatEntities: [],
    receiveQueueUpdates: random.chance(0.5),
    isPost: true,
    ...targets[target],
  };
}

/** From the request to the end, whoever makes it. */
async function stay(day: Day, random: Random, client: ChatRestClient, diary: VisitorDiary): Promise<void> {
  const gone = new AbortController();
  const talking = new AbortController();
  const uploads = uploader(day, random.fork('files'), client, diary);
  const listening = listen(day, client, diary, {
    gone: gone.signal,
    established: () => talking.abort(),
    asked: uploads.asked,
  });
  const wayOut = await Promise.race([
    listening.then(() => 'ended' as const),
    behave(day, random, client, diary, { established: talking.signal, sent: uploads.done }),
  ]);
  if (wayOut === 'vanished') {
    // the browser is closed: the poll under way is broken off
    gone.abort();
  }
  await listening;
  await uploads.done();
}

type WayOut = 'left' | 'vanished' | 'removed';

async function behave(
  day: Day,
  random: Random,
  client: ChatRestClient,
  diary: VisitorDiary,
  until: { readonly established: AbortSignal; sent(): Promise<void> },
): Promise<WayOut> {
  const { pace, over } = day;
  const { established, sent } = until;
  const either = AbortSignal.any([established, over]);
  if (random.chance(0.25)) await say(day, random, client, diary);
  const patience = random.weighted({ endless: 62, short: 26, vanishes: 12 });
  if (patience === 'endless') await pace.sleep(3_600_000, either);
  else await pace.sleep(random.between(1_500, 14_000), either);
  if (!established.aborted) {
    if (patience === 'vanishes' && !over.aborted) return 'vanished';
    const noun = random.chance(0.5) ? 'Chasitor/ChatEnd' : 'Chasitor/ChatCancel';
    await leave(day, client, noun);
    return 'left';
  }
  return talk(day, random, client, diary, sent);
}

async function talk(
  day: Day,
  random: Random,
  client: ChatRestClient,
  diary: VisitorDiary,
  sent: () => Promise<void>,
): Promise<WayOut> {
  const { pace, over } = day;
  const lines = random.whole(1, 6);
  for (let i = 0; i < lines && !over.aborted; i += 1) {
    await pace.sleep(random.between(700, 4_500), over);
    if (over.aborted || diary.ended !== null) break;
    if (random.chance(0.3)) await client.post('Chasitor/ChasitorTyping', {});
    if (random.chance(0.2)) await client.post('Chasitor/ChasitorSneakPeek', { position: i, text: 'hm …' });
    await say(day, random, client, diary);
    if (random.chance(0.05)) {
      diary.reconnects += 1;
      await client.reconnect();
    }
  }
  // who was asked for a file sends it before leaving, as a rule
  if (random.chance(0.85)) await sent();
  const end = over.aborted ? 'ends' : random.weighted({ ends: 52, waits: 26, vanishes: 12, removes: 10 });
  if (end === 'vanishes') return 'vanished';
  if (end === 'waits') await pace.sleep(random.between(8_000, 20_000), over);
  if (end === 'removes') {
    await insist(day, () => client.remove(), null);
    return 'removed';
  }
  await leave(day, client, 'Chasitor/ChatEnd');
  return 'left';
}

async function leave(day: Day, client: ChatRestClient, noun: string): Promise<void> {
  // who sees no answer presses the button again
  const reply = await insist(day, () => client.post(noun, { reason: 'client' }), null);
  // 403: it was over already
  if (![200, 403].includes(reply.status) && !isExcused(day, reply.status)) {
    day.problem(`${client.sessionId}: ${noun} was answered ${reply.status} ${reply.text}`);
  }
}

async function say(day: Day, random: Random, client: ChatRestClient, diary: VisitorDiary): Promise<void> {
  const number = diary.acknowledged.length + diary.unsure.length + 1;
  const plain = `${diary.name} says ${number}${random.chance(0.1) ? ` <b>&amp; "${random.whole(0, 99)}" é漢` : ''}`;
  const { said, stored } = spoken(random, 'visitor', plain);
  const reply = await client.post('Chasitor/ChatMessage', { text: said }, day.over);
  if (reply.status === 200) {
    diary.acknowledged.push(stored);
    day.tally.lines += 1;
    return;
  }
  if (reply.status !== 403) diary.unsure.push(stored);
  if (reply.status !== 403 && !isExcused(day, reply.status)) {
    day.problem(`${diary.name}: ChatMessage was answered ${reply.status} ${reply.text}`);
  }
}

/** Sends a file for each time it is asked for one, or does not; some try the same token twice, some break off. */
function uploader(day: Day, luck: Random, client: ChatRestClient, diary: VisitorDiary) {
  const tokens = new Set<string>();
  const running: Promise<void>[] = [];
  async function send(message: ChatMessage['message'], nth: number): Promise<void> {
    const mood = luck.weighted({ sends: 64, twice: 12, breaksOff: 8, ignores: 16 });
    const file = simulatedFile(luck, `${diary.name}-${nth}`);
    const wait = luck.between(100, 2_000);
    const to = {
      uploadServletUrl: String(message.uploadServletUrl),
      cdmServletUrl: String(message.cdmServletUrl),
      fileToken: String(message.fileToken),
      organizationId: day.organization.organizationId,
    };
    await day.pace.sleep(wait, day.over);
    if (mood === 'ignores') return;
    const tries = mood === 'twice' ? [file, { ...file, name: `again-${file.name}` }] : [file];
    await Promise.all(
      tries.map(async (one) => {
        const { status, text } = await client.upload(to, one, mood === 'breaksOff');
        const { name, bytes } = one;
        diary.sent.push({ name, size: bytes.length, fingerprint: fingerprintOf(bytes), status });
        if (status === 200) day.tally.files += 1;
        // 404: used, taken back, or the chat is over; 409: taken back meanwhile
        if (![200, 404, 409].includes(status) && status !== 0 && !isExcused(day, status))
          day.problem(`${diary.name}: a file was answered ${status} ${text}`);
      }),
    );
  }
  return {
    asked(message: ChatMessage['message']): void {
      const token = String(message.fileToken);
      if (tokens.has(token)) return;
      tokens.add(token);
      running.push(send(message, tokens.size));
    },
    async done(): Promise<void> {
      await Promise.all(running);
    },
  };
}

async function listen(
  day: Day,
  client: ChatRestClient,
  diary: VisitorDiary,
  on: Hearing & { readonly gone: AbortSignal },
): Promise<void> {
  let sinceOver = 0;
  while (!on.gone.aborted) {
    const reply = await client.poll(on.gone);
    if (on.gone.aborted) return;
    if (day.over.aborted && ++sinceOver > STUBBORN_POLLS) {
      day.problem(`${diary.name}: the session does not end`);
      return;
    }
    for (const message of reply.messages) hear(diary, message, on);
    if (reply.status === 200 || reply.status === 204) continue;
    if (reply.status === 403) {
      diary.stayed = true;
      return;
    }
    // a newer poll took its place, which this client never asks for: only ReconnectSession makes one
    if (reply.status === 409) continue;
    if (!isExcused(day, reply.status)) {
      day.problem(`${diary.name}: Messages was answered ${reply.status} ${reply.text}`);
      return;
    }
    await day.pace.sleep(700, on.gone);
  }
}

/** What a visitor acts on. */
interface Hearing {
  established(): void;
  asked(message: ChatMessage['message']): void;
}

function hear(diary: VisitorDiary, { type, message }: ChatMessage, on: Hearing): void {
  switch (type) {
    case 'ChatMessage':
      diary.heard.push(String(message.text));
      break;
    case 'ChasitorSessionData':
      // everything said so far, again
      diary.heard = (message.chatMessages as { type: string; content: string }[])
        .filter((one) => one.type === 'Agent')
        .map((one) => one.content);
      break;
    case 'ChatEstablished':
      diary.established += 1;
      on.established();
      break;
    case 'FileTransfer':
      diary.fileNews.push(String(message.type));
      if (message.type === 'Requested') on.asked(message);
      break;
    case 'ChatTransferred':
      diary.transferred += 1;
      break;
    case 'ChatRequestFail':
      diary.failed = String(message.reason);
      break;
    case 'ChatEnded':
      diary.ended = String(message.reason);
      break;
  }
}
