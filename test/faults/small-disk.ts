/**
 * A disk of a few megabytes for the fault tests, to be filled to the last byte: a tmpfs. Mounting one takes root; a limit
 * on the size of files (RLIMIT_FSIZE) would not do, because it says EFBIG, and so PostgreSQL does not say "disk full".
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, closeSync, openSync, rmSync, writeSync } from 'node:fs';
import path from 'node:path';
import { tempDir } from './embedded-support.js';

export interface SmallDisk {
  readonly dir: string;
  /** Takes what room there is. */
  fill(): void;
  /** Gives it back. */
  makeRoom(): void;
  /** Takes the disk away, with all that is on it. */
  unmount(): void;
}

const mount = (dir: string, megabytes: number) =>
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=755`, 'tmpfs', dir], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
const unmount = (dir: string) => execFileSync('umount', ['--lazy', dir]);

/** Why there can be no such disk here; empty where there can. */
export function whyNoDisk(): string {
  const dir = tempDir();
  try {
    mount(dir, 1);
    unmount(dir);
    return '';
  } catch (error) {
    return `a tmpfs cannot be mounted: ${String((error as { stderr?: Buffer }).stderr ?? error).trim()}`;
  }
}

export function smallDisk(megabytes: number): SmallDisk {
  const dir = tempDir();
  mount(dir, megabytes);
  chmodSync(dir, 0o755);
  const balloon = path.join(dir, 'balloon');
  return {
    dir,
    fill() {
      const file = openSync(balloon, 'a');
      // Ever smaller pieces, down to the block a file grows by.
      for (let bytes = 4 * 1024 * 1024; bytes >= 4_096; bytes /= 4) {
        const piece = Buffer.alloc(bytes);
        try {
          while (writeSync(file, piece) === bytes);
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
        }
      }
      closeSync(file);
    },
    makeRoom: () => rmSync(balloon, { force: true }),
    unmount: () => unmount(dir),
  };
}
