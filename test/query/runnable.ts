/**
 * Random statements of which many are accepted, because fields meet literals of their own type; the literals are at the
 * edges of what a type holds, and every text and number is easy to recognise: MARK, or the digits 7373.
 */
import fc from 'fast-check';

const texts = fc
  .oneof(
    fc.string({ unit: 'grapheme', maxLength: 12 }),
    fc.constantFrom('%', '_', '\\', '%%%', "';--", '{', '$1', '\\u0041', 'a'.repeat(3_000), '😀'),
  )
  .map(
    (text) =>
      `'MARK${text
        .replaceAll('\\', '\\\\')
        .replaceAll("'", "\\'")
        .replace(/[\p{C}]/gu, '')}'`,
  );
const integers = fc.constantFrom(
  '7373',
  '-7373',
  '+7373',
  `7373${'9'.repeat(30)}`,
  `-7373${'9'.repeat(300)}`,
  '07373',
);
const moments = fc.constantFrom(
  '1973-07-03T00:00:00Z',
  '1700-01-01T00:00:00Z',
  '4000-12-31T23:59:59Z',
  '0001-01-01T00:00:00Z',
  '1973-07-03T23:59:59.999+14:00',
  'TODAY',
  'LAST_N_DAYS:7373',
  'NEXT_N_YEARS:7373',
  'LAST_N_FISCAL_QUARTERS:7373',
  'N_WEEKS_AGO:73737373',
  'THIS_FISCAL_YEAR',
);
const flags = fc.constantFrom('true', 'false');
const ids = fc.constantFrom("'0HKFW00000000001AA'", "'005FW0000000001'", "'MARK'", "'0HK'");

const KINDS: readonly (readonly [fc.Arbitrary<string>, readonly string[], fc.Arbitrary<string>])[] = [
  [
    fc.constantFrom('Name', 'Agent.Name', 'Owner.Name', 'Agent.Username', 'Agent.Manager.Name'),
    ['=', '!=', '<', '>=', 'LIKE'],
    texts,
  ],
  [
    fc.constantFrom('TimeIdle', 'ChatReqAssigned', 'NumFlagRaised'),
    ['=', '!=', '<', '<=', '>', '>='],
    integers,
  ],
  [
    fc.constantFrom('LoginTime', 'LogoutTime', 'CreatedDate', 'Agent.CreatedDate', 'LastViewedDate'),
    ['=', '!=', '<', '<=', '>', '>='],
    moments,
  ],
  [
    fc.constantFrom(
      'DAY_IN_WEEK(LoginTime)',
      'FISCAL_YEAR(convertTimezone(LoginTime))',
      'HOUR_IN_DAY(CreatedDate)',
    ),
    ['=', '<', '>='],
    integers,
  ],
  [fc.constantFrom('IsDeleted', 'Agent.IsActive'), ['=', '!='], flags],
  [fc.constantFrom('Id', 'OwnerId', 'AgentId', 'Agent.ManagerId'), ['=', '!=', '<'], ids],
];
const comparison = fc.oneof(
  ...KINDS.flatMap(([field, operators, literal]) => [
    fc
      .tuple(
        field,
        fc.constantFrom(...operators),
        fc.oneof({ arbitrary: literal, weight: 6 }, fc.constant('null')),
      )
      .map((parts) => parts.join(' ')),
    fc
      .tuple(field, fc.constantFrom('IN', 'NOT IN'), fc.array(literal, { minLength: 1, maxLength: 4 }))
      .map(([left, operator, values]) => `${left} ${operator} (${values.join(', ')})`),
  ]),
  fc.constantFrom(
    "Id IN (SELECT LiveAgentSessionId FROM LiveAgentSessionHistory WHERE Field = 'MARK')",
    "AgentId NOT IN (SELECT Id FROM User WHERE Name LIKE 'MARK%')",
  ),
);
const { condition } = fc.letrec<{ condition: string }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 2 },
    comparison,
    fc
      .tuple(fc.constantFrom(' AND ', ' OR '), fc.array(tie('condition'), { minLength: 2, maxLength: 3 }))
      .map(([join, parts]) => parts.map((part) => `(${part})`).join(join)),
    tie('condition').map((inner) => `(NOT (${inner}))`),
  ),
}));

const optional = (arbitrary: fc.Arbitrary<string>) => fc.oneof(fc.constant(''), arbitrary);
const where = optional(condition.map((one) => ` WHERE ${one}`));
const rest = fc
  .tuple(
    where,
    fc.constantFrom(
      '',
      ' ORDER BY Name',
      ' ORDER BY LoginTime DESC',
      ' ORDER BY Agent.Name NULLS LAST, TimeIdle DESC',
    ),
    fc.constantFrom('', ' LIMIT 3', ' LIMIT 999999999999999', ' LIMIT 0'),
    fc.constantFrom('', ' OFFSET 2', ' OFFSET 2000'),
    fc.constantFrom('', ' FOR VIEW', ' FOR REFERENCE'),
  )
  .map((parts) => parts.join(''));
const item = fc.constantFrom(
  'Id',
  'Name',
  'TimeIdle',
  'LoginTime',
  'Agent.Name',
  'Agent.Manager.Name',
  'Owner.Type',
  'LastViewedDate',
  'FORMAT(LoginTime) f',
  'FORMAT(TimeIdle) g',
  'TYPEOF Owner WHEN User THEN Username, LastName WHEN Group THEN Name ELSE Id END',
  "(SELECT Id, Field FROM Histories WHERE Field = 'MARK' ORDER BY CreatedDate LIMIT 7373)",
  '(SELECT Id, UserOrGroup.Name FROM Shares)',
  'FIELDS(STANDARD)',
);
const rows = fc
  .tuple(
    fc.uniqueArray(item, { minLength: 1, maxLength: 4 }),
    fc.constantFrom('', ' USING SCOPE mine', ' USING SCOPE team', ' USING SCOPE queue_owned'),
    rest,
  )
  .map(([select, scope, end]) => `SELECT ${select.join(', ')} FROM LiveAgentSession${scope}${end}`);
const key = fc.constantFrom(
  'AgentId',
  'Agent.Name',
  'CALENDAR_YEAR(LoginTime)',
  'DAY_ONLY(convertTimezone(LoginTime))',
  'IsDeleted',
);
const groups = fc
  .tuple(
    key,
    fc.constantFrom(
      'COUNT(Id)',
      'SUM(TimeIdle) s',
      'AVG(TimeIdle)',
      'MIN(LoginTime), MAX(Agent.Name)',
      'COUNT_DISTINCT(AgentId)',
    ),
    where,
    fc.constantFrom('plain', 'ROLLUP', 'CUBE'),
    optional(
      fc
        .tuple(fc.constantFrom('COUNT(Id)', 'SUM(TimeIdle)'), integers)
        .map(([of, n]) => ` HAVING ${of} > ${n}`),
    ),
    fc.constantFrom('', ' LIMIT 5'),
  )
  .map(
    ([by, of, filter, mode, having, limit]) =>
      `SELECT ${by}, ${of} FROM LiveAgentSession${filter} GROUP BY ${mode === 'plain' ? by : `${mode}(${by})`}${having}${limit}`,
  );
const counts = where.map((filter) => `SELECT COUNT() FROM LiveAgentSession${filter}`);

/** A SOQL statement. */
export const runnable = fc.oneof(
  { arbitrary: rows, weight: 4 },
  { arbitrary: groups, weight: 2 },
  { arbitrary: counts, weight: 1 },
);

const word = fc.oneof(
  fc.constantFrom(
    'MARK',
    'MARK*',
    'MA?K',
    '"MARK MARK"',
    '00000001',
    'Ada',
    'x\\-y',
    "MARK\\'s",
    'ﬀ',
    '日本',
  ),
  fc
    .string({ unit: 'grapheme', minLength: 2, maxLength: 8 })
    .map(
      (text) =>
        `MARK${text.replace(/[&|!(){}[\]^"~*?:\\'+\-\p{C}]/gu, (char) => (/\p{C}/u.test(char) ? '' : `\\${char}`))}`,
    ),
);
const find = fc
  .array(fc.tuple(word, fc.constantFrom(' AND ', ' OR ', ' AND NOT ', ' ')), { minLength: 1, maxLength: 4 })
  .map((parts) =>
    parts.map(([one, join], index) => (index === parts.length - 1 ? one : one + join)).join(''),
  );
const returning = fc.oneof(
  fc.constant(''),
  where.map(
    (filter) => ` RETURNING LiveAgentSession(Id, Name, Agent.Name${filter} ORDER BY LoginTime DESC LIMIT 3)`,
  ),
  where.map((filter) => ` RETURNING LiveAgentSession(Name${filter}), User(Name, LastName LIMIT 2)`),
  fc.constant(' RETURNING User(Name USING ListView = Recent)'),
);

/** A SOSL statement. */
export const searchable = fc
  .tuple(
    find,
    fc.constantFrom('', ' IN ALL FIELDS', ' IN NAME FIELDS', ' IN EMAIL FIELDS'),
    returning,
    fc.constantFrom('', " WITH METADATA = 'LABELS'", ' WITH SNIPPET', ' WITH HIGHLIGHT'),
    fc.constantFrom('', ' LIMIT 2', ' LIMIT 2000'),
  )
  .map(([text, group, objects, options, limit]) => `FIND {${text}}${group}${objects}${options}${limit}`);
