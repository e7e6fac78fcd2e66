/**
 * The floor under the figures: what `ws`, node:http, pg and PostgreSQL do by themselves when every message is inserted
 * before it is answered, and nothing else is done. Run by run.ts; DATABASE_URL in the environment.
 */
import { createServer } from 'node:http';
import pg from 'pg';
import { WebSocketServer } from 'ws';

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 8 });
const insert = (chat, text) =>
  pool.query({
    name: 'insert',
    text: 'INSERT INTO bench_line (chat, text) VALUES ($1, $2)',
    values: [chat, text],
  });

/** Long polls that are held, and what waits for those that are not. */
const held = new Map();
const waiting = new Map();

function deliver(chat, text) {
  const poll = held.get(chat);
  if (poll === undefined) waiting.set(chat, [...(waiting.get(chat) ?? []), text]);
  else {
    held.delete(chat);
    poll.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ messages: [text] }));
  }
}

const server = createServer((request, response) => {
  const chat = request.headers['x-liveagent-session-key'];
  if (request.method === 'GET') {
    const messages = waiting.get(chat);
    waiting.delete(chat);
    if (messages === undefined) held.set(chat, response);
    else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ messages }));
    return;
  }
  let body = '';
  request.on('data', (chunk) => {
    body += chunk;
  });
  request.on('end', async () => {
    const { text } = JSON.parse(body);
    await insert(chat, text);
    response.writeHead(200, { 'content-type': 'text/plain' }).end('OK');
    // The other side's line: its own message, durable before it is delivered.
    if (request.url === '/exchange') {
      await insert(chat, text);
      deliver(chat, text);
    }
  });
});
new WebSocketServer({ server, perMessageDeflate: false }).on('connection', (socket) => {
  socket.on('message', async (data) => {
    const { id, params } = JSON.parse(data.toString());
    await insert(params.chatId, params.text);
    socket.send(JSON.stringify({ type: 'response', id }));
  });
});
server.listen(0, '127.0.0.1', () => console.log(`bare at ${server.address().port}`));
