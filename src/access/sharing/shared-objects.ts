/**
 * Which objects are shared row by row, read off their descriptions: those with an owner, and those whose rows go with
 * a row that has one (shares, histories, what belongs to a chat). All others are open to whoever may read the object.
 */
import type { FieldDescription, SObjectDescription } from '../../objects/language.js';
import { fieldOf, findObject, hasOwners, OBJECTS } from '../../objects/registry.js';

/** How the rows of an object come to be shared. */
export interface SharedObject {
  /** The object whose owner, rules and manual shares count: the object itself, or its parent. */
  readonly owner: SObjectDescription;
  /** The reference to that parent; undefined where the rows have owners themselves. */
  readonly via: FieldDescription | undefined;
  /** The Share object of `owner`, where manual shares stand; undefined if it has none. */
  readonly share: SObjectDescription | undefined;
}

/** Objects without an owner whose rows go with another row, by the reference that names it. */
const WITH_PARENT: Readonly<Record<string, string>> = {
  LiveChatTranscriptEvent: 'LiveChatTranscriptId',
  LiveChatTranscriptSkill: 'TranscriptId',
};

function parentReferenceOf(object: SObjectDescription): FieldDescription | undefined {
  const { associate } = object;
  if (associate !== undefined) {
    return object.fields.find(
      ({ type, referenceTo }) => type === 'reference' && referenceTo?.[0] === associate.parent,
    );
  }
  const name = WITH_PARENT[object.name];
  return name === undefined ? undefined : fieldOf(object, name);
}

function describe(object: SObjectDescription): SharedObject | undefined {
  if (hasOwners(object)) return { owner: object, via: undefined, share: findObject(`${object.name}Share`) };
  const via = parentReferenceOf(object);
  const parent = findObject(via?.referenceTo?.[0] ?? '');
  if (via === undefined || parent === undefined || !hasOwners(parent)) return undefined;
  return { owner: parent, via, share: findObject(`${parent.name}Share`) };
}

const KNOWN = new WeakMap<SObjectDescription, { readonly shared: SharedObject | undefined }>();

/** How rows of the object are shared; undefined for objects that are not shared by row. */
export function sharedObject(object: SObjectDescription): SharedObject | undefined {
  let known = KNOWN.get(object);
  if (known === undefined) {
    known = { shared: describe(object) };
    KNOWN.set(object, known);
  }
  return known.shared;
}

/** An object with owners and the object that holds its owner sharing rules. */
export interface RuleObject {
  readonly object: SObjectDescription;
  readonly rule: SObjectDescription;
}

/** Every object with owners that has sharing rules. */
export function ruleObjects(): readonly RuleObject[] {
  return OBJECTS.filter(hasOwners).flatMap((object) => {
    const rule = findObject(`${object.name}OwnerSharingRule`);
    return rule === undefined ? [] : [{ object, rule }];
  });
}

/** Every object with owners, whether or not it has shares of its own. */
export function ownedObjects(): readonly SObjectDescription[] {
  return OBJECTS.filter(hasOwners);
}
