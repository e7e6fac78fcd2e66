/**
 * What everything else stands on: time, ids, the outbox of changes, names of owners, and the bookkeeping of the
 * record engine (DECISIONS 1, 7, 8).
 */
import type { Migration } from './migration.js';

/** First key of the advisory lock that marks writers for the replication horizon; in pg_locks it is `classid`. */
export const HORIZON_LOCK_CLASS = 0x46574852; // FWHR

export const migration: Migration = {
  id: '001-core',
  sql: `
-- The only source of time. Tests replace the body with a clock that leaps and runs faster.
CREATE FUNCTION floor_now() RETURNS timestamptz
  LANGUAGE sql VOLATILE PARALLEL SAFE AS $$ SELECT clock_timestamp() $$;
-- Floor seconds a real second.
CREATE FUNCTION floor_speed() RETURNS double precision
  LANGUAGE sql STABLE PARALLEL SAFE AS $$ SELECT 1.0::double precision $$;

-- The three characters after an id's fifteen: a bit for each upper-case letter, the first of five lowest.
-- By bytes: ten times as fast as by characters, and every new record pays for it.
CREATE FUNCTION id_checksum(id text) RETURNS text
  LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  alphabet CONSTANT text := 'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345';
  b CONSTANT bytea := id::bytea;
BEGIN
  RETURN substr(alphabet, 1
      + (get_byte(b, 0) BETWEEN 65 AND 90)::int
      + 2 * (get_byte(b, 1) BETWEEN 65 AND 90)::int
      + 4 * (get_byte(b, 2) BETWEEN 65 AND 90)::int
      + 8 * (get_byte(b, 3) BETWEEN 65 AND 90)::int
      + 16 * (get_byte(b, 4) BETWEEN 65 AND 90)::int, 1)
    || substr(alphabet, 1
      + (get_byte(b, 5) BETWEEN 65 AND 90)::int
      + 2 * (get_byte(b, 6) BETWEEN 65 AND 90)::int
      + 4 * (get_byte(b, 7) BETWEEN 65 AND 90)::int
      + 8 * (get_byte(b, 8) BETWEEN 65 AND 90)::int
      + 16 * (get_byte(b, 9) BETWEEN 65 AND 90)::int, 1)
    || substr(alphabet, 1
      + (get_byte(b, 10) BETWEEN 65 AND 90)::int
      + 2 * (get_byte(b, 11) BETWEEN 65 AND 90)::int
      + 4 * (get_byte(b, 12) BETWEEN 65 AND 90)::int
      + 8 * (get_byte(b, 13) BETWEEN 65 AND 90)::int
      + 16 * (get_byte(b, 14) BETWEEN 65 AND 90)::int, 1);
END $$;

-- n in base 62, digits in ASCII order so that text order is number order, at least nine of them.
CREATE FUNCTION base62(n bigint) RETURNS text
  LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  digits CONSTANT text := '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
  rest bigint := n;
  result text := '';
BEGIN
  WHILE rest > 0 LOOP
    result := substr(digits, 1 + (rest % 62)::int, 1) || result;
    rest := rest / 62;
  END LOOP;
  RETURN lpad(result, greatest(9, length(result)), '0');
END $$;

-- An 18-character record id: prefix, the mark of ids issued here, the class of id, the number, the checksum.
CREATE FUNCTION new_id(prefix text, n bigint, class text DEFAULT '0') RETURNS text
  LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  fifteen CONSTANT text := prefix || 'FW' || class || base62(n);
BEGIN
  IF length(fifteen) <> 15 THEN
    RAISE EXCEPTION 'no id of prefix % and number % has 15 characters', prefix, n;
  END IF;
  RETURN fifteen || id_checksum(fifteen);
END $$;

-- The display format of each autonumber, such as S-{00000000}; the braces hold the digits shown at least.
CREATE TABLE autonumber (
  object text COLLATE "C" PRIMARY KEY,
  format text COLLATE "C" NOT NULL DEFAULT '{00000000}' CHECK (format ~ '^[^{}]*\\{0+\\}[^{}]*$')
);

CREATE FUNCTION autonumber_text(format text, n bigint) RETURNS text
  LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  digits CONSTANT int := strpos(format, '}') - strpos(format, '{') - 1;
BEGIN
  RETURN substr(format, 1, strpos(format, '{') - 1)
    || lpad(n::text, greatest(digits, length(n::text)), '0')
    || substr(format, strpos(format, '}') + 1);
END $$;

-- Begins a write of records: marks this transaction for the replication horizon, then gives the time to stamp with.
-- A reader that takes its time r and then finds no such mark below r in pg_locks has seen everything up to r.
CREATE FUNCTION begin_write() RETURNS timestamptz
  LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  -- a row locked by another writer for longer is UNABLE_TO_LOCK_ROW
  PERFORM set_config('lock_timeout', '10s', true);
  PERFORM pg_advisory_xact_lock_shared(
    ${HORIZON_LOCK_CLASS}, floor(extract(epoch FROM floor_now() - '2020-01-01T00:00:00Z'::timestamptz))::int);
  RETURN date_trunc('second', floor_now());
END $$;

-- Rows changed after the returned moment may still be uncommitted. To be called in a statement of its own, before the
-- statement that reads the rows; on the primary only.
CREATE FUNCTION replication_horizon() RETURNS timestamptz
  LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  r CONSTANT timestamptz := floor_now();
  oldest int;
BEGIN
  SELECT min(objid::bigint::int) INTO oldest FROM pg_locks
   WHERE locktype = 'advisory' AND classid = ${HORIZON_LOCK_CLASS} AND objsubid = 2 AND granted
     AND database = (SELECT oid FROM pg_database WHERE datname = current_database());
  RETURN least(r, '2020-01-01T00:00:00Z'::timestamptz + make_interval(secs => oldest));
END $$;

-- The outbox: every write of a record, in the transaction of the write. Read only rows with
-- tx < pg_snapshot_xmin(pg_current_snapshot()), in the order (tx, seq): seq alone loses what commits late.
CREATE TABLE change (
  seq bigint GENERATED ALWAYS AS IDENTITY,
  tx xid8 NOT NULL DEFAULT pg_current_xact_id(),
  object text COLLATE "C" NOT NULL,
  record_id text COLLATE "C" NOT NULL,
  kind text COLLATE "C" NOT NULL CHECK (kind IN ('create', 'update', 'delete', 'undelete', 'purge')),
  -- names of the fields an update touched; null where the kind says all
  fields text[],
  at timestamptz NOT NULL,
  PRIMARY KEY (tx, seq)
);
CREATE INDEX change_at ON change USING brin (at);

-- The Name object: one row for each user, queue and group, kept in the transaction that writes it.
CREATE TABLE principal (
  id text COLLATE "C" PRIMARY KEY,
  kind text COLLATE "C" NOT NULL CHECK (kind IN ('User', 'Queue', 'Group')),
  name text COLLATE "C" NOT NULL,
  name_key text COLLATE "C" NOT NULL,
  first_name text COLLATE "C",
  last_name text COLLATE "C",
  username text COLLATE "C",
  email text COLLATE "C",
  phone text COLLATE "C",
  title text COLLATE "C",
  alias text COLLATE "C",
  profile_id text COLLATE "C",
  user_role_id text COLLATE "C",
  is_active boolean NOT NULL DEFAULT true
);

-- When each user last viewed a record and last came across it; RecentlyViewed, LastViewedDate, LastReferencedDate.
CREATE TABLE recently_viewed (
  user_id text COLLATE "C" NOT NULL,
  record_id text COLLATE "C" NOT NULL,
  object text COLLATE "C" NOT NULL,
  viewed_at timestamptz,
  referenced_at timestamptz,
  PRIMARY KEY (user_id, record_id)
);
CREATE INDEX recently_viewed_newest ON recently_viewed (user_id, greatest(viewed_at, referenced_at) DESC);

-- Records purged for good, kept for getDeleted; owner_id lets sharing still be asked.
CREATE TABLE delete_log (
  id text COLLATE "C" PRIMARY KEY,
  object text COLLATE "C" NOT NULL,
  owner_id text COLLATE "C",
  deleted_date timestamptz NOT NULL,
  purged_at timestamptz NOT NULL
);
CREATE INDEX delete_log_object ON delete_log (object, deleted_date);

-- Per object: deletedDate of the newest entry that was dropped from the delete log.
CREATE TABLE delete_log_horizon (
  object text COLLATE "C" PRIMARY KEY,
  earliest_date_available timestamptz NOT NULL
);
`,
};
