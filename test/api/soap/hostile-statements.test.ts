/**
 * Statements as long as the language allows, which no URI holds: over SOAP each is answered or refused with the code
 * of the reference, and none keeps the process from its other callers.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { textOf, xmlText } from '../../support/soap-calls.js';
import { type SoapServer, startSoapServer } from './soap-server.js';

/** What others may have to wait for one statement, in milliseconds. */
const STALL_MAX_MS = 100;
/** A machine with other work stops a process too: the shortest stall of these is the statement's own. */
const ATTEMPTS = 4;

let server: SoapServer;
beforeAll(async () => {
  server = await startSoapServer();
}, 120_000);
afterAll(() => server.close());

const LENGTH = 99_000;
const ALL = 'SELECT Id FROM LiveAgentSession';
const filled = (piece: string) => piece.repeat(Math.floor(LENGTH / piece.length));
const numbered = (count: number, item: (n: number) => string, between = ',') =>
  Array.from({ length: count }, (_, n) => item(n)).join(between);

/** More columns of parents than PostgreSQL sorts by. */
function manyPaths(): string {
  const paths = ['Agent', 'CreatedBy'];
  for (let at = 0; paths.length < 54; at++)
    for (const up of ['Manager', 'CreatedBy', 'LastModifiedBy']) paths.push(`${paths[at]}.${up}`);
  const fields =
    'Id Name Username Email FirstName LastName Alias IsActive CreatedDate LastModifiedDate SystemModstamp Title Department Division CompanyName City State PostalCode Country Phone Fax MobilePhone EmployeeNumber CommunityNickname UserType Street TimeZoneSidKey LocaleSidKey LanguageLocaleKey EmailEncodingKey ProfileId ManagerId';
  return paths
    .slice(0, 54)
    .flatMap((path) => fields.split(' ').map((field) => `${path}.${field}`))
    .join(',');
}

/** The code of the answer, 'ok' when there are rows or could be. */
async function answered(call: 'query' | 'search', statement: string): Promise<string> {
  const element = call === 'query' ? 'queryString' : 'searchString';
  const { body } = await server.call(call, `<${element}>${xmlText(statement)}</${element}>`);
  return textOf(body, 'faultcode')?.replace('sf:', '') ?? 'ok';
}

/** Longest gap between two turns of the event loop while `work` runs. */
async function stallOf(work: () => Promise<unknown>): Promise<number> {
  let last = performance.now();
  let longest = 0;
  const tick = () => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
  };
  const timer = setInterval(tick, 1);
  await work();
  tick();
  clearInterval(timer);
  return longest;
}

async function expectAnswer(call: 'query' | 'search', statement: string, code: string): Promise<void> {
  let shortest = Number.POSITIVE_INFINITY;
  for (let attempt = 0; attempt < ATTEMPTS && shortest > STALL_MAX_MS; attempt++) {
    const stall = await stallOf(async () => expect(await answered(call, statement)).toBe(code));
    shortest = Math.min(shortest, stall);
  }
  expect(shortest).toBeLessThanOrEqual(STALL_MAX_MS);
}

describe('SOQL', () => {
  it.each([
    ['characters of no lexeme', `${ALL} WHERE ${filled('@')}`, 'MALFORMED_QUERY'],
    ['characters of no lexeme, each on its line', `${ALL} WHERE ${filled('@\n')}`, 'MALFORMED_QUERY'],
    ['an error behind 50,000 lines', `${ALL} WHERE Name = 'x' ${filled('\r\n')} @`, 'MALFORMED_QUERY'],
    ['sub-queries in sub-queries', `SELECT ${filled('(SELECT ')}`, 'QUERY_TOO_COMPLICATED'],
    [
      'sub-queries in sub-queries, all closed',
      `SELECT Id, ${'(SELECT Id, '.repeat(3_000)}Id${' FROM Histories)'.repeat(3_000)} FROM LiveAgentSession`,
      'QUERY_TOO_COMPLICATED',
    ],
    [
      'sub-queries side by side',
      `SELECT ${numbered(3_500, () => '(SELECT Id FROM Histories)')} FROM LiveAgentSession`,
      'MALFORMED_QUERY',
    ],
    ['brackets', `${ALL} WHERE ${'('.repeat(45_000)}Name='x'${')'.repeat(45_000)}`, 'QUERY_TOO_COMPLICATED'],
    [
      'semi-joins in semi-joins',
      `${ALL} WHERE ${filled('AgentId IN (SELECT Id FROM User WHERE ')}`,
      'QUERY_TOO_COMPLICATED',
    ],
    [
      '18,000 values',
      `${ALL} WHERE TimeIdle IN (${numbered(18_000, String)
        .slice(0, LENGTH - 60)
        .replace(/,\d*$/, '')})`,
      'ok',
    ],
    [
      '6,000 ranges of dates',
      `${ALL} WHERE LoginTime NOT IN (${numbered(5_500, (n) => `LAST_N_DAYS:${n}`)})`,
      'QUERY_TOO_COMPLICATED',
    ],
    [
      '400 ranges of dates',
      `${ALL} WHERE LoginTime NOT IN (${numbered(400, (n) => `LAST_N_DAYS:${n}`)})`,
      'ok',
    ],
    [
      'choices joined by AND',
      `${ALL} WHERE ${numbered(2_000, () => '(LoginTime<TODAY OR LoginTime>TODAY)', ' AND ')}`,
      'QUERY_TOO_COMPLICATED',
    ],
    ['conditions joined by OR', `${ALL} WHERE ${numbered(8_000, () => "Name='a'", ' OR ')}`, 'ok'],
    ['a LIKE of nothing but wildcards', `${ALL} WHERE Name LIKE '${'%a_'.repeat(1_300)}'`, 'ok'],
    ['a literal above 4,000 characters', `${ALL} WHERE Name LIKE '${filled('%')}'`, 'MALFORMED_QUERY'],
    ['a number', `${ALL} WHERE TimeIdle = ${filled('9')}`, 'ok'],
    ['a LIMIT', `${ALL} LIMIT ${filled('9')}`, 'MALFORMED_QUERY'],
    ['the largest LIMIT there is', `${ALL} LIMIT 999999999999999`, 'ok'],
    ['an OFFSET', `${ALL} OFFSET 999999999999999`, 'NUMBER_OUTSIDE_VALID_RANGE'],
    ['an OFFSET nobody counts to', `${ALL} OFFSET ${filled('9')}`, 'MALFORMED_QUERY'],
    ['more to sort by than PostgreSQL can', `${ALL} ORDER BY ${manyPaths()}`, 'QUERY_TOO_COMPLICATED'],
    ['years beyond the calendar', `${ALL} WHERE LoginTime = NEXT_N_YEARS:999999999`, 'ok'],
    ['years before the calendar', `${ALL} WHERE LoginTime > LAST_N_FISCAL_YEARS:999999999`, 'ok'],
    ['months before the calendar', `${ALL} WHERE LoginTime < N_MONTHS_AGO:99999999`, 'ok'],
    [
      'characters XML has and PostgreSQL may not like',
      `${ALL} WHERE Name = '\u{1f600}\u2028\u00a0\u0301'`,
      'ok',
    ],
    ['an escaped NUL', `${ALL} WHERE Name = '\\u0000'`, 'MALFORMED_QUERY'],
    ['half a surrogate pair', `${ALL} WHERE Name = '\\ud800'`, 'MALFORMED_QUERY'],
    ['100,001 characters', `${ALL}${' '.repeat(100_001 - ALL.length)}`, 'MALFORMED_QUERY'],
    ['1,000,000 characters', `${ALL} WHERE ${"'".repeat(1_000_000)}`, 'MALFORMED_QUERY'],
  ])('%s', { timeout: 30_000 }, (_what, statement, code) => expectAnswer('query', statement, code));
});

describe('SOSL', () => {
  it.each([
    ['stars inside a word', `FIND {a${'*'.repeat(3_900)}b}`, 'ok'],
    ['wildcards all through a word', `FIND {ab${'?*'.repeat(1_900)}b}`, 'ok'],
    ['brackets', `FIND {${filled('(')}}`, 'INVALID_SEARCH'],
    ['words', `FIND {${filled('anna ')}}`, 'ok'],
    ['backslashes', `FIND {${filled('\\')}}`, 'ok'],
    ['an object named again and again', `FIND {ana} RETURNING ${filled('User,')}User`, 'MALFORMED_SEARCH'],
    ['14,000 objects', `FIND {ana} RETURNING ${numbered(14_000, (n) => `a${n}`)}`, 'MALFORMED_SEARCH'],
    ['a lexeme nobody knows in WITH', 'FIND {ana} WITH METADATA = @ LIMIT x', 'MALFORMED_SEARCH'],
    ['and in its brackets', 'FIND {ana} WITH SNIPPET (@) LIMIT x', 'MALFORMED_SEARCH'],
    ['brackets in RETURNING', `FIND {ana} RETURNING User(Id WHERE ${filled('(')}`, 'QUERY_TOO_COMPLICATED'],
    ['a LIMIT', `FIND {ana} LIMIT ${filled('9')}`, 'MALFORMED_SEARCH'],
    ['characters of no lexeme', `FIND {ana} ${filled('@\n')}`, 'MALFORMED_SEARCH'],
    ['100,001 characters', `FIND {ana}${' '.repeat(100_001)}`, 'MALFORMED_SEARCH'],
  ])('%s', { timeout: 30_000 }, (_what, statement, code) => expectAnswer('search', statement, code));
});
