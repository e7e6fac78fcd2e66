/** What a start of the embedded PostgreSQL leaves on the disk and lets in. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { startEmbedded } from '../../../src/store/embedded/start.js';
import {
  ask,
  killHard,
  removeTempDirs,
  silentLog,
  startServer,
  tempDir,
} from '../../faults/embedded-support.js';

afterAll(removeTempDirs);

const options = { durable: false, log: silentLog };
const modeOf = (file: string) => statSync(file).mode & 0o777;

test('the database is UTF8 with locale C, owned by a role that is no superuser, on PostgreSQL 18', async () => {
  const embedded = await startEmbedded({ ...options, dataDir: tempDir() });
  const [row] = await ask(
    embedded.url,
    `SELECT pg_encoding_to_char(d.encoding) AS encoding, d.datcollate, d.datctype, r.rolsuper,
            pg_get_userbyid(d.datdba) = current_user AS owns, current_setting('server_version_num')::int / 10000 AS major
       FROM pg_database d, pg_roles r WHERE d.datname = current_database() AND r.rolname = current_user`,
  );
  expect(row).toEqual({
    encoding: 'UTF8',
    datcollate: 'C',
    datctype: 'C',
    rolsuper: false,
    owns: true,
    major: 18,
  });
  await embedded.stop();
  await embedded.stop(); // the second stop does nothing
});

test('only the owner may read password, cluster and socket; a wrong password does not get in', async () => {
  const dataDir = tempDir();
  const embedded = await startEmbedded({ ...options, dataDir });
  const root = path.join(dataDir, 'pg18');
  expect(modeOf(path.join(root, 'password'))).toBe(0o600);
  expect(modeOf(path.join(root, 'cluster'))).toBe(0o700);
  expect(modeOf(path.join(root, 'run'))).toBe(0o700);
  expect(modeOf(path.join(root, 'run', '.s.PGSQL.5432')) & 0o077).toBe(0);
  expect(modeOf(path.join(root, 'postgres.log'))).toBe(0o600);
  const wrong = new URL(embedded.url);
  wrong.password = 'guess';
  await expect(ask(wrong.href, 'SELECT 1')).rejects.toThrow(/password authentication failed/);
  expect(await ask(embedded.url, 'SHOW listen_addresses')).toEqual([{ listen_addresses: '' }]);
  await embedded.stop();
});

test('no statement, value or row reaches the log of PostgreSQL', async () => {
  const dataDir = tempDir();
  const embedded = await startEmbedded({ ...options, dataDir });
  await ask(embedded.url, 'CREATE TABLE talk (line text UNIQUE)');
  await ask(embedded.url, "INSERT INTO talk VALUES ('a secret line')");
  await expect(ask(embedded.url, 'INSERT INTO talk VALUES ($1)', ['a secret line'])).rejects.toThrow(
    /duplicate/,
  );
  await expect(ask(embedded.url, "SELECT 'a secret line'::int")).rejects.toThrow(/invalid input/);
  await embedded.stop();
  const log = readFileSync(path.join(dataDir, 'pg18', 'postgres.log'), 'utf8');
  expect(log).toContain('ready to accept connections');
  expect(log).not.toContain('secret');
});

test('a DATA_DIR too long for a socket gets a private one in the temp dir, which the next start finds', async () => {
  const dataDir = path.join(tempDir(), 'a-directory-with-a-rather-long-name, a comma and "quotes"'.repeat(2));
  const first = await startServer({ dataDir });
  const socketDir = readFileSync(path.join(dataDir, 'pg18', 'socket-directory'), 'utf8').trim();
  expect(modeOf(socketDir)).toBe(0o700);
  expect(existsSync(path.join(socketDir, '.s.PGSQL.5432'))).toBe(true);
  await killHard(first.process);
  const second = await startServer({ dataDir });
  expect(second).toMatchObject({ pid: first.pid, url: first.url });
  await second.stop();
});

test('a DATA_DIR whose name has blanks, commas and quotes works', async () => {
  const embedded = await startEmbedded({ ...options, dataDir: path.join(tempDir(), 'a "b", ü') });
  expect(await ask(embedded.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  await embedded.stop();
});

test('a DATA_DIR that cannot be made is one clear sentence', async () => {
  const file = path.join(tempDir(), 'file');
  const { writeFileSync } = await import('node:fs');
  writeFileSync(file, '');
  const start = startEmbedded({ ...options, dataDir: path.join(file, 'data') });
  await expect(start).rejects.toThrow(/^DATA_DIR cannot be used: no write access to .*ENOTDIR/);
});

test.skipIf(process.platform !== 'linux')(
  'PostgreSQL leaves no core behind, which would hold chats',
  async () => {
    const embedded = await startEmbedded({ ...options, dataDir: tempDir() });
    expect(readFileSync(`/proc/${embedded.pid}/limits`, 'utf8')).toMatch(/Max core file size +0 +0 /);
    await embedded.stop();
  },
);
