/**
 * Which PostgreSQL the house uses, and getting it to answer: DATABASE_URL, or the embedded one. It imports little, so
 * that the command line can have the database starting while the rest of the server is still being loaded.
 */
import type { Config } from '../config.js';
import { useEmbedded } from '../store/embedded/attach.js';
import type { EmbeddedError } from '../store/embedded/embedded-error.js';
import type { EmbeddedLog } from '../store/embedded/postmaster.js';
import { startEmbedded } from '../store/embedded/start.js';

export interface ReachedDatabase {
  /** Connection URL; holds the password, so it is never logged. */
  readonly url: string;
  /** Stops the embedded PostgreSQL if this process started it. */
  close(): Promise<void>;
}

export interface ReachOptions {
  readonly config: Pick<Config, 'databaseUrl' | 'dataDir'>;
  readonly log: EmbeddedLog;
  /** 'server' owns the embedded database; 'command' may use it beside a running server. */
  readonly role: 'server' | 'command';
  /** The embedded database is lost for good. */
  readonly onFailure: (error: EmbeddedError) => void;
}

/** @throws EmbeddedError when the embedded PostgreSQL does not start. */
export async function reachDatabase({
  config,
  log,
  role,
  onFailure,
}: ReachOptions): Promise<ReachedDatabase> {
  const { databaseUrl, dataDir } = config;
  if (databaseUrl !== undefined) return { url: databaseUrl, close: async () => undefined };
  if (role === 'command') return useEmbedded({ dataDir, log, onFailure });
  const embedded = await startEmbedded({ dataDir, log, onFailure });
  return { url: embedded.url, close: () => embedded.stop() };
}
