/**
 * Files from the visitor (live-agent-chat.md §13.8): the agent asks, the visitor's client sends with a token that opens
 * once, the agent fetches. The bytes lie in the database in pieces, so any process can take or give them and none holds
 * a whole file. What is stored of a file counts only once its transfer says `success`.
 */
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { isoOf } from '../clock.js';
import { ApiError } from '../errors.js';
import type { Queryable } from '../store/database.js';
import type { FloorContext } from './context.js';
import { tellAgents } from './conversation-clocks.js';
import type { Chat, Login } from './entities.js';
import { contentTypeOf, safeFileName } from './file-types.js';
import type { FileFloor, FileTransfer, IncomingFile } from './floor-conversation.js';
import { floorWork } from './floor-work.js';
import { unavailableWhenAway, type Work } from './work.js';

/** How long the visitor may take to begin, and then to send all of it. */
const REQUEST_MS = 15 * 60_000;
const UPLOAD_MS = 3 * 60_000;
const CHUNK_BYTES = 256 * 1024;

interface TransferRow {
  readonly transferId: string;
  readonly chatId: number;
  readonly state: 'requested' | 'uploading' | 'success' | 'failure' | 'cancelled';
  readonly name: string | null;
  readonly contentType: string | null;
  readonly size: number | null;
  readonly requestedAt: number;
}

const COLUMNS = `f.id AS "transferId", f.chat_id AS "chatId", f.state, f.name, f.content_type AS "contentType", f.size,
  f.requested_at AS "requestedAt"`;

/** As both sides see it: whether the visitor has begun to send is nobody's business. */
function shown({ chatId: _, state, ...row }: TransferRow): FileTransfer {
  return { ...row, state: state === 'uploading' ? 'requested' : state };
}

async function openTransfer(work: Work, chat: Chat): Promise<TransferRow | undefined> {
  const [row] = await work.tx.query<TransferRow>(
    `SELECT ${COLUMNS} FROM file_transfer f WHERE f.chat_id = $1 AND f.due_at IS NOT NULL FOR UPDATE`,
    [chat.id],
    'floor.openFile',
  );
  return row;
}

/** Asks the visitor for a file; the agent is in the chat. */
export async function requestFile(work: Work, chat: Chat, login: Login): Promise<FileTransfer> {
  if (!login.settings.mayRequestFile) {
    throw new ApiError('INSUFFICIENT_ACCESS', 'the configuration of this agent does not allow file transfer');
  }
  const open = await openTransfer(work, chat);
  if (open) return shown(open);
  const fileToken = randomBytes(32).toString('base64url');
  const file: FileTransfer = {
    transferId: randomUUID(),
    state: 'requested',
    name: null,
    contentType: null,
    size: null,
    requestedAt: work.now,
  };
  await work.tx.query(
    `INSERT INTO file_transfer (id, chat_id, user_id, token_hash, state, requested_at, due_at)
     VALUES ($1, $2, $3, $4, 'requested', $5, $6)`,
    [
      file.transferId,
      chat.id,
      login.userId,
      hashOf(fileToken),
      isoOf(work.now),
      isoOf(work.now + REQUEST_MS),
    ],
    'floor.requestFile',
  );
  work.note(chat, 'FileTransferRequested', { login });
  // Whoever speaks HTTP adds where to send it to.
  work.post(chat, { type: 'FileTransfer', message: { type: 'Requested', fileToken } });
  await tellAgents(work, chat, { type: 'fileTransfer', chatId: String(chat.id), file });
  return file;
}

/** Takes back what the visitor was asked for; the agent is in the chat. */
export async function cancelFile(work: Work, chat: Chat, login: Login): Promise<void> {
  const open = await openTransfer(work, chat);
  if (open) await finish(work, chat, open, { state: 'cancelled', note: 'FileCanceledAgent', login });
}

type Finish =
  | { readonly state: 'success'; readonly name: string; readonly contentType: string; readonly size: number }
  | { readonly state: 'failure' }
  | { readonly state: 'cancelled'; readonly note: 'FileCanceledAgent'; readonly login: Login };

const NOTES = { success: 'FileTransferSuccess', failure: 'FileTransferFailure' } as const;
/** `type` of the FileTransfer message (live-agent-chat.md §13.7). */
const SAID = { success: 'Success', failure: 'Failure', cancelled: 'Canceled' } as const;

async function finish(work: Work, chat: Chat, open: TransferRow, end: Finish): Promise<FileTransfer> {
  const file: FileTransfer = {
    ...shown(open),
    state: end.state,
    ...(end.state === 'success' ? { name: end.name, contentType: end.contentType, size: end.size } : {}),
  };
  await work.tx.query(
    `UPDATE file_transfer SET state = $2, name = $3, content_type = $4, size = $5, token_hash = NULL, due_at = NULL,
       finished_at = $6 WHERE id = $1`,
    [file.transferId, file.state, file.name, file.contentType, file.size, isoOf(work.now)],
    'floor.finishFile',
  );
  if (end.state !== 'success') {
    await work.tx.query('DELETE FROM file_chunk WHERE transfer_id = $1', [file.transferId], 'floor.dropFile');
  }
  if (chat.state === 'ended') return file;
  if (end.state === 'cancelled') work.note(chat, end.note, { login: end.login });
  else work.note(chat, NOTES[end.state], file.name === null ? {} : { detail: file.name });
  work.post(chat, { type: 'FileTransfer', message: { type: SAID[end.state] } });
  await tellAgents(work, chat, { type: 'fileTransfer', chatId: String(chat.id), file });
  return file;
}

/** Ends a transfer that is still open, under the floor lock; undefined if it is over already. */
function finishOpen(
  context: FloorContext,
  transferId: string,
  chatId: number,
  end: Extract<Finish, { state: 'success' | 'failure' }>,
): Promise<FileTransfer | undefined> {
  return floorWork(context, async (work) => {
    const chat = await work.chat(chatId);
    const open = chat && (await openTransfer(work, chat));
    if (!chat || open?.transferId !== transferId) return undefined;
    // Nobody is left to be given it.
    const isLate = chat.state === 'ended' && end.state === 'success';
    return finish(work, chat, open, isLate ? { state: 'failure' } : end);
  });
}

/** Gives up files that were not sent in time, and those of chats that are over. */
export async function expireFiles(context: FloorContext): Promise<void> {
  const rows = await context.db.query<{ id: string; chat_id: number }>(
    `SELECT f.id, f.chat_id FROM file_transfer f JOIN chat c ON c.id = f.chat_id
      WHERE f.due_at IS NOT NULL AND (f.due_at <= (SELECT floor_now()) OR c.state = 'ended') LIMIT 100`,
    [],
    'floor.dueFiles',
  );
  for (const { id, chat_id } of rows) await finishOpen(context, id, chat_id, { state: 'failure' });
}

export function createFiles(context: FloorContext, limitBytes: number, assertOpen: () => void): FileFloor {
  const { db } = context;

  /** Uses the token up: whatever becomes of this upload, there is no second one. */
  async function begin(chatKey: string, fileToken: string): Promise<{ id: string; chatId: number }> {
    const [row] = await unavailableWhenAway(
      db.query<{ id: string; chatId: number }>(
        `UPDATE file_transfer f SET state = 'uploading', token_hash = NULL, due_at = t.now + $3 * interval '1 ms'
           FROM chat c, (SELECT floor_now() AS now) t
          WHERE f.token_hash = $1 AND f.state = 'requested' AND f.due_at > t.now AND c.id = f.chat_id AND c.chat_key = $2
            AND c.state <> 'ended'
         RETURNING f.id, f.chat_id AS "chatId"`,
        [hashOf(fileToken), chatKey, UPLOAD_MS],
        'floor.beginFile',
      ),
    );
    if (!row) throw new ApiError('NOT_FOUND', 'no file is asked for by this token');
    return row;
  }

  /** Stores what comes; gives its size. */
  async function store(transferId: string, chunks: AsyncIterable<Uint8Array>): Promise<number> {
    let nth = 0;
    let size = 0;
    let waiting: Uint8Array[] = [];
    let waitingBytes = 0;
    const flush = async () => {
      const data = Buffer.concat(waiting);
      waiting = [];
      waitingBytes = 0;
      // Nothing is stored any more of what was taken back or took too long.
      const [row] = await unavailableWhenAway(
        db.query<{ id: string }>(
          `INSERT INTO file_chunk (transfer_id, nth, data)
           SELECT f.id, $2, $3 FROM file_transfer f WHERE f.id = $1 AND f.state = 'uploading' RETURNING transfer_id AS id`,
          [transferId, nth++, data],
          'floor.storeChunk',
        ),
      );
      if (!row) throw new ApiError('INVALID_OPERATION', 'the file is not wanted any more');
    };
    for await (const chunk of chunks) {
      size += chunk.length;
      if (size > limitBytes) {
        throw new ApiError('STRING_TOO_LONG', `the file is larger than ${limitBytes} bytes`, { status: 413 });
      }
      waiting.push(chunk);
      waitingBytes += chunk.length;
      if (waitingBytes >= CHUNK_BYTES) await flush();
    }
    if (waitingBytes > 0) await flush();
    if (size === 0) throw new ApiError('INVALID_INPUT', 'the file is empty');
    return size;
  }

  async function receiveFile(transferId: string, open: () => Promise<IncomingFile>) {
    const incoming = await open();
    const sent = safeFileName(incoming.name);
    const contentType = contentTypeOf(sent);
    if (contentType === undefined) throw new ApiError('INVALID_INPUT', 'files of this kind are not taken');
    // The visitor chose it, so the rules hold for it as for what the visitor says; of what a rule took all, the ending stays.
    const name = safeFileName(context.safety.mask('visitor', sent).text) || `file.${sent.split('.').at(-1)}`;
    return { name, contentType, size: await store(transferId, incoming.chunks) };
  }

  return {
    async receive({ chatKey, fileToken }, open) {
      assertOpen();
      const { id, chatId } = await begin(chatKey, fileToken);
      let received: Awaited<ReturnType<typeof receiveFile>>;
      try {
        received = await receiveFile(id, open);
      } catch (error) {
        await finishOpen(context, id, chatId, { state: 'failure' });
        throw error;
      }
      const file = await finishOpen(context, id, chatId, { state: 'success', ...received });
      if (file?.state !== 'success')
        throw new ApiError('INVALID_OPERATION', 'the file is not wanted any more');
      return file;
    },

    async open(transferId, { userId, maySupervise }) {
      const [row] = await unavailableWhenAway(
        db.query<TransferRow>(
          `SELECT ${COLUMNS} FROM file_transfer f WHERE f.id = $1 AND f.state = 'success'
             AND ($3 OR EXISTS (SELECT FROM engagement e WHERE e.chat_id = f.chat_id AND e.user_id = $2))`,
          [transferId, userId, maySupervise],
          'floor.findFile',
        ),
      );
      if (!row) throw new ApiError('NOT_FOUND', 'no such file');
      return { file: shown(row), chunks: readChunks(db, transferId) };
    },
  };
}

async function* readChunks(db: Queryable, transferId: string): AsyncGenerator<Uint8Array> {
  for (let nth = 0; ; nth += 1) {
    const [row] = await unavailableWhenAway(
      db.query<{ data: Buffer }>(
        'SELECT data FROM file_chunk WHERE transfer_id = $1 AND nth = $2',
        [transferId, nth],
        'floor.readChunk',
      ),
    );
    if (!row) return;
    yield row.data;
  }
}

function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
