/**
 * The embedded database for the command line: when a server already runs on DATA_DIR, its PostgreSQL is used beside
 * it and left alone; otherwise it is started for this one command and stopped after it.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { layoutOf } from './layout.js';
import { answers } from './postmaster.js';
import { applicationUrl, type EmbeddedOptions, startEmbedded } from './start.js';

export interface EmbeddedUse {
  readonly url: string;
  /** Ends our use of it. */
  close(): Promise<void>;
}

/**
 * Reaches the embedded PostgreSQL on `dataDir`, running or not.
 * @throws EmbeddedError as `startEmbedded` does.
 */
export async function useEmbedded(options: EmbeddedOptions): Promise<EmbeddedUse> {
  const layout = layoutOf(options.dataDir);
  const password = (await readFile(layout.password, 'utf8').catch(() => '')).trim();
  const recorded = (await readFile(layout.socketRecord, 'utf8').catch(() => '')).trim();
  for (const socketDir of [path.join(layout.root, 'run'), recorded]) {
    if (password === '' || socketDir === '' || !(await answers({ socketDir, password, layout }))) continue;
    return { url: applicationUrl({ socketDir, password }), close: async () => undefined };
  }
  const embedded = await startEmbedded(options);
  return { url: embedded.url, close: () => embedded.stop() };
}
