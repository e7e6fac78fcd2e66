/** Every migration, in the order they run. One line each. */
import { migration as core } from './001-core.js';
import { migration as access } from './010-access.js';
import { migration as floor } from './020-floor.js';
import { migration as handover } from './021-handover.js';
import { migration as visitor } from './030-visitor.js';
import { migration as query } from './040-query.js';
import { migration as search } from './041-search.js';
import { migration as sharing } from './050-sharing.js';
import { migration as rowOwners } from './051-row-owners.js';
import { migration as rightsChanged } from './052-rights-changed.js';
import { migration as conversation } from './060-conversation.js';
import { migration as traffic } from './061-traffic.js';
import { migration as onePoll } from './062-one-poll.js';
import { migration as customFields } from './063-custom-fields.js';
import { migration as lists } from './064-lists.js';
import { migration as heldPolls } from './065-held-polls.js';
import { migration as oneJournal } from './066-one-journal.js';
import { migration as lineClocks } from './072-line-clocks.js';
import { migration as changePositions } from './073-change-positions.js';
import type { Migration } from './migration.js';

export const MIGRATIONS: readonly Migration[] = [
  core,
  access,
  floor,
  handover,
  visitor,
  query,
  search,
  sharing,
  rowOwners,
  rightsChanged,
  conversation,
  traffic,
  onePoll,
  customFields,
  lists,
  heldPolls,
  oneJournal,
  lineClocks,
  changePositions,
];
