/** docs/agent-protocol.md is what the schema says. After a change of the schema: `npx vitest run <this file> -u`. */

import { describe, expect, it } from 'vitest';
import { CLOSE_CODES, clientFrame, EVENTS, OPERATIONS, SIGNALS } from '../../../src/api/live/schema.js';
import { protocolDocument } from './protocol-document.js';

describe('the agent protocol', () => {
  it('is documented as it is', async () => {
    await expect(protocolDocument()).toMatchFileSnapshot('../../../docs/agent-protocol.md');
  });

  it('says something of every operation, event, signal and close code', () => {
    const page = protocolDocument();
    for (const name of [...Object.keys(OPERATIONS), ...Object.keys(EVENTS), ...Object.keys(SIGNALS)]) {
      expect(page).toContain(`#### \`${name}\``);
    }
    for (const code of Object.keys(CLOSE_CODES)) expect(page).toContain(`| ${code} |`);
  });

  it('keeps event and signal names apart, since a client listens for both by name', () => {
    const names = [
      ...Object.keys(EVENTS),
      ...Object.keys(SIGNALS),
      'event',
      'snapshot',
      'connected',
      'disconnected',
      'refused',
    ];
    expect(new Set(names).size).toBe(names.length);
  });

  it('refuses frames of no known type', () => {
    expect(clientFrame.safeParse({ type: 'shutdown' }).success).toBe(false);
    expect(clientFrame.safeParse({ type: 'request', id: 1.5, op: 'x' }).success).toBe(false);
  });
});
