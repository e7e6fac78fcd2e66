/**
 * How the types of the SOAP API are written down: one line an element, in the order of the schema. The WSDL and the
 * answers are both made from these lines, so they cannot disagree.
 *
 * A line is `name marks: type @since`, such as `recordTypeId~: ID` or `developerName: string @43`. Marks: `*` any
 * number, `+` one or more, `?` may be absent, `~` may be nil. Without a type it is a string.
 */

export interface ElementSpec {
  readonly name: string;
  readonly type: string;
  readonly required: boolean;
  readonly many: boolean;
  readonly nillable: boolean;
  /** First API version that has it. */
  readonly since: number;
}

/** Elements in order. */
export type ComplexType = readonly ElementSpec[];

const LINE = /^(\w+)([*+?~]*)(?:: (\w+))?(?: @(\d+))?$/;

export function complex(...lines: readonly string[]): ComplexType {
  return lines.map((line) => {
    const parts = LINE.exec(line);
    if (parts === null) throw new Error(`not a schema line: ${line}`);
    const [, name = '', marks = '', type = 'string', since = '0'] = parts;
    return {
      name,
      type,
      required: !marks.includes('*') && !marks.includes('?'),
      many: marks.includes('*') || marks.includes('+'),
      nillable: marks.includes('~'),
      since: Number(since),
    };
  });
}

/** Several elements of one type and the same marks, in the order given. */
export const all = (type: string, names: string, marks = ''): string[] =>
  names.split(' ').map((name) => `${name}${marks}: ${type}`);

/** The elements an API version has. */
export const elementsAt = (type: ComplexType, apiVersion: number): ComplexType =>
  type.filter(({ since }) => apiVersion >= since);
