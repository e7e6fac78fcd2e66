/**
 * Plain values -> the elements of their type, in the order of the schema. What the type does not have at the call's
 * version is left out, so one value serves every version.
 */
import { element, escapeXml } from '../xml-text.js';
import { type ComplexType, type ElementSpec, elementsAt } from './language.js';
import { COMPLEX_TYPES } from './types.js';

type Values = Readonly<Record<string, unknown>>;

/** The children of an element of that type. Throws when a required value is missing: that is our mistake. */
export function writeType(typeName: string, value: object, apiVersion: number): string {
  const type = COMPLEX_TYPES.get(typeName);
  if (type === undefined) throw new Error(`there is no type ${typeName}`);
  return writeElements(type, value as Values, apiVersion);
}

/** `<name>…</name>` of that type. */
export function writeNamed(name: string, typeName: string, value: object, apiVersion: number): string {
  const content = writeType(typeName, value, apiVersion);
  return content === '' ? `<${name}/>` : `<${name}>${content}</${name}>`;
}

function writeElements(type: ComplexType, values: Values, apiVersion: number): string {
  let xml = '';
  for (const spec of elementsAt(type, apiVersion)) xml += writeElement(spec, values[spec.name], apiVersion);
  return xml;
}

function writeElement(spec: ElementSpec, value: unknown, apiVersion: number): string {
  if (spec.many) {
    if (value === null || value === undefined) return '';
    return (value as readonly unknown[]).map((one) => writeOne(spec, one, apiVersion)).join('');
  }
  if (value === null || value === undefined) {
    if (!spec.required) return '';
    if (spec.nillable) return element(spec.name, null);
    throw new Error(`${spec.name} is required`);
  }
  // An optional boolean is written only when it differs from its default (§5.2).
  if (value === false && !spec.required && spec.type === 'boolean') return '';
  return writeOne(spec, value, apiVersion);
}

function writeOne({ name, type }: ElementSpec, value: unknown, apiVersion: number): string {
  if (COMPLEX_TYPES.has(type)) return writeNamed(name, type, value as object, apiVersion);
  if (type === 'anyType') return writeAny(name, value as string | number | boolean);
  return element(name, value as string | number | boolean);
}

const SCHEMA_TYPES: Readonly<Record<string, string>> = {
  string: 'string',
  number: 'double',
  boolean: 'boolean',
};

/** A value that says its own type; the envelope declares `xsd`. */
function writeAny(name: string, value: string | number | boolean): string {
  const type = Number.isInteger(value) ? 'int' : (SCHEMA_TYPES[typeof value] ?? 'string');
  return `<${name} xsi:type="xsd:${type}">${escapeXml(String(value))}</${name}>`;
}
