/**
 * What a visitor answered before the chat, in the fields of the transcript that the form names (`transcriptFields` of
 * ChasitorInit, live-agent-chat.md §13.3). (u): which fields may be named; here those the floor does not fill itself and
 * nothing is decided by: custom fields, and the four records a transcript is about. What names no such field, or cannot
 * be read as its type, stays with the chat's details alone: a transcript is never refused for it.
 */
import { fieldOf, findObject, isCreateable } from '../objects/registry.js';
import { readValue } from '../records/read-value.js';
import type { StoredRequest } from './entities.js';

const ABOUT: ReadonlySet<string> = new Set(['AccountId', 'CaseId', 'ContactId', 'LeadId']);

/** By field; of several answers for one, the last. */
export function prechatAnswers(
  request: Pick<StoredRequest, 'prechatDetails'>,
): Readonly<Record<string, unknown>> {
  const object = findObject('LiveChatTranscript');
  const answers: Record<string, unknown> = {};
  for (const { value, transcriptFields } of request.prechatDetails) {
    for (const name of transcriptFields ?? []) {
      const field = object && fieldOf(object, name);
      if (!field || !isCreateable(field)) continue;
      if (field.column === undefined && !ABOUT.has(field.name)) continue;
      const reading = readValue(field, value, { allowFieldTruncation: true });
      if (!reading.ok || reading.value === null) continue;
      // Cut text as it was cut; everything else is read again where it is stored.
      answers[field.name] = typeof reading.value === 'string' ? reading.value : value;
    }
  }
  return answers;
}
