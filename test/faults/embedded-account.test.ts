/** Under which account PostgreSQL runs: as root the three ways in their order, as an ordinary user that one. */
import { chmodSync, chownSync, cpSync, mkdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { findBinaries } from '../../src/store/embedded/binaries.js';
import { startEmbedded } from '../../src/store/embedded/start.js';
import {
  ask,
  isRoot,
  launchServer,
  NOBODY,
  removeTempDirs,
  silentLog,
  startServer,
  tempDir,
} from './embedded-support.js';

afterAll(removeTempDirs);

const AN_ACCOUNT = 2; // `bin`: exists everywhere, owns nothing
const needsRoot = isRoot ? '' : 'it needs root';
/** An account other than ours can only run what it may read. */
const projectIsOpen = (() => {
  for (let dir = path.dirname(fileURLToPath(import.meta.url)); ; dir = path.dirname(dir)) {
    if ((statSync(dir).mode & 0o005) !== 0o005) return false;
    if (dir === path.dirname(dir)) return true;
  }
})();
const needsOpenProject = needsRoot || (projectIsOpen ? '' : 'other accounts may not read this project');
const asRoot = test.skipIf(needsRoot !== '');
const asRootOfOpenProject = test.skipIf(needsOpenProject !== '');
if (needsOpenProject !== '') console.info(`Not every test of accounts runs here: ${needsOpenProject}.`);

async function accountOf(dataDir: string, nativeDir?: string): Promise<string> {
  let account = '';
  const embedded = await startEmbedded({
    dataDir,
    durable: false,
    ...(nativeDir === undefined ? {} : { nativeDir }),
    log: {
      ...silentLog,
      info: (fields) => {
        if ('account' in fields) account = String(fields.account);
      },
    },
  });
  expect(await ask(embedded.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  await embedded.stop();
  return account;
}

asRootOfOpenProject('root: the owner of DATA_DIR runs PostgreSQL when that is not root', async () => {
  const dataDir = tempDir();
  chownSync(dataDir, AN_ACCOUNT, AN_ACCOUNT);
  expect(await accountOf(dataDir)).toBe(`the owner of DATA_DIR (${AN_ACCOUNT})`);
  expect(statSync(path.join(dataDir, 'pg18', 'cluster')).uid).toBe(AN_ACCOUNT);
  // And that owner can start it afterwards.
  const server = await startServer({ dataDir, durable: false }, AN_ACCOUNT);
  await server.stop();
});

asRootOfOpenProject('root: nobody runs PostgreSQL where it may', async () => {
  const dataDir = tempDir();
  expect(await accountOf(dataDir)).toBe('nobody (65534)');
  expect(statSync(path.join(dataDir, 'pg18', 'cluster')).uid).toBe(NOBODY);
});

asRootOfOpenProject(
  'root: below a directory only root may enter, a user namespace runs it; both ways share one cluster',
  async () => {
    const outer = tempDir();
    const dataDir = path.join(outer, 'data');
    expect(await accountOf(dataDir)).toBe('nobody (65534)');
    chmodSync(outer, 0o700);
    expect(await accountOf(dataDir)).toBe('unshare --user');
    expect(statSync(path.join(dataDir, 'pg18', 'cluster')).uid).toBe(0);
    chmodSync(outer, 0o755);
    expect(await accountOf(dataDir)).toBe('nobody (65534)');
  },
);

asRoot('root: when no way works the error names all three', async () => {
  const outer = tempDir();
  chmodSync(outer, 0o700);
  chownSync(outer, 0, 0);
  const dataDir = path.join(outer, 'data');
  const path_ = process.env.PATH;
  process.env.PATH = outer; // no unshare in there
  try {
    const start = startEmbedded({ dataDir, log: silentLog });
    await expect(start).rejects.toThrow(/nobody \(65534\): .*; unshare --user: .*Ways out: .*DATABASE_URL/s);
  } finally {
    if (path_ === undefined) delete process.env.PATH;
    else process.env.PATH = path_;
  }
});

test.skipIf(isRoot && !projectIsOpen)('an ordinary user runs it as itself', async () => {
  const dataDir = tempDir();
  if (isRoot) chownSync(dataDir, NOBODY, NOBODY);
  const server = await startServer({ dataDir, durable: false }, isRoot ? NOBODY : undefined);
  expect(await ask(server.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  expect(statSync(path.join(dataDir, 'pg18', 'cluster')).uid).toBe(isRoot ? NOBODY : process.getuid?.());
  await server.stop();
});

asRootOfOpenProject("an ordinary user is told whose files they are when they are another's", async () => {
  const dataDir = tempDir();
  await accountOf(dataDir);
  const { promise } = launchServer({ dataDir }, AN_ACCOUNT);
  expect(await promise).toEqual({
    error: expect.stringMatching(/^DATA_DIR cannot be used: no write access/),
  });
});

test('a read-only package without its links (npm ran no install script) starts all the same', async () => {
  const outer = tempDir();
  const nativeDir = path.join(outer, 'package', 'native');
  cpSync(findBinaries().nativeDir, nativeDir, {
    recursive: true,
    filter: (source) => !/\.a$/.test(source),
    verbatimSymlinks: true,
  });
  for (const name of ['libpq.so.5', 'libpq.so', 'libicuuc.so.60', 'libicudata.so.60', 'libicui18n.so.60']) {
    rmSync(path.join(nativeDir, 'lib', name), { force: true });
  }
  const everyDirectory = ['native', 'native/bin', 'native/lib', '.'].map((name) =>
    path.join(outer, 'package', name),
  );
  for (const dir of everyDirectory) chmodSync(dir, 0o555);
  try {
    const dataDir = path.join(outer, 'data');
    mkdirSync(dataDir);
    if (isRoot) chownSync(dataDir, NOBODY, NOBODY); // who, unlike root, cannot write there
    await accountOf(dataDir, nativeDir);
  } finally {
    for (const dir of everyDirectory) chmodSync(dir, 0o755);
  }
});
