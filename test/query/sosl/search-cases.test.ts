/** SOSL, case by case, over the data set of world.ts. Numbers are those of the project's list of cases. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Caller } from '../../../src/access/caller.js';
import { ApiError } from '../../../src/errors.js';
import { rowLimits } from '../../../src/query/sosl/row-limits.js';
import { search } from '../../../src/query/sosl/search.js';
import type { TestStore } from '../../support/store.js';
import { write } from '../cases.js';
import { accessWithout, ada, BASE, idOf, ids, insertRow, openWorld, plain } from '../world.js';

let world: TestStore;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const find = async (sosl: string, caller: Partial<Caller> = {}) =>
  JSON.parse(
    (await search(world.db, { ...ada, ...caller }, write(sosl), { base: BASE })).toString('utf8'),
  ) as {
    searchRecords: Record<string, unknown>[];
  };

const short = (record: Record<string, unknown>): string => {
  if (typeof record.Name === 'string')
    return /^\d+$/.test(record.Name) ? `N${Number(record.Name)}` : record.Name;
  const number = [1, 2, 3, 4, 5, 6].find((one) => ids.n(one) === record.Id);
  return number === undefined ? String(record.Id) : `N${number}`;
};

describe('what is found', () => {
  it.each([
    ['F1', 'FIND {00000001}', 'N1'],
    ['F2', 'FIND {00000001} RETURNING LAS', 'N1'],
    ['F5', 'FIND {0000000*} RETURNING LAS(Name)', 'N1 N2 N3 N4 N5'],
    ['F6', 'FIND {0000000?} RETURNING LAS(Name)', 'N1 N2 N3 N4 N5'],
    ['F7', 'FIND {000000?} RETURNING LAS(Name)', ''],
    ['a wildcard inside', 'FIND {0*003} RETURNING LAS(Name)', 'N3'],
    ['F8', 'FIND {*0001} RETURNING LAS(Name)', ''],
    ['F9', 'FIND {00000001 OR 00000003} RETURNING LAS(Name)', 'N1 N3'],
    ['F10', 'FIND {00000001 00000003} RETURNING LAS(Name)', ''],
    ['F11', 'FIND {0000000* and not 00000003} RETURNING LAS(Name)', 'N1 N2 N4 N5'],
    [
      'F11 with a wildcard that only reading decides',
      'FIND {0000000* AND NOT 0000?003} RETURNING LAS(Name)',
      'N1 N2 N4 N5',
    ],
    ['F12', 'FIND {(00000001 OR 00000002) AND NOT 00000002} RETURNING LAS(Name)', 'N1'],
    ['F13', 'FIND {00000001 OR 00000002 AND 00000003} RETURNING LAS(Name)', 'N1'],
    ['F14', 'FIND {7200} RETURNING LAS(Name)', ''],
    ['F15', 'FIND {Bo} RETURNING LAS(Name), User(Name)', 'Bo Lind'],
    ['F60', 'FIND {Bo OR 00000001} RETURNING User(Name), LAS(Name)', 'Bo Lind N1'],
    ['a phrase', 'FIND {"bo lind"} RETURNING User(Name)', 'Bo Lind'],
    ['a phrase the other way round', 'FIND {"lind bo"} RETURNING User(Name)', ''],
    ['words in any order', 'FIND {lind bo} RETURNING User(Name)', 'Bo Lind'],
    ['F16', 'FIND {00000001} IN EMAIL FIELDS RETURNING LAS(Name)', ''],
    ['F16 of phones', 'FIND {00000001} IN PHONE FIELDS RETURNING LAS(Name)', ''],
    ['an e-mail address', 'FIND {"cy@example.test"} IN EMAIL FIELDS RETURNING User(Name)', 'Cy Moor'],
    ['an e-mail address is no name', 'FIND {"cy@example.test"} IN NAME FIELDS RETURNING User(Name)', ''],
    ['F22', 'FIND {brace \\}} RETURNING LAS', ''],
    ['F23', 'FIND {"and"} RETURNING LAS', ''],
    ['F25', 'FIND {0000000*} RETURNING LAS(Name WHERE TimeIdle > 2000)', 'N1 N2 N4'],
    ['F26', 'FIND {0000000*} RETURNING LAS(Name WHERE LoginTime = TODAY)', 'N3 N4 N5'],
    ['F27', 'FIND {0000000*} RETURNING LAS(Name ORDER BY LoginTime DESC LIMIT 2)', 'N5 N4'],
    ['F28', 'FIND {0000000*} RETURNING LAS(Name ORDER BY LoginTime DESC LIMIT 2 OFFSET 1)', 'N4 N3'],
    ['F32', 'FIND {0000000*} RETURNING LAS(Name LIMIT 0)', ''],
    ['F33', 'FIND {0000000*} RETURNING LAS(Name) LIMIT 3', 'N1 N2 N3'],
    ['F43', 'FIND {0000000*} RETURNING LAS(Name USING ListView=Recent)', 'N1 N4'],
    ['F44', 'FIND {00000001} RETURNING LAS(Name) WITH HIGHLIGHT', 'N1'],
    ['F45', 'FIND {00000001} RETURNING LAS(Name) WITH SPELL_CORRECTION = false', 'N1'],
    ['F47', 'FIND {00000001} RETURNING LAS(Name) WITH SNIPPET (target_length = 120)', 'N1'],
    ['F57', 'find {00000001} returning liveagentsession(name)', 'N1'],
  ])('%s: %s', async (_, sosl, expected) => {
    expect((await find(sosl)).searchRecords.map(short).join(' ')).toBe(expected);
  });

  it('F3: fields as asked', async () => {
    const { searchRecords } = await find('FIND {00000001} IN NAME FIELDS RETURNING LAS(Id, Name, LoginTime)');
    expect(searchRecords).toEqual([
      {
        attributes: { type: 'LiveAgentSession', url: `${BASE}/sobjects/LiveAgentSession/${ids.n(1)}` },
        Id: ids.n(1),
        Name: '00000001',
        LoginTime: '2026-03-02T00:00:00.000+0000',
      },
    ]);
  });

  it('F4: a bare array before version 37', async () => {
    expect(plain(await find('FIND {00000001} RETURNING LAS', { apiVersion: 36 }))).toEqual([
      { Id: ids.n(1) },
    ]);
  });

  it('F41 and F42: parents and functions', async () => {
    const { searchRecords } = await find(
      'FIND {00000003} RETURNING LAS(Name, Agent.Name, Owner.Name, FORMAT(LoginTime) f)',
    );
    expect(plain(searchRecords)).toEqual([
      {
        Name: '00000003',
        Agent: { Name: 'Bo Lind' },
        Owner: { Name: 'Chat Queue' },
        f: '3/10/2026, 1:00 AM',
      },
    ]);
    await expect(find('FIND {00000003} RETURNING LAS(LoginTime, FORMAT(LoginTime))')).rejects.toBeInstanceOf(
      ApiError,
    );
  });

  it.each([
    ['F44', 'WITH HIGHLIGHT'],
    ['F47', 'WITH SNIPPET (target_length = 120)'],
  ])('%s: nothing is added %s', async (_, clause) => {
    const { searchRecords, ...rest } = await find(`FIND {00000001} RETURNING LAS(Name) ${clause}`);
    expect(searchRecords.map((record) => Object.keys(record))).toEqual([['attributes', 'Name']]);
    expect(rest).toEqual({});
  });

  it('F46: labels beside the records', async () => {
    expect(await find("FIND {00000001} RETURNING LAS(Name) WITH METADATA = 'LABELS'")).toMatchObject({
      metadata: { entityetadata: [{ entityName: 'LiveAgentSession', fieldMetadata: [{ name: 'Name' }] }] },
    });
  });

  it('F50 and F51: long texts', async () => {
    expect((await find(`FIND {${'00000001 '.repeat(1_200)}} RETURNING LAS(Name)`)).searchRecords).toEqual([]);
    const many = `${'zzzzzzzz AND '.repeat(320)}00000001 AND 00000002`;
    expect((await find(`FIND {${many}} RETURNING LAS(Name)`)).searchRecords.map(short)).toEqual(['N1', 'N2']);
  });

  it('F62: text is cut into words at punctuation; the index follows what is written', async () => {
    const id = idOf('0HK', 70);
    const tell = (kind: string) =>
      world.db.query(
        "INSERT INTO change (object, record_id, kind, at) VALUES ('LiveAgentSession', $1, $2, floor_now())",
        [id, kind],
      );
    // A transaction anywhere on the server holds the outbox back, so the index may take a moment.
    const finds = (sosl: string) =>
      expect.poll(async () => (await find(sosl)).searchRecords.map(short), { timeout: 20_000 });
    await insertRow(world.db, 'LiveAgentSession', {
      Id: id,
      Name: 'CS-0007',
      AgentId: ids.bo,
      OwnerId: ids.bo,
    });
    await tell('create');
    await finds('FIND {0007} RETURNING LAS(Name)').toEqual(['CS-0007']);
    await finds('FIND {"CS\\-0007"} RETURNING LAS(Name)').toEqual(['CS-0007']);
    await finds('FIND {cs\\-0007} RETURNING LAS(Name)').toEqual(['CS-0007']);
    await world.db.query("UPDATE so_live_agent_session SET name = 'CS-0008' WHERE id = $1", [id]);
    await tell('update');
    await finds('FIND {0008} RETURNING LAS(Name)').toEqual(['CS-0008']);
    await finds('FIND {0007} RETURNING LAS(Name)').toEqual([]);
    await world.db.query('DELETE FROM so_live_agent_session WHERE id = $1', [id]);
    await tell('purge');
    const documents = () => world.db.query('SELECT 1 FROM search_document WHERE record_id = $1', [id]);
    await finds('FIND {00000001} RETURNING LAS(Name)').toEqual(['N1']);
    await expect
      .poll(
        async () => {
          await find('FIND {00000001} RETURNING LAS');
          return documents();
        },
        { timeout: 20_000 },
      )
      .toEqual([]);
  }, 60_000);
});

describe('what is refused', () => {
  it.each([
    ['F17', 'FIND {00000001} IN Accounts', 'MALFORMED_SEARCH'],
    ['F18', 'FIND 00000001', 'MALFORMED_SEARCH'],
    ['F19', 'FIND {1} RETURNING LAS', 'INVALID_SEARCH'],
    ['F20', 'FIND {"00000001} RETURNING LAS', 'MALFORMED_SEARCH'],
    ['F21', 'FIND {0000:0001} RETURNING LAS', 'MALFORMED_SEARCH'],
    ['F58', 'FIND {"0000:0001"} RETURNING LAS', 'MALFORMED_SEARCH'],
    ['F24', 'FIND {0000000*} RETURNING LAS(WHERE TimeIdle > 0)', 'MALFORMED_SEARCH'],
    ['F24 with ORDER BY', 'FIND {0000000*} RETURNING LAS(ORDER BY Name)', 'MALFORMED_SEARCH'],
    ['F24 with LIMIT', 'FIND {0000000*} RETURNING LAS(LIMIT 1)', 'MALFORMED_SEARCH'],
    ['F59', 'FIND {0000000*} RETURNING LAS(Name OFFSET 1 LIMIT 2)', 'MALFORMED_SEARCH'],
    ['F29', 'FIND {0000000*} RETURNING LAS(Name OFFSET 2001)', 'NUMBER_OUTSIDE_VALID_RANGE'],
    ['F30', 'FIND {0000000*} RETURNING LAS(Name OFFSET 1), User(Name)', 'MALFORMED_SEARCH'],
    ['F31', 'FIND {0000000*} RETURNING LAS(Name), LAS(Id)', 'MALFORMED_SEARCH'],
    ['F38', 'FIND {0000000*} RETURNING LASS', 'INVALID_TYPE_FOR_OPERATION'],
    ['F39', 'FIND {0000000*} RETURNING FooBar', 'INVALID_TYPE'],
    ['F40', 'FIND {0000000*} RETURNING LAS(fooBar)', 'INVALID_FIELD'],
    ['F52', `FIND {00000001} RETURNING LAS(Name)${' '.repeat(100_000)}`, 'MALFORMED_SEARCH'],
    ['F54', 'FIND {00000001} RETURNING LAS(Name) UPDATE TRACKING', 'MALFORMED_SEARCH'],
    ['F61', "FIND {00000001} RETURNING LAS(Name) WITH PricebookId = 'x'", 'MALFORMED_SEARCH'],
    ['an operator alone', 'FIND {00000001 AND} RETURNING LAS', 'MALFORMED_SEARCH'],
    ['an open bracket', 'FIND {(00000001} RETURNING LAS', 'MALFORMED_SEARCH'],
  ])('%s: %s', async (_, sosl, code) => {
    const error = await find(sosl).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ApiError);
    expect((error as ApiError).code).toBe(code);
  });

  it('in the words known', async () => {
    await expect(find('FIND 00000001')).rejects.toThrow(
      'No search term found. The search term must be enclosed in braces.',
    );
    await expect(find('FIND {1} RETURNING LAS')).rejects.toThrow(
      'search term must be longer than one character: 1',
    );
    await expect(find('FIND {00*} RETURNING LAS(Name OFFSET 2001)')).rejects.toThrow(
      'SOSL offset should be between 0 to 2000',
    );
  });
});

describe('who may find what', () => {
  it('a field the caller may not read is not searched', async () => {
    const without = { access: accessWithout('User.Email', 'User.Username') };
    expect((await find('FIND {"bo@example.test"} RETURNING User(Name)')).searchRecords.map(short)).toEqual([
      'Bo Lind',
    ]);
    expect((await find('FIND {"bo@example.test"} RETURNING User(Name)', without)).searchRecords).toEqual([]);
    expect((await find('FIND {Bo} RETURNING User(Name)', without)).searchRecords.map(short)).toEqual([
      'Bo Lind',
    ]);
  });

  it('an object the caller may not read does not exist', async () => {
    await expect(
      find('FIND {00000001} RETURNING LAS', { access: accessWithout('LiveAgentSession') }),
    ).rejects.toMatchObject({ code: 'INVALID_TYPE' });
    expect(
      (await find('FIND {00000001}', { access: accessWithout('LiveAgentSession') })).searchRecords,
    ).toEqual([]);
  });
});

describe('how many rows', () => {
  const any = { refined: false, limit: undefined };
  it('F34: one object', () => {
    expect(rowLimits([any], undefined, 60)).toEqual([250]);
    expect(rowLimits([{ refined: true, limit: undefined }], undefined, 60)).toEqual([2_000]);
  });
  it('F35: several objects share 2,000', () => {
    expect(rowLimits([any, any], undefined, 60)).toEqual([250, 250]);
    expect(rowLimits(Array(10).fill(any), undefined, 60)).toEqual(Array(10).fill(200));
  });
  it('F36: an overall LIMIT is spread evenly', () => {
    expect(rowLimits([any, any], 20, 60)).toEqual([10, 10]);
    expect(rowLimits([any, any], 3, 60)).toEqual([2, 1]);
  });
  it('F37: 200 before version 28', () => {
    expect(rowLimits([any], undefined, 27)).toEqual([200]);
  });
  it('a LIMIT inside caps its object', () => {
    expect(rowLimits([{ refined: false, limit: 7 }, any], undefined, 60)).toEqual([7, 250]);
  });
});
