/**
 * What sensitive-data rules must mask: it stands nowhere in the database, and that it was masked is noted once beside each
 * line, from where it comes into the transcript.
 */
import { rulesOf } from '../secrets.js';
import type { ClientTolerance } from './clients.js';
import type { Findings } from './difference.js';
import type { Stored } from './stored.js';

/** Real ms a note may come after its line; a transcript written in between has no more room for it. */
const NOTED_MS = 1_000;

export function auditMasking(
  findings: Findings,
  stored: Stored,
  isRough: boolean,
  { speed, slowestMs }: Pick<ClientTolerance, 'speed' | 'slowestMs'>,
): void {
  for (const { table, rows } of stored.leaks) findings.same(`table ${table}`, 'rows with secrets', 0, rows);
  for (const { id, endedAt } of stored.chats) {
    const lines = stored.lines.get(id) ?? [];
    const hits = new Map((stored.hits.get(id) ?? []).map((hit) => [hit.line, hit]));
    for (const { sequence, kind, text, at, userId } of lines) {
      const hit = hits.get(sequence);
      hits.delete(sequence);
      const rules = rulesOf(kind, text).join(', ');
      // a killed server may have stored the line and not come to the note
      const mayLack = isRough || (endedAt !== null && endedAt - at < (NOTED_MS + slowestMs) * speed);
      if (hit === undefined && mayLack) continue;
      const expected = rules === '' ? undefined : [kind, userId, rules, at];
      const found = hit && [hit.kind, hit.userId, hit.rules, hit.at];
      findings.same(`chat ${id}`, `what is noted of line ${sequence} (${text})`, expected, found);
    }
    findings.same(`chat ${id}`, 'notes of lines that are not there', [], [...hits.keys()]);
  }
}
