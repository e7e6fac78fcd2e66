/**
 * What simulated people let slip, and the rules of the simulation's database that mask it. The rules stand before any
 * server starts, so from the first line on there is one right text. What that is follows from how a line was made here,
 * not from the floor's way of masking.
 */
import type { RecordInput } from '../src/records/result.js';
import type { Random } from './random.js';

type Speaker = 'agent' | 'visitor' | 'whisper';

/** Bits of EnforceOn. */
const [AGENT, VISITOR, SUPERVISOR] = [1, 2, 4];

/** LiveChatSensitiveDataRule records of a simulation's database. */
export const RULES: readonly RecordInput[] = [
  {
    DeveloperName: 'Simulated_card',
    MasterLabel: 'Simulated card',
    Pattern: '\\b4\\d{3}(?: \\d{4}){3}\\b',
    ActionType: 'Replace',
    Replacement: '[card]',
    EnforceOn: AGENT + VISITOR + SUPERVISOR,
    IsEnabled: true,
    Priority: 1,
  },
  {
    DeveloperName: 'Simulated_pin',
    MasterLabel: 'Simulated pin',
    Pattern: 'pin \\d{4}\nPIN \\d{4}',
    ActionType: 'Remove',
    EnforceOn: VISITOR,
    IsEnabled: true,
    Priority: 2,
  },
  {
    DeveloperName: 'Simulated_birth',
    MasterLabel: 'Simulated birth',
    Pattern: 'born \\d{4}',
    ActionType: 'Replace',
    Replacement: 'born [year]',
    EnforceOn: AGENT + VISITOR + SUPERVISOR,
    ProcessingType: 'Persist',
    IsEnabled: true,
    Priority: 3,
  },
];

/** What must stand nowhere in the database, as a regular expression of PostgreSQL. */
export const SECRET = '4[0-9]{3}( [0-9]{4}){3}|(pin|PIN) [0-9]{4}';

export interface Spoken {
  readonly said: string;
  /** As it must be stored and heard. */
  readonly stored: string;
}

/** Adds something to a line now and then that a rule masks. */
export function spoken(luck: Random, speaker: Speaker, text: string): Spoken {
  const digits = () => String(luck.whole(1_000, 9_999));
  switch (luck.weighted({ nothing: 80, card: 10, pin: 5, both: 2, birth: 3 })) {
    case 'nothing':
      return { said: text, stored: text };
    case 'card':
      return { said: `${text}: ${card(digits)}!`, stored: `${text}: [card]!` };
    case 'pin':
      return withPin(speaker, text, digits);
    case 'both': {
      const { said, stored } = withPin(speaker, text, digits);
      return { said: `${said} ${card(digits)}`, stored: `${stored} [card]` };
    }
    case 'birth': {
      const said = `${text}, born ${luck.whole(1_920, 2_019)}`;
      return { said, stored: said };
    }
  }
}

const card = (digits: () => string) => `4${digits().slice(1)} ${digits()} ${digits()} ${digits()}`;

/** Only visitors' pins are secret; what agents say of one looks different, so that it can be told from a leak. */
function withPin(speaker: Speaker, text: string, digits: () => string): Spoken {
  if (speaker !== 'visitor') {
    const said = `${text} (code ${digits()})`;
    return { said, stored: said };
  }
  return { said: `${text} (pin ${digits()})`, stored: `${text} ()` };
}

/** Rules that must have changed a line, by the text that is left of it; in the order of their priority. */
export function rulesOf(kind: string, stored: string): string[] {
  return [
    ...(stored.includes('[card]') ? ['Simulated card'] : []),
    ...(kind === 'visitor' && stored.includes(' ()') ? ['Simulated pin'] : []),
  ];
}

/** A stored line as the transcript must have it. */
export function inTranscript(kind: string, stored: string): string {
  return kind === 'system' || kind === 'custom' ? stored : stored.replace(/born \d{4}/g, 'born [year]');
}
