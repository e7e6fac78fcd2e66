/**
 * Patterns of sensitive data, as an administrator writes them: checked when the rule is saved, run over what people
 * type. They run in RE2 only, whose time grows with the text and never explodes (DECISIONS 11); how large a pattern may
 * become is limited too, so that one line of a chat costs a fraction of a second whatever was written.
 */
import { RE2JS, RE2JSException } from 're2js';

/** One compiled rule pattern. */
export interface SensitivePattern {
  /** Text with every match replaced by `by`, literally; the same string if nothing matched. */
  replace(text: string, by: string): string;
}

/** Why a pattern cannot be used; the message is for the administrator. */
export class PatternError extends Error {}

/** Most instructions of a compiled pattern. A card number takes 55. */
const PROGRAM_LIMIT = 500;
/** Time one pattern may take over one line; then the rest of the line is treated as a match, never let through. */
const BUDGET_MS = 250;

/** Lines of the field are alternatives (its label is "Patterns"). @throws PatternError */
export function compileSensitivePattern(source: string): SensitivePattern {
  const lines = source
    .split(/\r\n|\r|\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
  if (lines.length === 0) throw new PatternError('the pattern is empty');
  for (const line of lines) compiled(line);
  const pattern = lines.length === 1 ? compiled(lines[0] as string) : compiled(joined(lines));
  if (pattern.programSize() > PROGRAM_LIMIT) throw new PatternError('the pattern is too complex');
  if (pattern.matcher('').find()) throw new PatternError('the pattern matches empty text');
  return { replace: (text, by) => replaceAll(pattern, text, by) };
}

/** One regular expression for a rule's patterns, as clients are told it. */
export function joinedPattern(source: string): string {
  const lines = source.split(/\r\n|\r|\n/).filter((line) => line.trim() !== '');
  return lines.length === 1 ? (lines[0] as string).trim() : joined(lines.map((line) => line.trim()));
}

const joined = (lines: readonly string[]) => lines.map((line) => `(?:${line})`).join('|');

function compiled(source: string): RE2JS {
  try {
    // Rules are written as JavaScript patterns; what RE2 writes otherwise is translated.
    return RE2JS.compile(RE2JS.translateRegExp(source));
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    throw new PatternError(error.message.replace(/^error parsing regexp: /, ''));
  }
}

function replaceAll(pattern: RE2JS, text: string, by: string): string {
  const until = performance.now() + BUDGET_MS;
  const matcher = pattern.matcher(text);
  let result = '';
  let end = 0;
  while (matcher.find()) {
    if (performance.now() > until) return result + by;
    if (matcher.end() === matcher.start()) continue;
    result += text.slice(end, matcher.start()) + by;
    end = matcher.end();
  }
  return end === 0 ? text : result + text.slice(end);
}
