/** What an object may ask for beyond its description, and what its rules are told. */
import type { Caller } from '../access/caller.js';
import type { SObjectDescription } from '../objects/language.js';
import type { Tx } from '../store/database.js';
import type { Draft } from './draft.js';
import type { StoredValue } from './read-value.js';
import type { Origin, RecordError } from './result.js';

/** A record being saved, seen whole. */
export interface Saving {
  readonly caller: Caller;
  readonly object: SObjectDescription;
  readonly origin: Origin;
  readonly operation: 'create' | 'update';
  readonly draft: Draft;
  /** The field of that name as it will be stored. */
  value(name: string): StoredValue;
  /** Stores a derived value. */
  set(name: string, value: StoredValue): void;
}

/** What was saved, inside the transaction that did it. */
export interface Saved {
  readonly object: SObjectDescription;
  readonly ids: readonly string[];
  /** Names of the fields any of the records set; undefined on create, delete and undelete: all of them. */
  readonly fields: ReadonlySet<string> | undefined;
}

export interface ObjectRules {
  /** Fields `complete` asks for on update, besides those the update sets. */
  readonly reads?: readonly string[];
  /** Checks and completes one record before it is stored; refusals go to `draft.errors`. No I/O. */
  readonly complete?: (saving: Saving) => void;
  /** Keeps what depends on the records, in the same transaction. */
  readonly afterSave?: (tx: Tx, saved: Saved) => Promise<void>;
  /** Which of these rows may not be deleted, whoever asks, and why. */
  readonly refuseDelete?: (tx: Tx, ids: readonly string[]) => Promise<RefusedDeletes>;
}

/** Refusals by id. */
export type RefusedDeletes = ReadonlyMap<string, RecordError>;
