/** The routes that are no protocol's: is the process alive, is it ready, and the page at `/`. */
import type { FastifyInstance } from 'fastify';
import { HOME_PAGE_POLICY, homePage } from './home-page.js';

export interface HouseDeps {
  publicUrl(): string;
  readonly version: string;
  readonly demo: boolean;
  /** Empty when everything is in place; otherwise what is missing, one word each. */
  missing(): Promise<readonly string[]>;
}

/** `/healthz`: the process lives. `/readyz`: 200 only when database, migrations, first data and demo are in place. */
export function houseRoutes(deps: HouseDeps): (app: FastifyInstance) => Promise<void> {
  return async (app) => {
    app.get('/healthz', async (_request, reply) =>
      reply.header('cache-control', 'no-store').send({ status: 'ok' }),
    );
    app.get('/readyz', async (_request, reply) => {
      const missing = await deps.missing();
      reply.header('cache-control', 'no-store').code(missing.length === 0 ? 200 : 503);
      if (missing.length > 0) reply.header('retry-after', '1');
      return { status: missing.length === 0 ? 'ready' : 'not ready', missing };
    });
    app.get('/', async (_request, reply) =>
      reply
        .header('content-security-policy', HOME_PAGE_POLICY)
        .header('referrer-policy', 'no-referrer')
        .header('x-frame-options', 'DENY')
        .type('text/html; charset=utf-8')
        .send(homePage({ publicUrl: deps.publicUrl(), version: deps.version, demo: deps.demo })),
    );
  };
}
