/**
 * The audit of files, masking, blocking and of the log's order can fail: each rule of it on a small floor made by hand, once as it must be and
 * once with the fault.
 */
import { describe, expect, test } from 'vitest';
import { auditBlocking } from '../../simulate/audit/blocking.js';
import { createFindings, type Findings, inWords } from '../../simulate/audit/difference.js';
import { auditFiles } from '../../simulate/audit/files.js';
import { auditFloor } from '../../simulate/audit/floor.js';
import { auditMasking } from '../../simulate/audit/masking.js';
import type { BlockingRuleRow, Rows } from '../../simulate/audit/rows.js';
import type { ChatEvent, Stored, StoredFile, StoredHit, StoredLine } from '../../simulate/audit/stored.js';
import type { AgentDiary, SentFile, VisitorDiary } from '../../simulate/diary.js';
import { fingerprintOf, simulatedFile, uploadForm } from '../../simulate/files.js';
import { createRandom } from '../../simulate/random.js';
import type { Diaries } from '../../simulate/run-day.js';
import { inTranscript, rulesOf, SECRET, spoken } from '../../simulate/secrets.js';

const TOLERANCE = { speed: 10, slowestMs: 50 };
const ADDRESS = '2001:db8::1';

/** One chat, requested at 1 s, over at 60 s, with what is given. */
function floor(parts: {
  files?: StoredFile[];
  events?: Partial<ChatEvent>[];
  hits?: Partial<StoredHit>[];
  lines?: Partial<StoredLine>[];
  leaks?: Stored['leaks'];
}): Stored {
  const chat = { id: 1, chatKey: 'k1', requestedAt: 1_000, endedAt: 60_000, address: ADDRESS };
  return {
    chats: [chat],
    files: new Map([[1, parts.files ?? []]]),
    chatEvents: new Map([[1, parts.events ?? []]]),
    hits: new Map([[1, parts.hits ?? []]]),
    lines: new Map([[1, parts.lines ?? []]]),
    leaks: parts.leaks ?? [],
  } as unknown as Stored;
}

function diaries(visitor: Partial<VisitorDiary>, agent: Partial<AgentDiary> = {}, isRough = false): Diaries {
  const one = {
    name: 'v',
    sessionId: 'k1',
    address: ADDRESS,
    sent: [],
    fileNews: [],
    reconnects: 0,
    stayed: true,
  };
  return {
    agents: [{ name: 'a', fetched: [], ...agent }],
    visitors: [{ ...one, confirms: true, failed: null, ...visitor }],
    isRough,
  } as unknown as Diaries;
}

function found(run: (findings: Findings) => void): string[] {
  const findings = createFindings();
  run(findings);
  return findings.all.map(inWords);
}

describe('the order of the log', () => {
  const audited = (...written: { at: number; dueAt?: number }[]) => {
    const events = written.map(({ at, dueAt = null }, i) => ({
      loginId: 1,
      seq: i + 1,
      at,
      kind: 'x',
      dueAt,
    }));
    const stored = {
      ...floor({}),
      written: events,
      offers: [],
      events: new Map(),
      engagements: [],
      logins: [],
    };
    return found((findings) => auditFloor(findings, stored as unknown as Stored, 30_000)).join('\n');
  };

  test('has a time-out found late at the moment it was due, and nothing else of before', () => {
    expect(audited({ at: 1_000 }, { at: 2_000 })).toBe('');
    expect(audited({ at: 2_000 }, { at: 1_000 })).toMatch(/event 2 .*a time from before the lock/);
    expect(audited({ at: 50_000 }, { at: 10_000, dueAt: 10_000 }, { at: 50_001 })).toBe('');
    // nothing had been written for long when it was found
    expect(audited({ at: 20_000 }, { at: 10_000, dueAt: 10_000 }, { at: 50_000 })).toBe('');
    expect(audited({ at: 20_000 }, { at: 10_000, dueAt: 10_000 }, { at: 30_000 })).toMatch(/event 2 /);
    expect(audited({ at: 20_000 }, { at: 10_000 }, { at: 50_000 })).toMatch(/event 2 /);
  });
});

describe('files', () => {
  const sent: SentFile = { name: 'f.txt', size: 3, fingerprint: 'abc', status: 200 };
  const file: StoredFile = {
    chatId: 1,
    transferId: 't',
    state: 'success',
    name: 'f.txt',
    size: 3,
    pieces: 1,
    bytes: 3,
    fingerprint: 'abc',
  };
  const failed: StoredFile = {
    ...file,
    transferId: 'u',
    state: 'failure',
    name: null,
    size: null,
    pieces: 0,
    bytes: 0,
  };
  const events = [
    { type: 'FileTransferRequested', detail: null },
    { type: 'FileTransferSuccess', detail: 'f.txt' },
  ];
  const news = ['Requested', 'Success'];
  const fetched = { chatId: '1', transferId: 't', name: 'f.txt', size: 3, fingerprint: 'abc' };
  const audited = (
    stored: Parameters<typeof floor>[0],
    visitor: Partial<VisitorDiary> = {},
    agent: Partial<AgentDiary> = {},
  ) =>
    found((findings) =>
      auditFiles(
        findings,
        floor({ files: [file], events, ...stored }),
        diaries({ sent: [sent], fileNews: news, ...visitor }, { fetched: [fetched], ...agent }),
      ),
    ).join('\n');

  test('that are as they were sent are no difference', () => {
    expect(audited({})).toBe('');
    const broken = { ...sent, name: 'g.txt', status: 0 };
    expect(audited({}, { sent: [sent, broken] })).toBe('');
  });

  test.each([
    ['another byte', { files: [{ ...file, fingerprint: 'abd' }] }, /answered with OK as stored.*as fetched/s],
    ['a lost piece', { files: [{ ...file, bytes: 2 }] }, /bytes stored: expected 3, found 2/],
    ['a file stored twice', { files: [file, { ...file, transferId: 'u' }] }, /answered with OK as stored/],
    ['a file that is gone', { files: [] }, /answered with OK as stored/],
    ['an end that is not in the log', { events: events.slice(0, 1) }, /files sent, by its log/],
    ['a request that is not in the log', { events: events.slice(1) }, /files asked for, by its log/],
    [
      'a file still under way',
      { files: [file, { ...failed, state: 'uploading' }] },
      /state: expected an end/,
    ],
    ['pieces of a file that failed', { files: [file, { ...failed, pieces: 2 }] }, /pieces kept/],
  ] as const)('%s is found', (_, stored, words) => {
    expect(audited(stored as Parameters<typeof floor>[0])).toMatch(words);
  });

  test('what its client was refused must not be stored, and what it was told must be the log', () => {
    expect(audited({}, { sent: [{ ...sent, status: 404 }] })).toMatch(/answered with OK as stored/);
    expect(audited({}, { fileNews: ['Requested'] })).toMatch(/news of files/);
    expect(audited({}, {}, { fetched: [{ ...fetched, fingerprint: 'xyz' }] })).toMatch(/as fetched/);
    expect(audited({}, {}, { fetched: [{ ...fetched, transferId: 'nobodys' }] })).toMatch(/as fetched/);
  });

  test('of a name are the same bytes in every run, and no two pieces of one are alike', () => {
    const one = () => simulatedFile(createRandom('7'), 'f');
    expect(fingerprintOf(one().bytes)).toBe(fingerprintOf(one().bytes));
    const { name, bytes } = one();
    const { body } = uploadForm({ name, bytes });
    expect(body.includes(Buffer.from(bytes))).toBe(true);
  });
});

describe('masking', () => {
  const line = { sequence: 1, kind: 'agent', userId: '005', at: 5_000, text: 'a says 1: [card]!' };
  const hit = { line: 1, kind: 'agent', userId: '005', rules: 'Simulated card', at: 5_000 };
  const audited = (stored: Parameters<typeof floor>[0], isRough = false) =>
    found((findings) =>
      auditMasking(findings, floor({ lines: [line], hits: [hit], ...stored }), isRough, TOLERANCE),
    ).join('\n');

  test('that is noted once is no difference; of a line that stays as it was nothing is noted', () => {
    expect(audited({})).toBe('');
    expect(audited({ lines: [{ ...line, text: 'plain' }], hits: [] })).toBe('');
  });

  test.each([
    ['a secret', { leaks: [{ table: 'agent_event', rows: 2 }] }, /table agent_event: rows with secrets/],
    ['a note that is missing', { hits: [] }, /what is noted of line 1/],
    ['a note too many', { hits: [hit, { ...hit, line: 2 }] }, /notes of lines that are not there/],
    ['a note of a plain line', { lines: [{ ...line, text: 'plain' }] }, /what is noted of line 1/],
    ['a note of another rule', { hits: [{ ...hit, rules: 'Simulated pin' }] }, /what is noted of line 1/],
    ['a note of somebody else', { hits: [{ ...hit, userId: '006' }] }, /what is noted of line 1/],
  ] as const)('%s is found', (_, stored, words) => {
    expect(audited(stored as unknown as Parameters<typeof floor>[0])).toMatch(words);
  });

  test('may lack its note where the transcript came at once, or the server was killed', () => {
    expect(audited({ hits: [], lines: [{ ...line, at: 59_000 }] })).toBe('');
    expect(audited({ hits: [] }, true)).toBe('');
  });

  test('is expected of lines by how they were made', () => {
    const luck = createRandom('1');
    const secret = new RegExp(SECRET);
    const seen = new Set<string>();
    for (let i = 0; i < 400; i += 1) {
      for (const who of ['agent', 'visitor', 'whisper'] as const) {
        const { said, stored } = spoken(luck, who, `x says ${i}`);
        expect(secret.test(stored), stored).toBe(false);
        const rules = rulesOf(who, stored);
        expect(secret.test(said), said).toBe(rules.length > 0);
        expect(inTranscript(who, stored)).not.toMatch(/born \d/);
        seen.add(`${who} ${rules.join(' ')}`);
      }
    }
    expect(seen.size).toBe(8);
  });
});

describe('blocking', () => {
  const block = { type: 'AgentBlocked', at: 20_000 };
  const rule: BlockingRuleRow = {
    DeveloperName: 'Blocked_in_chat_1',
    FromIpAddress: ADDRESS,
    ToIpAddress: ADDRESS,
  };
  /** Chat 1 is blocked at 20 s; chat 2 comes from the same address. */
  function audited(second: {
    requestedAt: number;
    turnedAway: boolean;
    rules?: BlockingRuleRow[];
    failed?: string | null;
    address?: string;
  }): string {
    const stored = floor({ events: [block as Partial<ChatEvent>] });
    const two = {
      ...stored,
      chats: [
        ...stored.chats,
        {
          id: 2,
          chatKey: 'k2',
          requestedAt: second.requestedAt,
          endedAt: 70_000,
          address: second.address ?? ADDRESS,
        },
      ],
      chatEvents: new Map<number, object[]>([
        [1, [block]],
        [2, second.turnedAway ? [{ type: 'CancelBlocked', at: second.requestedAt }] : []],
      ]),
    } as unknown as Stored;
    const rows = { blockingRules: new Map([[ADDRESS, second.rules ?? [rule]]]) } as unknown as Rows;
    const failed = second.failed === undefined ? (second.turnedAway ? 'Blocked' : null) : second.failed;
    const day = diaries({});
    const [first] = day.visitors;
    const again = { ...first, sessionId: 'k2', failed } as VisitorDiary;
    return found((findings) =>
      auditBlocking(findings, two, rows, { ...day, visitors: [first as VisitorDiary, again] }, TOLERANCE),
    ).join('\n');
  }

  test('that holds from a second later on is no difference, and in between either may be', () => {
    expect(audited({ requestedAt: 19_000, turnedAway: false })).toBe('');
    expect(audited({ requestedAt: 25_000, turnedAway: false })).toBe('');
    expect(audited({ requestedAt: 25_000, turnedAway: true })).toBe('');
    expect(audited({ requestedAt: 40_000, turnedAway: true })).toBe('');
  });

  test('that does not hold, or holds for others, is found', () => {
    expect(audited({ requestedAt: 40_000, turnedAway: false })).toMatch(/turned away after a block/);
    expect(audited({ requestedAt: 19_000, turnedAway: true })).toMatch(/turned away without a block/);
    const elsewhere = audited({ requestedAt: 40_000, turnedAway: true, address: '2001:db8::2' });
    expect(elsewhere).toMatch(/turned away without a block/);
    expect(elsewhere).toMatch(/address of its visitor/);
    expect(audited({ requestedAt: 40_000, turnedAway: true, failed: 'Unavailable' })).toMatch(
      /told that it is blocked/,
    );
  });

  test('without its rule, with a wider one, or with one of another chat is found', () => {
    const later = { requestedAt: 40_000, turnedAway: true };
    expect(audited({ ...later, rules: [] })).toMatch(/LiveChatBlockingRules/);
    expect(audited({ ...later, rules: [{ ...rule, ToIpAddress: 'ffff::' }] })).toMatch(/ToIpAddress/);
    expect(audited({ ...later, rules: [{ ...rule, DeveloperName: 'Blocked_in_chat_2' }] })).toMatch(
      /BlockingRules/,
    );
  });
});
