/**
 * Golden files: `name.soql` compiles to exactly `name.sql` and answers exactly `name.json` over the data set of
 * world.ts. `UPDATE_GOLDEN=1 npx vitest run test/query/golden.test.ts` writes them anew; read the difference.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { lexStatement } from '../../src/query/parser.js';
import { makePlan } from '../../src/query/plan.js';
import { bytesOf, startQuery } from '../../src/query/run.js';
import type { TestStore } from '../support/store.js';
import { ada, BASE, openWorld } from './world.js';

const DIRECTORY = new URL('./golden/', import.meta.url);
const names = readdirSync(DIRECTORY)
  .filter((file) => file.endsWith('.soql'))
  .map((file) => file.slice(0, -5));

let world: TestStore;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

function matches(file: string, text: string): void {
  const url = new URL(file, DIRECTORY);
  if (process.env.UPDATE_GOLDEN === '1') writeFileSync(url, text);
  expect(text).toBe(readFileSync(url, 'utf8'));
}

it.each(names)('%s', async (name) => {
  const soql = readFileSync(new URL(`${name}.soql`, DIRECTORY), 'utf8').trim();
  matches(`${name}.sql`, `${makePlan(lexStatement(soql), ada, false).compiled.first.text}\n`);
  const json = (await bytesOf(await startQuery(world.db, ada, soql, { base: BASE }))).toString('utf8');
  // One record a line, and otherwise to the byte.
  matches(`${name}.json`, `${json.replaceAll('},{"attributes"', '},\n{"attributes"')}\n`);
});
