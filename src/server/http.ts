/**
 * The HTTP server before anybody's routes: TLS, limits, request ids, logging, and what a stranger's request gets.
 * Invariant: no error leaves with more than a Salesforce code and a sentence.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { isIP, type Socket } from 'node:net';
import { type FastifyInstance, type FastifyReply, fastify, LogController } from 'fastify';
import type { Config } from '../config.js';
import { loggerOptions } from './logger.js';

/** A URI of 16,384 bytes must still reach REST, which answers 414. */
const MAX_HEADER_BYTES = 65_536;
/** A visitor's session key stands in a path. */
const MAX_PARAMETER_LENGTH = 1_000;
/** A client that takes longer to send its request is cut off. */
const REQUEST_TIMEOUT_MS = 120_000;
/** Longer than the minute load balancers keep a connection. */
const KEEP_ALIVE_MS = 72_000;

type HttpConfig = Pick<Config, 'tls' | 'trustProxy' | 'logLevel' | 'bodyLimitBytes'>;

/** `http://host:port` as it stands in a URL; an address that means "everywhere" is shown as localhost. */
export function originOf(options: { tls: boolean; host: string; port: number }): string {
  const everywhere = options.host === '0.0.0.0' || options.host === '::';
  const host = everywhere ? 'localhost' : isIP(options.host) === 6 ? `[${options.host}]` : options.host;
  return `${options.tls ? 'https' : 'http'}://${host}:${options.port}`;
}

function refusal(errorCode: string, message: string): { errorCode: string; message: string }[] {
  return [{ errorCode, message }];
}

const UNREADABLE = refusal('INVALID_OPERATION', 'The request could not be read.');

/** A fastify instance without routes. */
export function createHttp(config: HttpConfig): FastifyInstance {
  const start = randomBytes(4).toString('hex');
  let count = 0;
  const { tls } = config;
  const app = fastify({
    logger: loggerOptions(config.logLevel),
    bodyLimit: config.bodyLimitBytes,
    trustProxy: config.trustProxy.length > 0 ? [...config.trustProxy] : false,
    routerOptions: { maxParamLength: MAX_PARAMETER_LENGTH },
    // Only a path that cannot be decoded comes here.
    frameworkErrors: (_error, _request, reply: FastifyReply) => {
      void reply.code(400).send(UNREADABLE);
    },
    requestIdHeader: false,
    genReqId: () => `${start}-${(++count).toString(36)}`,
    logController: new LogController({ disableRequestLogging: true }),
    return503OnClosing: true,
    serverFactory: (handler) => {
      const limits = {
        maxHeaderSize: MAX_HEADER_BYTES,
        requestTimeout: REQUEST_TIMEOUT_MS,
        keepAliveTimeout: KEEP_ALIVE_MS,
      };
      const listener = (...args: Parameters<typeof handler>) => handler(...args);
      if (tls === undefined) return createHttpServer(limits, listener);
      return createHttpsServer(
        { ...limits, cert: readFileSync(tls.certFile), key: readFileSync(tls.keyFile) },
        listener,
      );
    },
  });

  // Browsers open connections ahead, and nobody asks anything on them: to the stop they would look like a request under way.
  const connections = new Set<Socket>();
  app.server.on('connection', (socket: Socket) => {
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
  });
  app.addHook('preClose', (done) => {
    for (const socket of connections) if (socket.bytesRead === 0) socket.destroy();
    done();
  });
  app.addHook('onSend', (_request, reply, _payload, done) => {
    reply.header('x-content-type-options', 'nosniff');
    if (tls !== undefined) reply.header('strict-transport-security', 'max-age=31536000');
    done();
  });
  app.addHook('onResponse', (request, reply, done) => {
    request.log.debug({ req: request, res: reply, ms: Math.round(reply.elapsedTime) }, 'answered');
    done();
  });
  app.setNotFoundHandler((_request, reply) =>
    reply.code(404).send(refusal('NOT_FOUND', 'The requested resource does not exist')),
  );
  app.setErrorHandler((error, request, reply) => {
    const status = (error as { statusCode?: unknown }).statusCode;
    if (typeof status === 'number' && status >= 400 && status < 500) {
      return reply.code(status).send(UNREADABLE);
    }
    request.log.error({ err: error, req: request }, 'a request failed');
    return reply
      .code(500)
      .send(refusal('UNKNOWN_EXCEPTION', `An unexpected error occurred. Error number: ${request.id}`));
  });
  return app;
}

/** How often connections that fell idle are closed while the server stops. */
const IDLE_SWEEP_MS = 50;
/** Requests still under way after this are cut off. */
const CLOSE_PATIENCE_MS = 10_000;

/**
 * Takes no new connection and waits for the requests under way. A connection kept alive counts as open although
 * nobody asks anything on it any more, so those that fall idle are closed one after another.
 */
export async function closeHttp(app: FastifyInstance): Promise<void> {
  const sweep = setInterval(() => app.server.closeIdleConnections(), IDLE_SWEEP_MS);
  const cutOff = setTimeout(() => app.server.closeAllConnections(), CLOSE_PATIENCE_MS);
  try {
    await app.close();
  } finally {
    clearInterval(sweep);
    clearTimeout(cutOff);
  }
}
