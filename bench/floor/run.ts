/**
 * What the chat floor carries, beside a bare server that inserts each message and does nothing else (bare.mjs). Both are
 * processes of their own on one embedded PostgreSQL with fsync on; sides take turns, the figure is the median of ratios.
 *
 *   npm run bench:floor [-- --only live,rest,paced,start,held,idle,offers] [--rounds 5] [--seconds 2] [--polls 10000]
 *
 * Exit code 1 when a target is missed.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { WebSocket } from 'ws';
import { createAccess } from '../../src/access/access.js';
import {
  automatedCaller,
  builtInProfileId,
  createAll,
  firstStart,
  LOCALE_DEFAULTS,
} from '../../src/first-start.js';
import { findObject, OBJECTS } from '../../src/objects/registry.js';
import { openDatabase } from '../../src/store/database.js';
import { startEmbedded } from '../../src/store/embedded/start.js';
import { migrate } from '../../src/store/migrate.js';

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: 'live,rest,paced,start,held,idle,offers' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
    polls: { type: 'string', default: '10000' },
  },
});
const LEGS = new Set(options.only.split(','));
const ROUNDS = Number(options.rounds);
const ROUND_MS = Number(options.seconds) * 1000;
const POLLS = Number(options.polls);
const CHATS = 100;
const CONNECTIONS = [1, 16, 64];
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const TICK_MS = 10;

let missed = false;
function report(what: string, figures: string, target?: string, met?: boolean): void {
  if (met === false) missed = true;
  const verdict = target === undefined ? '' : `target ${target}: ${met ? 'met' : 'MISSED'}`;
  console.log(`${what.padEnd(44)} ${figures.padEnd(70)} ${verdict}`);
}

function at(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
const ascending = (values: readonly number[]) => [...values].sort((a, b) => a - b);
const median = (values: readonly number[]) => at(ascending(values), 0.5);

/** CPU of a process so far, ms. */
function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}
/** CPU of PostgreSQL's processes so far, ms; of those that ended the postmaster knows. */
function backendCpu(postmaster: number): number {
  const own = readFileSync(`/proc/${postmaster}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  let sum = (Number(own[13]) + Number(own[14])) * TICK_MS;
  for (const name of readdirSync('/proc')) {
    try {
      const fields = readFileSync(`/proc/${name}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
      if (Number(fields[1]) === postmaster) sum += (Number(fields[11]) + Number(fields[12])) * TICK_MS;
    } catch {
      // no process, or one that ended
    }
  }
  return sum;
}
function residentMiB(pid: number): number {
  const line = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(line?.[1] ?? 0) / 1024;
}

async function child(args: string[], env: Record<string, string>, pattern: RegExp) {
  const started: ChildProcess = spawn(process.execPath, args, {
    cwd: ROOT,
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  started.stdout?.on('data', (chunk) => {
    output += chunk;
  });
  for (;;) {
    const found = pattern.exec(output)?.[1];
    if (found !== undefined) return { process: started, pid: started.pid as number, found };
    if (started.exitCode !== null) throw new Error(`${args.join(' ')} ended: ${output}`);
    await sleep(20);
  }
}

const keepAlive = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });
const BASE_HEADERS = { 'x-liveagent-api-version': '42', 'x-liveagent-affinity': 'null' };

function call(
  port: number,
  method: string,
  url: string,
  headers: object,
  body?: object,
): Promise<[number, string]> {
  return new Promise((resolve, reject) => {
    const sent = body === undefined ? undefined : JSON.stringify(body);
    const request = httpRequest(
      {
        port,
        host: '127.0.0.1',
        method,
        path: url,
        agent: keepAlive,
        headers: {
          ...BASE_HEADERS,
          ...headers,
          ...(sent ? { 'content-length': Buffer.byteLength(sent) } : {}),
        },
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk) => {
          text += chunk;
        });
        response.on('end', () => resolve([response.statusCode ?? 0, text]));
      },
    );
    request.on('error', reject);
    request.end(sent);
  });
}

// ---------------------------------------------------------------------------------------- what is measured on

const dataDir = await mkdtemp(path.join(tmpdir(), 'floorwalker-bench-'));
const postgres = await startEmbedded({
  dataDir,
  maxConnections: 100,
  log: { info: () => undefined, warn: console.warn },
});
const db = await openDatabase({ url: postgres.url, poolSize: 3 });
const children: ChildProcess[] = [];

interface LiveAgent {
  readonly socket: WebSocket;
  request(op: string, params: object): Promise<Record<string, unknown>>;
  /** Called with every event. */
  onEvent: (event: { type: string } & Record<string, unknown>) => void;
}

function openLive(port: number, token: string): Promise<LiveAgent> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/live`, { perMessageDeflate: false });
    const waiting = new Map<number, (result: Record<string, unknown>) => void>();
    let last = 0;
    const self: LiveAgent = {
      socket,
      onEvent: () => undefined,
      request(op, params) {
        last += 1;
        const id = last;
        socket.send(JSON.stringify({ type: 'request', id, op, params }));
        return new Promise((done) => waiting.set(id, done));
      },
    };
    socket.on('open', () =>
      socket.send(JSON.stringify({ type: 'hello', protocol: 1, token, tab: `bench-${token.slice(-8)}` })),
    );
    socket.on('error', reject);
    const beat = setInterval(() => socket.send('{"type":"heartbeat"}'), 5_000);
    socket.on('close', () => clearInterval(beat));
    socket.on('message', (data: Buffer) => {
      const frame = JSON.parse(data.toString());
      if (frame.type === 'welcome') resolve(self);
      else if (frame.type === 'event') self.onEvent(frame.event);
      else if (frame.type === 'response') {
        waiting.get(frame.id)?.(frame.result);
        waiting.delete(frame.id);
      } else if (frame.type === 'refusal' || frame.type === 'error') {
        throw new Error(`/live said ${JSON.stringify(frame)}`);
      }
    });
  });
}

interface Visitor {
  readonly key: string;
  /** Number of the last batch. */
  ack: number;
}

async function measure(): Promise<void> {
  await migrate(db, OBJECTS);
  const { organizationId } = await firstStart(db, { adminPassword: 'bench-password-1' });
  const caller = await automatedCaller(db);
  const create = async (name: string, fields: Record<string, unknown>): Promise<string> => {
    const object = findObject(name);
    if (object === undefined) throw new Error(`no object ${name}`);
    const [id] = await db.tx((tx) => createAll(tx, caller, object, [fields]));
    return id as string;
  };
  const deploymentId = await create('LiveChatDeployment', {
    DeveloperName: 'B',
    MasterLabel: 'B',
    WindowTitle: 'B',
  });
  const skill = await create('Skill', { DeveloperName: 'B', MasterLabel: 'B' });
  const buttonId = await create('LiveChatButton', {
    DeveloperName: 'B',
    MasterLabel: 'B',
    RoutingType: 'LeastActive',
    Type: 'Standard',
    SkillId: skill,
    HasQueue: true,
    IsActive: true,
    OverallQueueLength: 100_000,
  });
  const profileId = await builtInProfileId(db, 'agent');
  const access = await createAccess({ db, sessionSeconds: 7_200 });
  const tokens: string[] = [];
  for (let i = 0; i < CHATS; i++) {
    const username = `agent${i}@bench.test`;
    const userId = await create('User', {
      Username: username,
      LastName: `Agent ${i}`,
      Email: username,
      Alias: `a${i}`,
      ProfileId: profileId,
      IsActive: true,
      ...LOCALE_DEFAULTS,
    });
    const config = await create('LiveChatUserConfig', {
      DeveloperName: `B${i}`,
      MasterLabel: 'B',
      Capacity: 2,
      HasSneakPeek: true,
    });
    await create('LiveChatUserConfigUser', { LiveChatUserConfigId: config, UserId: userId });
    await create('SkillUser', { SkillId: skill, UserId: userId });
    const { accessToken } = await access.grant({ userId, clientId: null, withRefreshToken: false });
    tokens.push(accessToken);
  }
  await access.close();
  await db.query(
    'CREATE TABLE bench_line (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, chat text, text text, at timestamptz DEFAULT floor_now())',
  );

  const ours = await child(
    ['dist/cli.js', 'start'],
    {
      DATABASE_URL: postgres.url,
      PORT: '0',
      LOG_LEVEL: 'error',
      ADMIN_PASSWORD: 'bench-password-1',
      RATE_LIMIT_FACTOR: '10000',
      POLL_HOLD_SECONDS: '100',
    },
    /is ready at http:\/\/127\.0\.0\.1:(\d+)/,
  );
  children.push(ours.process);
  const bare = await child(['bench/floor/bare.mjs'], { DATABASE_URL: postgres.url }, /bare at (\d+)/);
  children.push(bare.process);
  const port = Number(ours.found);
  const barePort = Number(bare.found);

  const openVisitor = async (): Promise<Visitor> => {
    const [, text] = await call(port, 'GET', '/chat/rest/System/SessionId', {});
    return { key: (JSON.parse(text) as { key: string }).key, ack: -1 };
  };
  const init = (visitor: Visitor) =>
    call(
      port,
      'POST',
      '/chat/rest/Chasitor/ChasitorInit',
      { 'x-liveagent-session-key': visitor.key },
      {
        organizationId,
        deploymentId,
        buttonId,
        visitorName: 'Vera',
        isPost: true,
        prechatDetails: [],
        prechatEntities: [],
        receiveQueueUpdates: false,
      },
    );
  /** Polls until a message of the type comes. */
  const hear = async (visitor: Visitor, type: string): Promise<void> => {
    for (;;) {
      const [status, text] = await call(port, 'GET', `/chat/rest/System/Messages?ack=${visitor.ack}`, {
        'x-liveagent-session-key': visitor.key,
      });
      if (status === 204) continue;
      if (status !== 200) throw new Error(`poll answered ${status} ${text}`);
      const batch = JSON.parse(text) as { sequence: number; messages: { type: string }[] };
      visitor.ack = batch.sequence;
      if (batch.messages.some((message) => message.type === type)) return;
    }
  };

  const agents = await Promise.all(tokens.map((token) => openLive(port, token)));
  for (const agent of agents) await agent.request('setStatus', { status: 'Online' });
  /** One chat an agent; how long from ChasitorInit until the agent has the offer. */
  const chats: { agent: LiveAgent; chatId: string; visitor: Visitor }[] = [];
  const starts: number[] = [];
  for (let i = 0; i < CHATS; i++) {
    const visitor = await openVisitor();
    const begun = performance.now();
    const offered = new Promise<{ agent: LiveAgent; offerId: string }>((resolve) => {
      for (const agent of agents) {
        agent.onEvent = (event) => {
          if (event.type === 'offered')
            resolve({ agent, offerId: (event.offer as { offerId: string }).offerId });
        };
      }
    });
    await init(visitor);
    const { agent, offerId } = await offered;
    starts.push(performance.now() - begun);
    const { chat } = (await agent.request('acceptOffer', { offerId })) as {
      chat: { chat: { chatId: string } };
    };
    await hear(visitor, 'ChatEstablished');
    chats.push({ agent, chatId: chat.chat.chatId, visitor });
    await sleep(LEGS.has('start') ? 50 : 0);
  }
  for (const agent of agents) agent.onEvent = () => undefined;
  if (LEGS.has('start')) {
    const sorted = ascending(starts);
    const [p50, p99] = [at(sorted, 0.5), at(sorted, 0.99)];
    report(
      'chat requested until the agent sees it',
      `p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`,
      'p50 < 12 ms, p99 < 50 ms',
      p50 < 12 && p99 < 50,
    );
  }

  /** Everybody works for a while, each one thing at a time; things a second and their times. */
  async function loop(connections: number, work: (index: number) => Promise<unknown>) {
    const times: number[] = [];
    const begun = performance.now();
    const until = begun + ROUND_MS;
    await Promise.all(
      Array.from({ length: connections }, async (_, index) => {
        while (performance.now() < until) {
          const start = performance.now();
          await work(index);
          times.push(performance.now() - start);
        }
      }),
    );
    const sorted = ascending(times);
    return {
      rate: (times.length / (performance.now() - begun)) * 1000,
      p50: at(sorted, 0.5),
      p99: at(sorted, 0.99),
    };
  }

  async function compare(
    what: string,
    connections: number,
    mine: (index: number) => Promise<unknown>,
    theirs: (index: number) => Promise<unknown>,
    messages: number,
  ) {
    type Side = Awaited<ReturnType<typeof loop>>;
    const rounds: { ours: Side; bare: Side }[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const one = async () => loop(connections, mine);
      const other = async () => loop(connections, theirs);
      if (round % 2 === 0) rounds.push({ ours: await one(), bare: await other() });
      else {
        const first = await other();
        rounds.push({ ours: await one(), bare: first });
      }
    }
    const ratio = median(rounds.map((one) => one.ours.rate / one.bare.rate));
    const of = (pick: (one: (typeof rounds)[number]) => number, digits = 1) =>
      median(rounds.map(pick)).toFixed(digits);
    report(
      `${what}, ${connections} connections`,
      `${of((one) => one.ours.rate * messages, 0)}/s p50 ${of((one) => one.ours.p50)} p99 ${of((one) => one.ours.p99)} ms | bare ${of((one) => one.bare.rate * messages, 0)}/s p50 ${of((one) => one.bare.p50)} p99 ${of((one) => one.bare.p99)} | ratio ${ratio.toFixed(2)}`,
      '0.5',
      ratio >= 0.5,
    );
  }

  if (LEGS.has('live')) {
    const sockets = await Promise.all(
      Array.from(
        { length: 64 },
        () =>
          new Promise<WebSocket>((resolve) => {
            const socket = new WebSocket(`ws://127.0.0.1:${barePort}`, { perMessageDeflate: false });
            socket.on('open', () => resolve(socket));
          }),
      ),
    );
    const echo = (index: number) =>
      new Promise<void>((resolve) => {
        const socket = sockets[index] as WebSocket;
        socket.once('message', (data: Buffer) => {
          JSON.parse(data.toString());
          resolve();
        });
        socket.send(
          JSON.stringify({
            type: 'request',
            id: 1,
            op: 'sendMessage',
            params: { chatId: String(index), text: 'How can I help you?' },
          }),
        );
      });
    for (const connections of CONNECTIONS) {
      await compare(
        'agent lines over /live beside ws',
        connections,
        (index) => {
          const { agent, chatId } = chats[index] as (typeof chats)[0];
          return agent.request('sendMessage', { chatId, text: 'How can I help you?' });
        },
        echo,
        1,
      );
    }
    for (const socket of sockets) socket.close();
    // What was said so far leaves the visitors' way.
    await Promise.all(
      chats.map(async ({ visitor, agent, chatId }) => {
        await agent.request('sendCustomEvent', { chatId, type: 'end', data: '' });
        await hear(visitor, 'CustomEvent');
      }),
    );
  }

  const answering = () => {
    for (const { agent, chatId } of chats) {
      agent.onEvent = (event) => {
        const line = event.line as { kind: string } | undefined;
        if (event.type === 'line' && line?.kind === 'visitor')
          void agent.request('sendMessage', { chatId, text: 'How can I help you?' });
      };
    }
  };
  const exchange = async (index: number) => {
    const { visitor } = chats[index] as (typeof chats)[0];
    const heard = hear(visitor, 'ChatMessage');
    await call(
      port,
      'POST',
      '/chat/rest/Chasitor/ChatMessage',
      { 'x-liveagent-session-key': visitor.key },
      { text: 'Hello there, are you open?' },
    );
    await heard;
  };
  if (LEGS.has('rest')) {
    answering();
    const bareExchange = async (index: number) => {
      const headers = { 'x-liveagent-session-key': `bare${index}` };
      const heard = call(barePort, 'GET', '/poll', headers);
      await call(barePort, 'POST', '/exchange', headers, { text: 'Hello there, are you open?' });
      JSON.parse((await heard)[1]);
    };
    for (const connections of CONNECTIONS) {
      await compare('visitor to agent and back over Chat REST', connections, exchange, bareExchange, 2);
    }
  }

  if (LEGS.has('paced')) {
    answering();
    const times: number[] = [];
    await Promise.all(
      chats.map(async (_, index) => {
        await sleep((index * 2_000) / CHATS);
        for (let i = 0; i < 5; i++) {
          const start = performance.now();
          await exchange(index);
          times.push(performance.now() - start);
          await sleep(Math.max(0, 2_000 - (performance.now() - start)));
        }
      }),
    );
    const sorted = ascending(times);
    const [p50, p99] = [at(sorted, 0.5), at(sorted, 0.99)];
    report(
      '100 chats, an exchange every 2 s each',
      `p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`,
      'p50 < 8 ms, p99 < 30 ms',
      p50 < 8 && p99 < 30,
    );
  }

  async function holdPolls(count: number) {
    const visitors = await (async () => {
      const opened: Visitor[] = [];
      while (opened.length < count) {
        opened.push(
          ...(await Promise.all(Array.from({ length: Math.min(100, count - opened.length) }, openVisitor))),
        );
      }
      return opened;
    })();
    const polls = visitors.map((visitor) =>
      call(port, 'GET', '/chat/rest/System/Messages?ack=-1', { 'x-liveagent-session-key': visitor.key }),
    );
    await sleep(4_000);
    return { visitors, polls };
  }
  async function idleShare(ms: number) {
    const before = [cpuOf(ours.pid), backendCpu(postgres.pid)] as const;
    await sleep(ms);
    return {
      node: ((cpuOf(ours.pid) - before[0]) / ms) * 100,
      backend: ((backendCpu(postgres.pid) - before[1]) / ms) * 100,
    };
  }

  if (LEGS.has('idle')) {
    const nobody = await idleShare(10_000);
    const { polls } = await holdPolls(200);
    const share = await idleShare(20_000);
    report(
      '200 idle visitors (100 agents online)',
      `node ${share.node.toFixed(1)} % + PostgreSQL ${share.backend.toFixed(1)} % of a core; before them ${nobody.node.toFixed(1)} + ${nobody.backend.toFixed(1)}`,
      '1 % more',
      share.node + share.backend - nobody.node - nobody.backend <= 1,
    );
    for (const poll of polls) poll.catch(() => undefined);
  }
  if (LEGS.has('held')) {
    const { visitors, polls } = await holdPolls(POLLS);
    const share = await idleShare(10_000);
    const memory = residentMiB(ours.pid);
    report(
      `${POLLS} held polls on one process`,
      `${memory.toFixed(0)} MiB, node ${share.node.toFixed(1)} % of a core`,
      '350 MiB, 2 %',
      memory <= 350 && share.node <= 2,
    );
    const begun = performance.now();
    const ids = visitors.map(({ key }) => key.split('!')[0]);
    await db.query(
      `INSERT INTO visitor_message (session_id, at, type, body) SELECT id, (SELECT floor_now()), 'AgentTyping', '{"name": "all"}' FROM unnest($1::text[]) id`,
      [ids],
    );
    for (let i = 0; i < ids.length; i += 150) {
      await db.query(`SELECT pg_notify('floor', $1)`, [
        JSON.stringify(['bench', { visitors: ids.slice(i, i + 150) }]),
      ]);
    }
    const answers = await Promise.all(polls);
    const woken = performance.now() - begun;
    if (answers.some(([status]) => status !== 200)) throw new Error('a held poll was answered otherwise');
    report(`${POLLS} held polls all woken`, `${(woken / 1000).toFixed(2)} s`, '1.5 s', woken <= 1_500);
  }

  if (LEGS.has('offers')) {
    // An offer made, told and accepted at once, each with its session, its chat and the chat's end: the floor's own work,
    // nearly all of it under one lock.
    let offers = 0;
    for (const agent of agents) {
      agent.onEvent = (event) => {
        if (event.type !== 'offered') return;
        offers += 1;
        void agent.request('acceptOffer', { offerId: (event.offer as { offerId: string }).offerId });
      };
    }
    const comeAndGo = async () => {
      const visitor = await openVisitor();
      await init(visitor);
      await hear(visitor, 'ChatEstablished');
      const headers = { 'x-liveagent-session-key': visitor.key };
      await call(port, 'POST', '/chat/rest/Chasitor/ChatEnd', headers, { reason: 'client' });
    };
    for (const connections of CONNECTIONS) {
      offers = 0;
      const begun = performance.now();
      const { p50, p99 } = await loop(connections, comeAndGo);
      const each = (offers / (performance.now() - begun)) * 1000;
      report(
        `offers made, told and accepted, ${connections} visitors`,
        `${each.toFixed(0)}/s, from SessionId to ChatEnd p50 ${p50.toFixed(1)} p99 ${p99.toFixed(1)} ms`,
      );
    }
  }
  for (const agent of agents) agent.socket.terminate();
}

try {
  await measure();
} finally {
  for (const one of children) one.kill('SIGKILL');
  await db.close();
  await postgres.stop();
  await rm(dataDir, { recursive: true, force: true });
}
process.exit(missed ? 1 : 0);
