/** What a simulation shows: its progress while it runs, its findings at the end. */
import type { AuditResult } from './audit/audit.js';
import { inWords } from './audit/difference.js';
import type { Tally } from './day.js';

/** On a terminal one line that changes; elsewhere a line every so many milliseconds. */
const LINE_EVERY_MS = 5_000;
const MOST_DIFFERENCES = 200;

export interface ProgressDisplay {
  show(tally: Tally, floorMs: number): void;
  /** The last state stays to be read. */
  end(): void;
}

export function createProgress(minutes: number): ProgressDisplay {
  const isTerminal = process.stdout.isTTY === true;
  let shownAt = Number.NEGATIVE_INFINITY;
  return {
    show(tally, floorMs) {
      if (!isTerminal && performance.now() - shownAt < LINE_EVERY_MS) return;
      shownAt = performance.now();
      const line = lineOf(tally, floorMs, minutes);
      process.stdout.write(
        isTerminal ? `\r\u001b[K${line.slice(0, (process.stdout.columns ?? 80) - 1)}` : `${line}\n`,
      );
    },
    end() {
      if (isTerminal) process.stdout.write('\n');
    },
  };
}

function lineOf(tally: Tally, floorMs: number, minutes: number): string {
  const left = minutes * 60_000 - floorMs;
  const clock = left > 0 ? `${(floorMs / 60_000).toFixed(1)}/${minutes} min` : 'going home';
  const { agentsOnline, visitorsHere, chats, lines, declines, timeouts, flags, drops, kills } = tally;
  const { transfers, conferences, picks, files, blocks } = tally;
  return [
    clock,
    `${agentsOnline} agents`,
    `${visitorsHere} visitors`,
    `${chats} chats`,
    `${lines} lines`,
    `${declines} declined`,
    `${timeouts} timed out`,
    `${picks} picked`,
    `${transfers} transfers`,
    `${conferences} invitations`,
    `${flags} flags`,
    `${files} files`,
    `${blocks} blocked`,
    `${drops} lines cut`,
    ...(kills > 0 ? [`${kills} kills`] : []),
  ].join(' · ');
}

/** The findings in words. */
export function findingLines(result: AuditResult, { slowestMs }: Pick<Tally, 'slowestMs'>): string[] {
  const { differences, counts, endings } = result;
  const inFigures = (counts: Readonly<Record<string, number>>) =>
    Object.entries(counts)
      .map(([word, n]) => `${n} ${word}`)
      .join(', ');
  return [
    `Audited: ${result.logins} logins (${inFigures(endings)}), ${result.chats} chats, ${result.lines} lines, ${result.events} events of logins.`,
    `Counted: ${counts.assigned} assigned, ${counts.engaged} engaged, ${counts.declined} declined, ${counts.timedOut} timed out, ${counts.flagRaised} flags raised, ${counts.flagLoweredAgent} lowered by agents, ${counts.flagLoweredSupervisor} by supervisors.`,
    `Besides: files asked for: ${inFigures(result.files) || 'none'}; ${result.masked} lines masked; ${result.blocked} visitors blocked, ${result.turnedAway} turned away.`,
    `The slowest answer took ${Math.round(slowestMs)} ms; what clients saw may be off by as much a transition.`,
    ...differences.slice(0, MOST_DIFFERENCES).map((difference) => `  ✗ ${inWords(difference)}`),
    ...(differences.length > MOST_DIFFERENCES
      ? [`  … and ${differences.length - MOST_DIFFERENCES} more`]
      : []),
    differences.length === 0
      ? 'Everything agrees: log, meter, records, and what the clients saw.'
      : `${differences.length} differences.`,
  ];
}
