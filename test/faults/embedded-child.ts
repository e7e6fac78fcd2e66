/**
 * A process that starts the embedded PostgreSQL and says how that went, for the fault tests to kill.
 * Protocol: prints one line of JSON, `{"url","pid"}` or `{"error"}`; then lives until it is killed or its standard
 * input ends, which stops PostgreSQL; then prints `{"stopped":true}`.
 */
import { startEmbedded } from '../../src/store/embedded/start.js';

const options: Parameters<typeof startEmbedded>[0] = {
  ...(JSON.parse(process.argv[2] ?? '{}') as { dataDir: string }),
  log: { info: () => undefined, warn: () => undefined },
};

function say(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

try {
  const embedded = await startEmbedded(options);
  say({ url: embedded.url, pid: embedded.pid });
  process.stdin.resume();
  process.stdin.on('end', () => {
    void embedded.stop().then(() => say({ stopped: true }));
  });
} catch (error) {
  say({ error: (error as Error).message });
}
