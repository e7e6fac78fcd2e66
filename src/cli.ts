#!/usr/bin/env node
/**
 * The command line. `start` runs the server; the other commands work on its database, beside it or without it.
 * Invariant: an operator's mistake ends in one readable message and exit code 1, never in a stack trace.
 */
import { Command } from 'commander';
import { addClientCommands } from './cli/client-commands.js';
import { addFloorCommands } from './cli/floor-commands.js';
import { addUserCommands } from './cli/user-commands.js';
import { ConfigError, readConfig } from './config.js';
import { packageVersion } from './server/package-version.js';
import { startServer } from './server.js';
import { EmbeddedError } from './store/embedded/embedded-error.js';
import { UserCommandError } from './users.js';

/** A stop that takes longer is cut short: whoever stops us will use kill -9 soon. */
const STOP_PATIENCE_MS = 25_000;

/** Errors whose message is all an operator needs. Besides these, what has a code: a port in use, no such host. */
const EXPECTED = [ConfigError, EmbeddedError, UserCommandError];

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Says what went wrong in the operator's words, and ends with exit code 1. */
function fail(error: unknown): never {
  const known = EXPECTED.some((kind) => error instanceof kind);
  const { code, message, stack } = error as NodeJS.ErrnoException;
  const text = known || code !== undefined ? message : stack;
  process.stderr.write(`floorwalker: ${text}\n`);
  process.exit(1);
}

async function start(options: { demo?: true }): Promise<void> {
  const config = readConfig({ ...process.env, ...(options.demo ? { DEMO: '1' } : {}) });
  let stopping = false;
  const starting = startServer({ config, print, onFailure: fail });
  const stop = (signal: NodeJS.Signals) => {
    if (stopping) process.exit(130); // asked twice
    stopping = true;
    print(`Stopping (${signal}) …`);
    setTimeout(() => fail(new Error('it did not stop in time')), STOP_PATIENCE_MS).unref();
    // A start under way is finished first: PostgreSQL is then stopped properly, too.
    starting.then((server) => server.close()).then(() => process.exit(0), fail);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  await starting;
}

const program = new Command('floorwalker')
  .description('A self-hosted live-chat floor with Salesforce-compatible APIs.')
  .version(packageVersion());

program
  .command('start', { isDefault: true })
  .description('run the server (settings come from environment variables, see README)')
  .option('--demo', 'seed the demo organization once and print how to use it; the same as DEMO=1')
  .action(start);

addUserCommands(program, print);
addClientCommands(program, print);
addFloorCommands(program, print);

program.parseAsync().catch(fail);
