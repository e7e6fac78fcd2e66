/** Who signs in and how: passwords, tokens, clients, lockout, and the epoch of everybody's rights (DECISIONS 8, 11). */
import type { Migration } from './migration.js';

export const migration: Migration = {
  id: '010-access',
  sql: `
-- Counts every change of anybody's rights; a cached snapshot of another epoch is stale.
CREATE TABLE access_epoch (
  singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
  epoch bigint NOT NULL
);
INSERT INTO access_epoch (epoch) VALUES (1);

-- Each running server, and the epoch it has passed: what it does now rests on rights of that epoch or later.
CREATE TABLE access_node (
  node_id uuid PRIMARY KEY,
  epoch bigint NOT NULL,
  seen_at timestamptz NOT NULL
);

-- Rows this server made for its own use, whatever they are called by now.
CREATE TABLE built_in (
  key text COLLATE "C" PRIMARY KEY,
  record_id text COLLATE "C" NOT NULL
);

-- Objects, and fields as Object.Field, whose permissions the built-in profiles were given once.
CREATE TABLE granted_by_default (
  name text COLLATE "C" PRIMARY KEY
);

-- API calls of the organization, by the hour.
CREATE TABLE api_usage (
  hour timestamptz PRIMARY KEY,
  calls bigint NOT NULL
);

-- A user without a row here cannot sign in with a password.
CREATE TABLE credential (
  user_id text COLLATE "C" PRIMARY KEY,
  -- $scrypt$ln=…,r=…,p=…$salt$key: parameters travel with the hash, so they can be raised
  hash text COLLATE "C" NOT NULL,
  changed_at timestamptz NOT NULL,
  is_frozen boolean NOT NULL DEFAULT false
);

-- Wrong passwords of a user from an address since the last right one.
CREATE TABLE login_failure (
  user_id text COLLATE "C" NOT NULL,
  address text COLLATE "C" NOT NULL,
  failures integer NOT NULL,
  last_at timestamptz NOT NULL,
  locked_until timestamptz,
  PRIMARY KEY (user_id, address)
);

CREATE TABLE oauth_client (
  client_id text COLLATE "C" PRIMARY KEY,
  label text NOT NULL,
  -- SHA-256 of a generated secret; null for a public client
  secret_hash bytea,
  -- each use of a refresh token gives a new one, and the old one presented again ends them all
  rotates_refresh_tokens boolean NOT NULL DEFAULT false,
  created_at timestamptz NOT NULL
);

-- Sessions. Only the SHA-256 of a token is kept. fillfactor leaves room to note the last use in place.
CREATE TABLE access_token (
  hash bytea PRIMARY KEY,
  user_id text COLLATE "C" NOT NULL,
  -- null: SOAP login()
  client_id text COLLATE "C",
  -- the log-in that also gave a refresh token, if any
  family uuid,
  created_at timestamptz NOT NULL,
  last_used_at timestamptz NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX access_token_user ON access_token (user_id, created_at);
CREATE INDEX access_token_family ON access_token (family) WHERE family IS NOT NULL;

CREATE TABLE refresh_token (
  hash bytea PRIMARY KEY,
  family uuid NOT NULL,
  user_id text COLLATE "C" NOT NULL,
  client_id text COLLATE "C" NOT NULL,
  created_at timestamptz NOT NULL,
  -- last use; for a rotating client the first use, after which a successor exists
  used_at timestamptz
);
CREATE INDEX refresh_token_family ON refresh_token (family);
CREATE INDEX refresh_token_user ON refresh_token (user_id);
`,
};
