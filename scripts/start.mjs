/**
 * `npm start`: builds when needed, then is the server: it runs in this very process, so that signals and the exit
 * code are the server's own. Arguments go to `floorwalker start`.
 */
import { build } from './build.mjs';

const MAIN = new URL('../dist/cli.js', import.meta.url);
const PARENT_CHECK_MS = 250;

/**
 * npm starts us through a shell and passes a signal on to that shell only, which ends without a word to us (and
 * `exec` in the script would not run on Windows). So the end of our parent is taken for the signal it got.
 */
function stopWithParent() {
  const parent = process.ppid;
  const check = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(check);
    process.kill(process.pid, 'SIGTERM');
  }, PARENT_CHECK_MS);
  check.unref();
}

if (build()) {
  if (process.env.npm_lifecycle_event === 'start') stopWithParent();
  process.argv.splice(1, 1, MAIN.pathname, 'start');
  await import(MAIN.href);
} else {
  console.error(
    'There is no dist/ to run: install with npm ci (development dependencies included) and try again.',
  );
  process.exitCode = 1;
}
