/**
 * `npm run simulate`: a floor full of simulated agents, supervisors and visitors on real servers through the real
 * protocols, and an audit of all that it left. Exit code 1 when anything differs. docs/simulating.md says how to use it.
 */
import { Command, InvalidArgumentError } from 'commander';
import type { Database } from '../src/store/database.js';
import { type OwnPostgres, ownPostgres, prepareDatabase } from './database.js';
import { createProgress, findingLines } from './report.js';
import { PRODUCT_TIMES, type ServerProcess, serverProcess } from './servers.js';
import { simulate } from './simulate.js';

const number = (least: number, most: number) => (text: string) => {
  const value = Number(text);
  if (!Number.isFinite(value) || value < least || value > most) {
    throw new InvalidArgumentError(`must be a number from ${least} to ${most}`);
  }
  return value;
};

const program = new Command('simulate')
  .description('Simulates a chat floor and audits every figure it left.')
  .option('--agents <n>', 'agents', number(1, 5_000), 200)
  .option('--visitors <n>', 'visitors', number(0, 100_000), 1_000)
  .option('--minutes <n>', 'length of the day, by the clock of the floor', number(0.1, 1_440), 2)
  .option('--seed <n>', 'repeats what everybody decides')
  .option('--speed <x>', 'how many times as fast the clock of the floor runs', number(0.1, 60), 1)
  .option('--processes <n>', 'server processes on one database', number(1, 16), 1)
  .option('--kill', 'kill -9 a server process at random moments, and start it again');

interface Options {
  readonly agents: number;
  readonly visitors: number;
  readonly minutes: number;
  readonly seed?: string;
  readonly speed: number;
  readonly processes: number;
  readonly kill?: true;
}

async function main(options: Options): Promise<number> {
  const seed = options.seed ?? String(Math.floor(Math.random() * 1_000_000));
  const { agents, visitors, minutes, speed, processes } = options;
  console.log(
    `Simulating ${agents} agents and ${visitors} visitors for ${minutes} min at speed ${speed} on ${processes} server process${processes === 1 ? '' : 'es'}${options.kill ? ', killed at random' : ''}; seed ${seed}`,
  );
  const interrupted = new AbortController();
  process.once('SIGINT', () => {
    console.log('\nThe day ends early; the audit follows. Once more to end at once.');
    interrupted.abort();
    process.once('SIGINT', () => process.exit(130));
  });
  let postgres: OwnPostgres | undefined;
  let db: Database | undefined;
  const servers: ServerProcess[] = [];
  const began = performance.now();
  try {
    postgres = await ownPostgres((error) => console.error('the database is lost:', error.message));
    db = await prepareDatabase(postgres.url, speed);
    const times = { ...PRODUCT_TIMES, speed };
    for (let i = 0; i < processes; i += 1) servers.push(await serverProcess(postgres.url, times, 'built'));
    console.log(`Servers: ${servers.map(({ url }) => url).join(', ')}`);
    const progress = createProgress(minutes);
    const result = await simulate({
      db,
      servers,
      times,
      seed,
      agents,
      plan: { visitors, minutes, kill: options.kill === true },
      progress: progress.show,
      interrupted: interrupted.signal,
    });
    progress.end();
    for (const line of findingLines(result.audit, result.day.tally)) console.log(line);
    console.log(`${Math.round((performance.now() - began) / 1000)} s. Again the same: --seed ${seed}`);
    return result.audit.differences.length === 0 ? 0 : 1;
  } finally {
    await Promise.all(servers.map((server) => server.close()));
    await db?.close();
    await postgres?.stop();
  }
}

main(program.parse().opts<Options>()).then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error);
    process.exit(2);
  },
);
