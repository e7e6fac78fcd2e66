/** What an object may ask for beyond its description, and what its rules are told. */
import type { Caller } from '../access/caller.js';
import type { SObjectDescription } from '../objects/language.js';
import type { Tx } from '../store/database.js';
import type { Draft } from './draft.js';
import type { StoredValue } from './read-value.js';
import type { Origin, RecordError } from './result.js';
import type { Stamp } from './write.js';

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

/** Records about to be saved: all of them are good so far. */
export interface Checking {
  readonly caller: Caller;
  readonly object: SObjectDescription;
  readonly origin: Origin;
  readonly operation: 'create' | 'update';
  readonly drafts: readonly Draft[];
}

/** New records to be stored, all of them or none. */
export interface Inserting {
  readonly caller: Caller;
  readonly object: SObjectDescription;
  readonly drafts: readonly Draft[];
  readonly stamp: Stamp;
}

/** What was saved, inside the transaction that did it. */
export interface Saved {
  readonly caller: Caller;
  readonly object: SObjectDescription;
  readonly kind: 'create' | 'update' | 'delete' | 'undelete';
  readonly ids: readonly string[];
  /** Epoch milliseconds of the write. */
  readonly stamp: number;
  /** Names of the fields any of the records set; undefined on create, delete and undelete: all of them. */
  readonly fields: ReadonlySet<string> | undefined;
}

export interface ObjectRules {
  /** Fields `complete` asks for on update, besides those the update sets. */
  readonly reads?: readonly string[];
  /** Checks and completes one record before it is stored; refusals go to `draft.errors`. No I/O. */
  readonly complete?: (saving: Saving) => void;
  /** Checks records against the database, after their references were looked up; refusals go to `draft.errors`. */
  readonly check?: (tx: Tx, checking: Checking) => Promise<void>;
  /** Stores new records in a way of their own and sets their ids; the outbox too. */
  readonly insert?: (tx: Tx, inserting: Inserting) => Promise<void>;
  /** Keeps what depends on the records, in the same transaction. */
  readonly afterSave?: (tx: Tx, saved: Saved) => Promise<void>;
  /** Which of these rows may not be deleted, whoever asks, and why. */
  readonly refuseDelete?: (tx: Tx, ids: readonly string[]) => Promise<RefusedDeletes>;
}

/** Refusals by id. */
export type RefusedDeletes = ReadonlyMap<string, RecordError>;
