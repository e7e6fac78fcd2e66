/** The reference files as data: the oracle of the table tests (copies of the facts, never derived from src). */
import { readFileSync } from 'node:fs';

export interface ReferenceField {
  name: string;
  label: string;
  type: string;
  length?: number;
  digits?: number;
  precision?: number;
  scale?: number;
  properties: string[];
  referenceTo?: string[];
  relationshipName?: string | null;
  system?: boolean;
  perUser?: boolean;
  unit?: string;
  minApiVersion?: string;
  defaultValue?: string;
  picklistFrom?: string;
  picklistValues?: (string | { value: string; label: string | null; default?: boolean })[];
  describeFlags?: Record<string, unknown>;
  onlyWhen?: string;
}

export interface ReferenceObject {
  name: string;
  label: string;
  labelPlural: string;
  keyPrefix: string | null;
  idPrefix?: string;
  minApiVersion: string | null;
  supportedCalls: string[];
  flagsTrue?: string[];
  requiredOnCreate: string[];
  fields: ReferenceField[];
  childRelationships: {
    childSObject: string;
    field: string;
    relationshipName: string | null;
    cascadeDelete: boolean;
    restrictedDelete: boolean;
    deprecatedAndHidden: boolean;
  }[];
  layout?: {
    name: string;
    sections: { heading: string | null; columns: { field: string; behavior: string }[][] }[];
    compactLayoutFields: string[];
    listColumnsBesidesName: string[];
  };
  trackableHistoryFields?: string[];
}

interface ReferenceFile {
  objects: ReferenceObject[];
  valueLists?: Record<string, { value: string; label: string | null }[]>;
}

function read(name: string): ReferenceFile {
  return JSON.parse(readFileSync(new URL(`../reference/${name}`, import.meta.url), 'utf8')) as ReferenceFile;
}

const session = read('live-agent-session.json');
const others = read('objects.json');

/** Every object of both files by name. */
export const REFERENCE_OBJECTS: ReadonlyMap<string, ReferenceObject> = new Map(
  [...session.objects, ...others.objects].map((object) => [object.name, object]),
);

export const REFERENCE_VALUE_LISTS: Readonly<
  Record<string, readonly { value: string; label: string | null }[]>
> = others.valueLists ?? {};
