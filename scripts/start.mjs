/**
 * `npm start`: builds when needed, then is the server: it runs in this very process, so that signals and the exit
 * code are the server's own. Arguments go to `floorwalker start`.
 */
import { build } from './build.mjs';

const MAIN = new URL('../dist/cli.js', import.meta.url);

if (build()) {
  process.argv.splice(1, 1, MAIN.pathname, 'start');
  await import(MAIN.href);
} else {
  console.error(
    'There is no dist/ to run: install with npm ci (development dependencies included) and try again.',
  );
  process.exitCode = 1;
}
