/**
 * The way of one agent's browser to the server, which can be cut: at once, as when a cable is pulled, or silently, as in
 * a tunnel, where both sides only notice that nothing comes any more. While it is cut no new socket stands either, so the
 * client's own reconnection and resumption do what they do in real life.
 */
import { WebSocket } from 'ws';
import type { SocketConstructor, SocketLike } from '../src/live-client/socket.js';

export interface NetworkLine {
  /** To be given to the live client. */
  readonly Socket: SocketConstructor;
  readonly isCut: boolean;
  /** performance.now() when the last frame left for the server; 0: none yet. */
  readonly lastSentAt: number;
  cut(how: 'loudly' | 'silently'): void;
  restore(): void;
}

export function createNetworkLine(): NetworkLine {
  let isCut = false;
  let isSilent = false;
  let lastSentAt = 0;
  const open = new Set<WebSocket>();

  class Socket implements SocketLike {
    onopen: ((event: never) => unknown) | null = null;
    onmessage: ((event: never) => unknown) | null = null;
    onclose: ((event: never) => unknown) | null = null;
    onerror: ((event: never) => unknown) | null = null;
    readonly #inner: WebSocket | undefined;

    constructor(url: string) {
      if (isCut) {
        setImmediate(() => this.#closed(1006, 'the line is cut'));
        return;
      }
      const inner = new WebSocket(url, { perMessageDeflate: false });
      this.#inner = inner;
      open.add(inner);
      inner.on('open', () => this.onopen?.({} as never));
      inner.on('message', (data: Buffer, isBinary: boolean) => {
        if (!isSilent && !isBinary) this.onmessage?.({ data: data.toString() } as never);
      });
      inner.on('close', (code: number, reason: Buffer) => {
        open.delete(inner);
        this.#closed(code, reason.toString());
      });
      inner.on('error', () => undefined); // `close` follows
    }

    #closed(code: number, reason: string): void {
      this.onclose?.({ code, reason } as never);
    }

    get readyState(): number {
      return this.#inner?.readyState ?? WebSocket.CLOSED;
    }

    send(data: string): void {
      if (isSilent || this.#inner === undefined || this.#inner.readyState !== WebSocket.OPEN) return;
      lastSentAt = performance.now();
      this.#inner.send(data);
    }

    close(code?: number, reason?: string): void {
      this.#inner?.close(code, reason);
    }
  }

  const cutAll = () => {
    for (const socket of open) socket.terminate();
  };
  return {
    Socket: Socket as unknown as SocketConstructor,
    get isCut() {
      return isCut;
    },
    get lastSentAt() {
      return lastSentAt;
    },
    cut(how) {
      isCut = true;
      isSilent = how === 'silently';
      if (!isSilent) cutAll();
    },
    restore() {
      // what was swallowed is lost: this socket cannot go on
      if (isSilent) cutAll();
      isCut = false;
      isSilent = false;
    },
  };
}
