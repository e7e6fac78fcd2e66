/**
 * The first three characters of ids, where the reference publishes none. All of them are choices of this file
 * (unconfirmed, salesforce-data-api.md §2); nothing else may depend on the letters.
 * Shares of all objects share a prefix, and so do histories: which object such an id names stands in the
 * character after the instance mark, see `objectOfId` in registry.ts.
 */

/** Rows of every …Share object. */
export const SHARE_PREFIX = '02c';

/** Rows of every …History object; one sequence numbers them all. */
export const HISTORY_PREFIX = '017';

/** Objects whose own prefix is not published, and Floorwalker's own. */
export const UNPUBLISHED_PREFIXES = {
  LiveAgentSessionOwnerSharingRule: '0Fa',
  LiveChatTranscriptOwnerSharingRule: '0Fb',
  UserConfigTransferButton: '0Fc',
  UserConfigTransferSkill: '0Fd',
  FloorObjectSetting: '0Fe',
  FloorFieldSetting: '0Ff',
} as const;

/** Rows that have no id of their own (UserRecordAccess) or show another object's (RecentlyViewed). */
export const NO_IDS = '';
