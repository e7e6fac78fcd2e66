/**
 * Users from the command line: add one, give one a password, list them. What an administrator may also do over the
 * API, without needing one.
 */
import { BUILT_IN_PROFILES, type BuiltInKey } from './access/built-in-profiles.js';
import { setCredential, storeCredential } from './access/login.js';
import { generatePassword, passwordProblem } from './access/passwords.js';
import { automatedCaller, builtInProfileId, createAll, LOCALE_DEFAULTS } from './first-start.js';
import { user } from './objects/user.js';
import { textKey } from './store/columns.js';
import type { Database, Tx } from './store/database.js';

/** The operator asked for something that cannot be; the message says what. */
export class UserCommandError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UserCommandError';
  }
}

export interface NewUser {
  /** In the form of an e-mail address; also the e-mail unless another is given. */
  readonly username: string;
  readonly email?: string | undefined;
  readonly firstName?: string | undefined;
  /** Default: the part of the user name before the @. */
  readonly lastName?: string | undefined;
  /** `administrator`, `supervisor`, `agent`, `integration`, or the name of any profile. Default: agent. */
  readonly profile?: string | undefined;
  /** Generated when there is none. */
  readonly password?: string | undefined;
}

export interface AddedUser {
  readonly userId: string;
  readonly username: string;
  /** Told here and nowhere else. */
  readonly generatedPassword: string | undefined;
}

/** Adds a user who can sign in. Throws UserCommandError. */
export function addUser(db: Database, request: NewUser): Promise<AddedUser> {
  return db.tx((tx) => addUserIn(tx, request));
}

/** The same inside a transaction. */
export async function addUserIn(tx: Tx, request: NewUser): Promise<AddedUser> {
  const { username, password } = request;
  const local = username.split('@')[0] ?? username;
  const generatedPassword = password === undefined ? generatePassword() : undefined;
  refuseBadPassword(password);
  const profileId = await profileIdOf(tx, request.profile ?? 'agent');
  const caller = await automatedCaller(tx);
  let userId: string | undefined;
  try {
    [userId] = await createAll(tx, caller, user, [
      {
        Username: username,
        Email: request.email ?? username,
        FirstName: request.firstName,
        LastName: request.lastName ?? local,
        Alias: local.slice(0, 8),
        ProfileId: profileId,
        IsActive: true,
        UserType: 'Standard',
        UserPermissionsLiveAgentUser: true,
        ...LOCALE_DEFAULTS,
      },
    ]);
  } catch (error) {
    throw new UserCommandError((error as Error).message);
  }
  if (userId === undefined) throw new Error('the user was not created');
  await storeCredential(tx, userId, password ?? generatedPassword ?? '');
  return { userId, username, generatedPassword };
}

function refuseBadPassword(password: string | undefined): void {
  const problem = password === undefined ? undefined : passwordProblem(password);
  if (problem !== undefined) throw new UserCommandError(problem);
}

async function profileIdOf(tx: Tx, profile: string): Promise<string> {
  const builtIn = BUILT_IN_PROFILES.find(({ key }) => key === profile);
  if (builtIn !== undefined) {
    const id = await builtInProfileId(tx, profile as BuiltInKey);
    if (id !== undefined) return id;
  }
  const [row] = await tx.query<{ id: string }>(
    'SELECT id FROM so_profile WHERE name__key = $1 AND NOT is_deleted',
    [textKey(profile)],
  );
  if (row === undefined) {
    const known = BUILT_IN_PROFILES.map(({ key }) => key).join(', ');
    throw new UserCommandError(`there is no profile ${profile}; give ${known} or the name of a profile`);
  }
  return row.id;
}

/** Gives a user a new password; all sessions of the user end. Returns it if it was generated. */
export async function setPassword(
  db: Database,
  username: string,
  password?: string,
): Promise<string | undefined> {
  refuseBadPassword(password);
  const [row] = await db.query<{ id: string }>('SELECT id FROM so_user WHERE username__key = $1', [
    textKey(username),
  ]);
  if (row === undefined) throw new UserCommandError(`there is no user ${username}`);
  const generatedPassword = password === undefined ? generatePassword() : undefined;
  await setCredential(db, row.id, password ?? generatedPassword ?? '');
  return generatedPassword;
}

export interface ListedUser {
  readonly id: string;
  readonly username: string;
  readonly name: string;
  readonly profile: string;
  readonly isActive: boolean;
  /** Epoch milliseconds; null: never. */
  readonly lastLogin: number | null;
}

/** Everybody who can sign in, in order of user name. */
export async function listUsers(db: Database): Promise<ListedUser[]> {
  return db.query<ListedUser>(
    `SELECT u.id, u.username, u.name, p.name AS profile, u.is_active AS "isActive",
            u.last_login_date AS "lastLogin"
       FROM so_user u JOIN credential c ON c.user_id = u.id JOIN so_profile p ON p.id = u.profile_id
      ORDER BY u.username__key`,
  );
}
