/** Parameterized search, and searches nobody wrote. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiError } from '../../../src/errors.js';
import { parameterizedSearch, statementOf } from '../../../src/query/sosl/parameterized.js';
import { parseSearch } from '../../../src/query/sosl/parse.js';
import { planSearch } from '../../../src/query/sosl/plan-search.js';
import { readSearch } from '../../../src/query/sosl/search-text.js';
import type { TestStore } from '../../support/store.js';
import { ada, BASE, ids, openWorld, plain } from '../world.js';

let world: TestStore;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const find = async (request: Parameters<typeof statementOf>[0]) =>
  plain(
    (
      JSON.parse((await parameterizedSearch(world.db, ada, request, { base: BASE })).toString('utf8')) as {
        searchRecords: unknown[];
      }
    ).searchRecords,
  );

describe('parameterized search', () => {
  it('F55: one object by GET', async () => {
    const request = {
      q: '00000001',
      sobjects: [{ name: 'LiveAgentSession', fields: ['id', 'name'], limit: 10 }],
    };
    expect(await find(request)).toEqual([{ Id: ids.n(1), Name: '00000001' }]);
  });

  it('F56: filter, order and limit by POST', async () => {
    const object = { name: 'LiveAgentSession', where: 'TimeIdle > 2000', orderBy: 'Name', limit: 2 };
    expect(await find({ q: '0000000*', fields: ['id'], sobjects: [object] })).toEqual([
      { Id: ids.n(1) },
      { Id: ids.n(2) },
    ]);
  });

  it('takes everything but wildcards as text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 30 }), (q) => {
        const { text } = parseSearch(statementOf({ q }));
        try {
          readSearch(text);
        } catch (error) {
          // Nothing to look for is all that can be wrong with it.
          expect(error).toMatchObject({ code: 'INVALID_SEARCH' });
        }
      }),
      { numRuns: 500 },
    );
  });

  it('refuses names that are none', async () => {
    await expect(find({ q: 'abc', sobjects: [{ name: 'User(Id), Group' }] })).rejects.toMatchObject({
      code: 'MALFORMED_SEARCH',
    });
    await expect(
      find({ q: 'abc', sobjects: [{ name: 'User', fields: ['Id) LIMIT 1'] }] }),
    ).rejects.toMatchObject({ code: 'MALFORMED_SEARCH' });
  });
});

describe('searches nobody wrote', () => {
  const piece = fc.constantFrom(
    'abc',
    'x1',
    '0000*',
    'a?c',
    '*a',
    'AND',
    'or',
    'NOT',
    '(',
    ')',
    '"',
    '\\"',
    '\\',
    ':',
    'a-b',
    '漢字',
    "o'x",
    "o\\'x",
  );
  const text = fc.oneof(
    fc.array(piece, { maxLength: 10 }).map((parts) => parts.join(' ')),
    fc.string({ unit: 'binary', maxLength: 40 }),
  );

  it('are refused or planned', () => {
    fc.assert(
      fc.property(text, fc.constantFrom(undefined, ['Name', 'Email'], []), (one, fields) => {
        try {
          planSearch(readSearch(one), fields);
        } catch (error) {
          expect(error).toBeInstanceOf(ApiError);
        }
      }),
      { numRuns: 3_000 },
    );
  });

  it('and what is planned PostgreSQL can run', async () => {
    const planned = fc.sample(text, { numRuns: 600, seed: 11 }).flatMap((one) => {
      try {
        return [planSearch(readSearch(one), ['Name'])];
      } catch {
        return [];
      }
    });
    expect(planned.length).toBeGreaterThan(100);
    for (const { terms, patterns } of planned) {
      await world.db.query('SELECT $1::tsquery, (SELECT bool_or($2 ~ p) FROM unnest($3::text[]) AS t(p))', [
        terms ?? "'x'",
        '\nName a b ',
        Object.values(patterns),
      ]);
    }
  });
});
