/** A WebSocket to /live without the client: what comes in is kept, what goes out is whatever the test says. */

import { WebSocket } from 'ws';

export interface RawSocket {
  readonly ws: WebSocket;
  /** Frames so far, parsed. */
  readonly frames: Record<string, unknown>[];
  send(frame: unknown): void;
  /** The next frame of the type that was not given before. */
  next(type: string): Promise<Record<string, unknown>>;
  /** The close code, also when it has come already. */
  closed(): Promise<number>;
}

export async function rawSocket(
  url: string,
  options: { headers?: Record<string, string> } = {},
): Promise<RawSocket> {
  const ws = new WebSocket(`${url.replace(/^http/, 'ws')}/live`, options);
  const frames: Record<string, unknown>[] = [];
  const given = new Set<object>();
  let code: number | undefined;
  const wake = new Set<() => void>();
  ws.on('message', (data: Buffer) => {
    frames.push(JSON.parse(data.toString()));
    for (const one of wake) one();
  });
  ws.on('close', (closeCode) => {
    code = closeCode;
    for (const one of wake) one();
  });
  ws.on('error', () => {});
  await new Promise<void>((resolve) => {
    ws.once('open', resolve);
    ws.once('close', () => resolve());
  });

  async function until<T>(what: string, look: () => T | undefined): Promise<T> {
    const deadline = performance.now() + 10_000;
    for (;;) {
      const found = look();
      if (found !== undefined) return found;
      const left = deadline - performance.now();
      if (left <= 0)
        throw new Error(
          `${what} never came; frames: ${JSON.stringify(frames).slice(0, 2_000)}; close: ${code}`,
        );
      await new Promise<void>((resolve) => {
        const done = () => {
          wake.delete(done);
          clearTimeout(timer);
          resolve();
        };
        const timer = setTimeout(done, left);
        wake.add(done);
      });
    }
  }

  return {
    ws,
    frames,
    send: (frame) => ws.send(typeof frame === 'string' ? frame : JSON.stringify(frame)),
    async next(type) {
      const frame = await until(`A ${type} frame`, () =>
        frames.find((one) => one.type === type && !given.has(one)),
      );
      given.add(frame);
      return frame;
    },
    closed: () => until('A close', () => code),
  };
}
