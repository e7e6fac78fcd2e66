/** Keeps an agent's diary: every event it hears, and a stopwatch beside what its screen shows. */
import type { Snapshot } from '../src/api/live/schema.js';
import type { LiveClient } from '../src/live-client/client.js';
import { type AgentDiary, createStopwatch, type LoginDiary } from './diary.js';
import type { NetworkLine } from './network-line.js';
import type { Pace } from './pace.js';

export interface Writing {
  /** The client is closed: nothing more will be heard. */
  close(): void;
}

export function agentDiary(client: LiveClient, diary: AgentDiary, line: NetworkLine, pace: Pace): Writing {
  let lost: { readonly at: number; readonly login: LoginDiary | undefined } | undefined;
  let shown: LoginDiary | undefined;
  let isWelcome = true;

  function loginOf(loginId: string): LoginDiary {
    const known = diary.logins.get(loginId);
    if (known) return known;
    const fresh: LoginDiary = {
      loginId,
      first: undefined,
      told: [],
      watch: createStopwatch(),
      drops: 0,
      gapMs: 0,
      isComplete: false,
      lastSentAt: Number.NaN,
      lastTriedAt: Number.NaN,
      sessionId: null,
    };
    diary.logins.set(loginId, fresh);
    return fresh;
  }

  function see(snapshot: Snapshot): void {
    const at = pace.now();
    if (snapshot.loginId === null) {
      shown?.watch.see(null, at);
      shown = undefined;
      return;
    }
    const login = loginOf(snapshot.loginId);
    if (shown !== login) shown?.watch.see(null, at);
    shown = login;
    if (login.first === undefined) {
      login.first = snapshot;
      login.told = login.told.filter(({ id }) => id > snapshot.lastEventId);
    }
    const { status, chats, offers, settings } = snapshot;
    login.watch.see({ status, chats: chats.length, offers: offers.length, capacity: settings.capacity }, at);
  }

  client.on('event', (event) => {
    const login = loginOf(event.loginId);
    // an answer's snapshot may be faster than the events it contains: they still come, and are in it already
    if (event.id > (login.first?.lastEventId ?? 0)) login.told.push(event);
    if (event.type !== 'loggedOut') return;
    login.isComplete = true;
    if (shown === login) note();
  });
  client.on('snapshot', (snapshot) => {
    see(snapshot);
    if (snapshot.loginId === shown?.loginId) note();
  });
  client.on('disconnected', () => {
    note();
    isWelcome = false;
    lost ??= { at: pace.now(), login: shown };
    if (shown) shown.drops += 1;
  });
  client.on('connected', () => {
    isWelcome = true;
    // by now another login may be on the screen, or none
    if (lost?.login) lost.login.gapMs += pace.now() - lost.at;
    lost = undefined;
  });

  /** The last frame sent belongs to the login on the screen. */
  function note(): void {
    if (!shown || line.lastSentAt === 0) return;
    shown.lastTriedAt = pace.now() - (performance.now() - line.lastSentAt) * pace.speed;
    if (isWelcome) shown.lastSentAt = shown.lastTriedAt;
  }
  see(client.snapshot());
  return { close: note };
}
