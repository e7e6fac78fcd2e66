/**
 * The main job before your eyes: a server starts, two visitors chat with an agent through the real protocols, the agent
 * logs out, and jsforce reads the LiveAgentSession the login left. Exit code 1 if the row is not what the script did.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Connection } from 'jsforce';
import { WebSocket } from 'ws';
import { DEFAULT_DEMO_PASSWORD, readConfig } from '../src/config.js';
import { connectLive, type LiveClient } from '../src/live-client/client.js';
import type { SocketConstructor } from '../src/live-client/socket.js';
import { type Server, startServer } from '../src/server.js';
import { bold, createNarrator, dim, green, red } from './narrator.js';
import { createTally, type Tally } from './stopwatch.js';
import { type ChatAddress, type Visitor, visitor } from './visitor.js';

const ANA = 'ana@floorwalker.demo';
const ADMIN = 'admin@floorwalker.demo';
const AGENT_NAME = 'Ana';
/** The demo organization gives Ana two chats at a time. */
const CAPACITY = 2;
const story = createNarrator();

const pause = (seconds: number) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

/** A record as jsforce gives it. */
interface SessionRow {
  readonly Id: string;
  readonly Name: string;
  readonly Agent: { readonly Name: string };
  readonly LoginTime: string;
  readonly LogoutTime: string;
  readonly ChatReqAssigned: number;
  readonly ChatReqEngaged: number;
  readonly ChatReqDeclined: number;
  readonly ChatReqTimedOut: number;
  readonly TimeInOnlineStatus: number;
  readonly TimeInAwayStatus: number;
  readonly TimeIdle: number;
  readonly TimeInChats: number;
  readonly TimeAtCapacity: number;
}

const COLUMNS = [
  'Id',
  'Name',
  'Agent.Name',
  'LoginTime',
  'LogoutTime',
  'ChatReqAssigned',
  'ChatReqEngaged',
  'ChatReqDeclined',
  'ChatReqTimedOut',
  'TimeInOnlineStatus',
  'TimeInAwayStatus',
  'TimeIdle',
  'TimeInChats',
  'TimeAtCapacity',
];

async function addressOf(server: Server): Promise<ChatAddress> {
  const connection = await signIn(server);
  const first = async (object: string) =>
    (await connection.query<{ Id: string }>(`SELECT Id FROM ${object} ORDER BY Id LIMIT 1`)).records[0]?.Id ??
    '';
  return {
    host: server.url,
    organizationId: await first('Organization'),
    deploymentId: await first('LiveChatDeployment'),
    buttonId: await first('LiveChatButton'),
  };
}

/** SOAP login(), as jsforce has always done it. */
async function signIn(server: Server): Promise<Connection> {
  const connection = new Connection({ loginUrl: server.url, version: '60.0' });
  await connection.login(ADMIN, DEFAULT_DEMO_PASSWORD);
  return connection;
}

async function accessToken(server: Server): Promise<string> {
  const answer = await fetch(`${server.url}/services/oauth2/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'password',
      client_id: 'PlatformCLI',
      username: ANA,
      password: DEFAULT_DEMO_PASSWORD,
    }),
  });
  const { access_token } = (await answer.json()) as { access_token: string };
  return access_token;
}

/** Keeps the stopwatch at what the agent's own console shows. */
function timeIt(agent: LiveClient, tally: Tally): void {
  agent.on('snapshot', ({ status, chats, offers }) =>
    tally.now({ status, chats: chats.length, offers: offers.length }),
  );
  agent.on('offered', () => {
    tally.counts.offered++;
  });
}

async function accept(agent: LiveClient, tally: Tally, guest: Visitor): Promise<string> {
  const offer = await agent.until((s) => s.offers.find((one) => one.chat.visitorName === guest.name));
  await pause(0.8);
  const { chat } = await agent.request('acceptOffer', { offerId: offer.offerId });
  tally.counts.accepted++;
  story.does(AGENT_NAME, `accepts ${guest.name}’s chat`);
  const { message } = await guest.hears('ChatEstablished');
  story.note(`${guest.name}’s client gets ChatEstablished: an agent called ${String(message.name)}`);
  return chat.chat.chatId;
}

async function decline(agent: LiveClient, tally: Tally, guest: Visitor): Promise<void> {
  const offer = await agent.until((s) => s.offers.find((one) => one.chat.visitorName === guest.name));
  await pause(0.7);
  await agent.request('declineOffer', { offerId: offer.offerId });
  tally.counts.declined++;
  story.does(AGENT_NAME, `declines ${guest.name}’s request`);
}

async function talk(
  agent: LiveClient,
  chatId: string,
  guest: Visitor,
  question: string,
  answer: string,
): Promise<void> {
  await guest.say(question);
  story.says(guest.name, question);
  await agent.until((s) =>
    s.chats.some((c) => c.chat.chatId === chatId && c.lines.some((line) => line.text === question)),
  );
  agent.signal({ type: 'typing', chatId, typing: true });
  await pause(0.6);
  await agent.request('sendMessage', { chatId, text: answer });
  await guest.hears('ChatMessage');
  story.says(AGENT_NAME, answer);
}

/** Everything that happens on the floor; returns the id of the row. */
async function workADay(server: Server, tally: Tally): Promise<string> {
  const address = await addressOf(server);
  const agent = await connectLive({
    url: server.url,
    token: await accessToken(server),
    WebSocket: WebSocket as unknown as SocketConstructor,
    client: 'demo',
  });
  timeIt(agent, tally);

  story.chapter('An agent comes to work');
  await agent.request('setStatus', { status: 'Online' });
  story.does(AGENT_NAME, `goes Online over the WebSocket at ${server.url}/live`);
  story.note('A login is open. Nothing is written to LiveAgentSession before it ends.');
  await pause(2);

  story.chapter('Two visitors arrive (npm rx-sfliveagent-client, Chat REST API version 42)');
  const vera = visitor('Vera', address);
  await vera.hears('ChatRequestSuccess');
  story.does('Vera', 'asks for a chat');
  const first = await accept(agent, tally, vera);
  await talk(agent, first, vera, 'Hello! Where is my parcel?', 'Good morning Vera, I am looking.');

  const victor = visitor('Victor', address);
  await victor.hears('ChatRequestSuccess');
  story.does('Victor', 'asks for a chat while Vera’s goes on');
  await decline(agent, tally, victor);
  story.note('The button reroutes what is declined; nobody else is Online, so it comes back to her.');
  const second = await accept(agent, tally, victor);
  story.note(`${AGENT_NAME} may have ${CAPACITY} chats: she is at capacity now.`);
  await talk(agent, second, victor, 'Can I change my order?', 'You can, until it leaves the house.');
  await pause(2);

  story.chapter('A break');
  await agent.request('setStatus', { status: 'Away' });
  story.does(AGENT_NAME, 'goes Away; her chats go on, new ones stay away');
  await talk(agent, first, vera, 'Any news?', 'It is in the van, you have it by noon.');
  await pause(3);
  await agent.request('setStatus', { status: 'Online' });
  story.does(AGENT_NAME, 'is back Online');

  await vera.end();
  story.does('Vera', 'says thanks and ends her chat');
  await agent.until((s) => !s.chats.some((c) => c.chat.chatId === first));
  await pause(1);
  await agent.request('endChat', { chatId: second });
  await victor.hears('ChatEnded');
  story.does(AGENT_NAME, 'ends Victor’s chat');
  await pause(2);

  story.chapter('The login ends, and its row is there');
  const { sessionId } = await agent.request('logout', {});
  tally.now({ status: 'Offline' });
  story.does(AGENT_NAME, 'logs out');
  vera.leave();
  victor.leave();
  agent.close();
  if (sessionId === null) throw new Error('The logout named no LiveAgentSession');
  return sessionId;
}

/** One line of the table: the field, the row's value, what the script did. */
interface Line {
  readonly field: string;
  readonly value: string | number;
  readonly did: number | undefined;
  /** How far apart they may be: counts not at all, times by the way of the frames and the rounding. */
  readonly within: number;
}

function compare(row: SessionRow, tally: Tally): Line[] {
  const { counts } = tally;
  const time = tally.seconds();
  const shown = (field: keyof SessionRow & string, value: string | number): Line => ({
    field,
    value,
    did: undefined,
    within: 0,
  });
  const count = (field: keyof SessionRow & string, did: number): Line => ({
    field,
    value: row[field] as number,
    did,
    within: 0,
  });
  const seconds = (field: keyof SessionRow & string, did: number): Line => ({
    field,
    value: row[field] as number,
    did,
    within: 1,
  });
  return [
    shown('Id', row.Id),
    shown('Name', row.Name),
    { ...shown('Name', row.Agent.Name), field: 'Agent.Name' },
    shown('LoginTime', row.LoginTime),
    shown('LogoutTime', row.LogoutTime),
    count('ChatReqAssigned', counts.offered),
    count('ChatReqEngaged', counts.accepted),
    count('ChatReqDeclined', counts.declined),
    count('ChatReqTimedOut', 0),
    seconds('TimeInOnlineStatus', time.online),
    seconds('TimeInAwayStatus', time.away),
    seconds('TimeIdle', time.idle),
    seconds('TimeInChats', time.inChats),
    seconds('TimeAtCapacity', time.atCapacity),
    {
      field: 'LogoutTime - LoginTime',
      value: (Date.parse(row.LogoutTime) - Date.parse(row.LoginTime)) / 1000,
      did: time.span,
      within: 1,
    },
    {
      field: 'Online + Away',
      value: row.TimeInOnlineStatus + row.TimeInAwayStatus,
      did: (Date.parse(row.LogoutTime) - Date.parse(row.LoginTime)) / 1000,
      within: 1,
    },
  ];
}

function isRight({ value, did, within }: Line): boolean {
  return did === undefined || Math.abs(Number(value) - did) <= within;
}

function printTable(lines: readonly Line[]): void {
  const widths = { field: 23, value: 30, did: 11 };
  const row = (field: string, value: string, did: string) =>
    `  ${field.padEnd(widths.field)}│ ${value.padEnd(widths.value)}│ ${did.padStart(widths.did)}`;
  console.log(bold(row('LiveAgentSession', 'what jsforce reads', 'the script')));
  console.log(`  ${'─'.repeat(widths.field)}┼${'─'.repeat(widths.value + 1)}┼${'─'.repeat(widths.did + 1)}`);
  for (const line of lines) {
    const mark = line.did === undefined ? '' : isRight(line) ? green('  ✓') : red('  ✗');
    console.log(row(line.field, String(line.value), line.did === undefined ? '' : String(line.did)) + mark);
  }
}

async function main(): Promise<number> {
  const began = performance.now();
  const dataDir = await mkdtemp(path.join(tmpdir(), 'floorwalker-demo-'));
  let starting: Promise<Server> | undefined;
  const cleanUp = async () => {
    const started = await starting?.catch(() => undefined);
    await started?.close();
    await rm(dataDir, { recursive: true, force: true });
  };
  // The database is a process of its own: an impatient Ctrl-C must not leave it behind.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void cleanUp().finally(() => process.exit(1)));
  }
  try {
    story.chapter('Floorwalker demo: one agent login, one exact LiveAgentSession');
    story.does('Server', 'starts, with a PostgreSQL of its own in a fresh directory …');
    const config = readConfig({ PORT: '0', DATA_DIR: dataDir, DEMO: '1', LOG_LEVEL: 'error' });
    starting = startServer({ config, print: () => {} });
    const server = await starting;
    story.does('Server', `is ready at ${server.url}, with a demo organization`);
    const tally = createTally(CAPACITY);
    const sessionId = await workADay(server, tally);
    const isTrue = await readBack(server, sessionId, tally);
    console.log(
      dim(
        `${((performance.now() - began) / 1000).toFixed(0)} s. Your own: npm start -- --demo, then README.md.`,
      ),
    );
    return isTrue ? 0 : 1;
  } finally {
    await cleanUp();
  }
}

/** Has jsforce read the row, prints it beside the script's own figures, and says whether they agree. */
async function readBack(server: Server, sessionId: string, tally: Tally): Promise<boolean> {
  const connection = await signIn(server);
  story.does('jsforce', 'signs in with SOAP login() and asks:');
  const soql = `SELECT ${COLUMNS.join(', ')} FROM LiveAgentSession WHERE Id = '${sessionId}'`;
  story.note(soql);
  const { records } = await connection.query<SessionRow>(soql);
  const [row] = records;
  if (row === undefined) throw new Error('The row is not there');
  console.log('');
  const lines = compare(row, tally);
  printTable(lines);
  console.log(
    dim('  Times are whole seconds; the script’s own stopwatch may be a second off, counts may not.\n'),
  );
  const wrong = lines.filter((line) => !isRight(line));
  if (wrong.length === 0) console.log(green('The row says exactly what happened.'));
  else
    console.log(red(`The row differs from what happened in ${wrong.map((line) => line.field).join(', ')}.`));
  return wrong.length === 0;
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(
      red(`The demo failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`),
    );
    process.exit(1);
  },
);
