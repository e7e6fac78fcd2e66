/** Files simulated visitors send: a name, and bytes that follow from luck alone. */
import { createHash } from 'node:crypto';
import type { Random } from './random.js';

export interface SimulatedFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** A size of one piece, of several, or of a few bytes; the server stores pieces of 256 KiB. */
export function simulatedFile(luck: Random, name: string): SimulatedFile {
  const size = {
    small: luck.whole(1, 2_000),
    usual: luck.whole(2_000, 40_000),
    large: luck.whole(262_000, 600_000),
  };
  const bytes = new Uint8Array(size[luck.weighted({ small: 40, usual: 50, large: 10 })]);
  // a block of luck, over and over, each time with its number: no two pieces are alike
  const block = Uint8Array.from({ length: 1_021 }, () => luck.whole(0, 255));
  for (let i = 0; i < bytes.length; i += 1) {
    bytes[i] = (block[i % block.length] ?? 0) ^ (Math.floor(i / block.length) & 0xff);
  }
  return { name: `${name}.${luck.pick(['txt', 'png', 'pdf'])}`, bytes };
}

export function fingerprintOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

const BOUNDARY = 'simulated-9f2c61d0b7';

/** The form a visitor's client posts (live-agent-chat.md §13.8). */
export function uploadForm({ name, bytes }: SimulatedFile): {
  readonly contentType: string;
  readonly body: Buffer;
} {
  const part = (headers: string) => `--${BOUNDARY}\r\nContent-Disposition: form-data; ${headers}\r\n\r\n`;
  return {
    contentType: `multipart/form-data; boundary=${BOUNDARY}`,
    body: Buffer.concat([
      Buffer.from(`${part('name="filename"')}${name}\r\n`),
      Buffer.from(part(`name="file"; filename="${name}"\r\nContent-Type: application/octet-stream`)),
      bytes,
      Buffer.from(`\r\n--${BOUNDARY}--\r\n`),
    ]),
  };
}
