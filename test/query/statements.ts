/** Random statements of the language, as text: well formed, though their names may mean nothing. */
import fc from 'fast-check';
import { isStorable } from '../../src/query/strings.js';

const word = fc.constantFrom(
  'Id',
  'Name',
  'TimeIdle',
  'LoginTime',
  'AgentId',
  'Foo__c',
  'x',
  'Type',
  'Format',
  'scope',
  'data',
);
const path = fc.oneof(
  word,
  fc.tuple(word, word).map(([a, b]) => `${a}.${b}`),
);
const call = fc.oneof(
  fc
    .tuple(fc.constantFrom('COUNT', 'max', 'CALENDAR_YEAR', 'FORMAT'), path)
    .map(([name, of]) => `${name}(${of})`),
  path.map((of) => `DAY_ONLY(convertTimezone(${of}))`),
  fc.constant('COUNT()'),
);
const expression = fc.oneof({ arbitrary: path, weight: 4 }, { arbitrary: call, weight: 1 });

/** Any text as a literal. */
export const text = fc
  .string({ unit: 'binary', maxLength: 12 })
  .filter(isStorable)
  .map((value) => `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`);

const literal = fc.oneof(
  text,
  fc.integer().map(String),
  fc.constantFrom(
    '1.5',
    '-0.25',
    '+7',
    'true',
    'FALSE',
    'null',
    'TODAY',
    'last_n_days:30',
    'THIS_FISCAL_YEAR',
  ),
  fc.constantFrom('2026-03-10', '2026-03-10T12:00:00Z', '2026-03-10t12:00:00.5+09:00'),
);

const comparison = fc.oneof(
  fc
    .tuple(expression, fc.constantFrom('=', '!=', '<>', '<', '<=', '>', '>='), literal)
    .map((parts) => parts.join(' ')),
  fc.tuple(path, text).map(([left, value]) => `${left} LIKE ${value}`),
  fc
    .tuple(path, fc.constantFrom('IN', 'not in'), fc.array(literal, { minLength: 1, maxLength: 3 }))
    .map(([left, op, values]) => `${left} ${op} (${values.join(', ')})`),
  fc
    .tuple(path, fc.constantFrom('INCLUDES', 'excludes'), text)
    .map(([left, op, value]) => `${left} ${op} (${value})`),
  fc.tuple(path, path).map(([left, right]) => `${left} IN (SELECT ${right} FROM User WHERE Name = 'x')`),
);

const { condition } = fc.letrec<{ condition: string; simple: string }>((tie) => ({
  simple: fc.oneof(
    { maxDepth: 3 },
    comparison,
    tie('condition').map((inner) => `(${inner})`),
  ),
  condition: fc.oneof(
    { maxDepth: 3 },
    tie('simple'),
    fc
      .tuple(fc.constantFrom(' AND ', ' or '), fc.array(tie('simple'), { minLength: 2, maxLength: 3 }))
      .map(([op, parts]) => parts.join(op)),
    tie('simple').map((inner) => `NOT ${inner}`),
  ),
}));

const optional = (arbitrary: fc.Arbitrary<string>) =>
  fc.option(arbitrary, { nil: '' }).map((clause) => (clause === '' ? '' : ` ${clause}`));
const list = (of: fc.Arbitrary<string>) =>
  fc.array(of, { minLength: 1, maxLength: 3 }).map((items) => items.join(', '));
const order = fc
  .tuple(expression, fc.constantFrom('', ' ASC', ' desc'), fc.constantFrom('', ' NULLS FIRST', ' nulls last'))
  .map((parts) => parts.join(''));

const clauses = fc
  .tuple(
    optional(condition.map((one) => `where ${one}`)),
    optional(
      fc
        .tuple(fc.constantFrom('', 'ROLLUP', 'cube'), list(expression))
        .map(([mode, by]) => `GROUP BY ${mode === '' ? by : `${mode}(${by})`}`),
    ),
    optional(condition.map((one) => `HAVING ${one}`)),
    optional(list(order).map((by) => `ORDER BY ${by}`)),
    optional(fc.nat(3000).map((count) => `LIMIT ${count}`)),
    optional(fc.nat(3000).map((count) => `OFFSET ${count}`)),
  )
  .map((parts) => parts.join(''));

const item = fc.oneof(
  { arbitrary: expression, weight: 6 },
  { arbitrary: fc.tuple(expression, word).map((parts) => parts.join(' ')), weight: 1 },
  {
    arbitrary: fc.constantFrom(
      'FIELDS(ALL)',
      'fields(standard)',
      'TYPEOF Owner WHEN User THEN Name, Email ELSE Id END',
    ),
    weight: 1,
  },
  { arbitrary: clauses.map((rest) => `(SELECT Id FROM Histories${rest})`), weight: 1 },
);

/** A whole statement. */
export const statement = fc
  .tuple(
    list(item),
    fc.constantFrom('LiveAgentSession', 'User u', 'User u, u.Manager m'),
    fc.constantFrom('', ' USING SCOPE mine'),
    clauses,
    fc.constantFrom('', ' FOR VIEW', ' FOR UPDATE', ' ALL ROWS', ' SET OPTIONS (honorEmptyStrings = true)'),
  )
  .map(([select, from, scope, rest, last]) => `SELECT ${select} FROM ${from}${scope}${rest}${last}`);
