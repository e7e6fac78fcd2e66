/**
 * Records as they are sent: in the partner API `type` names the object, in the enterprise API xsi:type does
 * (salesforce-data-api.md §8.1). Values stay text, which the record engine reads by the type of the field. A nil
 * element says nothing; what is to become null is named in `fieldsToNull`.
 */
import type { Caller } from '../../access/caller.js';
import { ApiError } from '../../errors.js';
import type { SObjectDescription } from '../../objects/language.js';
import { type SoapApi, sObjectNamespaceOf } from './envelope.js';
import { knownObject } from './sobject-type.js';
import { childOf, isNil, namespaceIn, type XmlElement, XmlRefused } from './xml-tree.js';

export interface SentRecord {
  readonly object: SObjectDescription;
  readonly fields: ReadonlyMap<string, unknown>;
}

const TYPE_ATTRIBUTE = '{http://www.w3.org/2001/XMLSchema-instance}type';

/** Names of elements that are no fields. */
const NO_FIELDS: ReadonlySet<string> = new Set(['type', 'fieldsToNull']);

/** @throws ApiError INVALID_TYPE when the object is unknown or not said */
export function readSObject(api: SoapApi, caller: Caller, element: XmlElement): SentRecord {
  const object = knownObject(caller, typeNameOf(api, element));
  const fields = new Map<string, unknown>();
  for (const [position, child] of element.children.entries()) {
    // A field may be called Type; only the first element is the object's name.
    const isField =
      !NO_FIELDS.has(child.name) || (child.name === 'type' && position > 0 && api === 'enterprise');
    if (isField && saysValue(child)) setField(fields, child);
  }
  for (const child of element.children) {
    if (child.name === 'fieldsToNull' && saysValue(child)) fields.set(child.text.trim(), null);
  }
  return { object, fields };
}

/** Whether the element has a value. Throws XmlRefused where it has one and says it has none, or has elements for one. */
function saysValue(element: XmlElement): boolean {
  const { name, text, children } = element;
  if (children.length > 0) throw new XmlRefused(`the element ${name.slice(0, 100)} has elements in it`);
  if (!isNil(element)) return true;
  if (text.trim() === '') return false;
  throw new XmlRefused(`the element ${name.slice(0, 100)} is nil and has a value`);
}

/** A record that was read and is sent back has its Id twice; two values for one field are a mistake. */
function setField(fields: Map<string, unknown>, { name, text }: XmlElement): void {
  const before = fields.get(name);
  if (before !== undefined && before !== text) {
    throw new XmlRefused(`the element ${name.slice(0, 100)} stands twice with different values`);
  }
  fields.set(name, text);
}

function typeNameOf(api: SoapApi, element: XmlElement): string {
  const named = api === 'partner' ? childOf(element, 'type')?.text.trim() : undefined;
  if (named !== undefined && named !== '') return named;
  const qualified = element.attributes.get(TYPE_ATTRIBUTE)?.trim() ?? '';
  const [prefix, local] = qualified.includes(':')
    ? (qualified.split(':', 2) as [string, string])
    : ['', qualified];
  if (local === '' || local === 'sObject') {
    throw new ApiError('INVALID_TYPE', 'Must send a concrete entity type.');
  }
  const namespace = namespaceIn(element, prefix);
  if (api === 'enterprise' && namespace !== undefined && namespace !== sObjectNamespaceOf(api)) {
    throw new ApiError(
      'INVALID_TYPE',
      `${qualified.slice(0, 100)} is no type of {${sObjectNamespaceOf(api)}}`,
    );
  }
  return local;
}
