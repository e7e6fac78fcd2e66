/** A TCP relay in front of a server, which can fall silent or be cut, as networks do. */

import { connect, createServer, type NetConnectOpts, type Socket } from 'node:net';

export interface Relay {
  readonly port: number;
  /** The connections there are pass nothing on any more, without a word; new ones are let in. */
  freeze(): void;
  /** Ends the connections there are, and every new one until `restore`. */
  cut(): void;
  restore(): void;
  close(): void;
}

export async function relay(target: NetConnectOpts): Promise<Relay> {
  const sockets = new Set<Socket>();
  let isCut = false;
  const door = createServer((near) => {
    if (isCut) {
      near.destroy();
      return;
    }
    const far = connect(target);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  });
  await new Promise<void>((resolve) => door.listen(0, '127.0.0.1', resolve));
  const { port } = door.address() as { port: number };
  return {
    port,
    freeze() {
      for (const socket of sockets) socket.unpipe().pause();
    },
    cut() {
      isCut = true;
      for (const socket of sockets) socket.destroy();
    },
    restore() {
      isCut = false;
    },
    close() {
      for (const socket of sockets) socket.destroy();
      door.close();
    },
  };
}
