/**
 * Requests over kept-alive sockets with as little of a client as possible: what is measured is the server. Answers are
 * read to their end, by content-length or in chunks, and counted; only their first bytes are kept.
 */
import { connect, type Socket } from 'node:net';

export interface Target {
  readonly port: number;
  readonly headers: Readonly<Record<string, string>>;
}

export interface Answer {
  /** Bytes of the body. */
  readonly bytes: number;
  /** The first bytes of the body as text; the whole of a short one. */
  readonly head: string;
}

export interface Connection {
  /** Sends one GET and waits for its whole answer. Rejects unless it is a 200. */
  get(path: string): Promise<Answer>;
  close(): void;
}

const HEAD_BYTES = 4_096;
const BLANK_LINE = Buffer.from('\r\n\r\n');
const LINE_END = Buffer.from('\r\n');

export async function openConnection({ port, headers }: Target): Promise<Connection> {
  const socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  let waiting: { resolve: (answer: Answer) => void; reject: (error: Error) => void } | undefined;
  let reader = readAnswer();
  const fail = (error: Error) => {
    waiting?.reject(error);
    waiting = undefined;
  };
  socket.on('error', fail);
  socket.on('close', () => fail(new Error('the connection was closed')));
  socket.on('data', (chunk: Buffer) => {
    const answer = reader(chunk);
    if (answer === undefined) return;
    reader = readAnswer();
    const { resolve, reject } = waiting as NonNullable<typeof waiting>;
    waiting = undefined;
    if (answer.status === 200) resolve(answer);
    else reject(new Error(`${answer.status}: ${answer.head.slice(0, 500)}`));
  });
  const fixed = Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('');
  return {
    get: (path) =>
      new Promise((resolve, reject) => {
        waiting = { resolve, reject };
        socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${fixed}\r\n`);
      }),
    close: () => socket.destroy(),
  };
}

/** Reads one answer; gives it with its last chunk, undefined before. */
function readAnswer(): (chunk: Buffer) => (Answer & { status: number }) | undefined {
  let start: Buffer | undefined = Buffer.alloc(0);
  let status = 0;
  let chunked = false;
  /** Bytes of the body, or of the chunk, that are still to come. */
  let left = 0;
  let bytes = 0;
  const kept: Buffer[] = [];
  /** Part of a chunk's size line that has come. */
  let line = '';
  let last = false;

  const take = (chunk: Buffer): void => {
    if (bytes < HEAD_BYTES) kept.push(Buffer.from(chunk.subarray(0, HEAD_BYTES)));
    bytes += chunk.length;
    left -= chunk.length;
  };
  const finished = () => ({ status, bytes, head: Buffer.concat(kept).toString('utf8', 0, HEAD_BYTES) });

  /** Chunks: a size line, as many bytes, a line end; a size of 0 and an empty line at the end. */
  const readChunks = (data: Buffer): boolean => {
    let at = 0;
    while (at < data.length) {
      if (left > 0) {
        const part = data.subarray(at, at + left);
        take(part);
        at += part.length;
        if (left === 0) line = '\u0000';
        continue;
      }
      const end = data.indexOf(LINE_END[1] as number, at);
      if (end === -1) {
        line += data.toString('latin1', at);
        return false;
      }
      const text = (line + data.toString('latin1', at, end)).replace('\r', '');
      at = end + 1;
      line = '';
      if (text === '\u0000') continue;
      if (last) return true;
      left = Number.parseInt(text, 16);
      if (left === 0) last = true;
    }
    return false;
  };

  return (chunk) => {
    let data = chunk;
    if (start !== undefined) {
      start = Buffer.concat([start, chunk]);
      const end = start.indexOf(BLANK_LINE);
      if (end === -1) return undefined;
      const head = start.toString('latin1', 0, end);
      status = Number(head.slice(9, 12));
      chunked = /\r\ntransfer-encoding: chunked/i.test(head);
      left = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0);
      data = start.subarray(end + BLANK_LINE.length);
      start = undefined;
    }
    if (chunked) return readChunks(data) ? finished() : undefined;
    take(data);
    return left === 0 ? finished() : undefined;
  };
}

/** Connections opened once for all rounds. */
export const openConnections = (target: Target, count: number): Promise<Connection[]> =>
  Promise.all(Array.from({ length: count }, () => openConnection(target)));

/** Does `count` pieces of work over the connections, each on the next one that is free. Milliseconds for all. */
export async function timed(
  connections: readonly Connection[],
  count: number,
  work: (connection: Connection, index: number) => Promise<unknown>,
): Promise<number> {
  let next = 0;
  const start = performance.now();
  await Promise.all(
    connections.map(async (connection) => {
      while (next < count) await work(connection, next++);
    }),
  );
  return performance.now() - start;
}
