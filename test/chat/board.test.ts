/**
 * The supervisor's board: a board + its changes = a fresh board, whatever happened, on whichever process; its figures are
 * the meter's; and looking costs little.
 */

import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BOARD_LISTENERS, createBoards } from '../../src/chat/board.js';
import { createEntries } from '../../src/chat/board-entries.js';
import type { Board, BoardChange } from '../../src/chat/board-state.js';
import type { RunningFloor } from '../../src/chat/create-floor.js';
import { applyBoardChange, figuresOf, queueStatusOf, raisedFlagsOf } from '../../src/live-client/board.js';
import type { Database } from '../../src/store/database.js';
import {
  type AgentClient,
  closeWorlds,
  connect,
  openWorld,
  type VisitorClient,
  visit,
  type World,
} from './floor-world.js';

let world: World;
beforeEach(async () => {
  world = await openWorld();
});
afterEach(() => world.close());
afterAll(closeWorlds);

/** A supervisor's panel: a board kept current by changes alone. */
interface Panel {
  board: Board;
  readonly changes: BoardChange[];
  isReady: boolean;
  /** Whole boards it got. */
  wholes: number;
  stop(): void;
}

async function panelOf(floor: RunningFloor): Promise<Panel> {
  const panel: Panel = {
    board: { version: -1, agents: [], chats: [], buttons: [], skills: [] },
    changes: [],
    isReady: true,
    wholes: 0,
    stop: () => undefined,
  };
  panel.stop = await floor.views.watchBoard({
    isReady: () => panel.isReady,
    board(board) {
      panel.wholes += 1;
      panel.board = board;
    },
    change(change) {
      panel.changes.push(change);
      // What the wire carries is what the client applies.
      const after = applyBoardChange(panel.board as never, change as never);
      if (after === undefined) throw new Error(`a change is missing before ${change.version}`);
      panel.board = after;
    },
  });
  return panel;
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const withoutVersion = ({ version, ...rest }: Board) => rest;

/** A board read afresh, by somebody who comes now. */
async function freshBoard(floor: RunningFloor) {
  const panel = await panelOf(floor);
  panel.stop();
  return withoutVersion(panel.board);
}

/** Read afresh until both agree: after a leap of the clock time-outs fire by themselves, and routing goes on. */
async function expectCurrent(panel: Panel, floor: RunningFloor): Promise<void> {
  await expect
    .poll(
      async () => {
        const fresh = await freshBoard(floor);
        return {
          kept: withoutVersion(panel.board),
          isFresh: isDeepStrictEqual(withoutVersion(panel.board), fresh),
          fresh,
        };
      },
      { timeout: 8_000, interval: 100 },
    )
    .toMatchObject({ isFresh: true });
}

interface Scene {
  readonly floors: readonly RunningFloor[];
  readonly agents: AgentClient[];
  readonly visitors: VisitorClient[];
  readonly buttons: readonly string[];
}

type Step = readonly [what: (typeof STEPS)[number], who: number, which: number];
const STEPS = [
  'online',
  'away',
  'logout',
  'arrive',
  'accept',
  'decline',
  'flag',
  'lower',
  'endChat',
  'visitorEnds',
  'drop',
  'leap',
  'relabel',
  'capacity',
] as const;

/** Does a step if it can be done now; what is refused changes nothing. */
async function take(scene: Scene, [what, who, which]: Step): Promise<void> {
  const floor = scene.floors[which % scene.floors.length] as RunningFloor;
  const agent = scene.agents[who % scene.agents.length] as AgentClient;
  const home = scene.floors[(who % scene.agents.length) % scene.floors.length] as RunningFloor;
  const state = await home.agentState(agent.connectionId);
  const offer = state.offers[0];
  const chat = state.chats[which % Math.max(1, state.chats.length)];
  switch (what) {
    case 'online':
      await agent.status('Online');
      return;
    case 'away':
      await agent.status('Away');
      return;
    case 'logout':
      await home.logout(agent.connectionId);
      return;
    case 'arrive': {
      const buttonId = scene.buttons[who % scene.buttons.length] as string;
      scene.visitors.push(await visit(world, { buttonId, visitorName: `V${scene.visitors.length}` }, floor));
      return;
    }
    case 'accept':
      if (offer) await home.accept(agent.connectionId, offer.offerId);
      return;
    case 'decline':
      if (offer) await home.decline(agent.connectionId, offer.offerId);
      return;
    case 'flag':
      if (chat) await home.raiseFlag(agent.connectionId, chat.chat.chatId, 'help');
      return;
    case 'lower':
      if (chat)
        await floor.supervisor.lowerFlag(
          { userId: state.userId, name: 'S' },
          { chatId: chat.chat.chatId, userId: state.userId },
        );
      return;
    case 'endChat':
      if (chat) await home.endChat(agent.connectionId, chat.chat.chatId);
      return;
    case 'visitorEnds':
      await scene.visitors[which % Math.max(1, scene.visitors.length)]?.end();
      return;
    case 'drop': {
      await home.disconnectAgent(agent.connectionId);
      scene.agents[who % scene.agents.length] = await connect(home, state.userId);
      return;
    }
    case 'leap':
      await world.leap(which * 1_000);
      return;
    case 'relabel':
      await world.db.query(
        `UPDATE so_live_chat_button SET master_label = 'L' || $2::text, overall_queue_length = $2 WHERE id = $1`,
        [scene.buttons[who % scene.buttons.length], which],
      );
      return;
    case 'capacity':
      await world.db.query('UPDATE so_live_chat_user_config SET capacity = $1', [1 + (which % 3)]);
      return;
  }
}

const step: fc.Arbitrary<Step> = fc.tuple(fc.constantFrom(...STEPS), fc.nat(5), fc.nat(40));

describe('the board', () => {
  it('kept by changes equals one read afresh, on the process it happens on and on another', async () => {
    const [red, blue] = [await world.skill('Red'), await world.skill('Blue')];
    const buttons = [
      await world.button({ SkillId: red, HasQueue: true, PushTimeout: 20 }),
      await world.button({ SkillId: blue, HasQueue: true, RoutingType: 'MostAvailable' }),
    ];
    const users = await Promise.all([
      world.agent('Ana', { capacity: 2, skills: [red], config: { OptionsHasAssistanceFlag: true } }),
      world.agent('Ben', { capacity: 1, skills: [red, blue], config: { OptionsHasAssistanceFlag: true } }),
      world.agent('Cy', { capacity: 3, skills: [blue] }),
    ]);
    const floors = [world.floor, await world.anotherFloor()];
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
        const agents = await Promise.all(
          users.map((userId, n) => connect(floors[n % 2] as RunningFloor, userId)),
        );
        const scene: Scene = { floors, agents, visitors: [], buttons };
        const panels = await Promise.all(floors.map(panelOf));
        try {
          for (const [n, one] of steps.entries()) {
            await take(scene, one).catch((error: { code?: unknown }) => {
              if (typeof error.code !== 'string') throw error;
            });
            if (n % 7 === 6) await expectCurrent(panels[n % 2] as Panel, floors[(n + 1) % 2] as RunningFloor);
          }
          for (const panel of panels) await expectCurrent(panel, world.floor);
          for (const panel of panels) expect(panel.wholes).toBe(1);
        } finally {
          for (const panel of panels) panel.stop();
          for (const visitor of scene.visitors) await visitor.end().catch(() => undefined);
          for (const [n, agent] of scene.agents.entries()) {
            const home = floors[n % 2] as RunningFloor;
            await home.logout(agent.connectionId);
            await home.disconnectAgent(agent.connectionId);
          }
        }
      }),
      { numRuns: 12, endOnFailure: true },
    );
    expect(world.errors).toEqual([]);
  }, 120_000);

  it('shows queues with their longest wait, agents with their load, and flags with what was written', async () => {
    const skill = await world.skill('Sales');
    const button = await world.button({ SkillId: skill, HasQueue: true });
    const ana = await connect(
      world.floor,
      await world.agent('Ana', {
        capacity: 1,
        skills: [skill],
        config: { OptionsHasAssistanceFlag: true },
      }),
    );
    await ana.status('Online');
    const panel = await panelOf(world.floor);
    for (const visitorName of ['One', 'Two', 'Three']) {
      await visit(world, { buttonId: button, visitorName });
      await world.leap(10_000);
    }
    const { offer } = await ana.next('offered');
    const { chat } = await world.floor.accept(ana.connectionId, offer.offerId);
    await world.floor.raiseFlag(ana.connectionId, chat.chatId, 'what now?');
    await expect
      .poll(() => raisedFlagsOf(panel.board as never))
      .toMatchObject([
        { chatId: chat.chatId, userId: ana.state.userId, visitorName: 'One', message: 'what now?' },
      ]);
    const [bySkill] = queueStatusOf(panel.board as never).filter(({ kind }) => kind === 'skill');
    const [byButton] = queueStatusOf(panel.board as never).filter(({ kind }) => kind === 'button');
    for (const row of [bySkill, byButton]) {
      expect(row).toMatchObject({
        engaged: 1,
        offered: 0,
        agentsOnline: 1,
        agentsAway: 0,
        agentsWithRoom: 0,
      });
      expect(row?.waiting.map(({ visitorName }) => visitorName)).toEqual(['Two', 'Three']);
      expect(row?.longestWaitSince).toBe(row?.waiting[0]?.requestedAt);
    }
    expect(panel.board.agents).toMatchObject([
      {
        userId: ana.state.userId,
        status: 'Online',
        connected: true,
        capacity: 1,
        engaged: 1,
        lastAcceptAt: expect.any(Number),
      },
    ]);
    panel.stop();
  });

  it('counts on by itself to the figures the meter gives, also while the contact is lost', async () => {
    const skill = await world.skill('Sales');
    const button = await world.button({ SkillId: skill, HasQueue: true });
    const ana = await connect(world.floor, await world.agent('Ana', { capacity: 2, skills: [skill] }));
    await ana.status('Online');
    const panel = await panelOf(world.floor);
    const steps = [
      () => visit(world, { buttonId: button }),
      async () => {
        const { offer } = await ana.next('offered');
        await world.floor.accept(ana.connectionId, offer.offerId);
      },
      () => visit(world, { buttonId: button }),
      () => ana.status('Away'),
      () => world.floor.disconnectAgent(ana.connectionId),
    ];
    for (const one of steps) {
      await one();
      await world.leap(7_000);
      await expectCurrent(panel, world.floor);
      const [open] = await world.floor.openLogins();
      const [agent] = panel.board.agents;
      const [row] = await world.db.query<{ now: number }>('SELECT (SELECT floor_now()) AS now');
      expect(figuresOf(agent as never, row?.now ?? 0)).toEqual(open?.figures);
    }
    panel.stop();
  });

  it('spares a reader who is behind, and gives it a whole board when it has caught up', async () => {
    const skill = await world.skill('Sales');
    const ana = await connect(world.floor, await world.agent('Ana', { skills: [skill] }));
    const panel = await panelOf(world.floor);
    panel.isReady = false;
    await ana.status('Online');
    await pause(600);
    await ana.status('Away');
    await pause(600);
    expect(panel).toMatchObject({ wholes: 1, changes: [] });
    panel.isReady = true;
    await expect.poll(() => panel.board.agents).toMatchObject([{ status: 'Away' }]);
    expect(panel.wholes).toBe(2);
    await ana.status('Online');
    await expectCurrent(panel, world.floor);
    expect(panel.wholes).toBe(2);
    panel.stop();
  });

  it('is read by nobody when nobody looks, and once a quarter of a second however many look', async () => {
    const texts: string[] = [];
    const counting: Database = {
      ...world.db,
      query(text, values, name) {
        texts.push(name ?? text);
        return world.db.query(text, values, name);
      },
    };
    const looks = () => texts.filter((name) => name === 'floor.board').length;
    const boards = createBoards(counting, (error) => world.errors.push(error));
    const listener = { isReady: () => true, board: () => {}, change: () => {} };
    const stops = await Promise.all([1, 2, 3, 4, 5].map(() => boards.watchBoard({ ...listener })));
    // Those who come while a look runs share the next one.
    expect(looks()).toBeLessThanOrEqual(2);
    const before = looks();
    await pause(1_100);
    expect(looks() - before).toBeGreaterThanOrEqual(2);
    expect(looks() - before).toBeLessThanOrEqual(5);
    for (const stop of stops) stop();
    await pause(300);
    const after = looks();
    await pause(700);
    expect(looks()).toBe(after);
    boards.stop();
  });

  it('refuses more supervisors than it can serve', async () => {
    const boards = createBoards(world.db, (error) => world.errors.push(error));
    const listener = { isReady: () => true, board: () => {}, change: () => {} };
    const stops = await Promise.all(
      Array.from({ length: BOARD_LISTENERS }, () => boards.watchBoard({ ...listener })),
    );
    await expect(boards.watchBoard({ ...listener })).rejects.toMatchObject({
      code: 'REQUEST_LIMIT_EXCEEDED',
    });
    stops[0]?.();
    (await boards.watchBoard({ ...listener }))();
    boards.stop();
  });

  it('asks for what comes into its limits without having changed', () => {
    const entries = createEntries<string>();
    const one = { id: 1, version: 7, value: 'one' };
    const two = { id: 2, version: 7, value: 'two' };
    const three = { id: 3, version: 7, value: 'three' };
    expect(entries.take('1,2', [one, two])).toEqual({ set: ['one', 'two'], gone: [] });
    // The first is over; the third was always there, beyond the limit.
    expect(entries.take('2,3', [])).toEqual({ set: [], gone: ['1'] });
    expect(entries.missing()).toEqual([3]);
    expect(entries.take('2,3', [two, three])).toEqual({ set: ['three'], gone: [] });
    expect(entries.missing()).toEqual([]);
    expect(entries.values()).toEqual(['two', 'three']);
    expect(entries.take('', [])).toEqual({ set: [], gone: ['2', '3'] });
  });
});
