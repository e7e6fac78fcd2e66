/**
 * The language, case by case, over the data set of world.ts. Numbers are those of the project's list of cases.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestStore } from '../support/store.js';
import { answers, type Case, records, refused, rows, sorted, write } from './cases.js';
import { accessWithout, ada, ask, ids, openWorld, plain } from './world.js';

const SUPPORT = 'Please reference your WSDL or the describe call for the appropriate names.';
const noColumn = (name: string) =>
  `No such column '${name}' on entity 'LiveAgentSession'. If you are attempting to use a custom field, be sure to append the '__c' after the custom field name. ${SUPPORT}`;
const fay = { access: accessWithout('LiveAgentSession.TimeIdle') };
const gus = { access: accessWithout('LiveAgentSession') };
const utc = { timeZone: 'UTC' };

const SHAPE: readonly Case[] = [
  answers('Q1', 'SELECT Id, Name FROM LAS', (answer) => {
    expect(answer.totalSize).toBe(5);
    expect(answer.done).toBe(true);
    expect(answer.nextRecordsUrl).toBeUndefined();
    expect(answer.records.map((record) => Object.keys(record))).toEqual(
      Array(5).fill(['attributes', 'Id', 'Name']),
    );
  }),
  records('Q2', "select id, NAME from liveagentsession where name = '00000001'", [
    { Id: ids.n(1), Name: '00000001' },
  ]),
  rows('Q4', 'SELECT LAS.Name FROM LAS', 'N1 N2 N3 N4 N5'),
  rows('Q5', 'SELECT s.Name FROM LAS s WHERE s.TimeIdle > 5000', 'N1 N4'),
  refused('Q7', 'SELECT Id FROM LAS limit', { code: 'MALFORMED_QUERY', whole: "unexpected token: '<EOF>'" }),
  refused('Q8', 'SELECT Id FORM LAS', {
    code: 'MALFORMED_QUERY',
    ends: "missing value at 'LiveAgentSession'",
  }),
  refused('Q10', 'SELECT Id FROM', { code: 'MALFORMED_QUERY', whole: "unexpected token: '<EOF>'" }),
  refused('Q11', 'SELECT * FROM LAS', { code: 'MALFORMED_QUERY', ends: "unexpected token: 'SELECT *'" }),
  refused('Q13', 'SELECT Foo FROM LAS', { code: 'INVALID_FIELD', ends: noColumn('Foo'), column: 8 }),
  refused('Q14', 'SELECT Id FROM LiveAgentSesion', {
    code: 'INVALID_TYPE',
    ends: `sObject type 'LiveAgentSesion' is not supported. If you are attempting to use a custom object, be sure to append the '__c' after the entity name. ${SUPPORT}`,
    column: 16,
  }),
  refused('Q16', 'SELECT Name n FROM LAS', {
    code: 'MALFORMED_QUERY',
    ends: 'only aggregate expressions use field aliasing',
  }),
  refused('Q17', 'SELECT CurrencyIsoCode FROM LAS', { code: 'INVALID_FIELD' }),
];

const LITERALS: readonly Case[] = [
  rows('Q19', "SELECT Id FROM LAS WHERE Name = '0000000\\u0031'", 'N1'),
  rows('Q20', "SELECT Id FROM LAS WHERE Name = 'O\\'Brien'", ''),
  refused('Q22', 'SELECT Id FROM LAS WHERE Name = "00000001"', { code: 'MALFORMED_QUERY' }),
  refused('Q23', "SELECT Id FROM LAS WHERE 'Name' = '00000001'", { code: 'MALFORMED_QUERY' }),
  refused('Q25', "SELECT Id FROM LAS WHERE TimeIdle = '7200'", {
    code: 'INVALID_FIELD',
    ends: "value of filter criterion for field 'TimeIdle' must be of type int and should not be enclosed in quotes",
  }),
  refused('Q26', 'SELECT Id FROM LAS WHERE Name = 1', {
    code: 'INVALID_FIELD',
    ends: "value of filter criterion for field 'Name' must be of type string and should be enclosed in quotes",
  }),
  refused('Q28', 'SELECT Id FROM LAS WHERE LoginTime >= 2026-03-10', {
    code: 'INVALID_FIELD',
    ends: "value of filter criterion for field 'LoginTime' must be of type dateTime",
  }),
  rows('Q29', 'SELECT Id FROM LAS WHERE LoginTime >= 2026-03-10T01:00:00Z', 'N4 N5'),
  rows('Q31', 'SELECT Id FROM LAS WHERE LoginTime = 2026-03-10T01:00:00.000Z', 'N4'),
  refused('Q32', 'SELECT Id FROM LAS WHERE LoginTime > 1699-12-31T00:00:00Z'),
  rows('Q32, a day later', 'SELECT Id FROM LAS WHERE LoginTime > 1700-01-01T00:00:00Z', 'N1 N2 N3 N4 N5'),
  refused('Q34', `SELECT Id FROM LAS WHERE Name = '${'x'.repeat(4001)}'`, { code: 'MALFORMED_QUERY' }),
  rows('Q34, one less', `SELECT Id FROM LAS WHERE Name = '${'x'.repeat(4000)}'`, ''),
  rows('Q35', "SELECT Id FROM LAS WHERE AgentId = '{bo}'", 'N1 N3 N5'),
  rows('Q35, 15 characters', `SELECT Id FROM LAS WHERE AgentId = '${ids.bo.slice(0, 15)}'`, 'N1 N3 N5'),
  refused('Q37', "SELECT Id FROM LAS WHERE AgentId = 'abc'", {
    code: 'INVALID_QUERY_FILTER_OPERATOR',
    ends: 'invalid ID field: abc',
    column: 39,
  }),
  refused('Q38', 'SELECT Id FROM LAS WHERE Name = :n', {
    code: 'MALFORMED_QUERY',
    ends: 'Bind variables only allowed in Apex code',
  }),
  refused('a character nobody can store', "SELECT Id FROM LAS WHERE Name = 'a\\u0000'", {
    code: 'MALFORMED_QUERY',
  }),
];

const OPERATORS: readonly Case[] = [
  rows('Q40', 'SELECT Id FROM LAS WHERE TimeIdle <= 2400 AND TimeAtCapacity = 0', 'N2'),
  rows('Q41', 'SELECT Id FROM LAS WHERE TimeIdle != 7200', 'N2 N3 N4 N5'),
  rows('Q41 with <>', 'SELECT Id FROM LAS WHERE TimeIdle <> 7200', 'N2 N3 N4 N5'),
  rows('Q43', "SELECT Id FROM LAS WHERE Name LIKE '0000000_'", 'N1 N2 N3 N4 N5'),
  rows('Q44', "SELECT Id FROM LAS WHERE Name LIKE '%3'", 'N3'),
  rows('an escaped underscore', "SELECT Id FROM LAS WHERE Name LIKE '0000000\\_'", ''),
  rows('Q259', "SELECT Id FROM LAS WHERE Agent.Name LIKE 'bo%'", 'N1 N3 N5'),
  rows('Q260', "SELECT Id FROM LAS WHERE Agent.Name = 'BO LIND'", 'N1 N3 N5'),
  refused('Q46', "SELECT Id FROM LAS WHERE TimeIdle LIKE '7%'", { code: 'INVALID_QUERY_FILTER_OPERATOR' }),
  refused('Q47', "SELECT Id FROM LAS WHERE Id LIKE '0HK%'", {
    code: 'INVALID_QUERY_FILTER_OPERATOR',
    ends: 'invalid operator on id field',
  }),
  rows('Q49', 'SELECT Id FROM LAS WHERE TimeIdle IN (1800, 2400)', 'N2 N3'),
  rows('Q50', "SELECT Id FROM LAS WHERE AgentId NOT IN ('{bo}')", 'N2 N4'),
  rows('Q265', 'SELECT Id FROM LAS WHERE TimeIdle NOT IN (7200)', 'N2 N3 N4 N5'),
  refused('Q52', "SELECT Id FROM LAS WHERE Name INCLUDES ('00000001')", {
    code: 'INVALID_QUERY_FILTER_OPERATOR',
  }),
  refused('Q53', 'SELECT Id FROM LAS WHERE TimeIdle > 0 AND TimeAtCapacity > 0 OR ChatReqTimedOut > 100', {
    code: 'MALFORMED_QUERY',
    ends: "unexpected token: 'OR'",
    column: 74,
  }),
  rows('Q55', "SELECT Id FROM LAS WHERE TimeIdle > 0 AND (NOT Name = '00000001')", 'N2 N3 N4'),
  refused('Q56', "SELECT Id FROM LAS WHERE TimeIdle > 0 AND NOT Name = '00000001'", {
    code: 'MALFORMED_QUERY',
    ends: "unexpected token: 'NOT'",
  }),
  refused('Q58', 'SELECT Id FROM LAS WHERE TimeIdle + 1 > 5', { code: 'MALFORMED_QUERY' }),
  rows('Q59', "SELECT Id FROM LAS WHERE Name > '00000003'", 'N4 N5'),
  rows('NOT of something unknown', 'SELECT Id FROM LAS WHERE (NOT TimeIdle > 2000)', 'N3 N5'),
];

const NULLS: readonly Case[] = [
  rows('Q61', 'SELECT Id FROM LAS WHERE NumFlagRaised = null', 'N4 N5'),
  rows('Q62', 'SELECT Id FROM LAS WHERE NumFlagRaised != null', 'N1 N2 N3'),
  rows('Q64', 'SELECT Id FROM LAS WHERE IsDeleted = null', 'N1 N2 N3 N4 N5'),
  rows('Q65', 'SELECT Id FROM LAS WHERE IsDeleted != null', ''),
  rows('Q65 by queryAll', 'SELECT Id FROM LAS WHERE IsDeleted != null', 'N6', { all: true }),
  rows('Q67', "SELECT Id FROM LAS WHERE Agent.Manager.Name = 'Ada Admin' OR TimeIdle = 2400", 'N1 N2 N3 N5'),
  rows('a parent that is not there', 'SELECT Id FROM LAS WHERE Agent.Manager.Name = null', 'N2 N4'),
  rows(
    'a checkbox of a parent that is not there',
    'SELECT Id FROM LAS WHERE Agent.Manager.IsActive = false',
    'N2 N4',
  ),
  rows('null in a list', 'SELECT Id FROM LAS WHERE TimeIdle IN (1800, null)', 'N3 N5'),
  rows('Q68', 'SELECT Name, LastViewedDate FROM LAS WHERE LastViewedDate != null', 'N1 N4'),
  rows('Q68 by another', 'SELECT Name FROM LAS WHERE LastViewedDate != null', '', {
    caller: { userId: ids.bo },
  }),
];

const DATES: readonly Case[] = [
  rows('Q70', 'SELECT Id FROM LAS WHERE LoginTime = TODAY', 'N3 N4 N5'),
  rows('Q71', 'SELECT Id FROM LAS WHERE LoginTime = YESTERDAY', 'N2'),
  rows('Q73', 'SELECT Id FROM LAS WHERE LoginTime >= TODAY', 'N3 N4 N5'),
  rows('Q74', 'SELECT Id FROM LAS WHERE LoginTime > TODAY', ''),
  rows('Q74, the other way', 'SELECT Id FROM LAS WHERE LoginTime < TODAY', 'N1 N2'),
  rows('Q74, outside', 'SELECT Id FROM LAS WHERE LoginTime != TODAY', 'N1 N2'),
  rows('Q76', 'SELECT Id FROM LAS WHERE LoginTime = LAST_N_DAYS:7', 'N2 N3 N4 N5'),
  rows('Q76 with 8', 'SELECT Id FROM LAS WHERE LoginTime = LAST_N_DAYS:8', 'N1 N2 N3 N4 N5'),
  rows('Q77', 'SELECT Id FROM LAS WHERE LoginTime = N_DAYS_AGO:8', 'N1'),
  rows('Q79', 'SELECT Id FROM LAS WHERE LoginTime = LAST_WEEK', 'N1'),
  rows('Q80', 'SELECT Id FROM LAS WHERE LoginTime = LAST_N_WEEKS:1', 'N1'),
  rows('Q82', 'SELECT Id FROM LAS WHERE LoginTime = THIS_FISCAL_QUARTER', 'N1 N2 N3 N4 N5'),
  rows('Q83', 'SELECT Id FROM LAS WHERE LoginTime = NEXT_N_DAYS:3', ''),
  refused('Q85', 'SELECT Id FROM LAS WHERE LoginTime = LAST_N_DAYS', { code: 'MALFORMED_QUERY' }),
  rows('Q86', 'SELECT Id FROM LAS WHERE LoginTime = TODAY', 'N4 N5', { caller: utc }),
  rows('ranges in a list', 'SELECT Id FROM LAS WHERE LoginTime IN (TODAY, LAST_WEEK)', 'N1 N3 N4 N5'),
];

const PARENTS: readonly Case[] = [
  records('Q88', "SELECT Name, Agent.Manager.Name FROM LAS WHERE Name = '00000002'", [
    { Name: '00000002', Agent: { Manager: null } },
  ]),
  refused('Q89', 'SELECT AgentId.Name FROM LAS', {
    code: 'INVALID_FIELD',
    ends: `Didn't understand relationship 'AgentId' in field path. If you are attempting to use a custom relationship, be sure to append the '__r' after the custom relationship name. ${SUPPORT}`,
  }),
  refused('Q91', 'SELECT Agent.Manager.Manager.Manager.Manager.Manager.Name FROM LAS', {
    code: 'MALFORMED_QUERY',
  }),
  rows('Q91, one less', 'SELECT Name, Agent.Manager.Manager.Manager.Manager.Name FROM LAS', 'N1 N2 N3 N4 N5'),
  refused('Q92', `SELECT ${parentPaths(56)} FROM LAS`),
  rows('Q92, one less', `SELECT Name, ${parentPaths(55)} FROM LAS`, 'N1 N2 N3 N4 N5'),
  sorted('Q257', 'SELECT Name FROM LAS ORDER BY Agent.ManagerId NULLS LAST, Name', 'N2 N4 N1 N3 N5'),
  rows('Q94', "SELECT Name FROM LAS WHERE Owner.Type = 'User'", 'N1 N2 N4 N5'),
  records('Q95', "SELECT Name, Owner.Type FROM LAS WHERE Name = '00000003'", [
    { Name: '00000003', Owner: { Type: 'Queue' } },
  ]),
  answers(
    'Q97',
    'SELECT TYPEOF Owner WHEN User THEN Username, Email WHEN Group THEN DeveloperName ELSE Name END FROM LAS',
    ({ records: all }) => {
      const owners = all.map(({ Owner }) => Owner as { attributes: { type: string; url: string } });
      expect(owners.map(({ attributes }) => attributes.type).sort()).toEqual([
        'Group',
        'User',
        'User',
        'User',
        'User',
      ]);
      expect(plain(owners.find(({ attributes }) => attributes.type === 'Group'))).toEqual({
        DeveloperName: 'Chat_Queue',
      });
      expect(owners[0]?.attributes.url).toBe(`/services/data/v60.0/sobjects/User/${ids.bo}`);
      expect(plain(owners[0])).toEqual({ Username: 'bo@example.test', Email: 'bo@example.test' });
    },
  ),
  records('Q98', "SELECT TYPEOF Owner WHEN User THEN Username END FROM LAS WHERE Name = '00000003'", [
    { Owner: null },
  ]),
  refused('Q100', 'SELECT Owner.Name, TYPEOF Owner WHEN User THEN Username END FROM LAS', {
    code: 'MALFORMED_QUERY',
  }),
  refused('Q100, the other way', 'SELECT TYPEOF Owner WHEN User THEN Username END, Owner.Name FROM LAS', {
    code: 'MALFORMED_QUERY',
  }),
  refused('Q101', 'SELECT COUNT(Id), TYPEOF Owner WHEN User THEN Username END FROM LAS GROUP BY OwnerId'),
  refused('Q103', 'SELECT TYPEOF Owner WHEN User THEN Username END FROM LAS', { caller: { apiVersion: 45 } }),
  rows(
    'aliases of parents',
    "SELECT s.Name FROM LAS s, s.Agent a, a.Manager m WHERE m.Name = 'Ada Admin' AND a.Name LIKE 'Bo%'",
    'N1 N3 N5',
  ),
];

/** That many different parents of a session, at most three levels up. */
function parentPaths(count: number): string {
  const steps = ['Manager', 'CreatedBy', 'LastModifiedBy'];
  const first = ['Agent', 'CreatedBy', 'LastModifiedBy'];
  const second = first.flatMap((one) => steps.map((step) => `${one}.${step}`));
  const third = second.flatMap((one) => steps.map((step) => `${one}.${step}`));
  const fourth = third.flatMap((one) => steps.map((step) => `${one}.${step}`));
  return [...first, ...second, ...third, ...fourth]
    .slice(0, count)
    .map((path) => `${path}.Id`)
    .join(', ');
}

const CHILDREN: readonly Case[] = [
  records('Q104', 'SELECT Name, (SELECT Field, OldValue, NewValue FROM Histories) FROM LAS ORDER BY Name', [
    {
      Name: '00000001',
      Histories: {
        totalSize: 2,
        done: true,
        records: [
          { Field: 'TimeIdle', OldValue: '7000', NewValue: '7200' },
          {
            Field: 'LogoutTime',
            OldValue: '2026-03-02T07:55:00.000+0000',
            NewValue: '2026-03-02T08:00:00.000+0000',
          },
        ],
      },
    },
    { Name: '00000002', Histories: null },
    {
      Name: '00000003',
      Histories: {
        totalSize: 1,
        done: true,
        records: [{ Field: 'ChatReqAssigned', OldValue: '11', NewValue: '12' }],
      },
    },
    { Name: '00000004', Histories: null },
    { Name: '00000005', Histories: null },
  ]),
  rows('Q106', 'SELECT LAS.Name, (SELECT LASH.Field FROM LAS.Histories) FROM LAS', 'N1 N2 N3 N4 N5'),
  rows(
    'Q106 with an alias',
    'SELECT s.Name, (SELECT h.Field FROM s.Histories h) FROM LAS s',
    'N1 N2 N3 N4 N5',
  ),
  refused('Q109', 'SELECT Name, (SELECT Id FROM Histories USING SCOPE mine) FROM LAS'),
  answers(
    'Q110',
    'SELECT Name, (SELECT Id FROM Histories LIMIT 1 OFFSET 1) FROM LAS ORDER BY Name LIMIT 1',
    ({ records: all }) => {
      expect(all).toHaveLength(1);
      expect(all[0]).toMatchObject({ Histories: { totalSize: 1 } });
    },
  ),
  refused(
    'Q110 of many',
    'SELECT Name, (SELECT Id FROM Histories LIMIT 1 OFFSET 1) FROM LAS ORDER BY Name LIMIT 2',
  ),
  refused('Q113', 'SELECT Name, (SELECT Id, (SELECT Id FROM Shares) FROM Histories) FROM LAS', {
    caller: { apiVersion: 57 },
  }),
  refused('Q115', 'SELECT Name, (SELECT COUNT() FROM Histories) FROM LAS', {
    code: 'MALFORMED_QUERY',
    ends: 'only root queries support aggregate expressions',
  }),
  refused('FOR VIEW of a history', 'SELECT Id FROM LASH FOR VIEW', { code: 'MALFORMED_QUERY' }),
  refused('Q107', 'SELECT Name, (SELECT Id FROM LASH) FROM LAS', {
    code: 'INVALID_TYPE',
    ends: `Didn't understand relationship 'LiveAgentSessionHistory' in FROM part of query call. If you are attempting to use a custom relationship, be sure to append the '__r' after the custom relationship name. ${SUPPORT}`,
  }),
  refused('Q112', `SELECT Name, ${Array(21).fill('(SELECT Id FROM Users)').join(', ')} FROM Profile`),
];

const FIELDS: readonly Case[] = [
  answers('Q116', 'SELECT FIELDS(STANDARD) FROM LAS', ({ records: all }) => {
    expect(all).toHaveLength(5);
    for (const record of all) expect(Object.keys(record)).toHaveLength(27);
  }),
  refused('Q118', 'SELECT FIELDS(ALL) FROM LAS', {
    code: 'MALFORMED_QUERY',
    ends: 'The SOQL FIELDS function must have a LIMIT of at most 200',
  }),
  refused('Q119', 'SELECT FIELDS(ALL) FROM LAS LIMIT 201', {
    code: 'MALFORMED_QUERY',
    ends: 'The SOQL FIELDS function must have a LIMIT of at most 200',
  }),
  rows('Q119, one less', 'SELECT FIELDS(ALL) FROM LAS LIMIT 200', 'N1 N2 N3 N4 N5'),
  rows('Q121', "SELECT FIELDS(ALL) FROM LAS WHERE Id = '{n1}' OR Id = '{n2}'", 'N1 N2'),
  refused('Q122', 'SELECT Id, FIELDS(STANDARD) FROM LAS', {
    code: 'INVALID_FIELD',
    ends: 'duplicate field selected: Id',
  }),
  answers('Q124', 'SELECT Id, FIELDS(CUSTOM) FROM LAS LIMIT 200', ({ records: all }) => {
    expect(all.map((record) => Object.keys(record))).toEqual(Array(5).fill(['attributes', 'Id']));
  }),
  refused('FIELDS(CUSTOM) alone', 'SELECT FIELDS(CUSTOM) FROM LAS LIMIT 1', {
    code: 'MALFORMED_QUERY',
    ends: "'FIELDS(...)' expansion function must result in at least one field being selected.",
  }),
  refused('Q125', 'SELECT FIELDS(ALL), MIN(TimeIdle) FROM LAS GROUP BY Id LIMIT 200', {
    code: 'MALFORMED_QUERY',
    ends: 'Field must be grouped or aggregated: OwnerId',
  }),
  refused('Q127', 'SELECT FIELDS(STANDARD) FROM LAS', { caller: { apiVersion: 50 } }),
];

const SEMI_JOINS: readonly Case[] = [
  rows(
    'Q130',
    "SELECT Name FROM LAS WHERE AgentId IN (SELECT Id FROM User WHERE Name LIKE 'Bo%')",
    'N1 N3 N5',
  ),
  rows(
    'Q130, the others',
    "SELECT Name FROM LAS WHERE AgentId NOT IN (SELECT Id FROM User WHERE Name LIKE 'Bo%')",
    'N2 N4',
  ),
  rows('Q131', "SELECT Name FROM LAS WHERE OwnerId IN (SELECT Id FROM Group WHERE Type = 'Queue')", 'N3'),
  refused(
    'Q133',
    'SELECT Name FROM LAS WHERE AgentId IN (SELECT Id FROM User) AND OwnerId IN (SELECT Id FROM User) AND CreatedById IN (SELECT Id FROM User)',
    {
      code: 'EXCEEDED_MAX_SEMIJOIN_SUBSELECTS',
      ends: 'Maximum 2 semi join sub-selects are allowed',
    },
  ),
  refused('Q134', 'SELECT Name FROM LAS WHERE Id IN (SELECT Id FROM LAS WHERE TimeIdle > 0)', {
    code: 'MALFORMED_QUERY',
    ends: 'The inner and outer selects should not be on the same object type',
  }),
  refused('Q136', 'SELECT Name FROM LAS WHERE NOT (AgentId IN (SELECT Id FROM User))'),
  refused('with OR', "SELECT Name FROM LAS WHERE AgentId IN (SELECT Id FROM User) OR Name = 'x'", {
    code: 'MALFORMED_QUERY',
    ends: "Semi join sub-selects are not allowed with the 'OR' operator",
  }),
  refused('Q137', 'SELECT Name FROM LAS WHERE Agent.Id IN (SELECT Id FROM User)'),
  refused('Q139', 'SELECT Name FROM LAS WHERE Id IN (SELECT UserRoleId FROM User)', {
    code: 'MALFORMED_QUERY',
    ends: "The selected field 'UserRoleId' in the subquery and the left operand field in the where expression in the outer query 'Id' should point to the same object type",
  }),
  refused('Q140', 'SELECT Name FROM LAS WHERE Name IN (SELECT Id FROM User)'),
  refused('Q142', 'SELECT Name FROM LAS WHERE AgentId IN (SELECT Id FROM User LIMIT 100 OFFSET 20)', {
    code: 'MALFORMED_QUERY',
    ends: "missing value at 'LIMIT'",
  }),
  refused(
    'Q143',
    'SELECT Name FROM LAS WHERE AgentId IN (SELECT Id FROM User WHERE ProfileId IN (SELECT Id FROM Profile))',
    {
      code: 'MALFORMED_QUERY',
      ends: 'Nesting of semi join sub-selects is not supported',
    },
  ),
  refused(
    'Q145',
    'SELECT Name, (SELECT Id FROM Users WHERE UserRoleId IN (SELECT Id FROM UserRole)) FROM Profile',
  ),
];

const AGGREGATES: readonly Case[] = [
  answers('Q146', 'SELECT COUNT() FROM LAS', (answer) =>
    expect(answer).toEqual({ totalSize: 5, done: true, records: [] }),
  ),
  answers('Q146 with LIMIT', 'SELECT COUNT() FROM LAS LIMIT 2', ({ totalSize }) => expect(totalSize).toBe(2)),
  refused('Q148', 'SELECT COUNT() FROM LAS ORDER BY Name', { code: 'MALFORMED_QUERY' }),
  refused('Q149', 'SELECT COUNT(), Name FROM LAS', {
    code: 'MALFORMED_QUERY',
    ends: 'Field must be grouped or aggregated: Name',
  }),
  records('Q151', 'SELECT COUNT_DISTINCT(AgentId) FROM LAS', [{ expr0: 2 }]),
  records('Q152', 'SELECT AVG(TimeIdle), SUM(ChatReqAssigned), MIN(LoginTime), MAX(Name) FROM LAS', [
    { expr0: 10050, expr1: 1047, expr2: '2026-03-02T00:00:00.000+0000', expr3: '00000005' },
  ]),
  refused('Q154', 'SELECT MAX(LoginTime) FROM LAS LIMIT 1', {
    code: 'MALFORMED_QUERY',
    ends: 'Non-grouped query that uses overall aggregate functions cannot also use LIMIT',
  }),
  refused('Q155', 'SELECT SUM(LoginTime) FROM LAS', { code: 'MALFORMED_QUERY' }),
  refused('Q158', 'SELECT MAX(NewValue) FROM LASH'),
  refused('Q157', 'SELECT COUNT(IsDeleted) FROM LAS'),
  records('Q161', 'SELECT SUM(NumFlagRaised) FROM LAS WHERE NumFlagRaised = null', [{ expr0: null }]),
  records('an aggregate of text ignores case', 'SELECT MIN(Agent.Name), MAX(Agent.Name) FROM LAS', [
    { expr0: 'Bo Lind', expr1: 'Cy Moor' },
  ]),
];

const GROUPS: readonly Case[] = [
  records('Q163', 'SELECT AgentId, COUNT(Id) n, SUM(ChatReqAssigned) a FROM LAS GROUP BY AgentId', [
    { AgentId: ids.bo, n: 3, a: 32 },
    { AgentId: ids.cy, n: 2, a: 1015 },
  ]),
  records('Q164', 'SELECT AgentId FROM LAS GROUP BY AgentId', [{ AgentId: ids.bo }, { AgentId: ids.cy }]),
  refused('Q263', 'SELECT AgentId, COUNT(AgentId) FROM LAS GROUP BY AgentId', {
    code: 'MALFORMED_QUERY',
    ends: 'Grouped field should not be aggregated: AgentId',
  }),
  refused('Q166', 'SELECT LoginTime, COUNT(Id) FROM LAS GROUP BY LoginTime', {
    code: 'MALFORMED_QUERY',
    ends: "field 'LoginTime' can not be grouped in a query call",
  }),
  refused('Q167', 'SELECT Name FROM LAS GROUP BY Name', {
    code: 'MALFORMED_QUERY',
    ends: "field 'Name' can not be grouped in a query call",
  }),
  records('Q169', 'SELECT DAY_ONLY(LoginTime) d, COUNT(Id) n FROM LAS GROUP BY DAY_ONLY(LoginTime)', [
    { d: '2026-03-02', n: 1 },
    { d: '2026-03-09', n: 2 },
    { d: '2026-03-10', n: 2 },
  ]),
  records(
    'Q170',
    'SELECT DAY_ONLY(convertTimezone(LoginTime)), COUNT(Id) FROM LAS GROUP BY DAY_ONLY(convertTimezone(LoginTime))',
    [
      { expr0: '2026-03-02', expr1: 1 },
      { expr0: '2026-03-09', expr1: 1 },
      { expr0: '2026-03-10', expr1: 3 },
    ],
  ),
  refused('Q172', 'SELECT AgentId, COUNT(Id) FROM LAS GROUP BY AgentId HAVING TimeIdle > 5'),
  records('HAVING', 'SELECT AgentId, COUNT(Id) FROM LAS GROUP BY AgentId HAVING COUNT(Id) > 2', [
    { AgentId: ids.bo, expr0: 3 },
  ]),
  refused(
    'Q173',
    'SELECT AgentId, COUNT(Id) FROM LAS GROUP BY AgentId HAVING AgentId IN (SELECT Id FROM User)',
  ),
  answers('Q175', 'SELECT AgentId, COUNT(Id) FROM LAS GROUP BY AgentId LIMIT 1', ({ records: all }) =>
    expect(all).toHaveLength(1),
  ),
  records('Q176', 'SELECT AgentId, COUNT(Id) n FROM LAS GROUP BY ROLLUP(AgentId)', [
    { AgentId: ids.bo, n: 3 },
    { AgentId: ids.cy, n: 2 },
    { AgentId: null, n: 5 },
  ]),
  records(
    'Q177',
    'SELECT AgentId, OwnerId, GROUPING(AgentId) ga, GROUPING(OwnerId) go, COUNT(Id) n FROM LAS GROUP BY ROLLUP(AgentId, OwnerId)',
    rollup(),
  ),
  records('Q178', 'SELECT AgentId, OwnerId, COUNT(Id) FROM LAS GROUP BY CUBE(AgentId, OwnerId)', [
    ...rollup().map(({ AgentId, OwnerId, n }) => ({ AgentId, OwnerId, expr0: n })),
    { AgentId: null, OwnerId: ids.bo, expr0: 1 },
    { AgentId: null, OwnerId: ids.queue, expr0: 1 },
    { AgentId: null, OwnerId: ids.ada, expr0: 1 },
    { AgentId: null, OwnerId: ids.cy, expr0: 2 },
  ]),
  refused('Q179', 'SELECT AgentId FROM LAS GROUP BY ROLLUP(AgentId, OwnerId, TimeIdle, TimeInChats)'),
  refused('Q181', 'SELECT AgentId, COUNT(Id) FROM LAS GROUP BY AgentId ORDER BY Name', {
    code: 'MALFORMED_QUERY',
    ends: 'Ordered field must be grouped or aggregated: Name',
  }),
  records(
    'sorted groups',
    'SELECT Agent.Name, COUNT(Id) FROM LAS GROUP BY Agent.Name ORDER BY COUNT(Id), Agent.Name',
    [
      { Name: 'Cy Moor', expr0: 2 },
      { Name: 'Bo Lind', expr0: 3 },
    ],
  ),
];

function rollup(): { AgentId: string | null; OwnerId: string | null; ga: number; go: number; n: number }[] {
  const { bo, cy, queue } = ids;
  const row = (AgentId: string | null, OwnerId: string | null, n: number) => ({
    AgentId,
    OwnerId,
    ga: AgentId === null ? 1 : 0,
    go: OwnerId === null ? 1 : 0,
    n,
  });
  return [
    row(bo, bo, 1),
    row(bo, queue, 1),
    row(bo, ids.ada, 1),
    row(bo, null, 3),
    row(cy, cy, 2),
    row(cy, null, 2),
    row(null, null, 5),
  ];
}

const FUNCTIONS: readonly Case[] = [
  rows('Q185', 'SELECT Id FROM LAS WHERE CALENDAR_YEAR(LoginTime) = 2026', 'N1 N2 N3 N4 N5'),
  refused('Q187', 'SELECT CALENDAR_YEAR(LoginTime) FROM LAS'),
  rows('Q188', 'SELECT Id FROM LAS WHERE DAY_IN_WEEK(LoginTime) = 2', 'N1 N2 N3'),
  rows('Q190', 'SELECT Id FROM LAS WHERE HOUR_IN_DAY(convertTimezone(LoginTime)) = 1', 'N3'),
  rows('Q191', 'SELECT Id FROM LAS WHERE DAY_ONLY(LoginTime) = 2026-03-09', 'N2 N3'),
  rows('Q264', 'SELECT Id FROM LAS WHERE DAY_ONLY(convertTimezone(LoginTime)) = TODAY', 'N3 N4 N5'),
  rows('Q193', 'SELECT Id FROM LAS WHERE WEEK_IN_MONTH(LoginTime) = 1', 'N1'),
  rows(
    'a fiscal year',
    'SELECT Id FROM LAS WHERE FISCAL_YEAR(LoginTime) = 2026 AND FISCAL_QUARTER(LoginTime) = 1',
    'N1 N2 N3 N4 N5',
  ),
  refused('Q194', 'SELECT convertTimezone(LoginTime) FROM LAS'),
  records('Q196', "SELECT LoginTime, FORMAT(LoginTime) f FROM LAS WHERE Name = '00000001'", [
    { LoginTime: '2026-03-02T00:00:00.000+0000', f: '3/2/2026, 9:00 AM' },
  ]),
  refused('Q197', 'SELECT LoginTime, FORMAT(LoginTime) FROM LAS'),
  refused('three functions in each other', 'SELECT a(b(c(Id))) FROM LAS', {
    code: 'MALFORMED_QUERY',
    ends: "unexpected token: '('",
  }),
];

const ORDER: readonly Case[] = [
  sorted('Q199', 'SELECT Name FROM LAS ORDER BY TimeIdle', 'N5 N3 N2 N1 N4'),
  sorted('Q200', 'SELECT Name FROM LAS ORDER BY TimeIdle ASC NULLS LAST', 'N3 N2 N1 N4 N5'),
  sorted('Q202', 'SELECT Name FROM LAS ORDER BY TimeIdle DESC', 'N5 N4 N1 N2 N3'),
  sorted('Q203', 'SELECT Name FROM LAS ORDER BY TimeAtCapacity DESC NULLS LAST, Name', 'N3 N1 N2 N4 N5'),
  sorted('Q205', 'SELECT Name FROM LAS ORDER BY Name LIMIT 2 OFFSET 2', 'N3 N4'),
  sorted('Q206', 'SELECT Name FROM LAS ORDER BY Name OFFSET 3', 'N4 N5'),
  rows('Q208', 'SELECT Name FROM LAS OFFSET 2000', ''),
  refused('Q208, one more', 'SELECT Name FROM LAS OFFSET 2001', {
    code: 'NUMBER_OUTSIDE_VALID_RANGE',
    whole: 'Maximum SOQL offset allowed is 2000',
  }),
  rows('Q209', 'SELECT Name FROM LAS LIMIT 0', ''),
  refused('Q211', 'SELECT Name FROM LAS OFFSET 1 LIMIT 1', {
    code: 'MALFORMED_QUERY',
    ends: "unexpected token: 'LIMIT'",
  }),
  answers('Q212', 'SELECT Id FROM LASH ORDER BY NewValue', ({ records: all }) => expect(all).toHaveLength(3)),
  sorted('text ignores case', 'SELECT Name FROM LAS ORDER BY Agent.Name DESC, Name DESC', 'N4 N2 N5 N3 N1'),
];

const CLAUSES: readonly Case[] = [
  rows('Q214', 'SELECT Name FROM LAS USING SCOPE everything', 'N1 N2 N3 N4 N5'),
  rows('Q215', 'SELECT Name FROM LAS USING SCOPE queue_owned', 'N3'),
  rows('scope mine', 'SELECT Name FROM LAS USING SCOPE mine', 'N5'),
  refused('a scope there is not', 'SELECT Name FROM LAS USING SCOPE nobody', { code: 'INVALID_QUERY_SCOPE' }),
  refused('Q223', 'SELECT Id FROM LAS WITH SECURITY_ENFORCED', {
    code: 'MALFORMED_QUERY',
    ends: 'SECURITY_ENFORCED not allowed in this context',
    column: 33,
  }),
  refused('Q223, of the user', 'SELECT Id FROM LAS WITH USER_MODE', {
    code: 'MALFORMED_QUERY',
    ends: 'USER_MODE not allowed in this context',
    column: 33,
  }),
  refused('Q223, of the system', 'SELECT Id FROM LAS WITH SYSTEM_MODE', {
    code: 'MALFORMED_QUERY',
    ends: 'SYSTEM_MODE not allowed in this context',
    column: 33,
  }),
  refused('Q224', 'SELECT Id FROM LAS WITH DATA CATEGORY Geo__c AT usa__c', { code: 'MALFORMED_QUERY' }),
  refused('Q226', 'SELECT Id FROM LAS ORDER BY Name FOR UPDATE'),
  answers('Q227', 'SELECT Id FROM LAS LIMIT 1 FOR UPDATE', ({ records: all }) => expect(all).toHaveLength(1)),
  refused('ALL ROWS', 'SELECT Id FROM LAS ALL ROWS', {
    code: 'MALFORMED_QUERY',
    ends: 'ALL ROWS not allowed in this context',
  }),
  refused('UPDATE TRACKING', 'SELECT Id FROM LAS UPDATE TRACKING', { code: 'MALFORMED_QUERY' }),
  rows(
    'SET OPTIONS',
    'SELECT Name FROM LAS LIMIT 5 SET OPTIONS (honorEmptyStrings = true)',
    'N1 N2 N3 N4 N5',
  ),
];

const SHARES: readonly Case[] = [
  records('Q229', "SELECT Parent.Name, UserOrGroup.Name FROM LASS WHERE RowCause = 'Manual'", [
    { Parent: { Name: '00000001' }, UserOrGroup: { Name: 'Cy Moor' } },
    { Parent: { Name: '00000004' }, UserOrGroup: { Name: 'Bo Lind' } },
  ]),
  refused('Q232', 'SELECT CreatedDate FROM LASS', { code: 'INVALID_FIELD' }),
  answers('Q233', 'SELECT LastModifiedDate, LastModifiedById, IsDeleted FROM LASS', ({ totalSize }) =>
    expect(totalSize).toBeGreaterThan(1),
  ),
];

const HISTORY: readonly Case[] = [
  records('Q235', "SELECT toLabel(Field) FROM LASH WHERE Field = 'TimeIdle'", [{ Field: 'Time Idle' }]),
  records(
    'toLabel of a parent',
    "SELECT LiveAgentSession.Name, toLabel(Field) FROM LASH WHERE Field = 'TimeIdle'",
    [{ LiveAgentSession: { Name: '00000001' }, Field: 'Time Idle' }],
  ),
  answers('Q236', 'SELECT Field, toLabel(Field) l FROM LASH', ({ records: all }) => {
    expect(all.map((record) => Object.keys(record))).toEqual(Array(3).fill(['attributes', 'Field', 'l']));
  }),
  refused('Q236 without the alias', 'SELECT Field, toLabel(Field) FROM LASH'),
  records('Q238', "SELECT Id FROM LASH WHERE LiveAgentSessionId = '{n1}' AND Field = 'LogoutTime'", [
    { Id: ids.h(2) },
  ]),
  records('Q239', 'SELECT Id FROM LASH WHERE LiveAgentSession.TimeIdle > 5000', [
    { Id: ids.h(1) },
    { Id: ids.h(2) },
  ]),
  answers('Q241', 'SELECT DataType FROM LASH GROUP BY DataType', ({ records: all }) =>
    expect(all).toHaveLength(2),
  ),
  refused('a value is not filtered', "SELECT Id FROM LASH WHERE NewValue = '12'", {
    code: 'INVALID_FIELD',
    ends: "field 'NewValue' can not be filtered in a query call",
  }),
];

const RIGHTS: readonly Case[] = [
  refused('Q243', 'SELECT TimeIdle FROM LAS', {
    code: 'INVALID_FIELD',
    ends: noColumn('TimeIdle'),
    column: 8,
    caller: fay,
  }),
  refused('Q244', 'SELECT Id FROM LAS WHERE TimeIdle > 0', {
    code: 'INVALID_FIELD',
    ends: noColumn('TimeIdle'),
    column: 39,
    caller: fay,
  }),
  ...['ORDER BY TimeIdle', 'WHERE TimeIdle IN (1)', 'WHERE (NOT TimeIdle = 1)'].map((clause) =>
    refused(`a hidden field in ${clause}`, `SELECT Id FROM LAS ${clause}`, {
      code: 'INVALID_FIELD',
      ends: noColumn('TimeIdle'),
      caller: fay,
    }),
  ),
  refused('a hidden field aggregated', 'SELECT MAX(TimeIdle) FROM LAS', {
    code: 'INVALID_FIELD',
    ends: noColumn('TimeIdle'),
    caller: fay,
  }),
  refused('a hidden field grouped', 'SELECT COUNT(Id) FROM LAS GROUP BY TimeIdle', {
    code: 'INVALID_FIELD',
    ends: noColumn('TimeIdle'),
    caller: fay,
  }),
  answers(
    'Q245',
    'SELECT FIELDS(STANDARD) FROM LAS',
    ({ records: all }) => {
      for (const record of all) expect(Object.keys(record)).toHaveLength(26);
      expect(all[0]).not.toHaveProperty('TimeIdle');
    },
    { caller: fay },
  ),
  refused('no right on the object', 'SELECT Id FROM LAS', { code: 'INVALID_TYPE', caller: gus }),
  refused('before the object came', 'SELECT Id FROM LAS', {
    code: 'INVALID_TYPE',
    caller: { apiVersion: 27 },
  }),
  rows('Q248', 'SELECT Id FROM LAS WHERE IsDeleted = true', ''),
  rows('Q249', 'SELECT Id FROM LAS WHERE IsDeleted = true', 'N6', { all: true }),
  rows('Q250', 'SELECT Id, Name FROM LAS', 'N1 N2 N3 N4 N5 N6', { all: true }),
];

let world: TestStore;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

describe.each([
  ['shape', SHAPE],
  ['literals and strings', LITERALS],
  ['operators', OPERATORS],
  ['null', NULLS],
  ['date literals', DATES],
  ['parents', PARENTS],
  ['children', CHILDREN],
  ['FIELDS()', FIELDS],
  ['semi-joins', SEMI_JOINS],
  ['aggregates', AGGREGATES],
  ['grouping', GROUPS],
  ['functions', FUNCTIONS],
  ['order, limit, offset', ORDER],
  ['scope, view, other clauses', CLAUSES],
  ['shares', SHARES],
  ['history', HISTORY],
  ['rights and deleted rows', RIGHTS],
] as const)('%s', (_, cases) => {
  for (const one of cases) {
    it(`${one.id}: ${one.soql.slice(0, 120)}`, () => one.expect(world.db));
  }
});

describe('what a query leaves behind', () => {
  const viewed = async (number: number) => {
    const [row] = await world.db.query<{ viewed: number | null; referenced: number | null }>(
      'SELECT viewed_at AS viewed, referenced_at AS referenced FROM recently_viewed WHERE user_id = $1 AND record_id = $2',
      [ids.ada, ids.n(number)],
    );
    return row;
  };
  it('Q220: nothing, usually', async () => {
    await ask(world.db, write("SELECT Id FROM LAS WHERE Name = '00000002'"));
    expect(await viewed(2)).toBeUndefined();
  });
  it('Q217 and Q218: the caller has seen the rows of FOR VIEW and come across those of FOR REFERENCE', async () => {
    await ask(world.db, write("SELECT Id FROM LAS WHERE Name = '00000002' FOR VIEW"));
    expect(await viewed(2)).toEqual({ viewed: Date.parse('2026-03-10T12:00:00Z'), referenced: null });
    await ask(world.db, write("SELECT Id FROM LAS WHERE Name = '00000003' FOR REFERENCE"));
    expect(await viewed(3)).toEqual({ viewed: null, referenced: Date.parse('2026-03-10T12:00:00Z') });
    const others = await ask(world.db, write('SELECT Id FROM LAS WHERE LastViewedDate != null'), {
      ...ada,
      userId: ids.cy,
    });
    expect(others.totalSize).toBe(0);
  });
});
