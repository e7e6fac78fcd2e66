/**
 * What keeps chats safe is checked when it is saved: the address ranges that may not chat, and the patterns whose matches
 * are masked. The floor can rely on both; it only skips what an import brought in unchecked.
 */
import { BlockList, isIP } from 'node:net';
import { compileSensitivePattern, PatternError } from '../store/sensitive-pattern.js';
import type { ObjectRules } from './object-rules.js';
import { recordError } from './result.js';

export const blockingRuleRules: ObjectRules = {
  reads: ['FromIpAddress', 'ToIpAddress'],
  complete({ draft, value }) {
    const from = value('FromIpAddress');
    const to = value('ToIpAddress');
    const refuse = (message: string, ...fields: string[]) =>
      void draft.errors.push(recordError('FIELD_INTEGRITY_EXCEPTION', message, fields));
    // One that is missing is refused as such.
    if (typeof from !== 'string') return;
    const family = isIP(from);
    if (family === 0) return refuse('From IP Address: not an IP address', 'FromIpAddress');
    if (typeof to !== 'string') return;
    if (isIP(to) === 0) return refuse('To IP Address: not an IP address', 'ToIpAddress');
    if (isIP(to) !== family) {
      return refuse('From and To IP Address must both be IPv4 or both be IPv6', 'ToIpAddress');
    }
    try {
      new BlockList().addRange(from, to, family === 6 ? 'ipv6' : 'ipv4');
    } catch {
      refuse('To IP Address: comes before From IP Address', 'ToIpAddress');
    }
  },
};

/** EnforceOn is a sum of three bits. */
const MOST_ENFORCED = 7;

export const sensitiveDataRuleRules: ObjectRules = {
  reads: ['Pattern', 'EnforceOn'],
  complete({ draft, value }) {
    const refuse = (message: string, field: string) =>
      void draft.errors.push(recordError('FIELD_INTEGRITY_EXCEPTION', message, [field]));
    const enforced = value('EnforceOn');
    if (typeof enforced === 'number' && (enforced < 0 || enforced > MOST_ENFORCED)) {
      refuse(`Enforce: a sum of 1 (agent), 2 (visitor) and 4 (supervisor) is needed`, 'EnforceOn');
    }
    const pattern = value('Pattern');
    if (typeof pattern !== 'string') return;
    try {
      compileSensitivePattern(pattern);
    } catch (error) {
      if (!(error instanceof PatternError)) throw error;
      refuse(`Patterns: ${error.message}`, 'Pattern');
    }
  },
};
