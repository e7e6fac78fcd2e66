import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Database, openDatabase } from '../../src/store/database.js';
import { checksum, id15, id18, isId } from '../../src/store/ids.js';
import { migrate } from '../../src/store/migrate.js';
import { type TestDatabase, testDatabase } from '../support/database.js';

let database: TestDatabase;
let db: Database;
beforeAll(async () => {
  database = await testDatabase();
  db = await openDatabase({ url: database.url });
  await migrate(db, []);
});
afterAll(async () => {
  await db.close();
  await database.drop();
});

const fifteen = fc.stringMatching(/^[a-zA-Z0-9]{15}$/);

describe('the checksum of an id', () => {
  it('is that of recorded ids', () => {
    expect(checksum('0015000000WWD7b')).toBe('AAH');
    expect(checksum('0AHD000000000Ab')).toBe('OAI');
    expect(checksum('012000000000000')).toBe('AAA');
  });

  it('is the same in SQL', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fifteen, { minLength: 1, maxLength: 50 }), async (ids) => {
        const rows = await db.query('SELECT id_checksum(id) AS sum FROM unnest($1::text[]) id', [ids]);
        expect(rows).toEqual(ids.map((id) => ({ sum: checksum(id) })));
      }),
      { numRuns: 30 },
    );
  });

  it('refuses an id whose case was changed, unless no letter remembers it', () => {
    fc.assert(
      fc.property(fifteen, fc.nat(14), (id, at) => {
        const letter = id[at] ?? '';
        const swapped = letter === letter.toUpperCase() ? letter.toLowerCase() : letter.toUpperCase();
        const full = id18(id);
        expect(isId(full)).toBe(true);
        expect(isId(id15(full))).toBe(true);
        const changed = full.slice(0, at) + swapped + full.slice(at + 1);
        expect(isId(changed)).toBe(swapped === letter);
      }),
    );
  });

  it.each(['', 'abc', '0HK00000000000', '0HK0000000000000', '0HK-00000000001', '0HKFW0000000001AAB'])(
    'does not take %j for an id',
    (text) => expect(isId(text)).toBe(false),
  );
});

describe('issued ids', () => {
  it('are valid, carry prefix, mark and class, and ascend in the order of issue', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.oneof(fc.bigInt(1n, 5000n), fc.bigInt(1n, 62n ** 9n - 1n)), { minLength: 2 }),
        async (numbers) => {
          const ascending = [...numbers].sort((a, b) => (a < b ? -1 : 1));
          const rows = await db.query<{ id: string }>(
            `SELECT new_id('0HK', n) AS id FROM unnest($1::bigint[]) WITH ORDINALITY t(n, o) ORDER BY o`,
            [ascending.map(String)],
          );
          const ids = rows.map(({ id }) => id);
          for (const id of ids) {
            expect(isId(id)).toBe(true);
            expect(id).toMatch(/^0HKFW0/);
          }
          const byBytes = [...ids].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
          expect(ids).toEqual(byBytes);
          expect(new Set(ids).size).toBe(ids.length);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('end with an error when the digits are used up, never with a longer id', async () => {
    const last = 62n ** 9n - 1n;
    await expect(db.query(`SELECT new_id('0HK', $1)`, [String(last)])).resolves.toHaveLength(1);
    await expect(db.query(`SELECT new_id('0HK', $1)`, [String(last + 1n)])).rejects.toThrow('15 characters');
  });
});

describe('autonumbers', () => {
  it.each([
    ['{00000000}', 1, '00000001'],
    ['S-{0000}/x', 12345, 'S-12345/x'],
    ['{0}', 7, '7'],
  ])('%s of %i is %s', async (format, n, text) => {
    expect(await db.query('SELECT autonumber_text($1, $2) AS text', [format, n])).toEqual([{ text }]);
  });
});
