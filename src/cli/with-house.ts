/**
 * Runs one command on the house's database, beside a running server or without one, and closes it whatever happens.
 * Standard output belongs to the command's answer; what the database has to say goes to standard error.
 */
import { type Config, readConfig } from '../config.js';
import { describeError } from '../server/logger.js';
import { type House, openHouse } from '../server/open-house.js';
import { reachDatabase } from '../server/reach-database.js';

const POOL_SIZE = 2;

function warn(fields: object, message: string): void {
  const { err } = fields as { err?: unknown };
  const detail = err === undefined ? '' : `: ${JSON.stringify(describeError(err))}`;
  process.stderr.write(`floorwalker: ${message}${detail}\n`);
}

const warnings = { info: () => undefined, warn, error: warn };

export async function withHouse<T>(
  work: (house: House, config: Config, log: typeof warnings) => Promise<T>,
): Promise<T> {
  const config = { ...readConfig(process.env), demo: false };
  const reached = await reachDatabase({
    config,
    log: warnings,
    role: 'command',
    onFailure: (error) => warn({ err: error }, 'the database is lost'),
  });
  const house = await openHouse({ config, log: warnings, reached, poolSize: POOL_SIZE });
  try {
    for (const line of house.lines('')) process.stderr.write(`${line}\n`);
    return await work(house, config, warnings);
  } finally {
    await house.close();
  }
}
