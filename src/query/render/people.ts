/**
 * FORMAT(): numbers, dates and moments as the caller reads them (salesforce-data-api.md §15.12).
 */
import type { Caller } from '../../access/caller.js';

export interface People {
  number(text: string): string;
  /** `YYYY-MM-DD` */
  date(text: string): string;
  /** PostgreSQL's text of a timestamptz in UTC. */
  dateTime(text: string): string;
}

const localeOf = (locale: string): string => {
  const tag = locale.replaceAll('_', '-');
  try {
    return Intl.getCanonicalLocales(tag)[0] ?? 'en-US';
  } catch {
    return 'en-US';
  }
};

const PEOPLE = new Map<string, People>();
const PEOPLE_MAX = 200;

/** Formats of a caller's locale and time zone; the formatters are costly to make and cheap to keep. */
export function peopleOf(caller: Pick<Caller, 'locale' | 'timeZone'>): People {
  const key = `${caller.locale} ${caller.timeZone}`;
  let people = PEOPLE.get(key);
  if (people === undefined) {
    if (PEOPLE.size >= PEOPLE_MAX) PEOPLE.clear();
    people = create(localeOf(caller.locale), caller.timeZone);
    PEOPLE.set(key, people);
  }
  return people;
}

function create(locale: string, timeZone: string): People {
  const day = { year: 'numeric', month: 'numeric', day: 'numeric' } as const;
  const number = new Intl.NumberFormat(locale, { maximumFractionDigits: 10 });
  const date = new Intl.DateTimeFormat(locale, { ...day, timeZone: 'UTC' });
  const dateTime = new Intl.DateTimeFormat(locale, { ...day, hour: 'numeric', minute: '2-digit', timeZone });
  // ICU puts a narrow no-break space in front of AM and PM; clients expect a plain one.
  const plain = (text: string) => text.replaceAll('\u202f', ' ');
  return {
    number: (text) => number.format(Number(text)),
    date: (text) => plain(date.format(Date.parse(`${text}T00:00:00Z`))),
    dateTime: (text) => plain(dateTime.format(Date.parse(`${text.slice(0, 10)}T${text.slice(11, 19)}Z`))),
  };
}
