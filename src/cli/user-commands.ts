/** `floorwalker user add | passwd | list`. A password comes from standard input or is generated, never from an argument. */
import { isoOf } from '../clock.js';
import { addUser, listUsers, setPassword } from '../users.js';
import { tableLines } from './table.js';
import { withHouse } from './with-house.js';

export interface PasswordOptions {
  readonly passwordStdin?: true;
}

export interface UserAddOptions extends PasswordOptions {
  readonly profile?: string;
  readonly email?: string;
  readonly firstName?: string;
  readonly lastName?: string;
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

async function passwordOf(options: PasswordOptions): Promise<string | undefined> {
  return options.passwordStdin ? firstLine() : undefined;
}

/** What is said of a generated password. */
function onceOnly(password: string | undefined): string {
  return password === undefined ? '' : `  password: ${password}   (shown this once)`;
}

/** Each command answers with the lines to print. */
export async function userAdd(username: string, options: UserAddOptions): Promise<string[]> {
  const { profile, email, firstName, lastName } = options;
  const password = await passwordOf(options);
  const added = await withHouse(({ db }) =>
    addUser(db, { username, profile, email, firstName, lastName, password }),
  );
  return [`Added ${added.username} (${added.userId}).${onceOnly(added.generatedPassword)}`];
}

export async function userPasswd(username: string, options: PasswordOptions): Promise<string[]> {
  const password = await passwordOf(options);
  const generated = await withHouse(({ db }) => setPassword(db, username, password));
  return [`Changed the password of ${username}.${onceOnly(generated)}`];
}

export async function userList(): Promise<string[]> {
  const users = await withHouse(({ db }) => listUsers(db));
  const rows = users.map(({ id, username, name, profile, isActive, lastLogin }) => [
    id,
    username,
    name,
    profile,
    isActive ? 'active' : 'inactive',
    lastLogin === null ? 'never' : isoOf(lastLogin),
  ]);
  return tableLines(['id', 'user name', 'name', 'profile', 'state', 'last login'], rows);
}
