/**
 * The symbolic links the PostgreSQL libraries need (libpq.so.5 -> libpq.so.5.18 …). The package lists them in
 * native/pg-symlinks.json and would make them in an install script; npm may not run it and node_modules may be
 * read-only, so they go into a directory of our own that LD_LIBRARY_PATH names.
 * Invariant: after `linkLibraries` each link in the directory points at an existing file of this package.
 */
import { mkdir, readFile, readlink, symlink, unlink } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';

const linksSchema = z.array(z.object({ source: z.string(), target: z.string() }));

async function linkOnce(from: string, to: string): Promise<void> {
  const current = await readlink(from).catch(() => undefined);
  if (current === to) return;
  if (current !== undefined) await unlink(from).catch(() => undefined);
  await symlink(to, from).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error; // another start made it a moment ago
  });
}

/** Makes the links of `nativeDir` in `libraryDir` (created when missing). */
export async function linkLibraries(nativeDir: string, libraryDir: string): Promise<void> {
  await mkdir(libraryDir, { recursive: true, mode: 0o755 });
  const text = await readFile(path.join(nativeDir, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  const packageDir = path.dirname(nativeDir);
  await Promise.all(
    linksSchema
      .parse(JSON.parse(text))
      .filter((link) => path.dirname(link.target) === path.join('native', 'lib'))
      .map((link) =>
        linkOnce(path.join(libraryDir, path.basename(link.target)), path.join(packageDir, link.source)),
      ),
  );
}

/**
 * The environment a PostgreSQL program runs in: nothing of ours but PATH and the temp dir (our own holds
 * passwords, and /proc shows a process's environment to its account), plus the library path.
 */
export function libraryEnvironment(nativeDir: string, libraryDir: string): NodeJS.ProcessEnv {
  const variable = process.platform === 'darwin' ? 'DYLD_LIBRARY_PATH' : 'LD_LIBRARY_PATH';
  // A library found through a link looks for its own needs beside the link, so the package's directory is named too.
  const search = [libraryDir, path.join(nativeDir, 'lib'), process.env[variable]];
  return {
    PATH: process.env.PATH ?? '/usr/bin:/bin:/usr/sbin:/sbin',
    ...(process.env.TMPDIR === undefined ? {} : { TMPDIR: process.env.TMPDIR }),
    [variable]: search.filter(Boolean).join(':'),
    LC_ALL: 'C',
    TZ: 'UTC',
  };
}
