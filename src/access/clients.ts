/** OAuth clients: who may ask for tokens. A client with a secret must show it; a public one has none. */
import { timingSafeEqual } from 'node:crypto';
import type { Queryable } from '../store/database.js';
import { hashToken, newSecret } from './tokens.js';

/** The client every Salesforce command-line tool names; public, seeded at first start. */
export const PLATFORM_CLI = 'PlatformCLI';
/** The consoles that come with this server; public, its refresh tokens rotate. */
export const CONSOLE_CLIENT = 'FloorwalkerConsole';

export interface OAuthClient {
  readonly clientId: string;
  readonly label: string;
  readonly isConfidential: boolean;
  readonly rotatesRefreshTokens: boolean;
  /** Epoch milliseconds. */
  readonly createdAt: number;
}

interface ClientRow {
  readonly client_id: string;
  readonly label: string;
  readonly secret_hash: Buffer | null;
  readonly rotates_refresh_tokens: boolean;
  readonly created_at: number;
}

const COLUMNS = 'client_id, label, secret_hash, rotates_refresh_tokens, created_at';
const CLIENT_ID = /^[\w.-]{1,128}$/;

function clientOf(row: ClientRow): OAuthClient {
  return {
    clientId: row.client_id,
    label: row.label,
    isConfidential: row.secret_hash !== null,
    rotatesRefreshTokens: row.rotates_refresh_tokens,
    createdAt: row.created_at,
  };
}

/** The clients every organization has. */
export async function seedClients(db: Queryable): Promise<void> {
  await db.query(
    `INSERT INTO oauth_client (client_id, label, rotates_refresh_tokens, created_at)
     SELECT c.id, c.label, c.rotates, (SELECT floor_now())
       FROM unnest($1::text[], $2::text[], $3::boolean[]) AS c (id, label, rotates)
     ON CONFLICT (client_id) DO NOTHING`,
    [
      [PLATFORM_CLI, CONSOLE_CLIENT],
      ['Command-line tools', 'Agent and supervisor consoles'],
      [false, true],
    ],
  );
}

export interface NewClient {
  /** Letters, digits, `_`, `.` and `-`, up to 128. */
  readonly clientId: string;
  readonly label?: string | undefined;
  /** Give it a secret, which is returned once and then only known as a hash. */
  readonly confidential?: boolean | undefined;
}

/** Adds a client. Throws an Error that says what is wrong with the id. */
export async function addClient(
  db: Queryable,
  request: NewClient,
): Promise<{ client: OAuthClient; clientSecret: string | undefined }> {
  const { clientId, label = clientId, confidential = false } = request;
  if (!CLIENT_ID.test(clientId)) {
    throw new Error('a client id is 1 to 128 letters, digits, underscores, dots and hyphens');
  }
  const clientSecret = confidential ? newSecret() : undefined;
  const [row] = await db.query<ClientRow>(
    `INSERT INTO oauth_client (client_id, label, secret_hash, created_at)
     VALUES ($1, $2, $3, (SELECT floor_now())) ON CONFLICT (client_id) DO NOTHING RETURNING ${COLUMNS}`,
    [clientId, label, clientSecret === undefined ? null : hashToken(clientSecret)],
  );
  if (row === undefined) throw new Error(`there is a client ${clientId} already`);
  return { client: clientOf(row), clientSecret };
}

/** Every client, in order of id. */
export async function listClients(db: Queryable): Promise<OAuthClient[]> {
  const rows = await db.query<ClientRow>(`SELECT ${COLUMNS} FROM oauth_client ORDER BY client_id`);
  return rows.map(clientOf);
}

export type ClientCheck =
  | { readonly kind: 'ok'; readonly client: OAuthClient }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'wrong secret' };

/** Whether a client is who it says; the secret of a public client is not looked at. */
export async function checkClient(
  db: Queryable,
  clientId: string,
  clientSecret: string | undefined,
): Promise<ClientCheck> {
  if (!CLIENT_ID.test(clientId)) return { kind: 'unknown' };
  const [row] = await db.query<ClientRow>(
    `SELECT ${COLUMNS} FROM oauth_client WHERE client_id = $1`,
    [clientId],
    'access.client',
  );
  if (row === undefined) return { kind: 'unknown' };
  if (row.secret_hash !== null && !timingSafeEqual(hashToken(clientSecret ?? ''), row.secret_hash)) {
    return { kind: 'wrong secret' };
  }
  return { kind: 'ok', client: clientOf(row) };
}
