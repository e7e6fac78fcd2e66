/**
 * Every setting of the server: an environment variable each, read once at start and checked, all problems reported
 * at once. The table `SETTINGS` is the one place a setting is written down; README's list is made from it.
 * Invariant: a `Config` that exists is valid; nothing else reads `process.env` for a setting.
 */
import { accessSync, constants } from 'node:fs';
import { BlockList, isIP } from 'node:net';
import path from 'node:path';
import { z } from 'zod';

export type LogLevel = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';

/** Where the server is reached when PUBLIC_URL does not say so: it listens in clear text on this machine only. */
const DEFAULT_HOST = '127.0.0.1';
/** Known to everyone, so it is refused on any address but this machine's own. */
export const DEFAULT_DEMO_PASSWORD = 'floorwalker-demo-1';
/** An administrator's password shorter than this is refused. */
const MIN_PASSWORD_LENGTH = 8;

export interface Config {
  readonly port: number;
  readonly host: string;
  /** Origin of every absolute URL the server writes; undefined: `http(s)://HOST:PORT`, made when it listens. */
  readonly publicUrl: string | undefined;
  readonly tls: { readonly certFile: string; readonly keyFile: string } | undefined;
  /** Addresses and CIDRs of proxies whose X-Forwarded-* headers are believed. */
  readonly trustProxy: readonly string[];
  /** Absolute path. */
  readonly dataDir: string;
  /** undefined: the embedded PostgreSQL. */
  readonly databaseUrl: string | undefined;
  readonly databaseDirectUrl: string | undefined;
  readonly databaseReadUrl: string | undefined;
  readonly databasePoolSize: number;
  /** How long one statement of a SOQL or SOSL call may run. */
  readonly queryTimeoutMs: number;
  readonly adminPassword: string | undefined;
  readonly demo: boolean;
  readonly demoPassword: string;
  readonly logLevel: LogLevel;
  /** How long a login outlives its last contact. */
  readonly graceMs: number;
  /** How often an agent's client says that it is there. */
  readonly heartbeatMs: number;
  /** How often the last contacts of this node's agents are written down. */
  readonly contactFlushMs: number;
  /** How long a visitor's Messages request is held when there is nothing to say. */
  readonly pollHoldMs: number;
  readonly soapLogin: boolean;
  /** How long a session token lives without use. */
  readonly sessionSeconds: number;
  /** Largest request body. */
  readonly bodyLimitBytes: number;
  /** Largest file a visitor may send in a chat. */
  readonly uploadLimitBytes: number;
  /** How long the floor keeps what a finished chat needs no more. */
  readonly chatKeepDays: number;
  /** Multiplies the rate limits of `/live` and the Chat REST API. */
  readonly rateLimitFactor: number;
  /** Server processes on the one port. */
  readonly workers: number;
  /** Where processes wake each other; undefined: through the database. */
  readonly natsUrl: string | undefined;
}

/** Thrown by `readConfig`; `problems` has one sentence per wrong setting. */
export class ConfigError extends Error {
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(`The settings are wrong:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

/** One environment variable: what README says of it, and how its text becomes a value. */
interface Setting {
  readonly name: string;
  /** As README shows it; for a reader, not parsed. */
  readonly default: string;
  readonly meaning: string;
}

const wholeNumber = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d{1,12}$/, `must be a whole number from ${least} to ${most}`)
    .transform(Number)
    .refine((value) => value >= least && value <= most, `must be a whole number from ${least} to ${most}`);

const decimal = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d{1,9}(\.\d{1,3})?$/, `must be a number from ${least} to ${most}`)
    .transform(Number)
    .refine((value) => value >= least && value <= most, `must be a number from ${least} to ${most}`);

/** Seconds with decimals, as milliseconds. */
const milliseconds = (leastSeconds: number, mostSeconds: number) =>
  z
    .string()
    .regex(/^\d{1,9}(\.\d{1,3})?$/, `must be seconds from ${leastSeconds} to ${mostSeconds}`)
    .transform((text) => Math.round(Number(text) * 1000))
    .refine(
      (value) => value >= leastSeconds * 1000 && value <= mostSeconds * 1000,
      `must be seconds from ${leastSeconds} to ${mostSeconds}`,
    );

const TRUE_WORDS = new Set(['1', 'true', 'yes', 'on']);
const FALSE_WORDS = new Set(['0', 'false', 'no', 'off']);
const yesOrNo = z
  .string()
  .toLowerCase()
  .refine(
    (text) => TRUE_WORDS.has(text) || FALSE_WORDS.has(text),
    'must be 1 or 0 (true/false, yes/no, on/off)',
  )
  .transform((text) => TRUE_WORDS.has(text));

function isOrigin(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  const bare = url.pathname === '/' && url.search === '' && url.hash === '' && url.username === '';
  return (url.protocol === 'http:' || url.protocol === 'https:') && bare && url.password === '';
}

const origin = z
  .string()
  .refine(isOrigin, 'must be http:// or https:// with a host and perhaps a port, and no path')
  .transform((text) => new URL(text).origin);

const hostOrAddress = z
  .string()
  .refine(
    (text) => isIP(text) !== 0 || /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/i.test(text),
    'must be an IP address or a host name, without a port',
  );

/** Names proxy-addr knows for the usual ranges. */
const RANGE_NAMES = new Set(['loopback', 'linklocal', 'uniquelocal']);

function isRange(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  if (RANGE_NAMES.has(text)) return true;
  const kind = isIP(address);
  if (kind === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (kind === 4 ? 32 : 128));
}

const ranges = z
  .string()
  .transform((text) =>
    text
      .split(',')
      .map((entry) => entry.trim())
      .filter(Boolean),
  )
  .refine(
    (entries) => entries.every(isRange),
    'must be addresses or CIDRs with commas between them, such as 10.0.0.0/8,127.0.0.1',
  );

const databaseUrl = z
  .string()
  .refine(
    (text) => URL.canParse(text) && ['postgres:', 'postgresql:'].includes(new URL(text).protocol),
    'must be a postgresql:// URL',
  );

const natsUrl = z
  .string()
  .refine(
    (text) => URL.canParse(text) && ['nats:', 'tls:'].includes(new URL(text).protocol),
    'must be a nats:// or tls:// URL',
  );

function isReadable(file: string): boolean {
  try {
    accessSync(file, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

const readableFile = z.string().refine(isReadable, 'must be a file this user can read');
const password = z
  .string()
  .min(MIN_PASSWORD_LENGTH, `must have at least ${MIN_PASSWORD_LENGTH} characters`)
  .max(1_000, 'must have at most 1,000 characters');

/** What each variable's text must be. A variable that is empty counts as not set. */
const environmentSchema = z.object({
  PORT: wholeNumber(0, 65_535).default(8080),
  HOST: hostOrAddress.default(DEFAULT_HOST),
  PUBLIC_URL: origin.optional(),
  TLS_CERT: readableFile.optional(),
  TLS_KEY: readableFile.optional(),
  TRUST_PROXY: ranges.default([]),
  DATA_DIR: z.string().max(4_000).default('./data'),
  DATABASE_URL: databaseUrl.optional(),
  DATABASE_DIRECT_URL: databaseUrl.optional(),
  DATABASE_READ_URL: databaseUrl.optional(),
  DATABASE_POOL_SIZE: wholeNumber(2, 200).default(8),
  QUERY_TIMEOUT_SECONDS: milliseconds(0.05, 86_400).default(120_000),
  ADMIN_PASSWORD: password.optional(),
  DEMO: yesOrNo.default(false),
  DEMO_PASSWORD: password.default(DEFAULT_DEMO_PASSWORD),
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], {
      error: 'must be fatal, error, warn, info, debug, trace or silent',
    })
    .default('info'),
  GRACE_SECONDS: milliseconds(0.1, 3_600).default(30_000),
  HEARTBEAT_SECONDS: milliseconds(0.05, 300).default(5_000),
  CONTACT_FLUSH_SECONDS: milliseconds(0.05, 300).default(5_000),
  POLL_HOLD_SECONDS: milliseconds(0.05, 110).default(22_000),
  SESSION_SECONDS: wholeNumber(1, 86_400).default(7_200),
  SOAP_LOGIN: yesOrNo.default(true),
  BODY_LIMIT_BYTES: wholeNumber(100_000, 500_000_000).default(52_428_800),
  UPLOAD_LIMIT_BYTES: wholeNumber(1_000, 100_000_000).default(5_242_880),
  CHAT_KEEP_DAYS: wholeNumber(1, 3_650).default(30),
  RATE_LIMIT_FACTOR: decimal(0.1, 10_000).default(1),
  WORKERS: wholeNumber(1, 64).default(1),
  NATS_URL: natsUrl.optional(),
});

type Environment = z.output<typeof environmentSchema>;

/** Every setting, in the order README lists them. */
export const SETTINGS: readonly (Setting & { readonly name: keyof Environment })[] = [
  { name: 'PORT', default: '`8080`', meaning: 'Port to listen on; 0 takes any free one and prints it.' },
  {
    name: 'HOST',
    default: '`127.0.0.1`',
    meaning: 'Address to listen on; `0.0.0.0` or `::` for every network.',
  },
  {
    name: 'PUBLIC_URL',
    default: '`http://HOST:PORT`',
    meaning: 'Origin clients reach the server at; every absolute URL in an answer begins with it.',
  },
  {
    name: 'TLS_CERT',
    default: '',
    meaning: 'PEM file with the certificate chain; with `TLS_KEY`, serves https.',
  },
  { name: 'TLS_KEY', default: '', meaning: 'PEM file with the private key.' },
  {
    name: 'TRUST_PROXY',
    default: '',
    meaning: 'Addresses or CIDRs, with commas, of proxies whose `X-Forwarded-*` headers are believed.',
  },
  { name: 'DATA_DIR', default: '`./data`', meaning: 'Directory of the embedded PostgreSQL.' },
  {
    name: 'DATABASE_URL',
    default: 'embedded PostgreSQL',
    meaning: 'A PostgreSQL of your own (15 or later, UTF8); use it in production and on Alpine or Windows.',
  },
  {
    name: 'DATABASE_DIRECT_URL',
    default: '`DATABASE_URL`',
    meaning: 'The same database without the pooler, when `DATABASE_URL` is one (LISTEN and session locks).',
  },
  {
    name: 'DATABASE_READ_URL',
    default: '`DATABASE_URL`',
    meaning: 'A streaming replica for reports and opt-in reads.',
  },
  {
    name: 'DATABASE_POOL_SIZE',
    default: '`8`',
    meaning: 'Connections this process opens at most for its statements.',
  },
  {
    name: 'QUERY_TIMEOUT_SECONDS',
    default: '`120`',
    meaning: 'How long a SOQL or SOSL query may run before it is refused with `QUERY_TIMEOUT`.',
  },
  {
    name: 'ADMIN_PASSWORD',
    default: 'generated, shown once',
    meaning: 'Password of the administrator the first start creates.',
  },
  { name: 'DEMO', default: '`0`', meaning: '`1` seeds the demo organization once; the same as `--demo`.' },
  {
    name: 'DEMO_PASSWORD',
    default: `\`${DEFAULT_DEMO_PASSWORD}\``,
    meaning: 'Password of the demo users; the default is refused when `HOST` is not this machine.',
  },
  { name: 'LOG_LEVEL', default: '`info`', meaning: 'fatal, error, warn, info, debug, trace or silent.' },
  { name: 'GRACE_SECONDS', default: '`30`', meaning: 'How long an agent login outlives its last contact.' },
  {
    name: 'HEARTBEAT_SECONDS',
    default: '`5`',
    meaning: "How often an agent's client says that it is there.",
  },
  {
    name: 'CONTACT_FLUSH_SECONDS',
    default: '`5`',
    meaning: 'How often last contacts are written to the database.',
  },
  {
    name: 'POLL_HOLD_SECONDS',
    default: '`22`',
    meaning: "How long a visitor's Messages request is held when there is nothing to say.",
  },
  { name: 'SESSION_SECONDS', default: '`7200`', meaning: 'How long a session token lives without use.' },
  { name: 'SOAP_LOGIN', default: '`1`', meaning: '`0` switches SOAP `login()` off.' },
  { name: 'BODY_LIMIT_BYTES', default: '`52428800`', meaning: 'Largest request body.' },
  {
    name: 'UPLOAD_LIMIT_BYTES',
    default: '`5242880`',
    meaning: 'Largest file a visitor may send in a chat.',
  },
  {
    name: 'CHAT_KEEP_DAYS',
    default: '`30`',
    meaning: 'How long sessions, messages and files of finished chats are kept; records are never touched.',
  },
  {
    name: 'RATE_LIMIT_FACTOR',
    default: '`1`',
    meaning: 'Multiplies the rate limits of `/live` and the Chat REST API; for measuring.',
  },
  {
    name: 'WORKERS',
    default: '`1`',
    meaning: 'Server processes on the one port; about one for each core.',
  },
  {
    name: 'NATS_URL',
    default: 'the database (NOTIFY)',
    meaning:
      'A NATS server through which several processes wake each other, such as `nats://127.0.0.1:4222`.',
  },
];

/** Whether only this machine reaches a server that listens on `host`. */
function isLoopback(host: string): boolean {
  if (host === 'localhost') return true;
  const kind = isIP(host);
  if (kind === 0) return false;
  const loopback = new BlockList();
  loopback.addSubnet('127.0.0.0', 8, 'ipv4');
  loopback.addAddress('::1', 'ipv6');
  return loopback.check(host, kind === 4 ? 'ipv4' : 'ipv6');
}

interface Contradiction {
  /** The settings it is about: when one of them is wrong by itself, that is all there is to say. */
  readonly about: readonly (keyof Environment)[];
  readonly problem: string;
}

/** Rules between settings. */
function contradictions(env: Environment): Contradiction[] {
  const found: Contradiction[] = [];
  if ((env.TLS_CERT === undefined) !== (env.TLS_KEY === undefined)) {
    found.push({ about: ['TLS_CERT', 'TLS_KEY'], problem: 'TLS_CERT and TLS_KEY must be set together.' });
  }
  if (env.DATABASE_URL === undefined) {
    for (const name of ['DATABASE_DIRECT_URL', 'DATABASE_READ_URL'] as const) {
      if (env[name] === undefined) continue;
      found.push({ about: ['DATABASE_URL', name], problem: `${name} needs DATABASE_URL.` });
    }
  }
  if (env.DEMO && env.DEMO_PASSWORD === DEFAULT_DEMO_PASSWORD && !isLoopback(env.HOST)) {
    found.push({
      about: ['DEMO', 'HOST', 'DEMO_PASSWORD'],
      problem: `DEMO with HOST ${env.HOST} needs a DEMO_PASSWORD of your own: everyone knows the default.`,
    });
  }
  if (env.GRACE_SECONDS <= env.HEARTBEAT_SECONDS + env.CONTACT_FLUSH_SECONDS) {
    found.push({
      about: ['GRACE_SECONDS', 'HEARTBEAT_SECONDS', 'CONTACT_FLUSH_SECONDS'],
      problem:
        'GRACE_SECONDS must be more than HEARTBEAT_SECONDS + CONTACT_FLUSH_SECONDS, or agents who are there are logged out.',
    });
  }
  return found;
}

/** The variables that are set. Blanks around a value are a slip of the shell, but may be meant in a password. */
function givenIn(env: NodeJS.ProcessEnv): Record<string, string> {
  const entries = SETTINGS.map(({ name }): [string, string] => {
    const text = env[name] ?? '';
    return [name, name.endsWith('PASSWORD') ? text : text.trim()];
  });
  return Object.fromEntries(entries.filter(([, text]) => text !== ''));
}

/** Checks everything at once. */
function checked(env: NodeJS.ProcessEnv): Environment {
  const given = givenIn(env);
  const first = environmentSchema.safeParse(given);
  const wrong = new Map<string, string>();
  for (const issue of first.error?.issues ?? []) {
    const name = String(issue.path[0]);
    if (!wrong.has(name)) wrong.set(name, `${name} ${issue.message}.`);
  }
  const sound = Object.entries(given).filter(([name]) => !wrong.has(name));
  const value = environmentSchema.parse(Object.fromEntries(sound));
  const between = contradictions(value).filter(({ about }) => !about.some((name) => wrong.has(name)));
  const problems = [...wrong.values(), ...between.map(({ problem }) => problem)];
  if (problems.length > 0) throw new ConfigError(problems);
  return value;
}

/**
 * Reads the settings from `env` (pass `process.env`).
 * @throws ConfigError with every problem. The texts name the variable and never repeat a password or a URL.
 */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  const value = checked(env);
  return {
    port: value.PORT,
    host: value.HOST,
    publicUrl: value.PUBLIC_URL,
    tls:
      value.TLS_CERT === undefined || value.TLS_KEY === undefined
        ? undefined
        : { certFile: value.TLS_CERT, keyFile: value.TLS_KEY },
    trustProxy: value.TRUST_PROXY,
    dataDir: path.resolve(value.DATA_DIR),
    databaseUrl: value.DATABASE_URL,
    databaseDirectUrl: value.DATABASE_DIRECT_URL,
    databaseReadUrl: value.DATABASE_READ_URL,
    databasePoolSize: value.DATABASE_POOL_SIZE,
    queryTimeoutMs: value.QUERY_TIMEOUT_SECONDS,
    adminPassword: value.ADMIN_PASSWORD,
    demo: value.DEMO,
    demoPassword: value.DEMO_PASSWORD,
    logLevel: value.LOG_LEVEL,
    graceMs: value.GRACE_SECONDS,
    heartbeatMs: value.HEARTBEAT_SECONDS,
    contactFlushMs: value.CONTACT_FLUSH_SECONDS,
    pollHoldMs: value.POLL_HOLD_SECONDS,
    soapLogin: value.SOAP_LOGIN,
    sessionSeconds: value.SESSION_SECONDS,
    bodyLimitBytes: value.BODY_LIMIT_BYTES,
    uploadLimitBytes: value.UPLOAD_LIMIT_BYTES,
    chatKeepDays: value.CHAT_KEEP_DAYS,
    rateLimitFactor: value.RATE_LIMIT_FACTOR,
    workers: value.WORKERS,
    natsUrl: value.NATS_URL,
  };
}

/** README's table of settings, as Markdown. */
export function settingsTable(): string {
  const rows = SETTINGS.map(({ name, default: shown, meaning }) => `| \`${name}\` | ${shown} | ${meaning} |`);
  return ['| variable | default | meaning |', '| --- | --- | --- |', ...rows].join('\n');
}
