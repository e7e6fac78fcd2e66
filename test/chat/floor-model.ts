/**
 * A small model of the floor: what each agent's login must have counted and measured, from the commands given, the
 * clock, and who was put before whom. It knows nothing of the meter or the log. Whom routing chose it learns from the
 * rows of offers and engagements, and it checks that the choice was allowed and that nothing that could go on waits.
 */
import { expect } from 'vitest';
import type { Queryable } from '../../src/store/database.js';

export const GRACE_MS = 30_000;

interface Span {
  readonly from: number;
  readonly status: 'Online' | 'Away';
  readonly engaged: number;
  readonly offered: number;
  readonly capacity: number;
}

export interface ModelLogin {
  readonly id: number;
  readonly startedAt: number;
  status: 'Online' | 'Away';
  connected: boolean;
  /** Time of the last thing that happened to it; never goes back. */
  at: number;
  /** When its client was last heard. */
  contact: number;
  readonly spans: Span[];
  declined: number;
  raised: number;
  loweredByAgent: number;
  loweredBySupervisor: number;
  ended: boolean;
  /** What was last seen of it: when this changes, something happened. */
  seen: string;
}

export interface ModelAgent {
  readonly name: string;
  readonly userId: string;
  readonly skillIds: readonly string[];
  readonly awayOnDecline: boolean;
  readonly awayOnTimeout: boolean;
  capacity: number;
  login: ModelLogin | undefined;
}

export interface OfferRow {
  readonly chat_id: number;
  readonly generation: number;
  readonly login_id: number;
  readonly kind: string;
  readonly state: string;
  readonly due_at: number | null;
  readonly from_login_id: number | null;
}

export interface EngagementRow {
  readonly chat_id: number;
  readonly login_id: number;
  readonly kind: string;
  readonly running: boolean;
  readonly flagged: boolean;
}

export interface ChatRow {
  readonly id: number;
  readonly state: string;
  readonly by_choice: boolean;
  readonly established: boolean;
  readonly target_user_id: string | null;
  readonly skill_ids: readonly string[];
  readonly declined_by: readonly string[];
  readonly transfer: { readonly fromLoginId: number; readonly to: { readonly kind: string } } | null;
}

interface LoginRow {
  readonly id: number;
  readonly user_id: string;
  readonly status: string;
  readonly connected: boolean;
  readonly engaged: number;
  readonly offered: number;
  readonly end_reason: string | null;
}

export interface Seen {
  readonly offers: readonly OfferRow[];
  readonly engagements: readonly EngagementRow[];
  readonly chats: readonly ChatRow[];
}

/** What a command said it did. */
export interface Done {
  /** The agent did something of their own that is written down: that moment is a contact. */
  readonly acted?: ModelLogin;
  /** The agent declined an ordinary offer. */
  readonly declined?: ModelLogin;
  /** How this login was ended by the command. */
  readonly ended?: { readonly login: ModelLogin; readonly reason: string };
}

const isInvitation = (kind: string) => kind === 'transfer' || kind === 'conference';

export class FloorModel {
  now = 0;
  goodSince = 0;
  offers: readonly OfferRow[] = [];
  engagements: readonly EngagementRow[] = [];
  chats: readonly ChatRow[] = [];
  readonly finished: { readonly agent: ModelAgent; readonly login: ModelLogin }[] = [];

  constructor(
    readonly agents: readonly ModelAgent[],
    private readonly db: Queryable,
  ) {}

  opened(agent: ModelAgent, id: number): void {
    agent.login = {
      id,
      startedAt: this.now,
      status: 'Online',
      connected: true,
      at: this.now,
      contact: this.now,
      spans: [{ from: this.now, status: 'Online', engaged: 0, offered: 0, capacity: agent.capacity }],
      declined: 0,
      raised: 0,
      loweredByAgent: 0,
      loweredBySupervisor: 0,
      ended: false,
      seen: '',
    };
  }

  heard(login: ModelLogin): void {
    login.contact = Math.max(login.contact, this.now);
  }

  /** Looks at the floor after a command, takes over what routing chose, and checks everything that must hold. */
  async observe(done: Done): Promise<void> {
    const before = { offers: this.offers };
    const logins = await this.read();
    const open = this.agents.flatMap((agent) => (agent.login ? [{ agent, login: agent.login }] : []));
    for (const { agent, login } of open) {
      const row = logins.find(({ id }) => id === login.id) as LoginRow;
      this.learnTimeouts(agent, login, before.offers);
      if (done.declined === login) login.declined += 1;
      if (done.declined === login && agent.awayOnDecline) login.status = 'Away';
      expect(this.ofKind(login, 'declined')).toBe(login.declined);
      this.follow(agent, login, row, done);
    }
    this.checkNobodyOverfull();
    this.checkOffers();
    this.checkNothingWaitsInVain();
    await this.checkLists();
  }

  /** Push time-outs are seen, not commanded; only what was due may time out. */
  private learnTimeouts(agent: ModelAgent, login: ModelLogin, before: readonly OfferRow[]): void {
    for (const offer of this.offers) {
      if (offer.login_id !== login.id || offer.state !== 'timedOut') continue;
      const was = before.find((o) => o.chat_id === offer.chat_id && o.generation === offer.generation);
      if (was?.state === 'timedOut') continue;
      expect(offer.due_at).not.toBeNull();
      expect(offer.due_at).toBeLessThanOrEqual(this.now);
      if (!isInvitation(offer.kind) && agent.awayOnTimeout) login.status = 'Away';
    }
  }

  private follow(agent: ModelAgent, login: ModelLogin, row: LoginRow, done: Done): void {
    const engaged = this.engagements.filter((e) => e.login_id === login.id && e.running).length;
    const offered = this.offers.filter((o) => o.login_id === login.id && o.state === 'open').length;
    const seen = JSON.stringify([
      login.status,
      login.connected,
      agent.capacity,
      row.end_reason,
      this.offers.filter((o) => o.login_id === login.id).map((o) => o.state),
      this.engagements.filter((e) => e.login_id === login.id).map((e) => [e.running, e.flagged]),
      [login.raised, login.loweredByAgent, login.loweredBySupervisor],
    ]);
    if (seen !== login.seen) {
      login.at = Math.max(login.at, this.now);
      login.spans.push({ from: login.at, status: login.status, engaged, offered, capacity: agent.capacity });
    }
    login.seen = seen;
    if (done.acted === login) login.contact = Math.max(login.contact, login.at);
    // No contact is later than the logout, though the clock was set back before it.
    if (done.ended?.login === login) login.contact = login.at;
    expect({ id: row.id, engaged: row.engaged, offered: row.offered }).toEqual({
      id: login.id,
      engaged,
      offered,
    });
    if (row.end_reason === null) {
      expect(done.ended?.login).not.toBe(login);
      expect({ name: agent.name, status: row.status, connected: row.connected }).toEqual({
        name: agent.name,
        status: login.status,
        connected: login.connected,
      });
      return;
    }
    if (done.ended?.login === login) expect(row.end_reason).toBe(done.ended.reason);
    else {
      expect(row.end_reason).toBe('lost');
      expect(this.now - login.contact).toBeGreaterThan(GRACE_MS);
    }
    expect([engaged, offered]).toEqual([0, 0]);
    login.ended = true;
    agent.login = undefined;
    this.finished.push({ agent, login });
  }

  private ofKind(login: ModelLogin, state: string): number {
    return this.offers.filter((o) => o.login_id === login.id && o.state === state && !isInvitation(o.kind))
      .length;
  }

  /** Agents Online, here, and with room now. */
  withRoom(): { agent: ModelAgent; login: ModelLogin }[] {
    return this.agents.flatMap((agent) => {
      const { login } = agent;
      return login?.status === 'Online' && login.connected && this.loadOf(login) < agent.capacity
        ? [{ agent, login }]
        : [];
    });
  }

  loadOf(login: ModelLogin): number {
    const { engaged, offered } = login.spans[login.spans.length - 1] as Span;
    return engaged + offered;
  }

  /** Nobody was given more than the capacity; a capacity that was lowered may be exceeded until chats end. */
  private checkNobodyOverfull(): void {
    for (const { login } of this.agents) {
      if (!login) continue;
      const [before, last] = login.spans.slice(-2);
      if (!before || !last) continue;
      const load = last.engaged + last.offered;
      if (load > last.capacity) expect(load).toBeLessThanOrEqual(before.engaged + before.offered);
    }
  }

  private checkOffers(): void {
    const open = this.offers.filter(({ state }) => state === 'open');
    const alone = open.filter(({ kind }) => kind !== 'conference').map(({ chat_id }) => chat_id);
    expect(new Set(alone).size).toBe(alone.length);
    const toOne = open.map(({ chat_id, login_id }) => `${chat_id} ${login_id}`);
    expect(new Set(toOne).size).toBe(toOne.length);
    for (const chat of this.chats) {
      const running = this.engagements.filter((e) => e.chat_id === chat.id && e.running);
      const offers = open.filter((o) => o.chat_id === chat.id);
      expect(running.filter(({ kind }) => kind === 'primary').length).toBe(chat.state === 'engaged' ? 1 : 0);
      if (chat.state === 'ended') expect([running, offers]).toEqual([[], []]);
      expect(offers.some(({ kind }) => !isInvitation(kind))).toBe(chat.state === 'offered');
      for (const { from_login_id } of offers.filter(({ kind }) => isInvitation(kind)))
        expect(running.map(({ login_id }) => login_id)).toContain(from_login_id);
    }
  }

  /** The queue empties while anybody who qualifies, and has not refused, has room. */
  private checkNothingWaitsInVain(): void {
    for (const chat of this.chats) {
      if (chat.state !== 'waiting' || (chat.by_choice && chat.target_user_id === null)) continue;
      const could = this.withRoom().filter(({ agent }) =>
        chat.target_user_id === null
          ? agent.skillIds.some((id) => chat.skill_ids.includes(id))
          : chat.target_user_id === agent.userId,
      );
      const free = could.filter(({ agent }) => !chat.declined_by.includes(agent.userId));
      expect({ chat: chat.id, free: free.map(({ agent }) => agent.name) }).toEqual({
        chat: chat.id,
        free: [],
      });
    }
  }

  /** Each request to be picked is in the list of everyone who may pick it, and of nobody else. */
  private async checkLists(): Promise<void> {
    const rows = await this.db.query<{ login_id: number; chat_id: number }>(
      'SELECT login_id, chat_id FROM listed_request ORDER BY chat_id, login_id',
    );
    const due = this.chats
      .filter((chat) => chat.state === 'waiting' && chat.by_choice && chat.target_user_id === null)
      .flatMap((chat) =>
        this.agents
          .filter(({ login, capacity, skillIds }) =>
            login?.status === 'Online' && capacity > 0
              ? skillIds.some((id) => chat.skill_ids.includes(id))
              : false,
          )
          .map(({ login }) => ({ login_id: login?.id as number, chat_id: chat.id })),
      )
      .sort((a, b) => a.chat_id - b.chat_id || a.login_id - b.login_id);
    expect(rows).toEqual(due);
  }

  private async read(): Promise<readonly LoginRow[]> {
    const ids = this.agents.flatMap(({ login }) => login?.id ?? []);
    this.offers = await this.db.query<OfferRow>(
      `SELECT chat_id, generation, login_id, kind, state, due_at, from_login_id FROM offer
        WHERE login_id = ANY ($1) ORDER BY chat_id, generation`,
      [ids],
    );
    this.engagements = await this.db.query<EngagementRow>(
      `SELECT chat_id, login_id, kind, ended_at IS NULL AS running, flag_raised_at IS NOT NULL AS flagged
         FROM engagement WHERE login_id = ANY ($1) ORDER BY chat_id, generation`,
      [ids],
    );
    this.chats = await this.db.query<ChatRow>(
      `SELECT id, state, by_choice, established_at IS NOT NULL AS established, target_user_id, skill_ids, declined_by,
         transfer FROM chat WHERE state <> 'ended' ORDER BY id`,
    );
    return this.db.query<LoginRow>(
      'SELECT id, user_id, status, connected, engaged, offered, end_reason FROM login WHERE id = ANY ($1)',
      [ids],
    );
  }
}

/** The five times of a login up to its last contact, by walking through what held when. */
export function timesOf(login: ModelLogin) {
  const times = { onlineMs: 0, awayMs: 0, idleMs: 0, inChatsMs: 0, atCapacityMs: 0 };
  for (const [index, span] of login.spans.entries()) {
    const until = Math.min(login.spans[index + 1]?.from ?? login.contact, login.contact);
    const ms = Math.max(0, until - span.from);
    if (span.status === 'Away') times.awayMs += ms;
    else times.onlineMs += ms;
    if (span.engaged > 0) times.inChatsMs += ms;
    if (span.status === 'Online' && span.engaged === 0) times.idleMs += ms;
    if (span.status === 'Online' && span.capacity > 0 && span.engaged + span.offered >= span.capacity)
      times.atCapacityMs += ms;
  }
  return times;
}
