/**
 * Who is calling, and what they may do. A Caller is made once a request and never changes; nothing below the protocols
 * ever sees a token.
 */

import type { SharingSnapshot } from './sharing/levels.js';

/** What a caller may do with an object, before any one row is looked at (salesforce-data-api.md §22). */
export interface ObjectRights {
  readonly create: boolean;
  readonly read: boolean;
  readonly edit: boolean;
  readonly delete: boolean;
  /** Sees every row, whoever owns it. */
  readonly viewAll: boolean;
  /** May edit, delete and transfer every row. */
  readonly modifyAll: boolean;
}

/** What a caller may do with a field of an object that the caller may read. */
export interface FieldRights {
  readonly read: boolean;
  readonly edit: boolean;
}

/** A user's rights as they stood at one epoch; at most one second old (DECISIONS 8). */
export interface AccessSnapshot {
  /** Counts every change of anybody's rights. */
  readonly epoch: number;
  /** Rights on an object; none for an unknown name. Names as the object descriptions spell them. */
  object(name: string): ObjectRights;
  /** Rights on a field; none for an unknown one. Names as the object descriptions spell them. */
  field(object: string, field: string): FieldRights;
  readonly viewAllData: boolean;
  readonly modifyAllData: boolean;
  /** Whether the user has a system permission such as `ManageUsers` (the field PermissionsManageUsers). */
  permits(permission: string): boolean;
  /** What a query plan depends on: equal for all users of the same rights, never the user's own. */
  readonly shape: string;
  /** Every principal a share may name to reach the caller: the caller, groups, and those below in the role hierarchy. */
  readonly groupIds: readonly string[];
  /** Rows reached beyond permissions. Without it only the caller's own rows are, where rows are shared one by one. */
  readonly sharing?: SharingSnapshot;
}

export interface Caller {
  readonly userId: string;
  readonly organizationId: string;
  readonly profileId: string;
  readonly username: string;
  /** Version of the call, e.g. 58; it decides which objects and fields exist. */
  readonly apiVersion: number;
  /** A name of the time zone database, e.g. `America/Los_Angeles`. */
  readonly timeZone: string;
  readonly locale: string;
  readonly language: string;
  readonly access: AccessSnapshot;
  /** Names the session in logs and in `logout`; a hash, never the token. Empty for the server's own work. */
  readonly sessionId: string;
}
