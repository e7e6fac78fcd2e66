/** The grammar, and the form of syntax errors: excerpt, caret, row and column. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ApiError } from '../../src/errors.js';
import { excerptAround } from '../../src/query/errors.js';
import { parse } from '../../src/query/parser.js';
import { print } from '../../src/query/print.js';
import { isStorable } from '../../src/query/strings.js';
import { statement } from './statements.js';

const refusal = (soql: string): ApiError => {
  try {
    parse(soql);
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
  throw new Error(`accepted: ${soql}`);
};

const normal = (soql: string): string => {
  const { lexed, query } = parse(soql);
  return print(lexed, query);
};

describe('what the parser accepts', () => {
  it.each([
    ['select id from account', 'SELECT id FROM account'],
    ["SELECT Id FROM X a, a.Agent b WHERE b.Name = 'x'", "SELECT Id FROM X a, a.Agent b WHERE b.Name = 'x'"],
    [
      'SELECT Id FROM X ORDER BY a NULLS FIRST, b desc nulls last',
      'SELECT Id FROM X ORDER BY a NULLS FIRST, b DESC NULLS LAST',
    ],
    ['SELECT Id FROM X order', 'SELECT Id FROM X order'],
    ['SELECT Id FROM Group', 'SELECT Id FROM Group'],
    [
      'SELECT Id FROM X WHERE ((a = 1)) AND (b = 2 AND c = 3)',
      'SELECT Id FROM X WHERE a = 1 AND (b = 2 AND c = 3)',
    ],
    ['SELECT Id FROM X WHERE a = last_n_days : 5', 'SELECT Id FROM X WHERE a = LAST_N_DAYS:5'],
    ['SELECT typeof, Fields FROM X', 'SELECT typeof, Fields FROM X'],
  ])('%s', (soql, expected) => expect(normal(soql)).toBe(expected));

  it('print(parse(q)) is a normal form of q', () => {
    fc.assert(
      fc.property(statement, (soql) => {
        const once = normal(soql);
        expect(normal(once)).toBe(once);
      }),
      { numRuns: 500 },
    );
  });

  it('reads the same statement whatever stands between its words', () => {
    const gap = fc.constantFrom(' ', '\n', '\t', '\r\n  ');
    fc.assert(
      fc.property(statement, gap, (soql, blank) => {
        // Only outside of string literals.
        const spaced = soql.replace(/'(?:[^'\\]|\\.)*'|([ ,()])/gs, (all, mark?: string) =>
          mark === undefined ? all : mark === ' ' ? blank : `${blank}${mark}${blank}`,
        );
        expect(normal(spaced)).toBe(normal(soql));
      }),
      { numRuns: 200 },
    );
  });

  it('gives every node frozen', () => {
    const { query } = parse(
      "SELECT Id, (SELECT Id FROM C) FROM X WHERE a = 1 AND b IN ('x') ORDER BY c LIMIT 1",
    );
    const visit = (value: unknown): void => {
      if (value === null || typeof value !== 'object') return;
      if (!Array.isArray(value)) expect(Object.isFrozen(value)).toBe(true);
      for (const inner of Object.values(value)) visit(inner);
    };
    visit(query);
  });
});

describe('the form of syntax errors', () => {
  it('counts columns from 0 and stands one place left of the token', () => {
    const soql =
      'SELECT Id FROM LiveAgentSession WHERE TimeIdle > 0 AND TimeAtCapacity > 0 OR ChatReqTimedOut > 100';
    const { message, position } = refusal(soql);
    expect(message).toBe(
      "\nTimeIdle > 0 AND TimeAtCapacity > 0 OR ChatReqTimedOut > 100\n                                   ^\nERROR at Row:1:Column:74\nunexpected token: 'OR'",
    );
    expect(position).toEqual({ row: 1, column: 74 });
  });

  it('has no position at the end of the statement and at its first token', () => {
    for (const [soql, text] of [
      ['SELECT Id FROM Contact WHERE', "unexpected token: '<EOF>'"],
      ['invalid', "unexpected token: 'invalid'"],
      ['', 'SOQL statements cannot be empty or null'],
      ['  \n ', 'SOQL statements cannot be empty or null'],
    ] as const) {
      const error = refusal(soql);
      expect(error.message).toBe(text);
      expect(error.position).toBeUndefined();
    }
  });

  it.each([
    ['SELECT Id FROM X USING everything', "unexpected token: 'everything'"],
    ['SELECT Id FROM X WHERE ParentId IN ()', "unexpected token: 'ParentId IN ()'"],
    ['SELECT FROM T', "unexpected token: 'SELECT FROM'"],
    ["SELECT Id FROM T WHERE Name ILIKE 'x'", "unexpected token: 'Name ILIKE'"],
    ['SELECT a, b fr$om user', "missing value at 'user'"],
    ['SELECT Id FROM $x', "line 1:15 unexpected token: '$'"],
    ['SELECT Id FROM T WHERE Name LIKE null', "unexpected token: 'NULL'"],
    ['SELECT Id FROM T WHERE a = 2020-12-12T12:12:00-25:00', 'Invalid datetime: 2020-12-12t12:12:00-25:00'],
    ['SELECT Id FROM T WHERE a = 2020-13-12T12:12:00Z', 'Invalid datetime: 2020-13-12t12:12:00z'],
    ['SELECT Id FROM T WHERE (NOT a = 1 AND b = 2)', "unexpected token: 'AND'"],
    ['SELECT Id FROM T GROUP a', "unexpected token: 'a'"],
    ['SELECT Id FROM T LIMIT x', "unexpected token: 'x'"],
    ['SELECT Id FROM T extra words', "unexpected token: 'words'"],
  ])('%s', (soql, text) => {
    const { code, message } = refusal(soql);
    expect(code).toBe('MALFORMED_QUERY');
    expect(message.split('\n').at(-1)).toBe(text);
  });

  it('shows the line of the error only, counting columns anew', () => {
    const { message, position } = refusal('SELECT Id\nFROM X\n WHERE a == 1');
    expect(position).toEqual({ row: 3, column: 10 });
    expect(message).toBe("\n WHERE a == 1\n         ^\nERROR at Row:3:Column:10\nunexpected token: '='");
  });

  it('reaches 30 characters to each side and then to the end of the word', () => {
    const line =
      'SELECT Id, Name, AgentId, LoginTime, LogoutTime, Foo, TimeIdle, TimeInChats FROM LiveAgentSession';
    expect(excerptAround(line, 49)).toEqual({
      excerpt: 'AgentId, LoginTime, LogoutTime, Foo, TimeIdle, TimeInChats FROM',
      left: 17,
    });
  });

  it('refuses what is longer than a statement may be, and nesting that would exhaust the stack', () => {
    expect(refusal(`SELECT Id FROM X WHERE a = '${'x'.repeat(100_000)}'`).code).toBe('MALFORMED_QUERY');
    expect(refusal(`SELECT Id FROM X WHERE ${'('.repeat(40_000)}`).code).toBe('QUERY_TOO_COMPLICATED');
    expect(refusal(`SELECT Id FROM X WHERE ${'NOT '.repeat(20_000)}`).code).toBe('MALFORMED_QUERY');
  });
});

describe('statements nobody wrote', () => {
  it('are refused or read, never anything else', () => {
    const mutated = fc
      .tuple(statement, fc.nat(), fc.nat(20), fc.string({ unit: 'binary', maxLength: 6 }))
      .map(([soql, at, cut, put]) => {
        const from = at % (soql.length + 1);
        return soql.slice(0, from) + put + soql.slice(from + cut);
      });
    fc.assert(
      fc.property(fc.oneof(mutated, fc.string({ unit: 'binary', maxLength: 80 })), (soql) => {
        try {
          parse(soql);
        } catch (error) {
          expect(error).toBeInstanceOf(ApiError);
          // The message quotes the statement, and must be fit for XML.
          expect(isStorable((error as ApiError).message)).toBe(true);
        }
      }),
      { numRuns: 3_000 },
    );
  });
});
