/** `floorwalker user add | passwd | list`. A password comes from standard input or is generated, never from an argument. */
import type { Command } from 'commander';
import { isoOf } from '../clock.js';
import { addUser, listUsers, setPassword } from '../users.js';
import { tableLines } from './table.js';
import { withHouse } from './with-house.js';

interface AddOptions {
  readonly profile?: string;
  readonly email?: string;
  readonly firstName?: string;
  readonly lastName?: string;
  readonly passwordStdin?: true;
}

const MOST_STDIN_CHARACTERS = 10_000;

/** The first line of standard input. */
async function firstLine(): Promise<string> {
  let text = '';
  process.stdin.setEncoding('utf8');
  for await (const chunk of process.stdin) {
    text += chunk;
    if (text.includes('\n') || text.length > MOST_STDIN_CHARACTERS) break;
  }
  return text.split(/\r?\n/, 1)[0] ?? '';
}

async function passwordOf(options: { passwordStdin?: true }): Promise<string | undefined> {
  return options.passwordStdin ? firstLine() : undefined;
}

/** What is said of a generated password. */
function onceOnly(password: string | undefined): string {
  return password === undefined ? '' : `  password: ${password}   (shown this once)`;
}

export function addUserCommands(program: Command, print: (line: string) => void): void {
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
    .action(async (username: string, options: AddOptions) => {
      const { profile, email, firstName, lastName } = options;
      const password = await passwordOf(options);
      const added = await withHouse(({ db }) =>
        addUser(db, { username, profile, email, firstName, lastName, password }),
      );
      print(`Added ${added.username} (${added.userId}).${onceOnly(added.generatedPassword)}`);
    });

  user
    .command('passwd')
    .description(
      "set a user's password and end the user's sessions; generated unless it comes from standard input",
    )
    .argument('<username>')
    .option('--password-stdin', 'read the password from the first line of standard input')
    .action(async (username: string, options: { passwordStdin?: true }) => {
      const password = await passwordOf(options);
      const generated = await withHouse(({ db }) => setPassword(db, username, password));
      print(`Changed the password of ${username}.${onceOnly(generated)}`);
    });

  user
    .command('list')
    .description('list the users who can sign in')
    .action(async () => {
      const users = await withHouse(({ db }) => listUsers(db));
      const rows = users.map(({ id, username, name, profile, isActive, lastLogin }) => [
        id,
        username,
        name,
        profile,
        isActive ? 'active' : 'inactive',
        lastLogin === null ? 'never' : isoOf(lastLogin),
      ]);
      for (const line of tableLines(['id', 'user name', 'name', 'profile', 'state', 'last login'], rows))
        print(line);
    });
}
