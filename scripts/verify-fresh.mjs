/**
 * Does what README's first screen says, on as fresh a machine as one machine can play: a clean clone, an empty npm
 * cache, a home directory of its own, no variable of ours; with this Node and with 22 and 24 (npm brings them), as
 * this user and, when that is root, as an ordinary one too.
 *
 *   node scripts/verify-fresh.mjs [--nodes current,22,24] [--users root,ordinary] [--only start|test]
 *
 * Exit code 1 when any of it failed. Commit first: the clone has what is committed.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const ORDINARY = { uid: 65534, gid: 65534 };
const START_PATIENCE_MS = 180_000;
const isRoot = process.getuid?.() === 0;

const { values } = parseArgs({
  options: {
    nodes: { type: 'string', default: 'current,22,24' },
    users: { type: 'string', default: isRoot ? 'root,ordinary' : 'ordinary' },
    only: { type: 'string' },
  },
});

const place = mkdtempSync(path.join(tmpdir(), 'floorwalker-fresh-'));
chmodSync(place, 0o755);

/** Runs a command to its end; its output is shown only when it fails. */
async function run(command, args, options) {
  const started = performance.now();
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output = (output + chunk).slice(-20_000);
    });
  }
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}:\n${output}`);
  return { seconds: (performance.now() - started) / 1000, output };
}

/** The directory of another Node's binary, from npm. */
async function nodeDirectory(version) {
  if (version === 'current') return path.dirname(process.execPath);
  const prefix = path.join(place, `node-${version}`);
  mkdirSync(prefix);
  const name = `node-${process.platform}-${process.arch}`;
  await run('npm', ['install', '--no-audit', '--no-fund', '--prefix', prefix, `${name}@${version}`], {
    cwd: prefix,
  });
  return path.join(prefix, 'node_modules', name, 'bin');
}

function own(directory, { uid, gid }) {
  chownSync(directory, uid, gid);
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const child = path.join(directory, entry.name);
    if (entry.isDirectory()) own(child, { uid, gid });
    else chownSync(child, uid, gid);
  }
}

/** Starts the server as README says, waits for /readyz, stops it with SIGTERM. */
async function verifyStart(options) {
  const child = spawn('npm', ['start'], { stdio: ['ignore', 'pipe', 'inherit'], detached: true, ...options });
  const ended = once(child, 'exit');
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  const started = performance.now();
  try {
    for (;;) {
      const url = /is ready at (\S+)/.exec(output)?.[1];
      if (url !== undefined && (await fetch(`${url}/readyz`)).status === 200) break;
      if (child.exitCode !== null) throw new Error(`npm start ended with ${child.exitCode}:\n${output}`);
      if (performance.now() - started > START_PATIENCE_MS) throw new Error(`not ready in time:\n${output}`);
      await sleep(50);
    }
  } catch (error) {
    process.kill(-child.pid, 'SIGKILL');
    throw error;
  }
  const seconds = (performance.now() - started) / 1000;
  process.kill(-child.pid, 'SIGTERM');
  await ended;
  return seconds;
}

async function verify(version, user) {
  const home = path.join(place, `${user}-${version}`);
  const clone = path.join(home, 'floorwalker');
  mkdirSync(home);
  const cloned = spawnSync('git', ['clone', '--quiet', ROOT, clone], { stdio: 'inherit' });
  if (cloned.status !== 0) throw new Error('git clone failed');
  const ids = isRoot && user === 'ordinary' ? ORDINARY : undefined;
  if (ids) own(home, ids);
  const options = {
    cwd: clone,
    env: {
      PATH: `${await nodeDirectoryOf(version)}:${process.env.PATH}`,
      HOME: home,
      npm_config_cache: path.join(home, 'npm-cache'),
      // Where packages come from is the machine's business, not the project's.
      ...Object.fromEntries(
        Object.entries(process.env).filter(([name]) => /^(https?|no)_proxy$|^NODE_EXTRA/i.test(name)),
      ),
      PORT: '0',
    },
    ...ids,
  };
  const { output } = await run('node', ['--version'], options);
  const facts = [output.trim()];
  const install = async () => {
    const { seconds } = await run('npm', ['ci', '--no-audit', '--no-fund'], options);
    return `npm ci ${seconds.toFixed(1)} s`;
  };
  if (values.only !== 'test') {
    facts.push(await install(), `npm start ready in ${(await verifyStart(options)).toFixed(1)} s`);
  }
  if (values.only !== 'start') {
    facts.push(await install());
    const { seconds, output: report } = await run('npm', ['test'], options);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the reporter colours its lines
    const counts = /Tests\s+(.*)/.exec(report.replace(/\u001b\[\d+m/g, ''))?.[1] ?? '';
    facts.push(`npm test ${seconds.toFixed(0)} s: ${counts.trim()}`);
  }
  rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  return facts.join(', ');
}

const directories = new Map();
function nodeDirectoryOf(version) {
  if (!directories.has(version)) directories.set(version, nodeDirectory(version));
  return directories.get(version);
}

let failed = false;
try {
  for (const version of values.nodes.split(',')) {
    for (const user of values.users.split(',')) {
      const name = `node ${version}, ${user}`;
      try {
        console.log(`ok      ${name}: ${await verify(version, user)}`);
      } catch (error) {
        failed = true;
        console.log(`FAILED  ${name}: ${error.message}`);
      }
    }
  }
} finally {
  rmSync(place, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}
process.exitCode = failed ? 1 : 0;
