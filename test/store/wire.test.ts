import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createWireReader, DataRowMessage, type WireMessage } from '../../src/store/wire.js';

/** A DataRow packet of these columns, as a server writes it. */
function dataRow(columns: readonly (string | null)[]): Buffer {
  const parts = columns.map((column) => {
    const length = Buffer.alloc(4);
    if (column === null) {
      length.writeInt32BE(-1);
      return length;
    }
    const bytes = Buffer.from(column);
    length.writeInt32BE(bytes.length);
    return Buffer.concat([length, bytes]);
  });
  const head = Buffer.alloc(7);
  head.write('D');
  const body = Buffer.concat(parts);
  head.writeUInt32BE(4 + 2 + body.length, 1);
  head.writeInt16BE(columns.length, 5);
  return Buffer.concat([head, body]);
}

function commandComplete(tag: string): Buffer {
  const text = Buffer.from(`${tag}\0`);
  const head = Buffer.alloc(5);
  head.write('C');
  head.writeUInt32BE(4 + text.length, 1);
  return Buffer.concat([head, text]);
}

const packets = fc.array(
  fc.oneof(
    fc.array(fc.option(fc.string({ unit: 'grapheme', maxLength: 40 })), { maxLength: 5 }),
    fc.constantFrom('SELECT 1', 'UPDATE 20'),
  ),
  { minLength: 1, maxLength: 12 },
);

describe('the wire reader', () => {
  it('gives the same messages in the same order wherever the stream is cut, and keeps none of the memory it is given', () => {
    fc.assert(
      fc.property(packets, fc.infiniteStream(fc.integer({ min: 1, max: 30 })), (script, cuts) => {
        const stream = Buffer.concat(
          script.map((p) => (typeof p === 'string' ? commandComplete(p) : dataRow(p))),
        );
        const told: unknown[] = [];
        const read = createWireReader((message: WireMessage) => {
          if (!(message instanceof DataRowMessage)) {
            told.push((message as unknown as { text: string }).text);
            return;
          }
          told.push(message.fields);
        });
        const memory = Buffer.alloc(40);
        for (let offset = 0; offset < stream.length; ) {
          const size = cuts.next().value as number;
          const length = stream.copy(memory, 0, offset, offset + size);
          read(memory, length);
          memory.fill(0xff);
          offset += length;
        }
        expect(told).toEqual(script);
      }),
    );
  });
});
