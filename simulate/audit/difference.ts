/** One thing that is not as it must be, in words. */

export interface Difference {
  /** Whose: a login, a chat, a visitor. */
  readonly of: string;
  readonly field: string;
  readonly expected: string;
  readonly found: string;
}

/** Collects differences; values are compared by their text. */
export interface Findings {
  readonly all: readonly Difference[];
  /** Tells a difference unless both are the same. */
  same(of: string, field: string, expected: unknown, found: unknown): void;
  /** Tells a difference unless it holds. */
  holds(isRight: boolean, of: string, field: string, expected: unknown, found: unknown): void;
}

export function createFindings(): Findings {
  const all: Difference[] = [];
  const text = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value ?? null));
  const self: Findings = {
    all,
    same: (of, field, expected, found) =>
      self.holds(text(expected) === text(found), of, field, expected, found),
    holds(isRight, of, field, expected, found) {
      if (!isRight) all.push({ of, field, expected: text(expected), found: text(found) });
    },
  };
  return self;
}

/** As it is printed. */
export function inWords({ of, field, expected, found }: Difference): string {
  return `${of}: ${field}: expected ${expected}, found ${found}`;
}
