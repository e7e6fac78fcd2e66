/**
 * What the cases of the language expect: rows by number, records, or a refusal. Texts marked certain must match to the
 * letter; of the others only the first words are asked for.
 */
import { expect } from 'vitest';
import type { Caller } from '../../src/access/caller.js';
import { ApiError } from '../../src/errors.js';
import type { Database } from '../../src/store/database.js';
import { ada, ask, ids, plain } from './world.js';

export interface Case {
  readonly id: string;
  readonly soql: string;
  readonly caller?: Partial<Caller>;
  readonly all?: boolean;
  readonly batchSize?: number;
  readonly expect: (db: Database) => Promise<void>;
}

type More = Omit<Partial<Case>, 'id' | 'soql' | 'expect'>;

/** `LAS` is short for LiveAgentSession, `{bo}` for an id. */
export function write(soql: string): string {
  return soql
    .replace(/\bLASH\b/g, 'LiveAgentSessionHistory')
    .replace(/\bLASS\b/g, 'LiveAgentSessionShare')
    .replace(/\bLAS\b/g, 'LiveAgentSession')
    .replace(/\{(bo|ada|cy|queue)\}/g, (_, name: 'bo') => ids[name])
    .replace(/\{n(\d)\}/g, (_, number: string) => ids.n(Number(number)));
}

const run = (soql: string, more: More, db: Database) =>
  ask(
    db,
    write(soql),
    { ...ada, ...more.caller },
    { ...(more.all ? { all: true } : {}), batchSize: more.batchSize },
  );

const nameOf = (record: Record<string, unknown>): string => {
  if (typeof record.Name === 'string') return `N${Number(record.Name)}`;
  const number = [1, 2, 3, 4, 5, 6].find((one) => ids.n(one) === record.Id);
  return number === undefined ? JSON.stringify(record) : `N${number}`;
};

/** Rows N1 … in any order. */
export function rows(id: string, soql: string, expected: string, more: More = {}): Case {
  return {
    id,
    soql,
    expect: async (db) => {
      const answer = await run(soql, more, db);
      expect(answer.records.map(nameOf).sort().join(' ')).toBe(expected);
      expect(answer.totalSize).toBe(answer.records.length);
      expect(answer.done).toBe(true);
    },
  };
}

/** Rows N1 … in the order given. */
export function sorted(id: string, soql: string, expected: string, more: More = {}): Case {
  return {
    id,
    soql,
    expect: async (db) => expect((await run(soql, more, db)).records.map(nameOf).join(' ')).toBe(expected),
  };
}

/** The records without attributes, in any order unless the statement sorts. */
export function records(id: string, soql: string, expected: readonly unknown[], more: More = {}): Case {
  return {
    id,
    soql,
    expect: async (db) => {
      const got = plain((await run(soql, more, db)).records) as unknown[];
      const order = (list: readonly unknown[]) =>
        /order by/i.test(soql) ? list : [...list].map((one) => JSON.stringify(one)).sort();
      expect(order(got)).toEqual(order(expected));
    },
  };
}

/** Anything else about the answer. */
export function answers(
  id: string,
  soql: string,
  look: (answer: Awaited<ReturnType<typeof ask>>, db: Database) => unknown,
  more: More = {},
): Case {
  return { id, soql, expect: async (db) => void (await look(await run(soql, more, db), db)) };
}

export interface Refusal extends More {
  readonly code?: string;
  /** The end of the message, to the letter. */
  readonly ends?: string;
  /** The whole message. */
  readonly whole?: string;
  readonly column?: number;
}

export function refused(id: string, soql: string, refusal: Refusal = {}): Case {
  return {
    id,
    soql,
    expect: async (db) => {
      const error = await run(soql, refusal, db).then(
        (answer) => answer,
        (thrown: unknown) => thrown,
      );
      expect(error).toBeInstanceOf(ApiError);
      const { code, message, position } = error as ApiError;
      if (refusal.code !== undefined) expect(code).toBe(refusal.code);
      if (refusal.whole !== undefined) expect(message).toBe(refusal.whole);
      if (refusal.ends !== undefined)
        expect(message.endsWith(refusal.ends) ? refusal.ends : message).toBe(refusal.ends);
      if (refusal.column !== undefined) expect(position?.column).toBe(refusal.column);
    },
  };
}
