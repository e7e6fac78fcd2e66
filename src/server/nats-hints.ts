/**
 * Hints between processes over NATS instead of NOTIFY. NATS is never needed: while it is away hints are dropped, everybody
 * finds what there is by looking every 2 s, and once it is back all look at once.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type ConnectionOptions, connect, type NatsConnection } from '@nats-io/transport-node';
import type { HintCarrier } from '../chat/wakeups.js';

export interface NatsHints extends HintCarrier {
  close(): Promise<void>;
}

export interface HintsLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

const RETRY_MS = 500;
const CONNECT_TIMEOUT_MS = 5_000;
/** Sockets without an answer are noticed after two of these. */
const PING_MS = 5_000;

/** What a URL says of a NATS server; user and password, or a token alone, may stand in it. */
function optionsOf(url: string): ConnectionOptions {
  const { protocol, host, username, password } = new URL(url);
  const user = decodeURIComponent(username);
  const pass = decodeURIComponent(password);
  return {
    servers: host,
    ...(protocol === 'tls:' ? { tls: {} } : {}),
    ...(user === '' ? {} : pass === '' ? { token: user } : { user, pass }),
  };
}

/** `floor` keeps the floors of several databases on one NATS apart. Connects in the background, again and again. */
export function natsHints(url: string, floor: string, log: HintsLog): NatsHints {
  const subject = `floorwalker.${floor}`;
  const stopped = new AbortController();
  const listeners = new Set<(payload: string) => void>();
  let connection: NatsConnection | undefined;
  let isUp = false;

  const tell = (payload: string) => {
    for (const on of listeners) on(payload);
  };

  async function run(): Promise<void> {
    let said = false;
    while (!stopped.signal.aborted && connection === undefined) {
      try {
        connection = await connect({
          ...optionsOf(url),
          name: 'floorwalker',
          timeout: CONNECT_TIMEOUT_MS,
          pingInterval: PING_MS,
          maxReconnectAttempts: -1,
          reconnectTimeWait: RETRY_MS,
          ignoreAuthErrorAbort: true,
        });
      } catch (error) {
        if (!said) log.warn({ err: error }, 'NATS cannot be reached; hints wait for it, nothing else does');
        said = true;
        await sleep(RETRY_MS, undefined, { signal: stopped.signal }).catch(() => undefined);
      }
    }
    if (connection === undefined) return;
    if (stopped.signal.aborted) return connection.close();
    connection.subscribe(subject, {
      callback: (error, message) => {
        if (error === null) tell(message.string());
      },
    });
    isUp = true;
    tell('');
    for await (const { type } of connection.status()) {
      if (type === 'disconnect') {
        isUp = false;
        log.warn({}, 'NATS is away');
      } else if (type === 'reconnect') {
        isUp = true;
        log.info({}, 'NATS is back');
        tell('');
      }
    }
  }
  const running = run().catch((error: unknown) => log.warn({ err: error }, 'NATS is lost'));

  return {
    async send(payloads) {
      // The client would keep what is said while it is away, without end.
      if (!isUp) return;
      for (const payload of payloads) connection?.publish(subject, payload);
    },
    async listen(on) {
      listeners.add(on);
      return async () => void listeners.delete(on);
    },
    async close() {
      stopped.abort();
      isUp = false;
      await connection?.close();
      await running;
    },
  };
}
