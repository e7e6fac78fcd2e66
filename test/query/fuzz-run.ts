/**
 * `npm run fuzz:soql -- [--runs 200000] [--seed n]`: prints what became of the statements, or the one that broke it. Exit
 * code 0 means that this many ran and nothing broke; 1 that one did, or that nothing was tried.
 */
import { parseArgs } from 'node:util';
import { fuzz } from './fuzz.js';

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '200000' }, seed: { type: 'string' } },
});
const runs = Number(values.runs);
if (!Number.isSafeInteger(runs) || runs < 100) throw new Error('--runs takes a whole number from 100 on');
const seed = values.seed === undefined ? undefined : Number(values.seed);
if (seed !== undefined && !Number.isSafeInteger(seed)) throw new Error('--seed takes a whole number');
const start = performance.now();
const { accepted, refused } = fuzz(runs, seed);
const seconds = ((performance.now() - start) / 1000).toFixed(1);
console.log(`${accepted} accepted, ${refused} refused, nothing else, in ${seconds} s`);
if (accepted + refused !== runs || accepted === 0 || refused === 0) {
  throw new Error(
    'the statements are not what they should be: all were accepted, or refused, or some never ran',
  );
}
