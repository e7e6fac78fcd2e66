/**
 * Rows by id through the query compiler: what GET of a row with `?fields=` and the retrieve calls need. One prepared
 * point select a combination of object and fields (salesforce-data-api.md §11).
 */
import type { AccessSnapshot, Caller } from '../access/caller.js';
import { ApiError } from '../errors.js';
import type { SObjectDescription } from '../objects/language.js';
import { descriptionsVersion, fieldsAt } from '../objects/registry.js';
import { hasColumn } from '../store/columns.js';
import type { Queryable } from '../store/database.js';
import { bind, CALENDAR_FISCAL_YEAR } from './parameters.js';
import { type Plan, type Planned, planOf, type StatementKind } from './plan.js';
import { columnText } from './render/columns.js';
import { contextOf } from './render/json.js';
import { openSink, takeChunk } from './render/sink.js';

/** The names of all fields of an object a caller may read, in describe order. */
export function readableFieldNames(caller: Caller, object: SObjectDescription): string[] {
  return fieldsAt(object, caller.apiVersion)
    .filter(
      (field) =>
        (hasColumn(field) || field.perUser === true) && caller.access.field(object.name, field.name).read,
    )
    .map((field) => field.name);
}

/**
 * One row as the bytes of its JSON record, or undefined where it is unknown, deleted or hidden. `id` has 18 characters.
 * Parent paths are fields too. Throws INVALID_FIELD, with the excerpt of `SELECT … FROM …`, for an unknown field.
 */
export async function retrieveById(
  db: Queryable,
  caller: Caller,
  object: SObjectDescription,
  id: string,
  fields: readonly string[],
  base: string,
): Promise<Buffer | undefined> {
  const planned = planOfFields(caller, object, fields);
  const [row] = await readRows(db, caller, planned, 'by-id', { id });
  return row === undefined ? undefined : render(planned, caller, base, row);
}

/** Writes one row in a protocol's own form. */
export type RenderRow = (plan: Plan, caller: Caller, row: Buffer) => Buffer;

/**
 * Rows in the order of their ids (18 characters each), undefined for those that are unknown, deleted or hidden. JSON
 * records unless `renderRow` says otherwise.
 */
export async function retrieveByIds(
  db: Queryable,
  caller: Caller,
  object: SObjectDescription,
  ids: readonly string[],
  fields: readonly string[],
  base: string,
  renderRow?: RenderRow,
): Promise<(Buffer | undefined)[]> {
  const planned = planOfFields(caller, object, fields);
  const rows = await readRows(db, caller, planned, 'by-ids', { ids: [...new Set(ids)] });
  const { columnCount, compiled } = planned.plan;
  const found = new Map(
    rows.map((row) => [
      columnText(row, columnCount, compiled.idColumn as number),
      renderRow?.(planned.plan, caller, row) ?? render(planned, caller, base, row),
    ]),
  );
  return ids.map((id) => found.get(id));
}

const FIELD_PATH = /^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*$/;

/** Plans of the lists of fields asked for lately, a snapshot of rights; a client asks for the same ones all day. */
const PLANNED = new WeakMap<AccessSnapshot, Map<string, Planned>>();
const PLANNED_MAX = 50;

function planOfFields(caller: Caller, object: SObjectDescription, fields: readonly string[]): Planned {
  // With their number: a name that holds a comma is no two names.
  const key = `${caller.apiVersion} ${descriptionsVersion()} ${object.name} ${fields.length} ${fields.join()}`;
  let known = PLANNED.get(caller.access);
  if (known === undefined) {
    known = new Map();
    PLANNED.set(caller.access, known);
  }
  let planned = known.get(key);
  if (planned === undefined) {
    planned = makePlanOfFields(caller, object, fields);
    if (known.size >= PLANNED_MAX) known.clear();
    known.set(key, planned);
  }
  return planned;
}

function makePlanOfFields(caller: Caller, object: SObjectDescription, fields: readonly string[]): Planned {
  const names = fields.length === 0 ? readableFieldNames(caller, object) : fields;
  const odd = names.find((name) => !FIELD_PATH.test(name));
  if (odd !== undefined)
    throw new ApiError('INVALID_FIELD', `No such column '${odd}' on sobject of type ${object.name}`);
  return planOf(`SELECT ${names.join(', ')} FROM ${object.name}`, caller, false);
}

async function readRows(
  db: Queryable,
  caller: Caller,
  { plan, lexed }: Planned,
  kind: StatementKind,
  run: Readonly<Record<string, unknown>>,
): Promise<Buffer[]> {
  const { text, parameters, name } = plan.statement(kind);
  const values = bind(parameters, {
    lexed,
    caller,
    now: Number.NaN,
    weekStart: 0,
    fiscal: CALENDAR_FISCAL_YEAR,
    computed: new Map(),
    run,
  });
  const { rows } = await db.dataRows(name === undefined ? { text, values } : { text, values, name });
  return rows;
}

function render({ plan }: Planned, caller: Caller, base: string, row: Buffer): Buffer {
  const renderer = plan.json(base);
  const sink = openSink(renderer.room(row));
  renderer.write(sink, row, contextOf(caller));
  return takeChunk(sink);
}
