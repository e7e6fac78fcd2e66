/**
 * CPU time of parse + check + compile of the ETL query, in a process of its own that runs the built server's files: tsx
 * adds a call to every closure, which doubles the figure. Prints JSON: microseconds, a list a stage.
 *
 *   node bench/soql/compile-times.mjs <directory of the built server> [rounds]
 */
import process from 'node:process';
import { pathToFileURL } from 'node:url';

/** @param {string} file in the directory of the built server */
const built = (file) => import(`${pathToFileURL(process.argv[2])}/${file}`);
const { liveAgentSession } = await built('objects/live-agent-session.js');
const { check } = await built('query/checker.js');
const { compile } = await built('query/compiler.js');
const { lexStatement, parseLexed } = await built('query/parser.js');
const { makePlan, planOf } = await built('query/plan.js');

const ROUNDS = Number(process.argv[3] ?? 7);
const CALLS = 20_000;

const fields = liveAgentSession.fields.filter((field) => field.perUser !== true).map((field) => field.name);
const soql = `SELECT ${fields.join(', ')} FROM LiveAgentSession WHERE SystemModstamp > 2026-03-10T00:00:00Z AND SystemModstamp <= 2026-03-11T00:00:00Z AND IsDeleted = false ORDER BY SystemModstamp, Id LIMIT 50000`;

const rights = { create: false, read: true, edit: false, delete: false, viewAll: false, modifyAll: false };
const permissions = new Map(
  liveAgentSession.fields.map(({ name }) => [`LiveAgentSession.${name}`, { read: true, edit: false }]),
);
const userId = '005FW0000000001YAA';
/** No administrator, organization-wide default Private. */
const caller = {
  userId,
  organizationId: '00DFW0000000001AAA',
  profileId: '00eFW0000000001AAA',
  username: 'etl@example.test',
  apiVersion: 60,
  timeZone: 'UTC',
  locale: 'en_US',
  language: 'en_US',
  sessionId: '',
  access: {
    epoch: 1,
    object: () => rights,
    field: (object, field) => permissions.get(`${object}.${field}`),
    viewAllData: false,
    modifyAllData: false,
    permits: () => false,
    shape: 'etl',
    groupIds: [userId],
    sharing: { model: () => 'Private', owners: () => [userId], reachesMost: () => false, covered: () => -1 },
  },
};

/** Microseconds of CPU a call: a neighbour that takes turns must not count. */
function microseconds(work) {
  const start = process.cpuUsage();
  for (let call = 0; call < CALLS; call++) work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / CALLS;
}

const lexed = lexStatement(soql);
const { query } = parseLexed(lexed);
const checked = check(lexed, caller, query);
const stages = {
  lex: () => lexStatement(soql),
  parse: () => parseLexed(lexed),
  check: () => check(lexed, caller, query),
  compile: () => compile(checked, { caller, all: false }),
  cold: () => makePlan(lexStatement(soql), caller, false),
  // The first statement of a user whose rights were just read again.
  coldRights: () => makePlan(lexStatement(soql), { ...caller, access: { ...caller.access } }, false),
  cached: () => planOf(soql, caller, false),
};
for (const work of Object.values(stages)) microseconds(work);
const times = Object.fromEntries(Object.keys(stages).map((name) => [name, []]));
for (let round = 0; round < ROUNDS; round++)
  for (const [name, work] of Object.entries(stages)) times[name].push(microseconds(work));
process.stdout.write(JSON.stringify({ characters: soql.length, times }));
