/**
 * A small model of the floor: what each agent's login must have counted and measured, from the commands given, the
 * clock, and who was put before whom. It knows nothing of the meter or the log. Whom routing chose it learns from the
 * rows of offers and engagements; who could have been chosen it knows itself, from its agents, its buttons, what was asked
 * for and who declined. It checks that each choice was allowed and that nothing that could go on waits.
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

export interface ModelButton {
  readonly id: string;
  skillIds: readonly string[];
  readonly byChoice: boolean;
  readonly hasQueue: boolean;
  /** How often what everybody declined is offered again. */
  readonly attempts: number;
}

/** Where a request is to be tried: an agent and nobody else, or a button. */
export interface ModelTarget {
  readonly agentId: string | null;
  readonly buttonId: string | null;
}

/** What the model knows of a chat. */
interface ModelChat {
  readonly targets: readonly ModelTarget[];
  /** Since somebody was last in it, in this round of offers: who declined, and who declined or let it time out. */
  readonly declined: Set<string>;
  readonly asked: Set<string>;
  attempts: number;
  engagedGeneration: number;
}

export interface OfferRow {
  readonly chat_id: number;
  readonly generation: number;
  readonly login_id: number;
  readonly user_id: string;
  readonly kind: string;
  readonly state: string;
  readonly due_at: number | null;
  readonly from_login_id: number | null;
}

export interface EngagementRow {
  readonly chat_id: number;
  readonly generation: number;
  readonly login_id: number;
  readonly kind: string;
  readonly running: boolean;
  readonly flagged: boolean;
}

export interface ChatRow {
  readonly id: number;
  readonly chat_key: string;
  readonly state: string;
  readonly button_id: string | null;
  readonly established: boolean;
  readonly attempts: number;
  /** Of the last agent who came into it; 0: nobody yet. */
  readonly engaged_generation: number;
  readonly last_operator_user_id: string | null;
  readonly transfer: {
    readonly fromLoginId: number;
    readonly fromUserId: string;
    readonly to: { readonly kind: string };
    readonly returning: boolean;
  } | null;
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

const overlap = (some: readonly string[], others: readonly string[]) =>
  some.some((id) => others.includes(id));
const isInvitation = (kind: string) => kind === 'transfer' || kind === 'conference';

export class FloorModel {
  now = 0;
  goodSince = 0;
  offers: readonly OfferRow[] = [];
  engagements: readonly EngagementRow[] = [];
  chats: readonly ChatRow[] = [];
  private readonly known = new Map<string, ModelChat>();
  readonly finished: { readonly agent: ModelAgent; readonly login: ModelLogin }[] = [];

  constructor(
    readonly agents: readonly ModelAgent[],
    readonly buttons: readonly ModelButton[],
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

  requested(chatKey: string, targets: readonly ModelTarget[]): void {
    this.known.set(chatKey, {
      targets,
      declined: new Set(),
      asked: new Set(),
      attempts: 0,
      engagedGeneration: 0,
    });
  }

  private knownOf(chat: ChatRow): ModelChat {
    const known = this.known.get(chat.chat_key);
    if (!known) throw new Error(`chat ${chat.id} was never asked for`);
    return known;
  }

  private buttonOf(id: string | null): ModelButton | undefined {
    return this.buttons.find((button) => button.id === id);
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
    const news = this.offers.filter(
      (o) => !before.offers.some((b) => b.chat_id === o.chat_id && b.generation === o.generation),
    );
    this.learnRefusals(before.offers);
    this.checkNobodyOverfull();
    this.checkOffers();
    this.checkChoices(news);
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
    if (done.ended?.login === login) {
      login.contact = done.ended.reason === 'logout' ? login.at : Math.min(login.contact, login.at);
    }
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

  /** Who declined a chat, or let it time out, in its present round; a round that ends must have asked everybody. */
  private learnRefusals(before: readonly OfferRow[]): void {
    for (const chat of this.chats) {
      const known = this.knownOf(chat);
      if (chat.engaged_generation !== known.engagedGeneration) {
        known.declined.clear();
        known.asked.clear();
        known.attempts = 0;
        known.engagedGeneration = chat.engaged_generation;
      }
      for (const offer of this.offers) {
        if (offer.chat_id !== chat.id || isInvitation(offer.kind)) continue;
        if (offer.generation <= known.engagedGeneration) continue;
        const was = before.find((o) => o.chat_id === offer.chat_id && o.generation === offer.generation);
        if (was?.state === offer.state) continue;
        if (offer.state === 'declined') known.declined.add(offer.user_id);
        if (offer.state === 'declined' || offer.state === 'timedOut') known.asked.add(offer.user_id);
      }
      if (chat.attempts > known.attempts) {
        const [button, ...others] = this.openTo(chat);
        if (button && others.length === 0 && chat.transfer === null) {
          expect(chat.attempts).toBeLessThanOrEqual(button.attempts);
          const there = button.hasQueue || chat.established ? this.there(button.skillIds) : [];
          expect(there.filter(({ userId }) => !known.asked.has(userId))).toEqual([]);
        }
        known.declined.clear();
        known.asked.clear();
      }
      known.attempts = chat.attempts;
    }
  }

  /** Agents Online, full or not, who take chats. */
  private there(skillIds: readonly string[]): ModelAgent[] {
    return this.agents.filter(
      (agent) => agent.login?.status === 'Online' && agent.capacity > 0 && overlap(agent.skillIds, skillIds),
    );
  }

  /** The buttons whose agents may have the chat now. */
  private openTo(chat: ChatRow): ModelButton[] {
    const here = this.buttonOf(chat.button_id);
    if (chat.established && !here) {
      // The skills of the agent it was with stand for a button.
      const last = this.agents.find(({ userId }) => userId === chat.last_operator_user_id);
      return [{ id: '', skillIds: last?.skillIds ?? [], byChoice: false, hasQueue: false, attempts: 0 }];
    }
    if (here && (chat.established || this.isAtButton(chat))) return [here];
    return this.knownOf(chat).targets.flatMap(({ agentId, buttonId }) =>
      agentId === null ? (this.buttonOf(buttonId) ?? []) : [],
    );
  }

  private isAtButton({ transfer }: ChatRow): boolean {
    return transfer?.to.kind === 'button' && !transfer.returning;
  }

  /** Waits to be picked. */
  isListed(chat: ChatRow): boolean {
    return chat.state === 'waiting' && (this.buttonOf(chat.button_id)?.byChoice ?? false);
  }

  /** Whether the agent has a skill of the button the chat is at. */
  isFor(chat: ChatRow, agent: ModelAgent): boolean {
    return overlap(agent.skillIds, this.buttonOf(chat.button_id)?.skillIds ?? []);
  }

  /** Who was put before whom by this command: qualified, not refused before, and straight to one agent but once. */
  private checkChoices(news: readonly OfferRow[]): void {
    for (const offer of news) {
      const chat = this.chats.find(({ id }) => id === offer.chat_id);
      if (!chat) continue;
      const agent = this.agents.find(({ userId }) => userId === offer.user_id) as ModelAgent;
      const about = `offer ${offer.chat_id}-${offer.generation} to ${agent.name}`;
      if (offer.kind === 'push') {
        const skillIds = this.openTo(chat).flatMap((button) => button.skillIds);
        expect(overlap(agent.skillIds, skillIds), about).toBe(true);
        if (offer.state === 'open') expect(this.knownOf(chat).declined.has(agent.userId), about).toBe(false);
      }
      if (offer.kind !== 'direct') continue;
      const before = this.offers.findLast(
        (o) =>
          o.kind === 'direct' &&
          o.chat_id === offer.chat_id &&
          o.login_id === offer.login_id &&
          o.generation < offer.generation,
      );
      const between = this.engagements.some(
        (e) =>
          e.chat_id === offer.chat_id &&
          e.generation >= (before?.generation ?? 0) &&
          e.generation < offer.generation,
      );
      if (before) expect(between, `${about}: asked once`).toBe(true);
    }
  }

  /** The queue empties while anybody who qualifies, and has not refused, has room. */
  private checkNothingWaitsInVain(): void {
    for (const chat of this.chats) {
      if (chat.state !== 'waiting') continue;
      const buttons = this.openTo(chat);
      expect(buttons.length, `chat ${chat.id} waits for somebody`).toBeGreaterThan(0);
      if (this.isListed(chat)) {
        const here = this.buttonOf(chat.button_id) as ModelButton;
        const waits = here.hasQueue || chat.established || this.there(here.skillIds).length > 0;
        expect(waits, `somebody sees chat ${chat.id}`).toBe(true);
        continue;
      }
      const sender = this.isAtButton(chat) ? chat.transfer?.fromUserId : undefined;
      const { declined } = this.knownOf(chat);
      const others = buttons
        .flatMap(({ skillIds }) => this.there(skillIds))
        .filter(({ userId }) => userId !== sender && !declined.has(userId));
      const free = this.withRoom().filter(({ agent }) => {
        const its = buttons.filter(({ skillIds }) => overlap(agent.skillIds, skillIds));
        if (its.length === 0 || agent.userId === sender) return false;
        if (!declined.has(agent.userId)) return true;
        return others.length === 0 && its.some(({ attempts }) => chat.attempts < attempts);
      });
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
      .filter((chat) => this.isListed(chat))
      .flatMap((chat) =>
        this.agents
          .filter(
            (agent) => agent.login?.status === 'Online' && agent.capacity > 0 && this.isFor(chat, agent),
          )
          .map(({ login }) => ({ login_id: login?.id as number, chat_id: chat.id })),
      )
      .sort((a, b) => a.chat_id - b.chat_id || a.login_id - b.login_id);
    expect(rows).toEqual(due);
  }

  private async read(): Promise<readonly LoginRow[]> {
    const ids = this.agents.flatMap(({ login }) => login?.id ?? []);
    this.offers = await this.db.query<OfferRow>(
      `SELECT chat_id, generation, login_id, user_id, kind, state, due_at, from_login_id FROM offer
        WHERE login_id = ANY ($1) ORDER BY chat_id, generation`,
      [ids],
    );
    this.engagements = await this.db.query<EngagementRow>(
      `SELECT chat_id, generation, login_id, kind, ended_at IS NULL AS running, flag_raised_at IS NOT NULL AS flagged
         FROM engagement WHERE login_id = ANY ($1) ORDER BY chat_id, generation`,
      [ids],
    );
    this.chats = await this.db.query<ChatRow>(
      `SELECT id, chat_key, state, button_id, established_at IS NOT NULL AS established, attempts, transfer,
         coalesce((SELECT max(e.generation) FROM engagement e WHERE e.chat_id = chat.id), 0) AS engaged_generation,
         last_operator_user_id
       FROM chat WHERE state <> 'ended' ORDER BY id`,
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
