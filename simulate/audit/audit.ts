/**
 * The audit: everything a simulation left is worked out again from the logs, with code of its own, and compared with what
 * was stored, with the records as clients read them, and with what the clients themselves saw.
 */
import type { Organization } from '../organization.js';
import type { Diaries } from '../run-day.js';
import { auditBlocking } from './blocking.js';
import { auditClients, type ClientTolerance } from './clients.js';
import { createFindings, type Difference } from './difference.js';
import { auditFiles } from './files.js';
import { auditFloor } from './floor.js';
import { auditLines } from './lines.js';
import { addedUp, auditLogins } from './logins.js';
import { auditMasking } from './masking.js';
import type { Counts } from './refold.js';
import type { Rows } from './rows.js';
import type { Stored } from './stored.js';
import { auditTranscripts } from './transcripts.js';

export interface AuditInput {
  readonly organization: Organization;
  readonly stored: Stored;
  readonly rows: Rows;
  readonly diaries: Diaries;
  readonly tolerance: ClientTolerance;
}

export interface AuditResult {
  readonly differences: readonly Difference[];
  readonly logins: number;
  /** Logins by how they ended. */
  readonly endings: Readonly<Record<string, number>>;
  readonly chats: number;
  readonly lines: number;
  readonly events: number;
  readonly counts: Counts;
  /** File transfers by their state. */
  readonly files: Readonly<Record<string, number>>;
  /** Lines a rule has changed. */
  readonly masked: number;
  /** Chats an agent ended by a block, and those turned away for one. */
  readonly blocked: number;
  readonly turnedAway: number;
}

export function audit({ organization, stored, rows, diaries, tolerance }: AuditInput): AuditResult {
  const findings = createFindings();
  const names = new Map(organization.agents.map(({ userId, name }) => [userId, name]));
  const nameOf = (userId: string) => names.get(userId) ?? userId;
  const refolded = auditLogins(findings, stored, rows.sessions, nameOf);
  const late = auditFloor(findings, stored, tolerance.graceMs);
  auditTranscripts(findings, stored, rows);
  auditLines(findings, stored, diaries);
  auditMasking(findings, stored, diaries.isRough, tolerance);
  auditFiles(findings, stored, diaries);
  auditBlocking(findings, stored, rows, diaries, tolerance);
  auditClients(findings, stored, refolded, diaries, { ...tolerance, late });
  for (const problem of diaries.problems)
    findings.holds(false, 'the day', 'course', 'without a mishap', problem);
  const countBy = (words: readonly string[]) => {
    const counts: Record<string, number> = {};
    for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
    return counts;
  };
  const noted = countBy([...stored.chatEvents.values()].flat().map(({ type }) => type));
  const total = (groups: Iterable<readonly unknown[]>) => {
    let sum = 0;
    for (const { length } of groups) sum += length;
    return sum;
  };
  return {
    differences: findings.all,
    logins: stored.logins.length,
    endings: countBy(stored.logins.map(({ endReason }) => endReason ?? 'open')),
    chats: stored.chats.length,
    lines: total(stored.lines.values()),
    events: total(stored.events.values()),
    counts: addedUp([...refolded.values()].map(({ counts }) => counts)),
    files: countBy([...stored.files.values()].flat().map(({ state }) => state)),
    masked: total(stored.hits.values()),
    blocked: noted.AgentBlocked ?? 0,
    turnedAway: noted.CancelBlocked ?? 0,
  };
}
