/**
 * Runs one command on the house's database, beside a running server or without one, and closes it whatever happens.
 * Standard output belongs to the command's answer; what the database has to say goes to standard error.
 */
import type { Config } from '../config.js';
import { readConfig } from '../config.js';
import { describeError } from '../server/logger.js';
import { type House, openHouse } from '../server/open-house.js';

function warn(fields: object, message: string): void {
  const { err } = fields as { err?: unknown };
  const detail = err === undefined ? '' : `: ${JSON.stringify(describeError(err))}`;
  process.stderr.write(`floorwalker: ${message}${detail}\n`);
}

const log = { info: () => undefined, warn, error: warn };

export async function withHouse<T>(
  work: (house: House, config: Config, warnings: typeof log) => Promise<T>,
): Promise<T> {
  const config = { ...readConfig(process.env), demo: false };
  const house = await openHouse({
    config,
    role: 'command',
    log,
    onFailure: (error) => warn({ err: error }, 'the database is lost'),
  });
  try {
    for (const line of house.lines('')) process.stderr.write(`${line}\n`);
    return await work(house, config, log);
  } finally {
    await house.close();
  }
}
