/**
 * Bytes to text, piece by piece, and nothing but UTF-8. A character may be cut in two by a piece's end: its first bytes
 * wait for the next piece. (A TextDecoder gives strings that saxes reads at half the speed.)
 */
import { isUtf8 } from 'node:buffer';
import { XmlRefused } from './xml-tree.js';

export interface Utf8Reader {
  /** The text of the next piece. Throws XmlRefused. */
  read(piece: Buffer): string;
  /** After the last piece. Throws XmlRefused. */
  close(): void;
}

const NOTHING = Buffer.alloc(0);

export function createUtf8Reader(): Utf8Reader {
  let cut = NOTHING;
  return {
    read(piece) {
      const bytes = cut.length === 0 ? piece : Buffer.concat([cut, piece]);
      const end = bytes.length - cutBytesOf(bytes);
      const whole = bytes.subarray(0, end);
      if (!isUtf8(whole)) throw notUtf8();
      cut = end === bytes.length ? NOTHING : Buffer.from(bytes.subarray(end));
      return whole.toString('utf8');
    },
    close() {
      if (cut.length > 0) throw notUtf8();
    },
  };
}

/** How many bytes at the end begin a character that goes on behind it. */
function cutBytesOf(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] as number;
    if (byte < 0x80) return 0;
    // 10xxxxxx goes on, anything else begins: 110…, 1110… and 11110… say of how many bytes.
    if (byte < 0xc0) continue;
    const length = byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
    return back < length ? back : 0;
  }
  return 0;
}

const notUtf8 = () => new XmlRefused('the request is not UTF-8');
