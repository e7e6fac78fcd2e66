/** What the embedded PostgreSQL says when it cannot go on: a message an operator can act on, no stack needed. */
export class EmbeddedError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'EmbeddedError';
  }
}
