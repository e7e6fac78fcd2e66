/**
 * Whether the disk of the data directory is full. PostgreSQL ends itself when it cannot write its log, and cannot start
 * again before there is room; that passes, unlike what else keeps it from starting.
 */
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Layout } from './layout.js';

/** PostgreSQL's words in the end of its log; where not even these could be written, see `isFull`. */
const NO_ROOM = /No space left on device|Disk quota exceeded/;
const PROBE_BYTES = 8 * 1024;

/** Whether `error`, which kept PostgreSQL from starting, was a lack of room. */
export async function isLackOfRoom(layout: Layout, error: unknown): Promise<boolean> {
  return NO_ROOM.test((error as Error).message) || (await isFull(layout));
}

/** Whether not even a page can be written. */
async function isFull(layout: Layout): Promise<boolean> {
  const probe = path.join(layout.root, `room-${process.pid}`);
  try {
    await writeFile(probe, Buffer.alloc(PROBE_BYTES));
    return false;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOSPC' || code === 'EDQUOT';
  } finally {
    await rm(probe, { force: true }).catch(() => undefined);
  }
}
