/**
 * What may be written into the log. Invariant: no token, password, SOQL text or chat text reaches it: a request is its
 * method, path and status, never its query string, headers or body; a database error is its code and place, never the
 * row it is about (DECISIONS 11).
 */
import type { FastifyRequest, FastifyServerOptions } from 'fastify';
import type { LogLevel } from '../config.js';

/** SQLSTATEs of five characters come from PostgreSQL; their messages and details may quote values. */
function isDatabaseError(error: object): error is { code: string; severity: string; routine?: string } {
  return 'severity' in error && 'code' in error && typeof error.code === 'string' && error.code.length === 5;
}

/** Stack lines without the message, which stands before them. */
function placeOf(error: Error): string {
  return (error.stack ?? '')
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .join('\n');
}

/** What the log shows of an error. */
export function describeError(error: unknown): object {
  if (!(error instanceof Error)) return { type: typeof error };
  const type = error.name;
  if (isDatabaseError(error)) {
    const { code, severity } = error;
    const { table, column, constraint } = error as { table?: string; column?: string; constraint?: string };
    return { type: 'DatabaseError', code, severity, table, column, constraint, stack: placeOf(error) };
  }
  const code = 'code' in error && typeof error.code === 'string' ? { code: error.code } : {};
  const cause = error.cause === undefined ? {} : { cause: describeError(error.cause) };
  return { type, ...code, message: error.message, stack: placeOf(error), ...cause };
}

/** The path of a URL; what follows `?` may hold tokens and, with JSONP, whole chat messages. */
export function pathOf(url: string | undefined): string {
  return (url ?? '').split('?', 1)[0] ?? '';
}

/** Fastify's logger settings. */
export function loggerOptions(level: LogLevel): Exclude<FastifyServerOptions['logger'], boolean | undefined> {
  return {
    level,
    redact: ['req.headers', 'res.headers', 'headers', 'authorization', 'password', 'token', 'url'],
    serializers: {
      err: describeError as () => { type: string; message: string; stack: string },
      req: (request: FastifyRequest) => ({
        method: request.method,
        path: pathOf(request.url),
        from: request.ip,
      }),
      res: (reply) => ({ statusCode: reply.statusCode ?? 0 }),
    },
  };
}
