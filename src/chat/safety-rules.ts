/**
 * The administrators' rules that stand between two people who chat: addresses that may not (LiveChatBlockingRule) and
 * patterns that are masked (LiveChatSensitiveDataRule). Each process keeps them compiled and looks for changes, so a
 * line costs no query and a change takes effect within a second everywhere.
 */
import { BlockList, isIP } from 'node:net';
import type { Database } from '../store/database.js';
import { compileSensitivePattern, joinedPattern, PatternError } from '../store/sensitive-pattern.js';
import { truncateText } from '../store/text.js';
import { LINE_LIMIT } from './text.js';

/** Who says it: the bits of EnforceOn. (u): the reference knows the three, not their weights; this is their place. */
const ENFORCED_ON = { agent: 1, visitor: 2, whisper: 4 } as const;
export type Speaker = keyof typeof ENFORCED_ON;

/** A text after the rules, and the names of those that changed it. */
export interface Masked {
  readonly text: string;
  readonly rules: readonly string[];
}

export interface SafetyRules {
  /** Whether a visitor from this address may not chat. An address nobody knows is not blocked. */
  isBlocked(address: string | null): boolean;
  /** Rules of the moment something is said. */
  mask(speaker: Speaker, text: string): Masked;
  /** Rules "Upon Saving Record": for the transcript's text. */
  maskSaved(speaker: Speaker, text: string): string;
  /** For the visitor's client, as ChatRequestSuccess carries them (live-agent-chat.md §13.7). */
  forVisitor(): readonly Readonly<Record<string, string>>[];
  /** Reads the rules anew when they were changed since the last call. */
  follow(): Promise<void>;
  /** Reads them anew. */
  load(): Promise<void>;
}

/** Where a rule that cannot be used is reported. */
interface RuleLog {
  warn(fields: object, message: string): void;
}

interface Rule {
  readonly name: string;
  readonly by: string;
  readonly enforcedOn: number;
  readonly onSave: boolean;
  readonly replace: (text: string, by: string) => string;
  readonly wire: Readonly<Record<string, string>>;
}

interface SensitiveRow {
  id: string;
  name: string;
  pattern: string;
  action: string;
  replacement: string | null;
  enforce_on: number;
  processing: string | null;
}

/**
 * Tells apart any two states of the rules. Read directly, not by the outbox: that one waits for the oldest transaction of
 * the whole server, and a rule is to hold within a second whatever else runs.
 */
const FINGERPRINT = `SELECT concat_ws(' ',
    (SELECT concat(count(*), ' ', sum(hashtextextended(concat_ws('|', b.id, b.from_ip_address, b.to_ip_address), 0)))
       FROM so_live_chat_blocking_rule b WHERE NOT b.is_deleted),
    (SELECT concat(count(*), ' ', sum(hashtextextended(concat_ws('|', s.id, s.master_label, s.pattern, s.action_type,
         coalesce(s.replacement, ''), s.enforce_on, s.priority, s.developer_name, s.processing_type), 0)))
       FROM so_live_chat_sensitive_data_rule s WHERE s.is_enabled AND NOT s.is_deleted)) AS fingerprint`;

export function createSafetyRules(db: Database, log: RuleLog): SafetyRules {
  let blocked = new BlockList();
  let rules: readonly Rule[] = [];
  let loaded: string | undefined;

  async function fingerprint(): Promise<string> {
    const [row] = await db.query<{ fingerprint: string }>(FINGERPRINT, [], 'floor.safetyFingerprint');
    return row?.fingerprint ?? '';
  }

  async function load(): Promise<void> {
    const before = await fingerprint();
    const [ranges, patterns] = [await readRanges(db), await readPatterns(db)];
    blocked = blockListOf(ranges, log);
    rules = patterns.flatMap((row) => ruleOf(row, log));
    loaded = before;
  }

  const concerning = (speaker: Speaker, onSave: boolean) =>
    rules.filter((rule) => rule.onSave === onSave && (rule.enforcedOn & ENFORCED_ON[speaker]) !== 0);

  return {
    isBlocked(address) {
      if (address === null) return false;
      const family = isIP(address);
      return family !== 0 && blocked.check(address, family === 6 ? 'ipv6' : 'ipv4');
    },
    mask: (speaker, text) => masked(concerning(speaker, false), text),
    maskSaved: (speaker, text) => masked(concerning(speaker, true), text).text,
    forVisitor: () => concerning('visitor', false).map(({ wire }) => wire),
    load,
    async follow() {
      if (loaded !== (await fingerprint())) await load();
    },
  };
}

function masked(rules: readonly Rule[], text: string): Masked {
  const names: string[] = [];
  let left = text;
  for (const { name, by, replace } of rules) {
    const next = replace(left, by);
    if (next !== left) names.push(name);
    left = next;
  }
  // A long replacement of many matches must not make a line longer than lines are.
  return { text: truncateText(left, Math.max(LINE_LIMIT, text.length)), rules: names };
}

/** Ranges of addresses, both ends included; one address where there is no upper end. */
function readRanges(db: Database) {
  return db.query<{ id: string; from: string; to: string | null }>(
    'SELECT id, from_ip_address AS from, to_ip_address AS to FROM so_live_chat_blocking_rule WHERE NOT is_deleted',
    [],
    'floor.blockingRules',
  );
}

/** By priority, then by name. (u): which comes first where no priority is set. */
function readPatterns(db: Database): Promise<SensitiveRow[]> {
  return db.query<SensitiveRow>(
    `SELECT id, master_label AS name, pattern, action_type AS action, replacement, enforce_on, processing_type AS processing
       FROM so_live_chat_sensitive_data_rule WHERE is_enabled AND NOT is_deleted
      ORDER BY priority NULLS LAST, developer_name, id`,
    [],
    'floor.sensitiveDataRules',
  );
}

function blockListOf(
  ranges: readonly { id: string; from: string; to: string | null }[],
  log: RuleLog,
): BlockList {
  const list = new BlockList();
  for (const { id, from, to } of ranges) {
    try {
      const family = isIP(from) === 6 ? 'ipv6' : 'ipv4';
      list.addRange(from, to ?? from, family);
    } catch {
      log.warn({ rule: id }, 'a blocking rule names no range of addresses; it blocks nobody');
    }
  }
  return list;
}

function ruleOf(row: SensitiveRow, log: RuleLog): Rule[] {
  const { id, name, action, enforce_on: enforcedOn, processing } = row;
  const by = action === 'Replace' ? (row.replacement ?? '') : '';
  try {
    return [
      {
        name,
        by,
        enforcedOn,
        onSave: processing === 'Persist',
        replace: compileSensitivePattern(row.pattern).replace,
        wire: { id, name, pattern: joinedPattern(row.pattern), replacement: by, actionType: action },
      },
    ];
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    log.warn({ rule: id }, 'a sensitive data rule has a pattern that cannot be used; it masks nothing');
    return [];
  }
}
