/** Patterns of administrators: what is refused when saved, what is replaced, and how long the worst may take. */
import fc from 'fast-check';
import { expect, it, test } from 'vitest';
import { compileSensitivePattern, joinedPattern, PatternError } from '../../src/store/sensitive-pattern.js';

test.each([
  ['\\b(?:\\d[ -]*?){13,16}\\b', 'card 4111 1111 1111 1111 ok', 'card X ok'],
  ['[\\w.+-]+@[\\w-]+\\.[\\w.]+', 'write to a.b@example.org now', 'write to X now'],
  ['(?i)secret', 'A Secret, a SECRET', 'A X, a X'],
  ['\\u00e9+', 'caféé', 'cafX'],
  ['one\n two \r\n\r\nthree', 'one two three four', 'X X X four'],
  ['^\\d+$', '123', 'X'],
  ['\u{1f600}', 'a\u{1f600}b\u{1f600}', 'aXbX'],
  ['x|', 'nothing', null],
])('%s in "%s"', (pattern, text, expected) => {
  if (expected === null) expect(() => compileSensitivePattern(pattern)).toThrow(PatternError);
  else expect(compileSensitivePattern(pattern).replace(text, 'X')).toBe(expected);
});

test.each([
  ['['],
  ['(a'],
  ['(?=a)'],
  ['(?<!a)b'],
  ['(a)\\1'],
  ['a{1001}'],
  ['(?:a{1,1000}b{1,1000})'],
  [''],
  [' \n '],
  ['a*'],
  ['good\n['],
])('%j cannot be used', (pattern) => {
  expect(() => compileSensitivePattern(pattern)).toThrow(PatternError);
});

it('takes the replacement literally', () => {
  expect(compileSensitivePattern('(b)').replace('abc', '$1$&\\1')).toBe('a$1$&\\1c');
});

it('gives clients one expression for all patterns of a rule', () => {
  expect(joinedPattern(' a+ ')).toBe('a+');
  expect(new RegExp(joinedPattern('a+\n\nb|c')).source).toBe('(?:a+)|(?:b|c)');
});

it('what blows up a backtracking engine takes no time here', () => {
  const started = performance.now();
  for (const pattern of ['(a+)+$', '(a|aa)+b', '(.*a){20}', 'a.*b|a', '(?:a?){100}a{50}']) {
    try {
      compileSensitivePattern(pattern).replace('a'.repeat(4_000), '');
    } catch (error) {
      expect(error).toBeInstanceOf(PatternError);
    }
  }
  expect(performance.now() - started).toBeLessThan(5_000);
});

it('lets nothing through when a line takes too long: the rest counts as a match', () => {
  const text = `${'a'.repeat(400_000)}`;
  const masked = compileSensitivePattern('a.*b|a').replace(text, '#');
  expect(masked).toMatch(/^#+$/);
});

it('leaves no match behind', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.constantFrom('4', '1 ', '-', ' '), fc.string({ maxLength: 4 })), {
        maxLength: 60,
      }),
      (parts) => {
        const text = parts.join('');
        const masked = compileSensitivePattern('\\d[\\d -]{3,18}\\d').replace(text, '*');
        expect(masked).not.toMatch(/\d[\d -]{3,18}\d/);
        // What is not a match stays as it is.
        if (!/\d[\d -]{3,18}\d/.test(text)) expect(masked).toBe(text);
      },
    ),
  );
});
