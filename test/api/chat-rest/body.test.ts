/** Lenient reading of what old clients post, and its limits (live-agent-chat.md §13.1, §13.3). */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BODY_LIMITS,
  BodyError,
  chasitorInit,
  chatMessage,
  customEvent,
  multiNoun,
  parseJsonObject,
  readAs,
} from '../../../src/api/chat-rest/body.js';

describe('parseJsonObject', () => {
  it('takes no body as an empty object', () => {
    expect(parseJsonObject(undefined)).toEqual({});
    expect(parseJsonObject(Buffer.from('  \n'))).toEqual({});
  });

  it('skips a byte order mark', () => {
    expect(parseJsonObject(Buffer.from('\ufeff{"text":"x"}'))).toEqual({ text: 'x' });
  });

  it.each(['{"text":', '[]', '"text"', '12', 'null', '{text:1}'])('refuses %s', (raw) => {
    expect(() => parseJsonObject(raw)).toThrow(BodyError);
  });
});

describe('ChasitorInit', () => {
  it('tolerates missing and unknown fields and a null session', () => {
    const read = readAs(chasitorInit, {
      buttonId: '573000000000001',
      sessionId: null,
      somethingOfTheirs: { a: 1 },
    });
    expect(read.buttonId).toBe('573000000000001');
    expect(read.prechatDetails).toEqual([]);
    expect(read.isPost).toBeUndefined();
  });

  it('keeps the usable pre-chat details and forgets the others', () => {
    const { prechatDetails } = readAs(chasitorInit, {
      prechatDetails: [
        { label: 'Order', value: 4711, entityFieldMaps: [{ fieldName: 'Order__c' }] },
        'nonsense',
        { label: 'Phone', value: null, displayToAgent: false, transcriptFields: ['Phone__c'] },
      ],
    });
    expect(prechatDetails).toEqual([
      {
        label: 'Order',
        value: '4711',
        transcriptFields: [],
        displayToAgent: true,
        entityMaps: [{ fieldName: 'Order__c' }],
      },
      { label: 'Phone', value: null, transcriptFields: ['Phone__c'], displayToAgent: false, entityMaps: [] },
    ]);
  });

  it('reads whatever JSON comes, and what it gives is within the limits', () => {
    fc.assert(
      fc.property(
        fc.record(
          {
            organizationId: fc.jsonValue(),
            buttonOverrides: fc.jsonValue(),
            visitorName: fc.oneof(fc.jsonValue(), fc.string({ minLength: 200, maxLength: 600 })),
            prechatDetails: fc.oneof(fc.jsonValue(), fc.array(fc.jsonValue(), { maxLength: 150 })),
            prechatEntities: fc.jsonValue(),
            isPost: fc.jsonValue(),
          },
          { requiredKeys: [] },
        ),
        (body) => {
          const read = readAs(chasitorInit, body);
          expect((read.visitorName ?? '').length).toBeLessThanOrEqual(BODY_LIMITS.visitorName);
          expect(read.prechatDetails.length).toBeLessThanOrEqual(BODY_LIMITS.prechatDetails);
          expect(read.buttonOverrides.length).toBeLessThanOrEqual(BODY_LIMITS.buttonOverrides);
        },
      ),
    );
  });
});

describe('messages', () => {
  it('wants text, a string, and not too much of it', () => {
    expect(readAs(chatMessage, { text: 'hi' })).toEqual({ text: 'hi' });
    expect(() => readAs(chatMessage, {})).toThrow('text is required');
    expect(() => readAs(chatMessage, { text: 7 })).toThrow('text is required');
    expect(() => readAs(chatMessage, { text: 'x'.repeat(BODY_LIMITS.messageText + 1) })).toThrow(
      /longer than/,
    );
  });

  it('keeps the data of a custom event as text', () => {
    expect(readAs(customEvent, { type: 'cart', data: { total: 3 } })).toEqual({
      type: 'cart',
      data: '{"total":3}',
    });
    expect(readAs(customEvent, { type: 'cart' })).toEqual({ type: 'cart', data: '' });
  });

  it('reads the members of MultiNoun with `object` as with `data`', () => {
    const { nouns } = readAs(multiNoun, {
      nouns: [
        { prefix: 'Chasitor', noun: 'ChatMessage', object: { text: 'a' } },
        { prefix: 'Chasitor', noun: 'ChatMessage', data: { text: 'b' } },
        { prefix: 'Chasitor', noun: 'ChatEnd' },
      ],
    });
    expect(nouns.map((noun) => noun.body)).toEqual([{ text: 'a' }, { text: 'b' }, {}]);
    expect(() => readAs(multiNoun, {})).toThrow('nouns is required');
  });
});
