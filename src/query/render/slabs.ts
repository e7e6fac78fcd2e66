/**
 * Memory of long answers, used again. A page of 2,000 rows is megabytes outside V8's heap; allocated anew each time they
 * make V8 collect its whole heap every few pages ("external memory pressure"), which cost more than writing the rows.
 * Invariant: a slab is in one place only, the list of free ones or the answer that took it. Who gives one back has seen
 * its last byte handed to the kernel or copied; whoever is not sure keeps it, and the collector takes it.
 */

export interface Slab {
  readonly buffer: Buffer;
  /** The same bytes. */
  readonly view: DataView;
}

export const SLAB_BYTES = 256 * 1024;
/** 16 MB: the pages of the database connections of a process, and as many on their way out. */
const FREE_MAX = 64;
const free: Slab[] = [];

export function takeSlab(): Slab {
  const known = free.pop();
  if (known !== undefined) return known;
  const buffer = Buffer.allocUnsafeSlow(SLAB_BYTES);
  return { buffer, view: new DataView(buffer.buffer) };
}

/** Empties the list: its slabs may be taken by others at once. */
export function giveBack(slabs: Slab[]): void {
  for (const slab of slabs.splice(0)) if (free.length < FREE_MAX) free.push(slab);
}
