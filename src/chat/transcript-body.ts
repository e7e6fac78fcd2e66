/** The text of a transcript. (u): the reference knows the fields, not their mark-up; this is its one place. */
import type { ChatMessageKind } from './floor.js';

export interface BodyLine {
  readonly kind: ChatMessageKind;
  readonly at: number;
  readonly name: string;
  readonly text: string;
}

/** Longest Body and SupervisorTranscriptBody, in characters (live-agent-chat.md §12.1). */
const BODY_LIMIT = 131_072;

/** One line a message, with the time since the chat began. Whispers and custom events never reach the visitor. */
export function transcriptBody(lines: readonly BodyLine[], startAt: number): string | null {
  return body(
    lines.filter(({ kind }) => kind !== 'whisper' && kind !== 'custom'),
    startAt,
  );
}

/** The same with the whispers, for those who may read them; null when nobody whispered. */
export function supervisorBody(lines: readonly BodyLine[], startAt: number): string | null {
  if (!lines.some(({ kind }) => kind === 'whisper')) return null;
  return body(
    lines.filter(({ kind }) => kind !== 'custom'),
    startAt,
  );
}

function body(lines: readonly BodyLine[], startAt: number): string | null {
  let text = '';
  for (const line of lines) {
    const next = `( ${elapsed(line.at - startAt)} ) ${escapeHtml(line.name)}: ${escapeHtml(line.text)}<br>`;
    if (text.length + next.length > BODY_LIMIT) break;
    text += next;
  }
  return text === '' ? null : text;
}

function elapsed(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  if (h > 0) return `${h}h ${m}m ${s}s`;
  return m > 0 ? `${m}m ${s}s` : `${s}s`;
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replace(/\r?\n|\r/g, '<br>');
}
