/**
 * PostgreSQL over TLS, as most databases of an operator's own are reached: rows by their bytes, notifications and the whole
 * server go through the secure stream, and a certificate of another name or of nobody's is refused.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Database, openDatabase } from '../../src/store/database.js';
import { chooseAccount } from '../../src/store/embedded/account.js';
import { findBinaries } from '../../src/store/embedded/binaries.js';
import { layoutOf, socketDirectory } from '../../src/store/embedded/layout.js';
import { libraryEnvironment } from '../../src/store/embedded/libraries.js';
import { settingsOf } from '../../src/store/embedded/settings.js';
import { startEmbedded } from '../../src/store/embedded/start.js';
import { eventually, removeTempDirs, silentLog, tempDir } from '../faults/embedded-support.js';
import { rawVisitor } from '../faults/raw-visitor.js';
import { serverOn } from '../support/chat-server.js';
import { selfSigned } from '../support/self-signed.js';

let postmaster: ChildProcess;
/** Its certificate is for `localhost`. */
let port: number;
let credentials: string;
/** What its certificate is checked with. */
let rootFile: string;
let db: Database;

const urlOf = (host: string, parameters: Readonly<Record<string, string>>) =>
  `postgresql://${credentials}@${host}:${port}/floorwalker?${new URLSearchParams(parameters)}`;
const secureUrl = () => urlOf('localhost', { sslmode: 'verify-full', sslrootcert: rootFile });

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address() as { port: number };
  probe.close();
  await once(probe, 'close');
  return address.port;
}

/** The embedded PostgreSQL, started over with a TCP port that speaks TLS. */
beforeAll(async () => {
  const dataDir = tempDir();
  const embedded = await startEmbedded({ dataDir, durable: false, log: silentLog });
  const { username, password } = new URL(embedded.url);
  credentials = `${username}:${password}`;
  await embedded.stop();

  const binaries = findBinaries();
  const layout = layoutOf(dataDir);
  const environment = libraryEnvironment(binaries.nativeDir, layout.libraries);
  const account = await chooseAccount(binaries, dataDir, environment);
  const { key, certificate } = selfSigned('localhost');
  rootFile = path.join(dataDir, 'root.pem');
  writeFileSync(rootFile, certificate);
  for (const [name, text] of [
    ['server.key', key],
    ['server.crt', certificate],
  ] as const) {
    const file = path.join(layout.cluster, name);
    writeFileSync(file, text, { mode: 0o600 });
    if (account.ids) chownSync(file, account.fileUid, account.fileGid);
  }
  port = await freePort();
  const [command = '', ...args] = [
    ...account.prefix,
    binaries.postgres,
    ...['-D', layout.cluster, '-k', await socketDirectory(layout, account), '-p', String(port)],
    ...[
      ...settingsOf({ durable: false, maxConnections: 50 }),
      'listen_addresses=127.0.0.1',
      'ssl=on',
    ].flatMap((setting) => ['-c', setting]),
  ];
  postmaster = spawn(command, args, { env: environment, cwd: '/', stdio: 'ignore', ...account.ids });
  db = await eventually(() => openDatabase({ url: secureUrl(), poolSize: 2, queryTimeoutMs: 60_000 }));
});
afterAll(async () => {
  await db?.close();
  postmaster?.kill('SIGINT');
  if (postmaster?.exitCode === null) await once(postmaster, 'exit');
  await removeTempDirs();
});

it('is what statements travel in', async () => {
  const encrypted =
    'SELECT ssl, current_setting($1) AS library FROM pg_stat_ssl WHERE pid = pg_backend_pid()';
  expect(await db.query(encrypted, ['ssl_library'])).toEqual([{ ssl: true, library: 'OpenSSL' }]);
});

it('hands out rows by their bytes, however the secure stream cuts them, beside ordinary ones', async () => {
  const text = `SELECT g::text AS a, repeat('ä€', g % 900) AS b FROM generate_series(1, $1::int) g ORDER BY g`;
  const decoded = await db.query<{ a: string; b: string }>(text, [4_000]);
  const expected = decoded.map(({ a, b }) => [a, b]);
  const columnsOf = (bytes: Buffer, from: number) => {
    const middle = from + 4 + bytes.readInt32BE(from);
    return [
      bytes.toString('utf8', from + 4, middle),
      bytes.toString('utf8', middle + 4, middle + 4 + bytes.readInt32BE(middle)),
    ];
  };
  for (const isQuery of [false, true, true]) {
    const statement = { text, values: [4_000], name: 'secure', isQuery };
    const seen: string[][] = [];
    const [{ rows }] = await Promise.all([
      db.dataRows(statement),
      db.eachRow(statement, (bytes, start) => seen.push(columnsOf(bytes, start))),
    ]);
    expect(rows.map((row) => columnsOf(row, 0))).toEqual(expected);
    expect(seen).toEqual(expected);
  }
  await expect(db.dataRows({ text: 'SELECT 1 / $1::int', values: [0] })).rejects.toThrow('division by zero');
  expect(await db.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
});

it('carries notifications', async () => {
  const heard: string[] = [];
  const unlisten = await db.listen('secure', (payload) => heard.push(payload));
  await db.query('SELECT pg_notify($1, $2)', ['secure', 'hello']);
  await expect.poll(() => heard).toEqual(['hello']);
  await unlisten();
});

it('refuses a server of another name, one nobody vouches for, and one that would speak in clear', async () => {
  const other = openDatabase({ url: urlOf('127.0.0.1', { sslmode: 'verify-full', sslrootcert: rootFile }) });
  await expect(other).rejects.toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
  const unknown = openDatabase({ url: urlOf('localhost', { sslmode: 'verify-full' }) });
  await expect(unknown).rejects.toMatchObject({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
  const clear = createServer((socket) => socket.once('data', () => socket.end('N'))).listen(0, '127.0.0.1');
  await once(clear, 'listening');
  const { port: clearPort } = clear.address() as { port: number };
  const url = secureUrl().replace(`:${port}/`, `:${clearPort}/`);
  await expect(openDatabase({ url })).rejects.toThrow('does not support SSL');
  clear.close();
});

it('serves a whole floor: records, pages of SOQL, a chat between two servers', async () => {
  const here = await serverOn({ url: secureUrl(), drop: async () => {} }, {});
  const there = await here.second();
  try {
    const headers = {
      authorization: `Bearer ${await here.token('admin')}`,
      'content-type': 'application/json',
    };
    const get = async (url: string) =>
      (await (await fetch(`${here.url}${url}`, { headers })).json()) as {
        totalSize: number;
        nextRecordsUrl?: string;
        records: { Name: string; Message: string; CreatedDate: string }[];
      };
    for (let batch = 0; batch < 3; batch++) {
      const records = Array.from({ length: 200 }, (_, i) => ({
        attributes: { type: 'QuickText' },
        Name: `Text ${1000 + batch * 200 + i}`,
        Message: 'ä€'.repeat(i + 1),
      }));
      const answer = await fetch(`${here.url}/services/data/v60.0/composite/sobjects`, {
        method: 'POST',
        headers,
        body: JSON.stringify({ allOrNone: true, records }),
      });
      expect(answer.status).toBe(200);
    }
    const soql = "SELECT Name, Message, CreatedDate FROM QuickText WHERE Name LIKE 'Text 1%' ORDER BY Name";
    const found: string[] = [];
    let url: string | undefined = `/services/data/v60.0/query?q=${encodeURIComponent(soql)}`;
    Object.assign(headers, { 'sforce-query-options': 'batchSize=200' });
    while (url !== undefined) {
      const page = await get(url);
      expect(page.totalSize).toBe(600);
      for (const { Name, Message } of page.records) {
        expect(Message).toBe('ä€'.repeat(((Number(Name.slice(5)) - 1000) % 200) + 1));
        found.push(Name);
      }
      url = page.nextRecordsUrl;
    }
    expect(found).toEqual(Array.from({ length: 600 }, (_, i) => `Text ${1000 + i}`));

    const ana = await here.agent('ana');
    await ana.request('setStatus', { status: 'Online' });
    const vera = await rawVisitor(there.url, there, 'Vera');
    const { offerId } = await ana.until((state) => state.offers[0]);
    const { chat } = await ana.request('acceptOffer', { offerId });
    await vera.heard('ChatEstablished');
    expect(await vera.say('hello over there')).toBe(true);
    await ana.until((state) => state.chats[0]?.lines.some(({ text }) => text === 'hello over there'));
    await ana.request('sendMessage', { chatId: chat.chat.chatId, text: 'hello' });
    await vera.heard('ChatMessage');
    vera.stop();
  } finally {
    await there.close();
    await here.close();
  }
}, 60_000);
