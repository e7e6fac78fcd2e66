/**
 * SOQL conditions evaluated slowly and obviously over rows in memory: what the compiled SQL is compared with. Written
 * from the rules of the language, without a look at the compiler.
 */

export interface Person {
  readonly Id: string;
  readonly Name: string;
  readonly IsActive: boolean;
  readonly ManagerId: string | null;
}

export interface Session {
  readonly Id: string;
  readonly Name: string;
  readonly AgentId: string;
  readonly LoginTime: number;
  readonly TimeIdle: number | null;
  readonly NumFlagRaised: number | null;
  readonly IsDeleted: boolean;
}

export type Cell = string | number | boolean | null;

/** `=`: a boolean compared with null is compared with false; text ignores case. */
function equal(left: Cell, right: Cell): boolean {
  if (typeof left === 'boolean' && right === null) return left === false;
  if (typeof left === 'string' && typeof right === 'string')
    return left.toUpperCase() === right.toUpperCase();
  return left === right;
}

function less(left: Cell, right: Cell): boolean {
  if (left === null || right === null) return false;
  if (typeof left === 'string' && typeof right === 'string') return left.toUpperCase() < right.toUpperCase();
  return left < right;
}

function like(left: Cell, pattern: string): boolean {
  if (typeof left !== 'string') return false;
  const source = [...pattern]
    .map((char) => (char === '%' ? '.*' : char === '_' ? '.' : char.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')))
    .join('');
  return new RegExp(`^${source}$`, 'isu').test(left);
}

export type Test =
  | { readonly op: 'and' | 'or'; readonly of: readonly Test[] }
  | { readonly op: 'not'; readonly of: Test }
  | { readonly op: '=' | '!=' | '<' | '<=' | '>' | '>='; readonly field: string; readonly value: Cell }
  | { readonly op: 'LIKE'; readonly field: string; readonly value: string }
  | { readonly op: 'IN' | 'NOT IN'; readonly field: string; readonly values: readonly Cell[] };

/** Whether a row passes; `read` gives a field or a parent's, null where there is no such parent. */
export function passes(test: Test, read: (path: string) => Cell): boolean {
  switch (test.op) {
    case 'and':
      return test.of.every((one) => passes(one, read));
    case 'or':
      return test.of.some((one) => passes(one, read));
    case 'not':
      return !passes(test.of, read);
    case '=':
      return equal(read(test.field), test.value);
    case '!=':
      return !equal(read(test.field), test.value);
    case '<':
      return less(read(test.field), test.value);
    case '>':
      return less(test.value, read(test.field));
    case '<=':
      return (
        less(read(test.field), test.value) ||
        (test.value !== null && read(test.field) !== null && equal(read(test.field), test.value))
      );
    case '>=':
      return (
        less(test.value, read(test.field)) ||
        (test.value !== null && read(test.field) !== null && equal(read(test.field), test.value))
      );
    case 'LIKE':
      return like(read(test.field), test.value);
    case 'IN':
      return test.values.some((value) => equal(read(test.field), value));
    case 'NOT IN':
      return !test.values.some((value) => equal(read(test.field), value));
  }
}
