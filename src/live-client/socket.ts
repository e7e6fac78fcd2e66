/**
 * The part of a WebSocket the client uses, which the browser's own, Node 22's and `ws` all have.
 * Invariant: this folder never imports a WebSocket; the host's global is used or one is passed in.
 */

export interface SocketLike {
  readonly readyState: number;
  onopen: ((event: never) => unknown) | null;
  onmessage: ((event: never) => unknown) | null;
  onclose: ((event: never) => unknown) | null;
  onerror: ((event: never) => unknown) | null;
  send(data: string): void;
  close(code?: number, reason?: string): void;
}

export type SocketConstructor = new (url: string) => SocketLike;

/** What the client listens for, whatever the host's event classes are called. */
export interface SocketHandlers {
  open(): void;
  text(data: string): void;
  closed(code: number, reason: string): void;
}

/** Opens a socket. `closed` comes exactly once, also when the connection never stood. */
export function openSocket(
  url: string,
  construct: SocketConstructor | undefined,
  handlers: SocketHandlers,
): SocketLike {
  const Construct = construct ?? (globalThis as { WebSocket?: SocketConstructor }).WebSocket;
  if (Construct === undefined)
    throw new Error('No WebSocket here: pass the class of the ws package as `WebSocket`');
  const socket = new Construct(url);
  let open = true;
  const closed = (code: number, reason: string) => {
    if (!open) return;
    open = false;
    handlers.closed(code, reason);
  };
  socket.onopen = () => handlers.open();
  socket.onmessage = (event: { data: unknown }) => {
    if (open && typeof event.data === 'string') handlers.text(event.data);
  };
  socket.onclose = (event: { code?: number; reason?: string }) =>
    closed(event.code ?? 1006, event.reason ?? '');
  // The close event follows; without a listener `ws` would throw.
  socket.onerror = () => {};
  return socket;
}
