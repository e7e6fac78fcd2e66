/** The small parts of the Chat REST face: JSONP clothes, paths, id lists, rates. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Call, idList, isOn, sequenceOf } from '../../../src/api/chat-rest/call.js';
import { isCallback, jsonp } from '../../../src/api/chat-rest/jsonp.js';
import { findNouns } from '../../../src/api/chat-rest/nouns.js';
import { createRates } from '../../../src/api/chat-rest/rates.js';

function callWith(query: Record<string, unknown>): Call {
  return {
    headers: {},
    query,
    rest: '',
    body: {},
    ip: '127.0.0.1',
    post: undefined,
    gone: new AbortController().signal,
  };
}

describe('jsonp', () => {
  it('has 27 bytes in front and 2 behind for the script’s own callback, which a scraper counts on', () => {
    const text = jsonp('liveagent._.handlePing', { a: 1 });
    expect(JSON.parse(text.slice(27, -2))).toEqual({ a: 1 });
  });

  it.each(['', 'a b', 'a(', 'alert(1)//', 'a-b', 'a'.repeat(65), 'é', 7, undefined, ['a']])(
    'refuses %s as a callback',
    (name) => {
      expect(isCallback(name)).toBe(false);
    },
  );

  it('gives back the value it was given, and no character that could end a script', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = jsonp('f', value);
        expect(text).not.toMatch(/[<\u2028\u2029]/);
        expect(JSON.stringify(JSON.parse(text.slice('/**/f('.length, -2)))).toBe(JSON.stringify(value));
      }),
    );
  });
});

describe('paths', () => {
  it('finds a noun with or without a slash at the end', () => {
    expect(findNouns('System/SessionId')?.nouns).toHaveLength(2);
    expect(findNouns('System/SessionId/')?.rest).toBe('');
  });

  it('leaves the key of DELETE whole, slashes of its Base64 included', () => {
    const key = '0f3c!1700000000000!ab/cd+ef/gh=';
    expect(findNouns(`System/SessionId/${key}`)?.rest).toBe(key);
  });

  it.each([
    '',
    'System',
    'constructor',
    '__proto__',
    'System/Nothing',
    'system/messages',
    'Visitor/Settings/x',
  ])('does not know %s', (path) => {
    expect(findNouns(path)).toBeUndefined();
  });
});

describe('parameters', () => {
  it.each([
    [{ 'Availability.ids': 'a,b' }],
    [{ 'Availability.ids': '[a, b]' }],
    [{ 'Availability.ids': '["a","b"]' }],
    [{ 'Availability.ids': ['a', 'b'] }],
    [{ 'Availability.ids[]': ['a', 'b', 'a'] }],
  ])('reads the ids of %j', (query) => {
    expect(idList(callWith(query), 'Availability.ids')).toEqual(['a', 'b']);
  });

  it('knows a switch', () => {
    expect(isOn(callWith({ s: '1' }), 's')).toBe(true);
    expect(isOn(callWith({ s: 'true' }), 's')).toBe(true);
    expect(isOn(callWith({ s: '0' }), 's')).toBe(false);
    expect(isOn(callWith({}), 's')).toBe(false);
  });

  it('takes a sequence that is a whole number, and otherwise none', () => {
    expect(sequenceOf({ 'x-liveagent-sequence': '3' })).toBe(3);
    expect(sequenceOf({ 'x-liveagent-sequence': 'null' })).toBeUndefined();
    expect(sequenceOf({ 'x-liveagent-sequence': '-1' })).toBeUndefined();
    expect(sequenceOf({})).toBeUndefined();
  });
});

describe('rates', () => {
  it('lets the burst through, then the rate, each key by itself', () => {
    let now = 0;
    const rates = createRates(3, 2, () => now);
    expect([1, 2, 3, 4].map(() => rates.allow('a'))).toEqual([true, true, true, false]);
    expect(rates.allow('b')).toBe(true);
    now += 500;
    expect([1, 2].map(() => rates.allow('a'))).toEqual([true, false]);
  });

  it('never lets more than burst + rate * time through', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 200 }), (steps_ms) => {
        let now = 0;
        const rates = createRates(5, 10, () => now);
        let allowed = 0;
        for (const step_ms of steps_ms) {
          now += step_ms;
          if (rates.allow('k')) allowed++;
        }
        expect(allowed).toBeLessThanOrEqual(5 + (now / 1000) * 10);
      }),
    );
  });
});
