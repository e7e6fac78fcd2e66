/** Sessions over their life: given, used, expired, ended; and who may not have one. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createAccess } from '../../src/access/access.js';
import { raiseEpoch, settleRights } from '../../src/access/epoch.js';
import { setCredential } from '../../src/access/login.js';
import { ApiError } from '../../src/errors.js';
import { type AccessServer, ADMIN, ANA, accessServer, PASSWORD } from '../support/access-server.js';
import { setFloorTime } from '../support/time.js';

const ADDRESS = '192.0.2.1';
let server: AccessServer;

beforeAll(async () => {
  server = await accessServer();
});
afterAll(() => server.close());

async function userIdOf(username: string): Promise<string> {
  const [row] = await server.store.db.query<{ id: string }>('SELECT id FROM so_user WHERE username = $1', [
    username,
  ]);
  return row?.id ?? expect.fail();
}

async function sessionOf(username: string): Promise<string> {
  const userId = await userIdOf(username);
  return (await server.access.grant({ userId, clientId: null, withRefreshToken: false })).accessToken;
}

const invalid = new ApiError('INVALID_SESSION_ID', 'Session expired or invalid');

describe('a session', () => {
  it('tells who calls, with the version of the call', async () => {
    const token = await sessionOf(ANA);
    expect(token).toMatch(/^00DFW[0-9A-Za-z]{10}!AQ[\w-]{43}$/);
    const caller = await server.access.authenticate(token, 58);
    expect(caller).toMatchObject({
      userId: await userIdOf(ANA),
      organizationId: server.demo.organizationId,
      username: ANA,
      apiVersion: 58,
      timeZone: 'GMT',
      locale: 'en_US',
      language: 'en_US',
    });
    expect(token).not.toContain(caller.sessionId);
  });

  it('is stored as a hash only', async () => {
    const token = await sessionOf(ANA);
    const rows = await server.store.db.query('SELECT t::text AS row FROM access_token AS t');
    expect(JSON.stringify(rows)).not.toContain(token.slice(20));
  });

  it.each(['', 'nonsense', '00D!', 'x'.repeat(5000), '00DFW0000000001!AQ\u0000', "' OR 1=1 --"])(
    'is not named by %j',
    async (token) => {
      await expect(server.access.authenticate(token, 58)).rejects.toEqual(invalid);
    },
  );

  it('ends when nobody has used it for the time set, not before', async () => {
    const { db } = server.store;
    const used = await sessionOf(ANA);
    const idle = await sessionOf(ANA);
    await setFloorTime(db, { offsetMs: 7_000_000 });
    await server.access.authenticate(used, 58);
    await server.access.flush();
    await setFloorTime(db, { offsetMs: 300_000 });
    await expect(server.access.authenticate(idle, 58)).rejects.toEqual(invalid);
    await server.access.authenticate(used, 58);
    await server.access.flush();
    await setFloorTime(db, { offsetMs: 7_300_000 });
    await expect(server.access.authenticate(used, 58)).rejects.toEqual(invalid);
  });

  it('writes its last uses down in one statement, however many sessions', async () => {
    const tokens = await Promise.all(Array.from({ length: 10 }, () => sessionOf(ANA)));
    await Promise.all(tokens.map((token) => server.access.authenticate(token, 58)));
    server.store.statements.length = 0;
    await server.access.flush();
    expect(server.store.statements.filter((text) => text.includes('last_used_at'))).toHaveLength(1);
  });

  it('is over once revoked, and revoking it again changes nothing', async () => {
    const token = await sessionOf(ANA);
    expect(await server.access.revoke(token)).toBe(true);
    await expect(server.access.authenticate(token, 58)).rejects.toEqual(invalid);
    expect(await server.access.revoke(token)).toBe(false);
  });

  it('is over when its user is deactivated or frozen, and comes back with the user', async () => {
    const { db } = server.store;
    const token = await sessionOf(ANA);
    const userId = await userIdOf(ANA);
    await db.query('UPDATE so_user SET is_active = false WHERE id = $1', [userId]);
    await expect(server.access.authenticate(token, 58)).rejects.toEqual(invalid);
    await db.query('UPDATE so_user SET is_active = true WHERE id = $1', [userId]);
    await db.query('UPDATE credential SET is_frozen = true WHERE user_id = $1', [userId]);
    await expect(server.access.authenticate(token, 58)).rejects.toEqual(invalid);
    await db.query('UPDATE credential SET is_frozen = false WHERE user_id = $1', [userId]);
    expect((await server.access.authenticate(token, 58)).userId).toBe(userId);
  });

  it('is over when its user gets a new password', async () => {
    const token = await sessionOf(ANA);
    await setCredential(server.store.db, await userIdOf(ANA), 'another password');
    await expect(server.access.authenticate(token, 58)).rejects.toEqual(invalid);
    await setCredential(server.store.db, await userIdOf(ANA), PASSWORD);
  });
});

describe('on two servers', () => {
  it('a session revoked on one is gone on the other when the call answers', async () => {
    const other = await createAccess({ db: server.store.db, sessionSeconds: 7200 });
    const token = await sessionOf(ANA);
    await other.authenticate(token, 58);
    await server.access.revoke(token);
    await expect(other.authenticate(token, 58)).rejects.toEqual(invalid);
    await other.close();
  });

  it('a right taken away on one is gone on the other when the call answers, without waiting for its cache', async () => {
    const { db } = server.store;
    const other = await createAccess({ db, sessionSeconds: 7200 });
    const token = await sessionOf(ANA);
    const rights = async () => (await other.authenticate(token, 58)).access.object('LiveAgentSession').read;
    const set = `(SELECT s.id FROM so_permission_set s JOIN so_user u ON u.profile_id = s.profile_id
                   WHERE u.username = '${ANA}' AND s.is_owned_by_profile)`;
    for (const read of [false, true, false, true]) {
      expect(await rights()).toBe(!read);
      const started = performance.now();
      const epoch = await db.tx(async (tx) => {
        await tx.query(
          `UPDATE so_object_permissions SET permissions_read = $1 WHERE sobject_type = 'LiveAgentSession' AND parent_id = ${set}`,
          [read],
        );
        return raiseEpoch(tx);
      });
      // a request of somebody else lets the other server see the new epoch first
      await other.callerFor(await userIdOf(ADMIN));
      await settleRights(db, epoch);
      expect(performance.now() - started).toBeLessThan(900);
      expect(await rights()).toBe(read);
    }
    await other.close();
  });

  it('a server that died is not waited for longer than its answers could have lived', async () => {
    const { db } = server.store;
    await db.query(
      `INSERT INTO access_node (node_id, epoch, seen_at) VALUES (gen_random_uuid(), 0, (SELECT floor_now()))`,
    );
    const started = performance.now();
    await setCredential(db, await userIdOf(ANA), PASSWORD);
    expect(performance.now() - started).toBeLessThan(3_000);
    await db.query('DELETE FROM access_node WHERE epoch = 0');
  });
});

describe('a password log-in', () => {
  const login = (password: string, address = ADDRESS, username = ANA) =>
    server.access.login({ username, password, address });

  beforeEach(async () => {
    await server.store.db.query('DELETE FROM login_failure');
  });

  it('takes the user name in any case, and notes when it was', async () => {
    expect(await login(PASSWORD, ADDRESS, ' ANA@Floorwalker.DEMO ')).toMatchObject({ kind: 'ok' });
    const [row] = await server.store.db.query(
      'SELECT last_login_date, number_of_failed_logins FROM so_user WHERE username = $1',
      [ANA],
    );
    expect(row).toMatchObject({ last_login_date: expect.any(Number), number_of_failed_logins: 0 });
  });

  it.each(['', 'x'.repeat(10_000), `${PASSWORD} `, PASSWORD.toUpperCase(), '\u0000'])(
    'refuses %j',
    async (password) => {
      expect(await login(password)).toEqual({ kind: 'refused', reason: 'invalid' });
    },
  );

  it.each(['', 'nobody@floorwalker.demo', 'x'.repeat(500), 'a\u0000b', '\ud800', "ana' --"])(
    'refuses the user name %j',
    async (username) => {
      expect(await login(PASSWORD, ADDRESS, username)).toEqual({ kind: 'refused', reason: 'invalid' });
    },
  );

  it('is locked for a while after five wrong passwords, for longer after each more', async () => {
    const { db } = server.store;
    for (let attempt = 0; attempt < 5; attempt++) {
      expect(await login('wrong password')).toMatchObject({ reason: 'invalid' });
    }
    expect(await login(PASSWORD)).toMatchObject({ kind: 'refused' });
    await setFloorTime(db, { offsetMs: 16_000 });
    expect(await login('wrong password')).toMatchObject({ kind: 'refused' });
    await setFloorTime(db, { offsetMs: 16_000 });
    expect(await login(PASSWORD)).toMatchObject({ kind: 'refused' });
    await setFloorTime(db, { offsetMs: 16_000 });
    expect(await login(PASSWORD)).toMatchObject({ kind: 'ok' });
    expect(await db.query('SELECT 1 FROM login_failure')).toEqual([]);
  });

  it('is locked only from the address the wrong passwords came from', async () => {
    for (let attempt = 0; attempt < 5; attempt++) await login('wrong password', '198.51.100.7');
    expect(await login(PASSWORD, '198.51.100.7')).toMatchObject({ kind: 'refused' });
    expect(await login(PASSWORD, ADDRESS)).toMatchObject({ kind: 'ok' });
  });

  it('cannot slip past the count by trying many at once', async () => {
    const attempts = Array.from({ length: 12 }, (_, index) => login(`wrong ${index}`));
    await Promise.all(attempts);
    const [row] = await server.store.db.query('SELECT failures FROM login_failure');
    expect(row).toEqual({ failures: 5 });
    expect(await login(PASSWORD)).toMatchObject({ kind: 'refused' });
  });

  it('of an inactive user is told apart only with the right password', async () => {
    const { db } = server.store;
    await db.query('UPDATE so_user SET is_active = false WHERE username = $1', [ANA]);
    expect(await login('wrong password')).toMatchObject({ reason: 'invalid' });
    expect(await login(PASSWORD)).toMatchObject({ reason: 'inactive' });
    await db.query('UPDATE so_user SET is_active = true WHERE username = $1', [ANA]);
  });

  it('replaces a hash made with older parameters', async () => {
    const { db } = server.store;
    const userId = await userIdOf(ANA);
    // `secret-1` with 2^14
    await db.query('UPDATE credential SET hash = $2 WHERE user_id = $1', [
      userId,
      '$scrypt$ln=14,r=8,p=1$AAECAwQFBgcICQoLDA0ODw==$p8sU5CONAVbTfXvu1H6jGNbIo0tMusJ2Fn/9sf0csS0=',
    ]);
    expect(await login('secret-1')).toMatchObject({ kind: 'ok' });
    const [row] = await db.query<{ hash: string }>('SELECT hash FROM credential WHERE user_id = $1', [
      userId,
    ]);
    expect(row?.hash).toContain('$ln=10,r=8,p=1$');
    expect(await login('secret-1')).toMatchObject({ kind: 'ok' });
    await setCredential(db, userId, PASSWORD);
  });

  it('is limited to 3,600 sessions of a user an hour', async () => {
    const { db } = server.store;
    const userId = await userIdOf(ADMIN);
    await db.query(
      `INSERT INTO access_token (hash, user_id, created_at, last_used_at)
       SELECT sha256(n::text::bytea), $1, t, t FROM generate_series(1, 3600) AS n, (SELECT floor_now() AS t) AS clock`,
      [userId],
    );
    expect(await login(PASSWORD, ADDRESS, ADMIN)).toEqual({ kind: 'refused', reason: 'rate' });
    await setFloorTime(db, { offsetMs: 3_601_000 });
    expect(await login(PASSWORD, ADDRESS, ADMIN)).toMatchObject({ kind: 'ok' });
  });
});
