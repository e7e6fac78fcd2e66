/** One numbered step of the database's shape. Steps only add, so an old and a new node can run side by side. */
export interface Migration {
  /** `NNN-part`, unique and ascending; it is what the database remembers. Never change one that has shipped. */
  readonly id: string;
  /** Several statements; runs once, in one transaction with everything pending. */
  readonly sql: string;
}
