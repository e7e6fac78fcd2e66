/**
 * The PostgreSQL wire, with DataRow messages handed through unparsed.
 *
 * pg decodes every column of every row into a string before anybody asked for it. The hot paths copy the bytes of a
 * row straight into the response instead (measured 5 to 8 times cheaper), so a DataRow message here keeps its bytes
 * and decodes its columns only when pg's ordinary queries read `fields`. Nothing needs to know which query is running:
 * pg hands each message to the query it belongs to, pipelined or not. Every other message goes to pg's own parser.
 *
 * Invariant: the bytes of a row are never written to after they were handed out. Node gives each read a buffer of its
 * own, and only packets that straddle two reads are copied (pg's parser would move them inside a shared buffer).
 */
import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { parse } from 'pg-protocol';

const DATA_ROW = 0x44; // 'D'
const ROW_DESCRIPTION = 0x54; // 'T'
/** One byte of code and four of length; the length counts itself but not the code. */
const HEADER_BYTES = 5;
/** A DataRow's column count. */
const COUNT_BYTES = 2;

/**
 * A DataRow in the shape pg expects, with its bytes kept. A reader has one and points it at row after row: it says
 * nothing any more once the next row is read.
 */
export class DataRowMessage {
  readonly name = 'dataRow';
  private bytes: Buffer = Buffer.alloc(0);
  private start = 0;
  private end = 0;

  /** What pg counts the message as. */
  get length(): number {
    return this.end - this.start + 4;
  }

  /** Points the message at a body in `bytes`: an int16 column count, then (int32 length, bytes) a column. */
  point(bytes: Buffer, start: number, end: number): this {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    return this;
  }

  /** The columns' bytes, to be kept as long as anybody likes: (int32 length, bytes) a column; length -1 is null. */
  columns(): Buffer {
    return this.bytes.subarray(this.start + COUNT_BYTES, this.end);
  }

  /** What pg's ordinary queries read: each column as text, null where the length is -1. */
  get fields(): (string | null)[] {
    const { bytes, start } = this;
    const count = bytes.readInt16BE(start);
    const fields = new Array<string | null>(count);
    let offset = start + COUNT_BYTES;
    for (let column = 0; column < count; column++) {
      const length = bytes.readInt32BE(offset);
      offset += 4;
      if (length === -1) {
        fields[column] = null;
      } else {
        fields[column] = bytes.toString('utf8', offset, offset + length);
        offset += length;
      }
    }
    return fields;
  }
}

/**
 * A RowDescription in the shape pg expects, taken apart only when somebody asks: who reads bytes wants the number of
 * columns and nothing else. Like a DataRowMessage it is good until the next message.
 */
export interface RowDescriptionMessage {
  readonly name: 'rowDescription';
  readonly length: number;
  readonly fieldCount: number;
  readonly fields: unknown[];
}

/** What a reader gets: pg's own messages, and DataRowMessage for rows. */
export type WireMessage = DataRowMessage | { readonly name: string; readonly length: number };

/** Cuts a stream of chunks into packets. Exported for tests: chunks may end anywhere, inside a header too. */
export function createWireReader(onMessage: (message: WireMessage) => void): (chunk: Buffer) => void {
  // pg-protocol's parser reads from anything that emits 'data'; it is given whole packets only.
  const others = new EventEmitter() as EventEmitter & NodeJS.ReadableStream;
  let understood = onMessage;
  void parse(others, (message) => understood(message));

  const describe = (bytes: Buffer, start: number, end: number): RowDescriptionMessage => ({
    name: 'rowDescription',
    length: end - start - 1,
    fieldCount: bytes.readInt16BE(start + HEADER_BYTES),
    get fields() {
      let fields: unknown[] = [];
      understood = (message) => {
        fields = (message as RowDescriptionMessage).fields;
      };
      others.emit('data', bytes.subarray(start, end));
      understood = onMessage;
      return fields;
    },
  });

  const row = new DataRowMessage();
  /** A packet whose rest has not arrived, as pieces: a huge row arrives in hundreds of reads. */
  let pieces: Buffer[] = [];
  let held = 0;
  /** Bytes of the held packet, or 0 while not even its header is here. */
  let needed = 0;

  const packet = (bytes: Buffer, start: number, end: number): void => {
    if (bytes[start] === DATA_ROW) {
      onMessage(row.point(bytes, start + HEADER_BYTES, end));
    } else if (bytes[start] === ROW_DESCRIPTION) {
      onMessage(describe(bytes, start, end));
    } else {
      others.emit('data', bytes.subarray(start, end));
    }
  };

  /** Hands out the whole packets of `bytes` and holds what is left. */
  const consume = (bytes: Buffer, from: number): void => {
    let offset = from;
    while (offset + HEADER_BYTES <= bytes.length) {
      const end = offset + 1 + bytes.readUInt32BE(offset + 1);
      if (end > bytes.length) break;
      packet(bytes, offset, end);
      offset = end;
    }
    if (offset === bytes.length) return;
    pieces = [bytes.subarray(offset)];
    held = bytes.length - offset;
    needed = held >= HEADER_BYTES ? 1 + bytes.readUInt32BE(offset + 1) : 0;
  };

  return (chunk) => {
    if (held === 0) {
      consume(chunk, 0);
      return;
    }
    if (needed === 0) {
      const joined = Buffer.concat([...pieces, chunk]);
      held = 0;
      consume(joined, 0);
      return;
    }
    if (held + chunk.length < needed) {
      pieces.push(chunk);
      held += chunk.length;
      return;
    }
    const taken = needed - held;
    const whole = Buffer.concat([...pieces, chunk.subarray(0, taken)], needed);
    held = 0;
    needed = 0;
    pieces = [];
    packet(whole, 0, whole.length);
    consume(chunk, taken);
  };
}

/** The part of pg's Connection this file stands in for. */
export interface WireConnection {
  attachListeners(stream: Socket | TLSSocket): void;
  emit(event: string, message: unknown): boolean;
}

/**
 * Makes a pg connection read through `createWireReader`. To be called before it connects; pg calls `attachListeners`
 * again when it upgrades to TLS, with the secure stream.
 */
export function readRowsUnparsed(connection: WireConnection): void {
  connection.attachListeners = (stream) => {
    const read = createWireReader((message) => {
      connection.emit(message.name === 'error' ? 'errorMessage' : message.name, message);
    });
    stream.on('data', read);
  };
}
