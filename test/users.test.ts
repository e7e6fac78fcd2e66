/** Users from the command line: what an operator may get wrong is said, and nothing is half done. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addUser, listUsers, setPassword, UserCommandError } from '../src/users.js';
import { type AccessServer, ADMIN, accessServer, PASSWORD } from './support/access-server.js';

let server: AccessServer;
beforeAll(async () => {
  server = await accessServer();
});
afterAll(() => server.close());

const login = (username: string, password: string) =>
  server.access.login({ username, password, address: '127.0.0.1' });

describe('adding a user', () => {
  it('makes an agent who can sign in with the password given', async () => {
    const { userId, generatedPassword } = await addUser(server.store.db, {
      username: 'cleo@floor.example',
      password: 'a good password',
    });
    expect(generatedPassword).toBeUndefined();
    expect(await login('cleo@floor.example', 'a good password')).toEqual({ kind: 'ok', userId });
    const [row] = await server.store.db.query(
      `SELECT u.name, u.email, u.alias, u.is_active, p.name AS profile, n.kind
         FROM so_user u JOIN so_profile p ON p.id = u.profile_id JOIN principal n ON n.id = u.id WHERE u.id = $1`,
      [userId],
    );
    expect(row).toEqual({
      name: 'cleo',
      email: 'cleo@floor.example',
      alias: 'cleo',
      is_active: true,
      profile: 'Chat Agent',
      kind: 'User',
    });
  });

  it('generates a password when none is given', async () => {
    const { generatedPassword = '' } = await addUser(server.store.db, { username: 'dan@floor.example' });
    expect(await login('dan@floor.example', generatedPassword)).toMatchObject({ kind: 'ok' });
  });

  it.each(['administrator', 'supervisor', 'agent', 'integration', 'Chat Supervisor', 'integration (READ)'])(
    'takes the profile %j',
    async (profile) => {
      const username = `${profile.replace(/\W/g, '')}@profiles.example`.toLowerCase();
      expect(await addUser(server.store.db, { username, profile, password: PASSWORD })).toMatchObject({
        username,
      });
    },
  );

  it.each([
    ['a name that is taken', { username: ADMIN }, /duplicate|already/i],
    ['a name that is no address', { username: 'nobody' }, /email/i],
    ['an unknown profile', { username: 'x@floor.example', profile: 'Boss' }, /no profile Boss/],
    ['a short password', { username: 'x@floor.example', password: '123' }, /at least 8/],
  ])('refuses %s and leaves nothing behind', async (_, request, message) => {
    const { db } = server.store;
    const count = () =>
      db.query('SELECT (SELECT count(*) FROM so_user) AS u, (SELECT count(*) FROM credential) AS c');
    const before = await count();
    const refusal = addUser(db, { password: PASSWORD, ...request });
    await expect(refusal).rejects.toThrow(UserCommandError);
    await expect(refusal).rejects.toThrow(message);
    expect(await count()).toEqual(before);
  });
});

describe('a new password', () => {
  it('ends the sessions of the old one', async () => {
    const { db } = server.store;
    const { userId } = await addUser(db, { username: 'eve@floor.example', password: PASSWORD });
    const { accessToken } = await server.access.grant({ userId, clientId: null, withRefreshToken: false });
    const generated = await setPassword(db, 'EVE@floor.example');
    expect(await login('eve@floor.example', PASSWORD)).toMatchObject({ kind: 'refused' });
    expect(await login('eve@floor.example', generated ?? '')).toMatchObject({ kind: 'ok' });
    await expect(server.access.authenticate(accessToken, 58)).rejects.toThrow('Session expired');
  });

  it('is refused for nobody, and when it is too short', async () => {
    await expect(setPassword(server.store.db, 'ghost@floor.example')).rejects.toThrow('no user ghost');
    await expect(setPassword(server.store.db, ADMIN, 'short')).rejects.toThrow('at least 8');
  });
});

describe('the list of users', () => {
  it('has everybody who can sign in, in order, and not the automatic user', async () => {
    const names = (await listUsers(server.store.db)).map(({ username }) => username);
    expect(names).toContain(ADMIN);
    expect(names.join()).not.toContain('autoproc');
    expect(names).toEqual([...names].sort((a, b) => (a.toUpperCase() < b.toUpperCase() ? -1 : 1)));
  });
});
