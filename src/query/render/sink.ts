/**
 * A growing buffer that is cut into chunks. Bytes are stored eight at a time through a DataView, which costs a fraction
 * of a loop over bytes; so there are always eight bytes of slack behind what was reserved.
 */
import { SLAB_BYTES, type Slab, takeSlab } from './slabs.js';

export interface Sink {
  buffer: Buffer;
  /** The same bytes. */
  view: DataView;
  at: number;
  /** Bytes the row being written may still need, however it goes on. */
  rowBytes: number;
  /** Bytes the chunk before had: the next one begins as large, because growing copies. */
  chunkBytes: number;
  /** Slabs taken so far by a sink that uses them; who sends the chunks gives them back. */
  readonly slabs: Slab[] | undefined;
}

const CHUNK_BYTES = 64 * 1024;
const SLACK_BYTES = 8;
/** Room for a chunk whose rows are a little longer than those of the chunk before. */
const NEXT_CHUNK = 1.125;
const EMPTY = Buffer.alloc(0);

const viewOf = (buffer: Buffer): DataView => new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
const EMPTY_VIEW = viewOf(EMPTY);

export function openSink(bytes = CHUNK_BYTES): Sink {
  const buffer = Buffer.allocUnsafeSlow(bytes + SLACK_BYTES);
  return { buffer, view: viewOf(buffer), at: 0, rowBytes: 0, chunkBytes: 0, slabs: undefined };
}

/** A sink whose chunks are slabs, put into `slabs` as they are taken: none before the first byte. It begins at `at`. */
export const openSlabSink = (at: number, slabs: Slab[]): Sink => ({
  buffer: EMPTY,
  view: EMPTY_VIEW,
  at,
  rowBytes: 0,
  chunkBytes: 0,
  slabs,
});

/** Makes room for `bytes` more. */
export function reserve(sink: Sink, bytes: number): void {
  const { length } = sink.buffer;
  if (sink.at + bytes + SLACK_BYTES <= length) return;
  if (sink.slabs !== undefined && length < SLAB_BYTES && sink.at + bytes + SLACK_BYTES <= SLAB_BYTES) {
    const slab = takeSlab();
    sink.slabs.push(slab);
    sink.buffer.copy(slab.buffer, 0, 0, sink.at);
    sink.buffer = slab.buffer;
    sink.view = slab.view;
    return;
  }
  const grown = Buffer.allocUnsafeSlow(
    Math.max(
      length === 0 ? Math.max(CHUNK_BYTES, Math.ceil(sink.chunkBytes * NEXT_CHUNK)) : length * 2,
      sink.at + bytes + SLACK_BYTES,
    ),
  );
  sink.buffer.copy(grown, 0, 0, sink.at);
  sink.buffer = grown;
  sink.view = viewOf(grown);
}

/** What was written so far; the sink begins anew. */
export function takeChunk(sink: Sink): Buffer {
  const chunk = sink.buffer.subarray(0, sink.at);
  sink.chunkBytes = sink.at;
  sink.buffer = EMPTY;
  sink.view = EMPTY_VIEW;
  sink.at = 0;
  return chunk;
}

/** Writes one ASCII character. */
export function writeByte(sink: Sink, byte: number): void {
  reserve(sink, 1);
  sink.buffer[sink.at++] = byte;
}

export function writeText(sink: Sink, text: string): void {
  reserve(sink, text.length * 3);
  sink.at += sink.buffer.write(text, sink.at);
}

/** Text kept as the doubles its bytes spell. Only for UTF-8 that does not begin a group of eight with 0x7f or 0xff. */
export interface Constant {
  readonly words: Float64Array;
  readonly length: number;
}

export function constantOf(text: string): Constant {
  const bytes = Buffer.from(text);
  const padded = new DataView(new ArrayBuffer(Math.ceil(bytes.length / 8) * 8));
  for (const [index, byte] of bytes.entries()) padded.setUint8(index, byte);
  const words = new Float64Array(padded.byteLength / 8);
  for (let i = 0; i < words.length; i++) {
    words[i] = padded.getFloat64(i * 8);
    if (Number.isNaN(words[i])) throw new Error(`not a constant: ${JSON.stringify(text)}`);
  }
  return { words, length: bytes.length };
}
