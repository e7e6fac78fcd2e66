/**
 * The PostgreSQL wire, with DataRow messages handed through unparsed.
 *
 * pg decodes every column of every row into a string before anybody asked for it. The hot paths copy the bytes of a
 * row straight into the response instead (measured 5 to 8 times cheaper), so while a query that wants bytes
 * is running its visitor is shown each row; pg's ordinary queries get a DataRow message that decodes its columns when
 * they read `fields`. Every other message goes to pg's own parser.
 *
 * All connections read into one buffer, again and again: memory of its own for each read cost more than reading it.
 * Invariant: bytes handed out are good until the call returns. Whoever keeps them copies them, as this file does with
 * packets that straddle two reads and with those pg's parser may hold on to.
 */
import { EventEmitter } from 'node:events';
import { type OnReadOpts, Socket, type SocketConstructorOpts } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { parse } from 'pg-protocol';

const DATA_ROW = 0x44; // 'D'
/** One byte of code and four of length; the length counts itself but not the code. */
const HEADER_BYTES = 5;
/** A DataRow's column count. */
const COUNT_BYTES = 2;

/**
 * Sees one row: its columns from `start` up to `end`, an int32 length and as many bytes each; length -1 is null. The bytes
 * are written over once the visitor returns.
 */
export type VisitRow = (bytes: Buffer, start: number, end: number) => void;

/** The number of columns of a row shown to a visitor. */
export const columnCountOf = (bytes: Buffer, start: number): number => bytes.readInt16BE(start - COUNT_BYTES);

/** Where the query that is running on a connection says that it wants bytes. */
export interface RowSlot {
  visit: VisitRow | undefined;
  /** In which form it wants each column; text where undefined. */
  formats?: readonly number[] | undefined;
}

/**
 * A DataRow in the shape pg expects. A reader has one and points it at row after row: it says nothing any more once the
 * next row is read.
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

/** What a reader gets: pg's own messages, and DataRowMessage for rows. */
export type WireMessage = DataRowMessage | { readonly name: string; readonly length: number };

/**
 * Cuts a stream of chunks into packets: the first `length` bytes of each chunk, whose memory is the caller's again once
 * the reader returns. Exported for tests: chunks may end anywhere, inside a header too.
 */
export function createWireReader(
  onMessage: (message: WireMessage) => void,
  rows: RowSlot = { visit: undefined },
): (chunk: Buffer, length?: number) => void {
  // pg-protocol's parser reads from anything that emits 'data'; it is given whole packets only.
  const others = new EventEmitter() as EventEmitter & NodeJS.ReadableStream;
  void parse(others, onMessage);

  const row = new DataRowMessage();
  /** A packet whose rest has not arrived, as pieces: a huge row arrives in hundreds of reads. */
  let pieces: Buffer[] = [];
  let held = 0;
  /** Bytes of the held packet, or 0 while not even its header is here. */
  let needed = 0;

  const packet = (bytes: Buffer, start: number, end: number): void => {
    if (bytes[start] !== DATA_ROW) {
      others.emit('data', Buffer.from(bytes.subarray(start, end)));
    } else if (rows.visit === undefined) {
      onMessage(row.point(bytes, start + HEADER_BYTES, end));
    } else {
      rows.visit(bytes, start + HEADER_BYTES + COUNT_BYTES, end);
    }
  };

  /** Hands out the whole packets of `bytes` and holds a copy of what is left. */
  const consume = (bytes: Buffer, from: number, length: number): void => {
    let offset = from;
    while (offset + HEADER_BYTES <= length) {
      const end = offset + 1 + bytes.readUInt32BE(offset + 1);
      if (end > length) break;
      packet(bytes, offset, end);
      offset = end;
    }
    if (offset === length) return;
    const rest = Buffer.from(bytes.subarray(offset, length));
    pieces = [rest];
    held = rest.length;
    needed = held >= HEADER_BYTES ? 1 + rest.readUInt32BE(1) : 0;
  };

  return (chunk, length = chunk.length) => {
    if (held === 0) {
      consume(chunk, 0, length);
      return;
    }
    if (needed === 0) {
      const joined = Buffer.concat([...pieces, chunk.subarray(0, length)]);
      held = 0;
      consume(joined, 0, joined.length);
      return;
    }
    if (held + length < needed) {
      pieces.push(Buffer.from(chunk.subarray(0, length)));
      held += length;
      return;
    }
    const taken = needed - held;
    const whole = Buffer.concat([...pieces, chunk.subarray(0, taken)], needed);
    held = 0;
    needed = 0;
    pieces = [];
    packet(whole, 0, whole.length);
    consume(chunk, taken, length);
  };
}

/** The part of pg's Connection this file stands in for. */
export interface WireConnection {
  attachListeners(stream: Socket | TLSSocket): void;
  emit(event: string, message: unknown): boolean;
}

const READ_BYTES = 64 * 1024;
/** Every read of every connection; each is consumed before the next. */
const READ_BUFFER = Buffer.allocUnsafeSlow(READ_BYTES);

/** One connection's end of the wire. */
export interface Wire {
  readonly rows: RowSlot;
  /** pg's option `stream`: makes the socket. */
  readonly stream: (config: { readonly ssl?: unknown }) => Socket;
  /**
   * Makes the connection read here. To be called before it connects; pg calls `attachListeners` again when it upgrades to
   * TLS, with the secure stream.
   */
  readonly attach: (connection: WireConnection) => void;
}

export function createWire(): Wire {
  const rows: RowSlot = { visit: undefined };
  let read: (chunk: Buffer, length?: number) => void = () => undefined;
  return {
    rows,
    stream({ ssl }) {
      // The stream of TLS reads from this one as it always does.
      if (ssl !== undefined && ssl !== false) return new Socket();
      const onread: OnReadOpts = {
        buffer: READ_BUFFER,
        callback(length) {
          read(READ_BUFFER, length);
          return true;
        },
      };
      // Documented for the constructor as it is for connect().
      return new Socket({ onread } as SocketConstructorOpts);
    },
    attach(connection) {
      read = createWireReader((message) => {
        connection.emit(message.name === 'error' ? 'errorMessage' : message.name, message);
      }, rows);
      connection.attachListeners = (stream) => {
        // Emitted by the streams of TLS only; the others are read by the callback.
        stream.on('data', (chunk: Buffer) => read(chunk));
      };
    },
  };
}
