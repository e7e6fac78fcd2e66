/**
 * What it costs to have Floorwalker: seconds and megabytes of an installation, seconds until it is ready, memory after
 * a thousand requests. Works in a temp copy, with an npm cache of its own, and leaves nothing behind.
 *
 *   npm run bench:start [-- --rounds 5] [--keep-cache]
 *
 * Prints a table against the targets; exit code 1 when one is missed.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const REQUESTS = 1_000;
const AT_ONCE = 16;
const READY_PATIENCE_MS = 60_000;
const PASSWORD = 'bench-password-1';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, 'keep-cache': { type: 'boolean', default: false } },
});
const rounds = Number(values.rounds);
const place = mkdtempSync(path.join(tmpdir(), 'floorwalker-bench-'));
const environment = {
  ...process.env,
  ...(values['keep-cache'] ? {} : { npm_config_cache: path.join(place, 'npm-cache') }),
};

const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

/** Megabytes (10^6 bytes) the files below a directory take on the disk. */
function megabytes(directory) {
  const sum = (file) => {
    const status = lstatSync(file);
    const own = (status.blocks ?? Math.ceil(status.size / 512)) * 512;
    return status.isDirectory()
      ? readdirSync(file).reduce((total, name) => total + sum(path.join(file, name)), own)
      : own;
  };
  return sum(directory) / 1e6;
}

function run(command, args, cwd) {
  const started = performance.now();
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, env: environment, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed:\n${stdout}\n${stderr}`);
  return (performance.now() - started) / 1000;
}

/** Copies what an installation needs: the whole package, or without sources when `dist` runs by itself. */
function copyOf(name, wanted) {
  const to = path.join(place, name);
  mkdirSync(to);
  for (const entry of wanted) {
    if (existsSync(path.join(ROOT, entry)))
      cpSync(path.join(ROOT, entry), path.join(to, entry), { recursive: true });
  }
  return to;
}

/** Starts `node dist/cli.js start` and waits until /readyz says 200. */
async function start(cwd, dataDir, more = {}) {
  const started = performance.now();
  const child = spawn(process.execPath, ['dist/cli.js', 'start'], {
    cwd,
    env: {
      ...environment,
      DATA_DIR: dataDir,
      PORT: '0',
      LOG_LEVEL: 'error',
      ADMIN_PASSWORD: PASSWORD,
      ...more,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  for (;;) {
    const url = /is ready at (\S+)/.exec(output)?.[1];
    if (url !== undefined && (await fetch(`${url}/readyz`)).status === 200) {
      return { child, url, seconds: (performance.now() - started) / 1000 };
    }
    if (child.exitCode !== null || performance.now() - started > READY_PATIENCE_MS) {
      throw new Error(`the server did not get ready:\n${output}`);
    }
    await sleep(5);
  }
}

async function stop({ child }) {
  child.kill('SIGTERM');
  if (child.exitCode === null) await once(child, 'exit');
}

/** Resident memory of a process in MiB. */
function residentMebibytes(pid) {
  if (process.platform === 'linux') {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
  }
  return Number(spawnSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' }).stdout) / 1024;
}

async function call(url, token, method = 'GET', body = undefined) {
  const response = await fetch(url, {
    method,
    headers: { authorization: `Bearer ${token}`, ...(body ? { 'content-type': 'application/json' } : {}) },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${text}`);
  return text === '' ? undefined : JSON.parse(text);
}

/** A thousand requests of everyday kinds: query, retrieve, describe, create, delete. */
async function thousandRequests(url) {
  const granted = await fetch(`${url}/services/oauth2/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'password',
      client_id: 'PlatformCLI',
      client_secret: '',
      username: 'admin@floorwalker.demo',
      password: PASSWORD,
    }),
  });
  if (!granted.ok) throw new Error(`sign-in: ${granted.status} ${await granted.text()}`);
  const token = (await granted.json()).access_token;
  const data = `${url}/services/data/v60.0`;
  const kinds = [
    () =>
      call(
        `${data}/query?q=${encodeURIComponent('SELECT Id, Name, LoginTime, Agent.Name FROM LiveAgentSession ORDER BY LoginTime LIMIT 200')}`,
        token,
      ),
    () =>
      call(
        `${data}/query?q=${encodeURIComponent('SELECT Id, Username, Profile.Name FROM User WHERE IsActive = true')}`,
        token,
      ),
    () => call(`${data}/sobjects/LiveAgentSession/describe`, token),
    async () => {
      const { id } = await call(`${data}/sobjects/Skill`, token, 'POST', {
        DeveloperName: `Bench_${crypto.randomUUID().replaceAll('-', '_')}`,
        MasterLabel: 'Bench',
      });
      await call(`${data}/sobjects/Skill/${id}`, token);
    },
    () => call(`${data}/limits`, token),
  ];
  let next = 0;
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      while (next < REQUESTS) await kinds[next++ % kinds.length]();
    }),
  );
}

const rows = [];
function row(what, value, unit, target) {
  rows.push({
    what,
    value: `${value.toFixed(value < 10 ? 2 : 0)} ${unit}`,
    target: target === undefined ? '' : `${target} ${unit}`,
    verdict: target === undefined ? '' : value <= target ? 'met' : 'MISSED',
    missed: target !== undefined && value > target,
  });
}

try {
  const whole = copyOf('whole', [
    'src',
    'scripts',
    'package.json',
    'package-lock.json',
    '.npmrc',
    'tsconfig.json',
    'tsconfig.build.json',
  ]);
  row('npm ci, all dependencies', run('npm', ['ci', '--no-audit', '--no-fund'], whole), 's', 30);
  row('node_modules, all dependencies', megabytes(path.join(whole, 'node_modules')), 'MB');
  row('npm run build', run('npm', ['run', '--silent', 'build'], whole), 's');

  const lean = copyOf('lean', ['package.json', 'package-lock.json', '.npmrc']);
  cpSync(path.join(whole, 'dist'), path.join(lean, 'dist'), { recursive: true });
  row('npm ci --omit=dev', run('npm', ['ci', '--omit=dev', '--no-audit', '--no-fund'], lean), 's', 30);
  row('dist + node_modules without development dependencies', megabytes(lean), 'MB', 200);

  const first = [];
  const again = [];
  const demo = [];
  for (let round = 0; round < rounds; round++) {
    const dataDir = path.join(place, `data-${round}`);
    for (const times of [first, again]) {
      const server = await start(lean, dataDir);
      times.push(server.seconds);
      await stop(server);
    }
    const server = await start(lean, path.join(place, `demo-${round}`), {
      DEMO: '1',
      DEMO_PASSWORD: PASSWORD,
    });
    demo.push(server.seconds);
    if (round === rounds - 1) {
      const idle = residentMebibytes(server.child.pid);
      await thousandRequests(server.url);
      row('first start to ready, embedded PostgreSQL', median(first), 's', 3);
      row('first start to ready, with the demo organization', median(demo), 's', 3);
      row('start again to ready', median(again), 's', 1.5);
      row('memory of node, ready', idle, 'MiB');
      row('memory of node after 1,000 requests', residentMebibytes(server.child.pid), 'MiB', 220);
    }
    await stop(server);
  }
  console.log(
    `Node ${process.versions.node}, ${process.platform}-${process.arch}, ${availableParallelism()} cores, ${rounds} rounds (median)\n`,
  );
  console.log('| what | measured | target | |');
  console.log('| --- | ---: | ---: | --- |');
  for (const { what, value, target, verdict } of rows)
    console.log(`| ${what} | ${value} | ${target} | ${verdict} |`);
  process.exitCode = rows.some(({ missed }) => missed) ? 1 : 0;
} finally {
  rmSync(place, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}
