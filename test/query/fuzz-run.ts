/** `npm run fuzz:soql -- [--runs 200000] [--seed n]`: prints what became of the statements, or the one that broke it. */
import { parseArgs } from 'node:util';
import { fuzz } from './fuzz.js';

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '200000' }, seed: { type: 'string' } },
});
const start = performance.now();
const { accepted, refused } = fuzz(
  Number(values.runs),
  values.seed === undefined ? undefined : Number(values.seed),
);
const seconds = ((performance.now() - start) / 1000).toFixed(1);
console.log(`${accepted} accepted, ${refused} refused, nothing else, in ${seconds} s`);
