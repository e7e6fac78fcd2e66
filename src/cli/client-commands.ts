/** `floorwalker client add | list`: the OAuth clients that may ask for tokens. */
import { addClient, listClients } from '../access/clients.js';
import { isoOf } from '../clock.js';
import { tableLines } from './table.js';
import { withHouse } from './with-house.js';

export interface ClientAddOptions {
  readonly label?: string;
  readonly confidential?: true;
}

/** Each command answers with the lines to print. */
export async function clientAdd(clientId: string, options: ClientAddOptions): Promise<string[]> {
  const { clientSecret } = await withHouse(({ db }) => addClient(db, { clientId, ...options }));
  const secret = clientSecret === undefined ? '' : `  secret: ${clientSecret}   (shown this once)`;
  return [`Added the client ${clientId}.${secret}`];
}

export async function clientList(): Promise<string[]> {
  const clients = await withHouse(({ db }) => listClients(db));
  const rows = clients.map(({ clientId, label, isConfidential, createdAt }) => [
    clientId,
    label,
    isConfidential ? 'with a secret' : 'public',
    isoOf(createdAt),
  ]);
  return tableLines(['client id', 'label', 'kind', 'created'], rows);
}
