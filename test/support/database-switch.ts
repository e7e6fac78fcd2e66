/**
 * A database that can be taken away: a TCP relay before the test's PostgreSQL. Off, connections are cut and new ones
 * refused, as when the server or the network is gone.
 */
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import path from 'node:path';
import pg from 'pg';

export interface DatabaseSwitch {
  /** The database's URL through the relay. */
  readonly url: string;
  off(): Promise<void>;
  on(): Promise<void>;
  close(): Promise<void>;
}

export async function databaseSwitch(databaseUrl: string): Promise<DatabaseSwitch> {
  const { host, port, user, password, database } = new pg.Client({ connectionString: databaseUrl });
  const open = new Set<Socket>();
  const relay = (client: Socket) => {
    const server = host.startsWith('/')
      ? connect({ path: path.join(host, `.s.PGSQL.${port}`) })
      : connect({ host, port });
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      open.add(from);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        open.delete(from);
        to.destroy();
      });
      from.pipe(to);
    }
  };

  let listening: Server | undefined;
  let relayPort = 0;
  const on = async () => {
    const server = createServer(relay);
    listening = server;
    await new Promise<void>((resolve) => server.listen(relayPort, '127.0.0.1', resolve));
    relayPort = (server.address() as AddressInfo).port;
  };
  const off = async () => {
    const server = listening;
    listening = undefined;
    const closed = new Promise<void>((resolve) =>
      server === undefined ? resolve() : server.close(() => resolve()),
    );
    for (const socket of open) socket.destroy();
    await closed;
  };
  await on();
  const secret = `${encodeURIComponent(user ?? '')}:${encodeURIComponent(password ?? '')}`;
  return { url: `postgres://${secret}@127.0.0.1:${relayPort}/${database}`, off, on, close: off };
}
