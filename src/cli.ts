#!/usr/bin/env node
/**
 * The command line: what there is and what it takes. Each command is loaded when it is asked for.
 * Invariant: an operator's mistake ends in one readable message and exit code 1, never in a stack trace.
 */
import { Command } from 'commander';
import type { ClientAddOptions } from './cli/client-commands.js';
import type { PasswordOptions, UserAddOptions } from './cli/user-commands.js';
import { packageVersion } from './server/package-version.js';

/** Errors whose message is all an operator needs. Besides these, what has a code: a port in use, no such host. */
const EXPECTED = new Set(['ConfigError', 'EmbeddedError', 'UserCommandError']);

// Whoever read our output may be gone; that is no reason to end without stopping PostgreSQL.
process.stdout.on('error', () => undefined);
process.stderr.on('error', () => undefined);

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function printAll(lines: readonly string[]): void {
  for (const line of lines) print(line);
}

/** Says what went wrong in the operator's words, and ends with exit code 1. */
function fail(error: unknown): never {
  const { name, code, message, stack } = error as NodeJS.ErrnoException;
  const text = EXPECTED.has(name) || code !== undefined ? message : stack;
  process.stderr.write(`floorwalker: ${text}\n`);
  process.exit(1);
}

const program = new Command('floorwalker')
  .description('A self-hosted live-chat floor with Salesforce-compatible APIs.')
  .version(packageVersion());

program
  .command('start', { isDefault: true })
  .description('run the server (settings come from environment variables, see README)')
  .option('--demo', 'seed the demo organization once and print how to use it; the same as DEMO=1')
  .action(async (options: { demo?: true }) => {
    const { start } = await import('./cli/start.js');
    await start(options, print, fail);
  });

const user = program.command('user').description('users who can sign in');
user
  .command('add')
  .description('add a user; a password is generated unless one comes from standard input')
  .argument('<username>', 'in the form of an e-mail address')
  .option(
    '--profile <name>',
    'administrator, supervisor, agent, integration, or the name of a profile',
    'agent',
  )
  .option('--email <address>')
  .option('--first-name <name>')
  .option('--last-name <name>')
  .option('--password-stdin', 'read the password from the first line of standard input')
  .action(async (username: string, options: UserAddOptions) => {
    const { userAdd } = await import('./cli/user-commands.js');
    printAll(await userAdd(username, options));
  });
user
  .command('passwd')
  .description(
    "set a user's password and end the user's sessions; generated unless it comes from standard input",
  )
  .argument('<username>')
  .option('--password-stdin', 'read the password from the first line of standard input')
  .action(async (username: string, options: PasswordOptions) => {
    const { userPasswd } = await import('./cli/user-commands.js');
    printAll(await userPasswd(username, options));
  });
user
  .command('list')
  .description('list the users who can sign in')
  .action(async () => {
    const { userList } = await import('./cli/user-commands.js');
    printAll(await userList());
  });

const client = program.command('client').description('OAuth clients that may ask for tokens');
client
  .command('add')
  .description('add a client; with --confidential it gets a secret')
  .argument('<client-id>', 'letters, digits, underscores, dots and hyphens')
  .option('--label <text>')
  .option('--confidential', 'give it a secret that it must show')
  .action(async (clientId: string, options: ClientAddOptions) => {
    const { clientAdd } = await import('./cli/client-commands.js');
    printAll(await clientAdd(clientId, options));
  });
client
  .command('list')
  .description('list the clients')
  .action(async () => {
    const { clientList } = await import('./cli/client-commands.js');
    printAll(await clientList());
  });

program
  .command('close-floor')
  .description(
    'log every agent out: each open login gets its LiveAgentSession record, chats go back to routing',
  )
  .action(async () => {
    const { closeFloor } = await import('./cli/floor-commands.js');
    printAll(await closeFloor());
  });

program.parseAsync().catch(fail);
