/** What a parent and its workers say to each other (WORKERS). */

/** A worker tells its parent that it serves. */
export interface WorkerReady {
  readonly url: string;
}

/** The parent asks its workers to end by this message; a signal may come from anybody. */
export const STOP = 'stop';
