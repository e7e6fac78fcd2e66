/** Watching a chat: all of it, as it goes, whatever process it goes through; and nobody in it can tell. */

import fc from 'fast-check';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { WatchedChat } from '../../src/api/live/schema.js';
import type { RunningFloor } from '../../src/chat/create-floor.js';
import type { Overheard } from '../../src/chat/watching-state.js';
import { applyWatchedChange } from '../../src/live-client/board.js';
import {
  type AgentClient,
  closeWorlds,
  connect,
  engaged,
  openWorld,
  type VisitorClient,
  type World,
} from './floor-world.js';

const SUPERVISOR = { userId: '005FW0000000999AAA', name: 'Sue' };

let world: World;
let other: RunningFloor;
let ana: AgentClient;
let visitor: VisitorClient;
let chatId: string;
beforeEach(async () => {
  world = await openWorld({}, true);
  other = await world.anotherFloor();
  // Each process learns of the other with its first flush.
  await world.floor.tick();
  await other.tick();
  const config = { HasSneakPeek: false, OptionsHasAgentSneakPeek: true, OptionsHasAssistanceFlag: true };
  const chatting = await engaged(world, { button: { HasQueue: true }, capacity: 2, config });
  ({ agent: ana, visitor, chatId } = chatting);
});
afterEach(() => world.close());
afterAll(closeWorlds);

interface Watcher {
  chat: WatchedChat;
  readonly heard: Overheard[];
  isReady: boolean;
  fellBehind: boolean;
  stop(): void;
}

async function watcherOn(floor: RunningFloor, id = chatId): Promise<Watcher> {
  const watcher = { heard: [] as Overheard[], isReady: true, fellBehind: false } as unknown as Watcher;
  watcher.stop = await floor.views.watchChat(id, {
    isReady: () => watcher.isReady,
    watched(watched) {
      watcher.chat = watched as never;
    },
    change(change) {
      const numbers = change.lines.map(({ sequence }) => sequence);
      const last = watcher.chat.lines.at(-1)?.sequence ?? 0;
      // Nothing twice, nothing left out.
      expect(numbers).toEqual(numbers.map((_, index) => last + index + 1));
      watcher.chat = applyWatchedChange(watcher.chat, change as never);
    },
    overheard: (overheard) => watcher.heard.push(overheard),
    fellBehind() {
      watcher.fellBehind = true;
    },
  });
  return watcher;
}

const textsOf = ({ chat }: Watcher) => chat.lines.map(({ text }) => text);
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('a watched chat', () => {
  it('shows every line once and in order to everybody who watches, whenever they came', async () => {
    const STEPS = ['agent', 'visitor', 'whisper', 'watchHere', 'watchThere', 'stop', 'pause'] as const;
    const watchers: Watcher[] = [];
    let said = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(...STEPS), { minLength: 10, maxLength: 30 }),
        async (steps) => {
          for (const step of steps) {
            const text = `${step} ${++said}`;
            if (step === 'agent') await world.floor.sendLine(ana.connectionId, { chatId, text });
            if (step === 'visitor') await visitor.say(text);
            if (step === 'whisper') await other.supervisor.whisper(SUPERVISOR, { chatId, text });
            if (step === 'watchHere') watchers.push(await watcherOn(world.floor));
            if (step === 'watchThere') watchers.push(await watcherOn(other));
            if (step === 'stop') watchers.shift()?.stop();
            if (step === 'pause') await pause(120);
          }
          const fresh = await watcherOn(world.floor);
          for (const watcher of watchers) {
            await expect.poll(() => watcher.chat, { timeout: 3_000 }).toEqual(fresh.chat);
          }
          fresh.stop();
        },
      ),
      { numRuns: 10, endOnFailure: true },
    );
    for (const watcher of watchers) watcher.stop();
  }, 60_000);

  it('lets typing and sneak peek be overheard, on this process and another', async () => {
    const here = await watcherOn(world.floor);
    const there = await watcherOn(other);
    // The other process said that it watches.
    await pause(200);
    await world.floor.visitor.sneakPeek(visitor.key, { position: 0, text: 'I am ang' });
    world.floor.typing(ana.connectionId, chatId, true);
    world.floor.views.agentSneakPeek(ana.state.userId, chatId, 'Please wa');
    const all = [
      { type: 'visitorTyping', chatId, typing: true },
      { type: 'visitorSneakPeek', chatId, position: 0, text: 'I am ang' },
      { type: 'agentTyping', chatId, userId: ana.state.userId, typing: true },
      { type: 'agentSneakPeek', chatId, userId: ana.state.userId, text: 'Please wa' },
    ];
    await expect.poll(() => here.heard).toEqual(all);
    await expect.poll(() => there.heard).toEqual(all);
    // Ana's own configuration shows her no sneak peek: watching changes nothing about that.
    expect(ana.transients.map(({ type }) => type)).not.toContain('visitorSneakPeek');
    here.stop();
    there.stop();
  });

  it('shows what agents have not sent yet only of agents who are in it, and whose configuration says so', async () => {
    const skill = await world.skill('Sales');
    const ben = await connect(world.floor, await world.agent('Ben', { skills: [skill] }));
    await ben.status('Online');
    const watcher = await watcherOn(world.floor);
    world.floor.views.agentSneakPeek(ben.state.userId, chatId, 'I am not in there');
    expect(watcher.heard).toEqual([]);
    await world.db.query('UPDATE so_live_chat_user_config SET options_has_agent_sneak_peek = false');
    await world.db.query(
      `UPDATE login SET settings = settings || '{"isSneakPeeked": false}' WHERE ended_at IS NULL`,
    );
    await world.floor.raiseFlag(ana.connectionId, chatId, 'the chat is read again');
    await expect
      .poll(() => watcher.chat.agents[0]?.flag)
      .toMatchObject({ message: 'the chat is read again' });
    world.floor.views.agentSneakPeek(ana.state.userId, chatId, 'private');
    await pause(50);
    expect(watcher.heard).toEqual([]);
    watcher.stop();
  });

  it('is said at most twice a second, the latest last', async () => {
    const watcher = await watcherOn(world.floor);
    for (let n = 0; n < 40; n++) {
      world.floor.views.agentSneakPeek(ana.state.userId, chatId, `draft ${n}`);
      await pause(20);
    }
    await expect.poll(() => watcher.heard.at(-1)).toMatchObject({ text: 'draft 39' });
    expect(watcher.heard.length).toBeLessThanOrEqual(4);
    watcher.stop();
  });

  it('is noticed by nobody: nothing is written, and nobody is told', async () => {
    const written = async () =>
      world.db.query(`SELECT (SELECT count(*) FROM floor_event) AS a, (SELECT count(*) FROM chat_event) AS b,
        (SELECT count(*) FROM agent_event) AS c, (SELECT count(*) FROM visitor_message) AS d,
        (SELECT array_agg(xmin::text) FROM chat) AS e, (SELECT array_agg(xmin::text) FROM login) AS f,
        (SELECT array_agg(xmin::text) FROM engagement) AS g, (SELECT array_agg(xmin::text) FROM conversation) AS h`);
    const [before, events, transients] = [await written(), ana.events.length, ana.transients.length];
    const watchers = [await watcherOn(world.floor), await watcherOn(other)];
    await pause(700);
    for (const watcher of watchers) watcher.stop();
    expect(await written()).toEqual(before);
    expect([ana.events.length, ana.transients.length]).toEqual([events, transients]);
  });

  it('ends with the chat, and cannot be begun after it', async () => {
    const watcher = await watcherOn(other);
    await visitor.say('bye');
    await visitor.end();
    await expect.poll(() => watcher.chat.state).toBe('ended');
    expect(textsOf(watcher)).toEqual(['bye']);
    expect(watcher.chat.agents).toEqual([]);
    await expect(watcherOn(world.floor)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(watcherOn(world.floor, 'no chat')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('goes on over a hand-over: who is in it is told', async () => {
    const watcher = await watcherOn(world.floor);
    await world.floor.logout(ana.connectionId);
    await expect.poll(() => watcher.chat).toMatchObject({ state: 'waiting', agents: [] });
    await ana.status('Online');
    await expect.poll(() => watcher.chat.state).toBe('offered');
    watcher.stop();
  });

  it('lets go of a reader who falls behind', async () => {
    const watcher = await watcherOn(world.floor);
    watcher.isReady = false;
    await visitor.say('unread');
    await expect.poll(() => watcher.fellBehind).toBe(true);
    expect(textsOf(watcher)).toEqual([]);
    watcher.isReady = true;
    const again = await watcherOn(world.floor);
    expect(textsOf(again)).toEqual(['unread']);
    again.stop();
  });
});

describe('where the configuration of an agent does not allow it', () => {
  const configure = async (fields: Readonly<Record<string, unknown>>) => {
    const [config] = await world.db.query<{ id: string }>('SELECT id FROM so_live_chat_user_config');
    await world.update('LiveChatUserConfig', { Id: config?.id, ...fields });
    await world.floor.tick();
    await other.tick();
  };

  it('chats are not watched, and who watches is let go', async () => {
    const [here, there] = [await watcherOn(world.floor), await watcherOn(other)];
    await configure({ OptionsHasChatMonitoring: false });
    await expect.poll(() => [here.fellBehind, there.fellBehind]).toEqual([true, true]);
    await visitor.say('unheard');
    await pause(400);
    expect(here.chat.lines).toEqual([]);
    await expect(watcherOn(world.floor)).rejects.toMatchObject({ code: 'INSUFFICIENT_ACCESS' });
    await configure({ OptionsHasChatMonitoring: true });
    const again = await watcherOn(other);
    expect(again.chat.lines.map(({ text }) => text)).toEqual(['unheard']);
    again.stop();
  });

  it('nobody whispers into them', async () => {
    const whisper = (text: string) => world.floor.supervisor.whisper(SUPERVISOR, { chatId, text });
    await whisper('psst');
    await configure({ OptionsHasWhisperMessage: false });
    await expect(whisper('psst again')).rejects.toMatchObject({ code: 'INSUFFICIENT_ACCESS' });
    await visitor.say('so?');
    expect((await ana.next('line')).line.text).toBe('psst');
    expect((await ana.next('line')).line.text).toBe('so?');
    // Watching is another right.
    (await watcherOn(world.floor)).stop();
  });
});
