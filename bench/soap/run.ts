/**
 * What SOAP costs beside REST, over HTTP, in one run: a query of 2,000 rows, a create of 200 (DECISIONS 13). Rounds are
 * interleaved; the figure is the median of the rounds' ratios.
 *
 *   npx tsx bench/soap/run.ts [--rounds 9]
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { DEFAULT_DEMO_PASSWORD, readConfig } from '../../src/config.js';
import { startServer } from '../../src/server.js';

const { values: options } = parseArgs({ options: { rounds: { type: 'string', default: '9' } } });
const ROUNDS = Number(options.rounds);
const ROWS = 2_000;
const SET = 200;
const WARM_UP = 8;

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] as number;

async function milliseconds(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

const dataDir = await mkdtemp(path.join(tmpdir(), 'floorwalker-bench-'));
const config = readConfig({ PORT: '0', DEMO: '1', LOG_LEVEL: 'silent', DATA_DIR: dataDir });
const server = await startServer({ config, print: () => undefined });

try {
  const token = await signIn();
  const user = (await rest(`query?q=${encodeURIComponent('SELECT Id FROM User LIMIT 1')}`)) as {
    records: { Id: string }[];
  };
  const agentId = user.records[0]?.Id ?? '';
  const fields = {
    AgentId: agentId,
    LoginTime: '2026-03-10T12:00:00.000Z',
    LogoutTime: '2026-03-10T13:00:00.000Z',
    TimeIdle: 12,
    ChatReqAssigned: 3,
  };
  const json = JSON.stringify({
    allOrNone: false,
    records: Array.from({ length: SET }, () => ({ attributes: { type: 'LiveAgentSession' }, ...fields })),
  });
  const elements = Object.entries(fields).map(([name, value]) => `<o:${name}>${value}</o:${name}>`);
  const xml = envelope(
    `<create>${`<sObjects><o:type>LiveAgentSession</o:type>${elements.join('')}</sObjects>`.repeat(SET)}</create>`,
  );
  const createRest = () => rest('composite/sobjects', json);
  const createSoap = () => soap(xml, SET);
  for (let made = 0; made < ROWS; made += SET) await createRest();

  const soql =
    'SELECT Id, Name, AgentId, OwnerId, LoginTime, LogoutTime, TimeIdle, TimeInChats, ChatReqAssigned, CreatedDate FROM LiveAgentSession LIMIT 2000';
  const page = envelope(`<query><queryString>${soql}</queryString></query>`);
  await ratio(
    'query of 2,000 rows',
    () => soap(page),
    () => rest(`query?q=${encodeURIComponent(soql)}`),
    2,
  );
  await ratio('create of 200', createSoap, createRest, 1.5);

  async function signIn(): Promise<string> {
    const response = await fetch(`${server.url}/services/oauth2/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'password',
        client_id: 'bench',
        client_secret: 'bench',
        username: 'admin@floorwalker.demo',
        password: DEFAULT_DEMO_PASSWORD,
      }),
    });
    return ((await response.json()) as { access_token: string }).access_token;
  }

  async function rest(resource: string, body?: string): Promise<unknown> {
    const response = await fetch(`${server.url}/services/data/v60.0/${resource}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(text);
    return resource.startsWith('query') && text.length > 100_000 ? undefined : JSON.parse(text);
  }

  function envelope(content: string): string {
    return (
      '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns="urn:partner.soap.sforce.com"' +
      ` xmlns:o="urn:sobject.partner.soap.sforce.com"><s:Header><SessionHeader><sessionId>${token}</sessionId>` +
      `</SessionHeader></s:Header><s:Body>${content}</s:Body></s:Envelope>`
    );
  }

  async function soap(body: string, saved?: number): Promise<void> {
    const response = await fetch(`${server.url}/services/Soap/u/60.0`, {
      method: 'POST',
      headers: { 'content-type': 'text/xml; charset=UTF-8', soapaction: '""' },
      body,
    });
    const text = await response.text();
    const good = text.split('<success>true</success>').length - 1;
    if (!response.ok || (saved !== undefined && good !== saved)) throw new Error(text.slice(0, 2000));
  }
} finally {
  await server.close();
  await rm(dataDir, { recursive: true, force: true });
}

async function ratio(
  name: string,
  ours: () => Promise<unknown>,
  theirs: () => Promise<unknown>,
  most: number,
): Promise<void> {
  // Both sides as they run after a while, not as they start.
  for (let round = 0; round < WARM_UP; round++) {
    await ours();
    await theirs();
  }
  const rounds: { ours: number; theirs: number }[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const first = round % 2 === 0 ? await milliseconds(ours) : Number.NaN;
    const other = await milliseconds(theirs);
    rounds.push({ ours: Number.isNaN(first) ? await milliseconds(ours) : first, theirs: other });
  }
  const times = median(rounds.map((round) => round.ours / round.theirs));
  const ms = (value: number) => `${value.toFixed(1)} ms`;
  console.log(
    `${name}: SOAP takes ${times.toFixed(2)} times REST (at most ${most}; SOAP ${ms(median(rounds.map((one) => one.ours)))}, REST ${ms(median(rounds.map((one) => one.theirs)))})`,
  );
}
