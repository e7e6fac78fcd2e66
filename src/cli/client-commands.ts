/** `floorwalker client add | list`: the OAuth clients that may ask for tokens. */
import type { Command } from 'commander';
import { addClient, listClients } from '../access/clients.js';
import { isoOf } from '../clock.js';
import { tableLines } from './table.js';
import { withHouse } from './with-house.js';

export function addClientCommands(program: Command, print: (line: string) => void): void {
  const client = program.command('client').description('OAuth clients that may ask for tokens');

  client
    .command('add')
    .description('add a client; with --confidential it gets a secret')
    .argument('<client-id>', 'letters, digits, underscores, dots and hyphens')
    .option('--label <text>')
    .option('--confidential', 'give it a secret that it must show')
    .action(async (clientId: string, options: { label?: string; confidential?: true }) => {
      const { clientSecret } = await withHouse(({ db }) => addClient(db, { clientId, ...options }));
      const secret = clientSecret === undefined ? '' : `  secret: ${clientSecret}   (shown this once)`;
      print(`Added the client ${clientId}.${secret}`);
    });

  client
    .command('list')
    .description('list the clients')
    .action(async () => {
      const clients = await withHouse(({ db }) => listClients(db));
      const rows = clients.map(({ clientId, label, isConfidential, createdAt }) => [
        clientId,
        label,
        isConfidential ? 'with a secret' : 'public',
        isoOf(createdAt),
      ]);
      for (const line of tableLines(['client id', 'label', 'kind', 'created'], rows)) print(line);
    });
}
