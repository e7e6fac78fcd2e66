/** Schema lines -> XML Schema. */

import { type ComplexType, type ElementSpec, elementsAt } from '../schema/language.js';
import { SIMPLE_TYPES, type SimpleType } from '../schema/simple-types.js';
import { escapeXml } from '../xml-text.js';

const SCHEMA_TYPES: ReadonlySet<string> = new Set([
  'string',
  'boolean',
  'int',
  'long',
  'double',
  'date',
  'dateTime',
  'time',
  'anyType',
  'base64Binary',
]);

/** A type's name with the prefix it has in the WSDL: `tns` for the API's types, `ens` for sObjects, `fns` for faults. */
export function qualified(type: string): string {
  if (SCHEMA_TYPES.has(type)) return `xsd:${type}`;
  return type === 'sObject' ? 'ens:sObject' : `tns:${type}`;
}

export interface Occurs {
  readonly optional: boolean;
  readonly many: boolean;
  readonly nillable: boolean;
}

export function elementXsd(name: string, type: string, { optional, many, nillable }: Occurs): string {
  return (
    `<element name="${name}" type="${type}"${nillable ? ' nillable="true"' : ''}` +
    `${optional ? ' minOccurs="0"' : ''}${many ? ' maxOccurs="unbounded"' : ''}/>`
  );
}

export function sequenceXsd(type: ComplexType, apiVersion: number): string {
  const elements = elementsAt(type, apiVersion).map(specXsd).join('');
  return elements === '' ? '<sequence/>' : `<sequence>${elements}</sequence>`;
}

function specXsd({ name, type, required, many, nillable }: ElementSpec): string {
  return elementXsd(name, qualified(type), { optional: !required, many, nillable });
}

export function complexTypeXsd(name: string, type: ComplexType, apiVersion: number): string {
  return `<complexType name="${name}">${sequenceXsd(type, apiVersion)}</complexType>`;
}

/** A global element with a type of its own: a message or a header. */
export function messageXsd(name: string, type: ComplexType, apiVersion: number): string {
  return `<element name="${name}"><complexType>${sequenceXsd(type, apiVersion)}</complexType></element>`;
}

export function simpleTypeXsd(name: string, { base, pattern, length, values = [] }: SimpleType): string {
  const facets = [
    length === undefined ? '' : `<length value="${length}"/>`,
    pattern === undefined ? '' : `<pattern value="${escapeXml(pattern)}"/>`,
    ...values.map((value) => `<enumeration value="${escapeXml(value)}"/>`),
  ].join('');
  return `<simpleType name="${name}"><restriction base="${base}">${facets}</restriction></simpleType>`;
}

export function simpleTypesXsd(): string {
  return Object.entries(SIMPLE_TYPES)
    .map(([name, type]) => simpleTypeXsd(name, type))
    .join('');
}
