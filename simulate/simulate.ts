/** A simulation from beginning to end on a database that is ready and servers that run: seed, day, audit. */
import type { Database } from '../src/store/database.js';
import { type AuditResult, audit } from './audit/audit.js';
import { readRows } from './audit/rows.js';
import { readStored } from './audit/stored.js';
import type { Tally } from './day.js';
import { type Organization, seedOrganization, tokenOf } from './organization.js';
import { createRandom } from './random.js';
import { type DayResult, type Plan, runDay } from './run-day.js';
import type { FloorTimes, ServerProcess, SimulatedServer } from './servers.js';

export interface Simulation {
  readonly db: Database;
  readonly servers: readonly (SimulatedServer | ServerProcess)[];
  readonly times: FloorTimes;
  readonly seed: string;
  readonly agents: number;
  readonly plan: Omit<Plan, 'graceSeconds'>;
  readonly progress?: (tally: Tally, floorMs: number) => void;
  readonly interrupted?: AbortSignal;
}

export interface SimulationResult {
  readonly organization: Organization;
  readonly day: DayResult;
  readonly audit: AuditResult;
}

/** Agents one supervisor walks past. */
const AGENTS_A_SUPERVISOR = 25;

export async function simulate(simulation: Simulation): Promise<SimulationResult> {
  const { db, servers, times, seed, agents, plan } = simulation;
  const random = createRandom(seed);
  const organization = await seedOrganization(
    db,
    { mark: `s${seed.replace(/\W/g, '')}`, agents, supervisors: Math.ceil(agents / AGENTS_A_SUPERVISOR) },
    random.fork('organization'),
  );
  const day = await runDay({
    db,
    organization,
    servers,
    random,
    plan: { ...plan, graceSeconds: times.graceSeconds },
    ...(simulation.progress ? { progress: simulation.progress } : {}),
    ...(simulation.interrupted ? { interrupted: simulation.interrupted } : {}),
  });
  return { organization, day, audit: await auditDay(simulation, organization, day) };
}

/** Reads what is stored now and audits it; to be asked again after the database was changed. */
export async function auditDay(
  { db, servers, times }: Pick<Simulation, 'db' | 'servers' | 'times'>,
  organization: Organization,
  diaries: DayResult,
): Promise<AuditResult> {
  const token = await tokenOf(db, organization.organizationId, organization.administratorId);
  const stored = await readStored(db, organization);
  const rows = await readRows(servers[0]?.url ?? '', token, organization);
  const tolerance = {
    speed: times.speed,
    heartbeatMs: times.heartbeatSeconds * 1000,
    flushMs: times.flushSeconds * 1000,
    graceMs: times.graceSeconds * 1000,
    slowestMs: diaries.tally.slowestMs,
  };
  return audit({ organization, stored, rows, diaries, tolerance });
}
