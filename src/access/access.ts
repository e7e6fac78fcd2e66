/** The door as one object: what servers, protocols and the command line ask of access control. */
import type { Caller } from './caller.js';
import { type ClientCheck, checkClient } from './clients.js';
import {
  type Grant,
  type GrantRequest,
  grantSession,
  type RefreshResult,
  refreshSession,
  revokeToken,
} from './grants.js';
import { type Credentials, createPasswordLogin, type LoginResult } from './login.js';
import { createSessions, type SessionsOptions } from './sessions.js';
import { startRecalculation } from './sharing/recalculation.js';

export interface Access {
  /** Whose token it is; throws INVALID_SESSION_ID. `apiVersion` as in the URL: 58 for v58.0. */
  authenticate(token: string, apiVersion: number): Promise<Caller>;
  /** The caller for work the server does for a user who need not be signed in; undefined if not an active user. */
  callerFor(userId: string): Promise<Caller | undefined>;
  /** Looks whether rights or fields changed; the next `authenticate` rests on what is so now. */
  catchUp(): Promise<void>;
  /** Checks user name and password; gives no session yet. */
  login(credentials: Credentials): Promise<LoginResult>;
  checkClient(clientId: string, clientSecret: string | undefined): Promise<ClientCheck>;
  /** A session for a user whose credentials were checked. */
  grant(request: Omit<GrantRequest, 'organizationId'>): Promise<Grant>;
  /** A session for a refresh token. */
  refresh(request: { refreshToken: string; clientId: string; rotates: boolean }): Promise<RefreshResult>;
  /** Ends a session or a family of them, here and on every other server. */
  revoke(token: string): Promise<boolean>;
  /** 18-character id of the organization. Throws before the first start has made it. */
  organizationId(): Promise<string>;
  readonly sessionSeconds: number;
  /** Writes down what was gathered in memory. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

/** Opens the door. Migrations must have run; the organization may be made later. */
export async function createAccess(options: SessionsOptions): Promise<Access> {
  const { db, sessionSeconds } = options;
  const sessions = await createSessions(options);
  const recalculation = await startRecalculation({ db, onError: options.onFlushError ?? (() => undefined) });
  let organization: string | undefined;

  async function organizationId(): Promise<string> {
    if (organization === undefined) {
      const [row] = await db.query<{ id: string }>('SELECT id FROM so_organization LIMIT 1');
      if (row === undefined) throw new Error('there is no organization yet');
      organization = row.id;
    }
    return organization;
  }

  return {
    authenticate: (token, apiVersion) => sessions.authenticate(token, apiVersion),
    callerFor: (userId) => sessions.callerFor(userId),
    catchUp: () => sessions.catchUp(),
    login: createPasswordLogin(db),
    checkClient: (clientId, clientSecret) => checkClient(db, clientId, clientSecret),
    async grant(request) {
      return grantSession(db, { ...request, organizationId: await organizationId() });
    },
    async refresh(request) {
      return refreshSession(db, { ...request, organizationId: await organizationId() });
    },
    async revoke(token) {
      const ended = await revokeToken(db, token);
      sessions.forget();
      return ended;
    },
    organizationId,
    sessionSeconds,
    flush: () => sessions.flush(),
    async close() {
      await recalculation.close();
      await sessions.close();
    },
  };
}
