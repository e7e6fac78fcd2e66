/** Row bytes -> JSON bytes: one column of every form, hostile text, pages in slices. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { childRows, columnText } from '../../../src/query/render/columns.js';
import { compileJson } from '../../../src/query/render/json.js';
import { peopleOf } from '../../../src/query/render/people.js';
import { openSink, takeChunk } from '../../../src/query/render/sink.js';
import { bytesOf, startQuery } from '../../../src/query/run.js';
import type { MemberShape, RecordShape, ValueForm } from '../../../src/query/shape.js';
import { showable } from '../../../src/query/strings.js';
import type { TestStore } from '../../support/store.js';
import { ada, ask, BASE, idOf, ids, insertRow, more, openWorld } from '../world.js';

let world: TestStore;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const people = peopleOf(ada);

function rendered(
  members: readonly MemberShape[],
  columnCount: number,
  row: Buffer,
  record: Partial<RecordShape> = {},
): string {
  const renderer = compileJson(
    { type: 'T', id: undefined, kindColumn: undefined, members, ...record },
    columnCount,
    BASE,
  );
  const sink = openSink(16);
  renderer.write(sink, row, { people });
  return takeChunk(sink).toString('utf8');
}

/** A row as PostgreSQL sends it. */
const rowOf = (values: readonly (string | null)[]): Buffer =>
  childRows(JSON.stringify([values]))[0] as Buffer;

describe('one column of every form', () => {
  const forms: readonly (readonly [ValueForm, sql: string, json: string])[] = [
    ['id', "'0HKFW00000000014AA'", '"0HKFW00000000014AA"'],
    [
      'text',
      "E'quote \" back \\\\ tab \\t line \\n \\x01 é 漢 😀'",
      '"quote \\" back \\\\ tab \\t line \\n \\u0001 é 漢 😀"',
    ],
    ['integer', '(-2147483648)', '-2147483648'],
    ['integer', '9007199254740993::bigint', '9007199254740993'],
    ['double', '10050::float8', '10050.0'],
    ['double', '0.1::float8', '0.1'],
    ['double', '1e300::float8', '1e+300'],
    ['double', "'NaN'::float8", 'null'],
    ['boolean', 'true', 'true'],
    ['boolean', 'false', 'false'],
    ['datetime', "'2026-03-10 21:00:00+09'::timestamptz", '"2026-03-10T12:00:00.000+0000"'],
    ['datetime', "'1700-01-01 00:00:00.5+00'::timestamptz", '"1700-01-01T00:00:00.500+0000"'],
    ['date', "'2026-03-10'::date", '"2026-03-10"'],
    ['time', "'12:30:15'::time", '"12:30:15.000Z"'],
    ['json', `'{"a": [1, null]}'::jsonb`, '{"a": [1, null]}'],
    ['format-number', '1234567', '"1,234,567"'],
    ['format-datetime', "'2026-03-10 12:00:00+00'::timestamptz", '"3/10/2026, 9:00 PM"'],
    ['format-date', "'2026-03-10'::date", '"3/10/2026"'],
    ['label', "'Manual'", '"By hand"'],
    ['label', "'Other'", '"Other"'],
    ['text', 'NULL', 'null'],
    ['double', 'NULL', 'null'],
    ['format-number', 'NULL::int', 'null'],
  ];

  it.each(forms)('%s of %s', async (form, sql, json) => {
    const { rows, columnCount } = await world.db.dataRows({ text: `SELECT ${sql}` });
    const labels = [{ value: 'Manual', label: 'By hand' }];
    const text = rendered(
      [{ kind: 'value', key: 'K', column: 0, form, labels }],
      columnCount,
      rows[0] as Buffer,
    );
    expect(text).toBe(`{"attributes":{"type":"T"},"K":${json}}`);
    expect(() => JSON.parse(text) as unknown).not.toThrow();
  });
});

describe('text', () => {
  it('comes out as it went in, whatever it is, however little room there was', () => {
    const values = fc.array(fc.option(fc.string({ unit: 'binary', maxLength: 300 })), {
      minLength: 1,
      maxLength: 6,
    });
    fc.assert(
      fc.property(values, (row) => {
        // What no text may hold PostgreSQL cannot have sent.
        const sent = row.map((value) => (value === null ? null : showable(value)));
        const members = sent.map(
          (_, column): MemberShape => ({ kind: 'value', key: `k${column}`, column, form: 'text' }),
        );
        const document = JSON.parse(rendered(members, sent.length, rowOf(sent))) as Record<string, unknown>;
        expect(sent.map((_, column) => document[`k${column}`])).toEqual(sent);
      }),
      { numRuns: 300 },
    );
  });

  it('reads the columns of a row by their number', () => {
    const row = rowOf(['a', null, 'ü']);
    expect([0, 1, 2].map((column) => columnText(row, 3, column))).toEqual(['a', null, 'ü']);
  });
});

describe('a large page', () => {
  const TOTAL = 2_300;
  beforeAll(async () => {
    const boss = idOf('005', 50);
    await insertRow(world.db, 'User', { Id: boss, Name: 'Zoe "Boss"\n', Username: 'zoe@example.test' });
    const numbers = Array.from({ length: TOTAL }, (_, index) => 10_000 + index);
    await world.db.query(
      `INSERT INTO so_live_agent_session (id, name, agent_id, owner_id, login_time, logout_time, created_date)
       SELECT id, n::text, $3, $3, '2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z'
       FROM unnest($1::text[], $2::int[]) AS rows(id, n)`,
      [numbers.map((number) => idOf('0HK', number)), numbers, boss],
    );
  });

  it('comes in several chunks that are one document', async () => {
    const page = await startQuery(
      world.db,
      ada,
      'SELECT FIELDS(STANDARD), Agent.Name FROM LiveAgentSession',
      { base: BASE },
    );
    let chunks = 0;
    let length = 0;
    const parts: Buffer[] = [];
    for await (const chunk of page.chunks) {
      chunks++;
      length += chunk.length;
      parts.push(chunk);
    }
    expect(chunks).toBeGreaterThan(4);
    const document = JSON.parse(Buffer.concat(parts, length).toString('utf8')) as {
      records: { Agent: { Name: string } }[];
    };
    expect(document.records).toHaveLength(2_000);
    expect(document.records.at(-1)?.Agent.Name).toBe('Zoe "Boss"\n');
  });

  it('gives the head before the records', async () => {
    const page = await startQuery(world.db, ada, 'SELECT Id FROM LiveAgentSession', { base: BASE });
    expect((await bytesOf(page)).toString('utf8')).toMatch(
      /^\{"totalSize":2305,"done":false,"nextRecordsUrl":"[^"]+","records":\[\{"attributes"/,
    );
  });

  it('of children is cut off at 2,000, and goes on behind a locator of its own', async () => {
    const soql =
      "SELECT Name, (SELECT Name FROM LiveChatTranscripts WHERE Name LIKE '1%' ORDER BY Name DESC) FROM User WHERE Name LIKE 'zoe%'";
    const answer = await ask(world.db, soql);
    const children = answer.records[0]?.LiveChatTranscripts as {
      totalSize: number;
      done: boolean;
      nextRecordsUrl: string;
      records: { Name: string }[];
    };
    expect(children.totalSize).toBe(TOTAL);
    expect(children.done).toBe(false);
    expect(children.records).toHaveLength(2_000);
    expect(children.records[0]?.Name).toBe('12299');
    const rest = await more(world.db, children.nextRecordsUrl);
    expect(rest.done).toBe(true);
    expect(rest.records).toHaveLength(TOTAL - 2_000);
    expect(rest.records[0]?.Name).toBe('10299');
    expect(rest.records.at(-1)?.Name).toBe('10000');
    await expect(more(world.db, children.nextRecordsUrl, { ...ada, userId: ids.bo })).rejects.toMatchObject({
      code: 'INVALID_QUERY_LOCATOR',
    });
  });
});
