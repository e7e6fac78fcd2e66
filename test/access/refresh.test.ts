/** Refresh tokens: kept by command-line clients, rotated for the consoles, ended by replay. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AccessServer, ANA, accessServer } from '../support/access-server.js';
import { setFloorTime } from '../support/time.js';

const CONSOLE = { clientId: 'FloorwalkerConsole', rotates: true };
const CLI = { clientId: 'PlatformCLI', rotates: false };

let server: AccessServer;
let userId: string;

beforeAll(async () => {
  server = await accessServer();
  const [row] = await server.store.db.query<{ id: string }>('SELECT id FROM so_user WHERE username = $1', [
    ANA,
  ]);
  userId = row?.id ?? expect.fail();
});
afterAll(() => server.close());

async function signIn({ clientId }: { clientId: string }) {
  const { accessToken, refreshToken = expect.fail() } = await server.access.grant({
    userId,
    clientId,
    withRefreshToken: true,
  });
  return { accessToken, refreshToken };
}

async function refresh(refreshToken: string, client: typeof CLI) {
  const result = await server.access.refresh({ refreshToken, ...client });
  return result.kind === 'ok' ? result.grant : result.reason;
}

async function isOver(accessToken: string): Promise<boolean> {
  return server.access.authenticate(accessToken, 58).then(
    () => false,
    () => true,
  );
}

describe('a refresh token', () => {
  it('of a command-line client is used again and again', async () => {
    const { refreshToken } = await signIn(CLI);
    for (let use = 0; use < 3; use++) {
      const grant = await refresh(refreshToken, CLI);
      expect(grant).toMatchObject({ refreshToken: undefined, userId });
    }
  });

  it('of a console is used up, and its successor goes on', async () => {
    const { refreshToken } = await signIn(CONSOLE);
    const second = await refresh(refreshToken, CONSOLE);
    if (typeof second === 'string') return expect.fail(second);
    expect(second.refreshToken).toBeDefined();
    expect(second.refreshToken).not.toBe(refreshToken);
    expect(await refresh(second.refreshToken ?? '', CONSOLE)).toMatchObject({ userId });
  });

  it('used up may come again at once, since an answer may get lost; later it ends the whole log-in', async () => {
    const { accessToken, refreshToken } = await signIn(CONSOLE);
    const second = await refresh(refreshToken, CONSOLE);
    const again = await refresh(refreshToken, CONSOLE);
    if (typeof second === 'string' || typeof again === 'string') return expect.fail();
    await setFloorTime(server.store.db, { offsetMs: 31_000 });
    expect(await refresh(refreshToken, CONSOLE)).toBe('expired');
    expect(await refresh(second.refreshToken ?? '', CONSOLE)).toBe('expired');
    expect(await isOver(accessToken)).toBe(true);
    expect(await isOver(again.accessToken)).toBe(true);
  });

  it('serves only the client it was given to', async () => {
    const { refreshToken } = await signIn(CLI);
    expect(await refresh(refreshToken, CONSOLE)).toBe('expired');
    expect(await refresh(refreshToken, CLI)).toMatchObject({ userId });
  });

  it('revoked ends the sessions that came of it, and no others', async () => {
    const mine = await signIn(CLI);
    const other = await signIn(CLI);
    const grant = await refresh(mine.refreshToken, CLI);
    if (typeof grant === 'string') return expect.fail();
    expect(await server.access.revoke(mine.refreshToken)).toBe(true);
    expect(await isOver(mine.accessToken)).toBe(true);
    expect(await isOver(grant.accessToken)).toBe(true);
    expect(await refresh(mine.refreshToken, CLI)).toBe('expired');
    expect(await isOver(other.accessToken)).toBe(false);
  });

  it('is of no use to a user who is not active', async () => {
    const { db } = server.store;
    const { refreshToken } = await signIn(CLI);
    await db.query('UPDATE so_user SET is_active = false WHERE id = $1', [userId]);
    expect(await refresh(refreshToken, CLI)).toBe('inactive');
    await db.query('UPDATE so_user SET is_active = true WHERE id = $1', [userId]);
  });

  it('dies after 90 days without use', async () => {
    const { refreshToken } = await signIn(CLI);
    await setFloorTime(server.store.db, { offsetMs: 91 * 86_400_000 });
    expect(await refresh(refreshToken, CLI)).toBe('expired');
  });

  it.each(['', 'nonsense', 'x'.repeat(5_000), '\u0000'])('is not %j', async (text) => {
    expect(await refresh(text, CLI)).toBe('expired');
  });
});
