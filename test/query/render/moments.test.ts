/** Moments in PostgreSQL's binary form are written as their text would be. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileJson } from '../../../src/query/render/json.js';
import { peopleOf } from '../../../src/query/render/people.js';
import { openSink, takeChunk } from '../../../src/query/render/sink.js';
import type { RecordShape } from '../../../src/query/shape.js';
import { type TestStore, testStore } from '../../support/store.js';
import { ada, BASE } from '../world.js';

let store: TestStore;
beforeAll(async () => {
  store = await testStore();
});
afterAll(() => store.close());

const record: RecordShape = {
  type: 'T',
  id: undefined,
  kindColumn: undefined,
  members: [0, 1].map((column) => ({ kind: 'value', key: `c${column}`, column, form: 'datetime' })),
};
const people = peopleOf(ada);

/** Epoch milliseconds of the years 1700 to 4000, as whole seconds and not. */
const moments = fc
  .tuple(
    fc.date({
      min: new Date('1700-01-01T00:00:00Z'),
      max: new Date('4000-12-31T23:59:59Z'),
      noInvalidDate: true,
    }),
    fc.boolean(),
  )
  .map(([date, whole]) => (whole ? Math.floor(date.getTime() / 1000) * 1000 : date.getTime()));

describe('a moment in binary form', () => {
  it('is what its text says, whichever moment was written before it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(moments, { minLength: 1, maxLength: 60 }), async (list) => {
        const text = `SELECT moment, CASE WHEN n % 5 > 0 THEN moment END
          FROM unnest($1::timestamptz[]) WITH ORDINALITY AS given(moment, n) ORDER BY n`;
        const values = [list.map((ms) => new Date(ms).toISOString())];
        const written = async (formats: readonly number[]) => {
          const columns = new Set(formats.flatMap((format, column) => (format === 1 ? [column] : [])));
          const renderer = compileJson(record, 2, BASE, columns);
          const rows: string[] = [];
          await store.db.eachRow({ text, values, formats }, (bytes, start, end) => {
            const sink = openSink(16);
            renderer.write(sink, bytes, { people }, start, end);
            rows.push(takeChunk(sink).toString('utf8'));
          });
          return rows;
        };
        const expected = list.map((ms, n) => {
          const shown = `"${new Date(ms).toISOString().replace('Z', '+0000')}"`;
          return `{"attributes":{"type":"T"},"c0":${shown},"c1":${(n + 1) % 5 > 0 ? shown : 'null'}}`;
        });
        expect(await written([1, 1])).toEqual(expected);
        expect(await written([1, 0])).toEqual(expected);
        expect(await written([0, 0])).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  }, 60_000);

  it('also comes from a statement without values', async () => {
    const seen: number[] = [];
    const text = `SELECT '2000-01-01T00:00:01Z'::timestamptz`;
    await store.db.eachRow({ text, formats: [1] }, (bytes, start, end) => {
      expect(end - start).toBe(12);
      seen.push(Number(bytes.readBigInt64BE(start + 4)));
    });
    expect(seen).toEqual([1_000_000]);
  });
});
