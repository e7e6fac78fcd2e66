/**
 * Builds src/ into dist/ with the TypeScript compiler, only when something is newer than the last build. Types are
 * checked by `npm run typecheck`; here they are taken off, which is several times faster.
 * Invariant: dist/ is whole: it is built beside its place and moved into it.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const DIST = path.join(ROOT, 'dist');
/** Written before the sources are read, so that a change made meanwhile is newer. */
const STAMP = path.join(DIST, '.built');

/** @param {string} file @returns {number} the newest modification time in and below it, ms */
function newest(file) {
  const status = statSync(file, { throwIfNoEntry: false });
  if (status === undefined) return 0;
  if (!status.isDirectory()) return status.mtimeMs;
  // A directory's own time tells of files that were removed.
  return Math.max(status.mtimeMs, ...readdirSync(file).map((name) => newest(path.join(file, name))));
}

/** @returns {string | undefined} the compiler's command line program, if it is installed */
function compiler() {
  try {
    return createRequire(import.meta.url).resolve('typescript/bin/tsc');
  } catch {
    return undefined;
  }
}

/** Puts a finished build in its place; of two builds at the same moment the later one stays. */
function replace(workshop) {
  for (let attempts = 5; ; attempts--) {
    rmSync(DIST, { recursive: true, force: true });
    try {
      renameSync(workshop, DIST);
      return;
    } catch (error) {
      if (attempts === 0) throw error;
    }
  }
}

/**
 * @returns {boolean} whether dist/ can be used now
 */
export function build() {
  const sources = ['src', 'tsconfig.json', 'tsconfig.build.json', 'package-lock.json'].map((name) =>
    path.join(ROOT, name),
  );
  if (!existsSync(path.join(ROOT, 'src'))) return existsSync(STAMP);
  const built = statSync(STAMP, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (Math.max(...sources.map(newest)) <= built) return true;
  const tsc = compiler();
  if (tsc === undefined) return existsSync(STAMP); // an installation without development dependencies runs what it has
  const workshop = path.join(ROOT, 'node_modules', `.floorwalker-build-${process.pid}`);
  try {
    mkdirSync(workshop, { recursive: true });
    writeFileSync(path.join(workshop, path.basename(STAMP)), '');
    const { status } = spawnSync(
      process.execPath,
      [tsc, '-p', path.join(ROOT, 'tsconfig.build.json'), '--noCheck', '--outDir', workshop],
      { stdio: 'inherit' },
    );
    if (status !== 0) return false;
    replace(workshop);
  } finally {
    rmSync(workshop, { recursive: true, force: true });
  }
  return true;
}

if (process.argv[1] === fileURLToPath(import.meta.url) && !build()) process.exitCode = 1;
