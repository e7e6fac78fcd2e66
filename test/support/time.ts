/**
 * The time machine: makes `floor_now()` of one test database leap, run faster or stand still (DECISIONS 1). All of the
 * server's time comes from that function, so whole weeks of retention and time-outs become ordinary tests.
 */
import type { Queryable } from '../../src/store/database.js';

export interface FloorTime {
  /** The moment it is now: an ISO string or epoch milliseconds. Default: what the clock says at this moment. */
  readonly at?: string | number;
  /** Added to that moment (or to the present): leap by this much. */
  readonly offsetMs?: number;
  /** Floor seconds a real second, from now on. Default: what it was. */
  readonly speed?: number;
  /** Stand still at this moment: an ISO string or epoch milliseconds. */
  readonly frozenAt?: string | number;
}

const asIso = (moment: string | number): string => new Date(moment).toISOString();

/** Sets the clock of a migrated database. What is left out stays: leaps add up, a speed lasts. */
export async function setFloorTime(db: Queryable, time: FloorTime): Promise<void> {
  await db.query(`
    DO $do$ BEGIN
      IF to_regclass('test_floor_time') IS NULL THEN
        CREATE TABLE test_floor_time (base timestamptz NOT NULL, shown timestamptz NOT NULL, speed float8 NOT NULL);
        INSERT INTO test_floor_time SELECT t, t, 1 FROM clock_timestamp() t;
        CREATE OR REPLACE FUNCTION floor_now() RETURNS timestamptz LANGUAGE sql VOLATILE AS
          'SELECT shown + (clock_timestamp() - base) * speed FROM test_floor_time';
        CREATE OR REPLACE FUNCTION floor_speed() RETURNS float8 LANGUAGE sql STABLE AS
          'SELECT speed FROM test_floor_time';
      END IF;
    END $do$`);
  const frozen = time.frozenAt !== undefined;
  const at = frozen ? time.frozenAt : time.at;
  await db.query(
    `UPDATE test_floor_time AS old SET
       base = present.t,
       shown = coalesce($1::timestamptz, old.shown + (present.t - old.base) * old.speed)
               + make_interval(secs => $2::float8 / 1000),
       speed = coalesce($3::float8, old.speed)
     FROM (SELECT clock_timestamp() AS t) AS present`,
    [at === undefined ? null : asIso(at), time.offsetMs ?? 0, frozen ? 0 : (time.speed ?? null)],
  );
}
