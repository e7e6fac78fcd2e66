/** A JSON body says where it is wrong, in the vendor's words (salesforce-data-api.md §19.3). */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readJsonDocument } from '../../../src/api/rest/json-document.js';
import { ApiError } from '../../../src/errors.js';

function messageOf(text: string | undefined): string {
  try {
    readJsonDocument(text === undefined ? undefined : Buffer.from(text));
  } catch (error) {
    if (error instanceof ApiError && error.code === 'JSON_PARSER_ERROR') return error.message;
    throw error;
  }
  throw new Error('the text was read');
}

describe('what is not JSON', () => {
  test.each([
    [undefined, 'The HTTP entity body is required, but this request has no entity body.'],
    ['', 'The HTTP entity body is required, but this request has no entity body.'],
    [
      '}',
      "Unexpected character ('}' (code 125)): expected a valid value (number, String, array, object, 'true', 'false' or 'null') at [line:1, column:2]",
    ],
    [
      '{a:1}',
      "Unexpected character ('a' (code 97)): was expecting double-quote to start field name at [line:1, column:3]",
    ],
    [
      '{"a":1,}',
      "Unexpected character ('}' (code 125)): was expecting double-quote to start field name at [line:1, column:9]",
    ],
    [
      '{"AccountNumber" j',
      "Unexpected character ('j' (code 106)): was expecting a colon to separate field name and value at [line:1, column:19]",
    ],
    [
      '{"a":1\n "b":2}',
      "Unexpected character ('\"' (code 34)): was expecting comma to separate OBJECT entries at [line:2, column:3]",
    ],
    [
      '[1 2]',
      "Unexpected character ('2' (code 50)): was expecting comma to separate ARRAY entries at [line:1, column:5]",
    ],
    ['{"a":1', 'Unexpected end-of-input: expected close marker for OBJECT at [line:1, column:7]'],
    ['{"a":"x', 'Unexpected end-of-input in VALUE_STRING at [line:1, column:8]'],
    [
      '{"a":True}',
      "Unrecognized token 'True': was expecting 'null', 'true' or 'false' at [line:1, column:10]",
    ],
    [
      '{"a":"x\ny"}',
      'Illegal unquoted character ((CTRL-CHAR, code 10)): has to be escaped using backslash to be included in string value at [line:1, column:9]',
    ],
    [
      '{"a":"\\x"}',
      "Unexpected character ('x' (code 120)): unrecognized character escape at [line:1, column:9]",
    ],
  ])('%j', (text, message) => {
    expect(messageOf(text)).toBe(message);
  });

  test('bytes that are not UTF-8', () => {
    expect(() => readJsonDocument(Buffer.from([0x22, 0xff, 0x22]))).toThrow('Invalid UTF-8');
  });

  test('nesting without end is refused, not followed', () => {
    expect(messageOf('['.repeat(100_000))).toContain('Nesting is deeper than 200 levels');
  });

  test('every text JSON.parse refuses gets a position, every other is read', () => {
    fc.assert(
      fc.property(
        fc.json(),
        fc.nat(),
        fc.string({ minLength: 1, maxLength: 1 }),
        (json, where, character) => {
          const at = where % (json.length + 1);
          const text = json.slice(0, at) + character + json.slice(at);
          let readable = true;
          try {
            JSON.parse(text);
          } catch {
            readable = false;
          }
          if (readable) expect(readJsonDocument(Buffer.from(text)).value).toEqual(JSON.parse(text));
          else expect(messageOf(text)).toMatch(/ at \[line:\d+, column:\d+\]$/);
        },
      ),
    );
  });
});

describe('where a value stands', () => {
  test.each([
    ['{"a":"x"}', ['a'], 'VALUE_STRING', 'x', 1, 9],
    ['{"a":\n  12.5 }', ['a'], 'VALUE_NUMBER_FLOAT', '12.5', 2, 7],
    ['{"a":1,"a":2}', ['a'], 'VALUE_NUMBER_INT', '2', 1, 13],
    ['{"r":[{"b":true},{"b":{}}]}', ['r', 1, 'b'], 'START_OBJECT', '{', 1, 24],
  ] as const)('%s %j', (text, path, name, raw, line, column) => {
    expect(readJsonDocument(Buffer.from(text)).tokenAt(path)).toEqual({ name, text: raw, line, column });
  });
});
