/** Whatever was stored comes out equal, of the tables and of the rows REST serves. */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createRecords } from '../../src/records/create.js';
import { retrieveRows } from '../../src/records/retrieve.js';
import { updateRecords } from '../../src/records/update.js';
import { textKey } from '../../src/store/columns.js';
import { hasUnsupportedCharacters } from '../../src/store/text.js';
import { type TestStore, testStore } from '../support/store.js';
import { aSession, objectNamed, type People, people } from './people.js';

let store: TestStore;
let who: People;
beforeAll(async () => {
  store = await testStore();
  who = await people(store.db);
});
afterAll(() => store.close());

const base = '/services/data/v60.0';

async function read(
  name: string,
  ids: readonly (string | null)[],
  fields: string[],
): Promise<Record<string, unknown>[]> {
  const rows = await retrieveRows(
    store.db,
    who.admin,
    ids.map((id) => id ?? ''),
    { object: objectNamed(name), fields, base },
  );
  return rows.map((row) => {
    const { attributes, ...values } = JSON.parse(row?.toString() ?? '{}');
    expect(attributes.type).toBe(name);
    return values;
  });
}

/** Letters of many kinds: astral, emoji with joiners, combining marks, both directions, quotes, controls that may be. */
const letters = fc.string({
  unit: fc.oneof(
    { weight: 4, arbitrary: fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }) },
    { weight: 2, arbitrary: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }) },
    fc.constantFrom(
      '👩‍👩‍👧',
      'é',
      'ß',
      'ﬁ',
      '\t',
      '\r\n',
      '\u0085',
      '\u2028',
      '"',
      '\\',
      '\\u0000',
      '<',
      '&',
      '\u202e',
      '\u007f',
      "'",
    ),
  ),
  maxLength: 40,
});
const storable = letters.filter((text) => !hasUnsupportedCharacters(text) && text.length <= 255);

it('text, trimmed, and its key', async () => {
  const visitor = objectNamed('LiveChatVisitor');
  const transcript = objectNamed('LiveChatTranscript');
  const [visitorId] = (
    await createRecords(store.db, who.admin, { object: visitor, records: [{}], allOrNone: true })
  ).map(({ id }) => id);
  await fc.assert(
    fc.asyncProperty(fc.array(storable, { minLength: 1, maxLength: 20 }), async (texts) => {
      const results = await createRecords(store.db, who.admin, {
        object: transcript,
        records: texts.map((text) => ({
          LiveChatVisitorId: visitorId,
          Body: text,
          Location: [...text].slice(0, 60).join(''),
        })),
        allOrNone: true,
      });
      const expected = texts.map((text) => ({
        Body: text.trim() || null,
        Location: [...text].slice(0, 60).join('').trim() || null,
      }));
      expect(results.flatMap(({ errors }) => errors)).toEqual([]);
      expect(
        await read(
          'LiveChatTranscript',
          results.map(({ id }) => id),
          ['Body', 'Location'],
        ),
      ).toEqual(expected);
      const keys = await store.db.query<{ location__key: string | null }>(
        'SELECT location__key FROM so_live_chat_transcript WHERE id = ANY($1) ORDER BY id',
        [results.map(({ id }) => id)],
      );
      expect(keys.map((row) => row.location__key)).toEqual(
        expected.map(({ Location }) => (Location === null ? null : textKey(Location))),
      );
    }),
    { numRuns: 60 },
  );
});

it('text with any character at all is kept or refused, never changed and never an internal error', async () => {
  const skill = objectNamed('Skill');
  let n = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.string({
          unit: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)),
          minLength: 1,
          maxLength: 12,
        }),
        { minLength: 1, maxLength: 10 },
      ),
      async (texts) => {
        const results = await createRecords(store.db, who.admin, {
          object: skill,
          records: texts.map((text) => ({ MasterLabel: text, DeveloperName: `N${n++}` })),
          allOrNone: false,
        });
        const kept = results.flatMap(({ id, errors }, at) => {
          const text = texts[at]?.trim() ?? '';
          if (id !== null) return [{ id, text }];
          const code = hasUnsupportedCharacters(text)
            ? 'TEXT_DATA_OUTSIDE_SUPPORTED_CHARSET'
            : 'REQUIRED_FIELD_MISSING';
          expect(errors[0]?.code).toBe(code);
          return [];
        });
        const rows = await read(
          'Skill',
          kept.map(({ id }) => id),
          ['MasterLabel'],
        );
        expect(rows).toEqual(kept.map(({ text }) => ({ MasterLabel: text })));
      },
    ),
    { numRuns: 60 },
  );
});

const moment = fc.date({
  min: new Date('1700-01-01T00:00:00Z'),
  max: new Date('4000-12-31T00:00:00Z'),
  noInvalidDate: true,
});
const metric = fc.option(fc.integer({ min: -999_999_999, max: 999_999_999 }));

it('numbers and moments, cut to the second, created or updated, whatever zone they were written in', async () => {
  const session = objectNamed('LiveAgentSession');
  const record = fc.record({
    LoginTime: moment,
    LogoutTime: moment,
    TimeIdle: metric,
    ChatReqAssigned: metric,
    east: fc.integer({ min: -14 * 60, max: 14 * 60 }),
  });
  const written = (at: Date, east: number) => {
    const local = new Date(at.getTime() + east * 60_000);
    const two = (value: number) => String(Math.trunc(Math.abs(value))).padStart(2, '0');
    return `${local.toISOString().slice(0, -1)}${east < 0 ? '-' : '+'}${two(east / 60)}:${two(east % 60)}`;
  };
  const shown = (at: Date) =>
    `${new Date(Math.floor(at.getTime() / 1000) * 1000).toISOString().slice(0, -1)}+0000`;
  await fc.assert(
    fc.asyncProperty(
      fc.array(record, { minLength: 1, maxLength: 15 }),
      fc.boolean(),
      async (records, thenUpdated) => {
        const sent = records.map(({ east, LoginTime, LogoutTime, ...rest }) => ({
          ...rest,
          LoginTime: written(LoginTime, east),
          LogoutTime: written(LogoutTime, east),
        }));
        const created = await createRecords(store.db, who.admin, {
          object: session,
          records: sent.map((fields) => aSession(who.agentId, thenUpdated ? {} : fields)),
          allOrNone: true,
        });
        expect(created.flatMap(({ errors }) => errors)).toEqual([]);
        const ids = created.map(({ id }) => id);
        if (thenUpdated) {
          const updated = await updateRecords(store.db, who.admin, {
            object: session,
            records: sent.map((fields, at) => ({ Id: ids[at], ...fields })),
            allOrNone: true,
          });
          expect(updated.flatMap(({ errors }) => errors)).toEqual([]);
        }
        expect(
          await read('LiveAgentSession', ids, ['TimeIdle', 'ChatReqAssigned', 'LoginTime', 'LogoutTime']),
        ).toEqual(
          records.map(({ TimeIdle, ChatReqAssigned, LoginTime, LogoutTime }) => ({
            TimeIdle: TimeIdle === null ? null : TimeIdle + 0,
            ChatReqAssigned: ChatReqAssigned === null ? null : ChatReqAssigned + 0,
            LoginTime: shown(LoginTime),
            LogoutTime: shown(LogoutTime),
          })),
        );
      },
    ),
    { numRuns: 60 },
  );
});

it('decimals of a field with a scale', async () => {
  const user = objectNamed('User');
  await fc.assert(
    fc.asyncProperty(fc.double({ min: -180, max: 180, noNaN: true }), async (longitude) => {
      const [result] = await updateRecords(store.db, who.admin, {
        object: user,
        records: [{ Id: who.agentId, Longitude: longitude }],
        allOrNone: true,
      });
      expect(result?.errors).toEqual([]);
      const [row] = await read('User', [who.agentId], ['Longitude']);
      expect(row?.Longitude).toBeCloseTo(longitude, 14);
    }),
    { numRuns: 40 },
  );
});
