/** Files from visitors on a running server: the way it is meant, and everything else somebody may try (live-agent-chat.md §13.8). */
import { randomBytes } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import type { LiveClient } from '../../../src/live-client/client.js';
import { type ChatServer, chatServer, type RawMessage, type RawVisitor } from '../../support/chat-server.js';

const LIMIT = 600_000;

let server: ChatServer;
let ana: LiveClient;
beforeAll(async () => {
  server = await chatServer({ UPLOAD_LIMIT_BYTES: String(LIMIT) });
  await server.changeAgent('ana', { OptionsHasAgentFileTransfer: true, Capacity: 10 });
  ana = await server.agent('ana');
  await ana.request('setStatus', { status: 'Online' });
});
afterAll(() => server?.close());

interface Asked {
  readonly visitor: RawVisitor;
  readonly chatId: string;
  readonly transferId: string;
  readonly url: string;
}

async function chatting(): Promise<{ visitor: RawVisitor; chatId: string }> {
  const visitor = server.visitor();
  await visitor.request();
  const { offerId, chat } = await ana.until((s) => s.offers.find((one) => one.chat.chatKey === visitor.id));
  await ana.request('acceptOffer', { offerId });
  await visitor.until('ChatEstablished');
  return { visitor, chatId: chat.chatId };
}

/** The address a client makes of FileTransfer/Requested. */
async function asked(already?: { visitor: RawVisitor; chatId: string }): Promise<Asked> {
  const { visitor, chatId } = already ?? (await chatting());
  const from = visitor.delivered.length;
  const { file } = await ana.request('requestFile', { chatId });
  const isRequest = ({ message }: { message: Record<string, unknown> }) => message.type === 'Requested';
  while (!visitor.delivered.slice(from).some(isRequest)) await visitor.poll();
  const { message } = visitor.delivered.slice(from).find(isRequest) as RawMessage;
  expect(message).toMatchObject({ type: 'Requested', cdmServletUrl: `${server.url}/chat/files` });
  const query = new URLSearchParams({
    orgId: server.organizationId,
    chatKey: visitor.id,
    fileToken: String(message.fileToken),
    encoding: 'UTF-8',
  });
  return {
    visitor,
    chatId,
    transferId: file.transferId,
    url: `${String(message.uploadServletUrl)}?${query}`,
  };
}

function formOf(name: string, content: Uint8Array | string, type = 'application/octet-stream'): FormData {
  const form = new FormData();
  form.append('filename', name);
  form.append(
    'file',
    new Blob([typeof content === 'string' ? content : new Uint8Array(content)], { type }),
    name,
  );
  return form;
}

const upload = async (url: string, form: FormData) => {
  const answer = await fetch(url, {
    method: 'POST',
    body: form,
    headers: { referer: `${server.url}/chat/files` },
  });
  return { status: answer.status, text: await answer.text() };
};

const fetched = async (transferId: string, who: string | undefined) =>
  fetch(`${server.url}/chat/files/${transferId}`, {
    headers: who === undefined ? {} : { authorization: `Bearer ${await server.token(who)}` },
  });

const fileOf = ({ chatId, transferId }: Pick<Asked, 'chatId' | 'transferId'>) =>
  ana
    .snapshot()
    .chats.find((one) => one.chat.chatId === chatId)
    ?.files.find((one) => one.transferId === transferId);

describe('the way it is meant', () => {
  it('carries a file of many pieces to the agent, byte for byte, and both sides learn how it went', async () => {
    const one = await asked();
    const content = randomBytes(LIMIT - 1);
    const from = one.visitor.delivered.length;
    expect(await upload(one.url, formOf('Häßliche Rechnung "1".PDF', content, 'text/html'))).toEqual({
      status: 200,
      text: 'OK',
    });
    await ana.until(() => fileOf(one)?.state === 'success' || undefined);
    expect(fileOf(one)).toMatchObject({
      name: 'Häßliche Rechnung 1.PDF',
      contentType: 'application/pdf',
      size: content.length,
    });
    expect((await one.visitor.until('FileTransfer', from)).message).toEqual({ type: 'Success' });
    const answer = await fetched(one.transferId, 'ana');
    expect(answer.status).toBe(200);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'application/pdf',
      'content-length': String(content.length),
      'content-disposition': `attachment; filename="H__liche Rechnung 1.PDF"; filename*=UTF-8''H%C3%A4%C3%9Fliche%20Rechnung%201.PDF`,
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; sandbox",
      'cache-control': 'private, no-store',
    });
    expect(Buffer.from(await answer.arrayBuffer()).equals(content)).toBe(true);
    // Another one may be asked for in the same chat.
    const again = await asked(one);
    expect(again.transferId).not.toBe(one.transferId);
    await ana.request('cancelFile', { chatId: one.chatId });
  });

  it('only those who are or were in the chat may fetch it, and supervisors', async () => {
    const one = await asked();
    expect((await upload(one.url, formOf('note.txt', 'hello'))).status).toBe(200);
    const before = [
      (await fetched(one.transferId, undefined)).status,
      (await fetched(one.transferId, 'ben')).status,
      (await fetched(one.transferId, 'admin')).status,
      (await fetched('00000000-0000-0000-0000-000000000000', 'ana')).status,
      (await fetched('..%2F..%2Fetc%2Fpasswd', 'ana')).status,
    ];
    expect(before).toEqual([401, 404, 200, 404, 404]);
    await ana.request('endChat', { chatId: one.chatId });
    expect((await fetched(one.transferId, 'ana')).status).toBe(200);
  });

  it('taken back by the agent it is closed to the visitor', async () => {
    const one = await asked();
    const same = await ana.request('requestFile', { chatId: one.chatId });
    expect(same.file.transferId).toBe(one.transferId);
    const from = one.visitor.delivered.length;
    await ana.request('cancelFile', { chatId: one.chatId });
    await ana.request('cancelFile', { chatId: one.chatId });
    expect((await one.visitor.until('FileTransfer', from)).message).toEqual({ type: 'Canceled' });
    expect((await upload(one.url, formOf('a.txt', 'late'))).status).toBe(404);
    expect((await fetched(one.transferId, 'ana')).status).toBe(404);
  });

  it('leaves its events in the transcript', async () => {
    const one = await asked();
    await upload(one.url, formOf('a.exe', 'x'));
    const two = await asked(one);
    await upload(two.url, formOf('b.png', 'y'));
    await asked(one);
    await ana.request('cancelFile', { chatId: one.chatId });
    await ana.request('endChat', { chatId: one.chatId });
    const rows = () =>
      server.db.query<{ type: string; detail: string | null }>(
        `SELECT e.type, e.detail FROM so_live_chat_transcript_event e JOIN so_live_chat_transcript t ON t.id = e.live_chat_transcript_id
          WHERE t.chat_key = $1 AND e.type LIKE 'File%' ORDER BY e.id`,
        [one.visitor.id],
      );
    await expect.poll(async () => (await rows()).length, { timeout: 5_000 }).toBe(6);
    expect((await rows()).map(({ type, detail }) => [type, detail])).toEqual([
      ['FileTransferRequested', null],
      ['FileTransferFailure', null],
      ['FileTransferRequested', null],
      ['FileTransferSuccess', 'b.png'],
      ['FileTransferRequested', null],
      ['FileCanceledAgent', null],
    ]);
  });

  it('is not for an agent whose configuration does not allow it', async () => {
    const { chatId } = await chatting();
    await server.changeAgent('ana', { OptionsHasAgentFileTransfer: false });
    await ana.until((s) => !s.settings.mayRequestFile || undefined);
    await expect(ana.request('requestFile', { chatId })).rejects.toMatchObject({
      code: 'INSUFFICIENT_ACCESS',
    });
    await server.changeAgent('ana', { OptionsHasAgentFileTransfer: true });
    await ana.until((s) => s.settings.mayRequestFile || undefined);
    await ana.request('endChat', { chatId });
  });
});

describe('hostile visitors', () => {
  it('one token opens once, also when two use it at the same moment, and only for its own chat', async () => {
    const one = await asked();
    const foreign = one.url.replace(one.visitor.id, '00000000-0000-0000-0000-000000000000');
    expect((await upload(foreign, formOf('a.txt', 'x'))).status).toBe(404);
    const answers = await Promise.all([1, 2, 3].map(() => upload(one.url, formOf('a.txt', 'x'))));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 404, 404]);
    expect((await upload(one.url, formOf('a.txt', 'x'))).status).toBe(404);
    for (const bad of ['', '?', '?chatKey=a', '?chatKey=a&fileToken=b', '?chatKey=a&chatKey=b&fileToken=c']) {
      expect((await upload(`${server.url}/chat/files/upload${bad}`, formOf('a.txt', 'x'))).status).toBe(404);
    }
  });

  test.each([
    ['../../../etc/cron.d/evil.txt', 'evil.txt'],
    ['C:\\Windows\\system32\\calc.exe.png', 'calc.exe.png'],
    ['..%2f..%2fa.txt', '%2f.%2fa.txt'],
    ['\u202egnp.exe.txt', 'gnp.exe.txt'],
    ['a\r\nX-Evil: 1.txt', expect.stringMatching(/^[^\r\n:]*\.txt$/)],
    [`${'long'.repeat(200)}.pdf`, expect.stringMatching(/^(long)+l?o?n?\.pdf$/)],
    ['<script>.txt', 'script.txt'],
  ])('the name %j becomes harmless', async (name, expected) => {
    const one = await asked();
    // By hand: FormData would escape it.
    const boundary = 'b0undary';
    const body = `--${boundary}\r\ncontent-disposition: form-data; name="filename"\r\n\r\n${name}\r\n--${boundary}\r\ncontent-disposition: form-data; name="file"; filename=""\r\ncontent-type: application/octet-stream\r\n\r\nhello\r\n--${boundary}--\r\n`;
    const answer = await fetch(one.url, {
      method: 'POST',
      body,
      headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
    });
    expect(answer.status).toBe(200);
    await ana.until(() => fileOf(one)?.state === 'success' || undefined);
    expect(fileOf(one)?.name).toEqual(expected);
    const header = (await fetched(one.transferId, 'ana')).headers.get('content-disposition') ?? '';
    expect(header).toMatch(/^attachment; filename="[\x20-\x7e]*"; filename\*=UTF-8''[\w%.!~-]+$/);
    expect(header.split('filename=')[1]?.split(';')[0]).not.toMatch(/[/\\]|\.\./);
    await ana.request('endChat', { chatId: one.chatId });
  });

  test.each([
    ['a program', formOf('a.exe', 'MZ'), 415],
    ['a page', formOf('a.html', '<script>'), 415],
    ['an image that runs', formOf('a.svg', '<svg onload=1>'), 415],
    ['no ending', formOf('passwd', 'x'), 415],
    ['only dots', formOf('...', 'x'), 415],
    ['nothing in it', formOf('a.txt', ''), 415],
    ['too large by one byte', formOf('a.txt', randomBytes(LIMIT + 1)), 413],
    ['too large by far', formOf('a.txt', Buffer.alloc(20_000_000)), 413],
    ['a form without a file', new FormData(), 400],
  ])('%s is refused, the agent learns that it failed, nothing of it is kept', async (_what, form, status) => {
    const one = await asked();
    const from = one.visitor.delivered.length;
    const answer = await upload(one.url, form);
    expect(answer.status).toBe(status);
    expect(answer.text).not.toMatch(/Error|at |\/src\//);
    await ana.until(() => fileOf(one)?.state === 'failure' || undefined);
    expect((await one.visitor.until('FileTransfer', from)).message).toEqual({ type: 'Failure' });
    expect(
      await server.db.query('SELECT nth FROM file_chunk WHERE transfer_id = $1', [one.transferId]),
    ).toEqual([]);
    await ana.request('endChat', { chatId: one.chatId });
  });

  test.each([
    ['application/json', '{"file":"x"}'],
    ['multipart/form-data', 'no boundary'],
    ['multipart/form-data; boundary=x', '--x\r\nrubbish'],
    ['multipart/form-data; boundary=x', ''],
    [undefined, 'x'],
  ])('a body that is no form (%s, %j) is refused', async (contentType, body) => {
    const one = await asked();
    const answer = await fetch(one.url, {
      method: 'POST',
      body: Buffer.from(body),
      headers: contentType === undefined ? {} : { 'content-type': contentType },
    });
    expect([400, 415]).toContain(answer.status);
    await ana.until(() => fileOf(one)?.state === 'failure' || undefined);
    await ana.request('endChat', { chatId: one.chatId });
  });

  it('one who goes away in the middle leaves nothing; one who dawdles is given up', async () => {
    const one = await asked();
    const { hostname, port, pathname, search } = new URL(one.url);
    const sending = httpRequest({
      hostname,
      port,
      path: pathname + search,
      method: 'POST',
      headers: { 'content-type': 'multipart/form-data; boundary=x', 'content-length': '500000' },
    });
    sending.on('error', () => {});
    sending.write(
      `--x\r\ncontent-disposition: form-data; name="file"; filename="a.txt"\r\n\r\n${'a'.repeat(300_000)}`,
    );
    await expect
      .poll(
        async () =>
          (await server.db.query('SELECT nth FROM file_chunk WHERE transfer_id = $1', [one.transferId]))
            .length,
        { timeout: 5_000 },
      )
      .toBe(1);
    sending.destroy();
    await ana.until(() => fileOf(one)?.state === 'failure' || undefined);
    expect(
      await server.db.query('SELECT nth FROM file_chunk WHERE transfer_id = $1', [one.transferId]),
    ).toEqual([]);

    const two = await asked(one);
    await server.db.query(
      `UPDATE file_transfer SET due_at = (SELECT floor_now()) - interval '1 second' WHERE id = $1`,
      [two.transferId],
    );
    await ana.until(() => fileOf(two)?.state === 'failure' || undefined);
    expect((await upload(two.url, formOf('a.txt', 'late'))).status).toBe(404);
  });

  it('a chat that is over takes no file', async () => {
    const one = await asked();
    await ana.request('endChat', { chatId: one.chatId });
    expect((await upload(one.url, formOf('a.txt', 'x'))).status).toBe(404);
    const state = async () =>
      (
        await server.db.query<{ state: string }>('SELECT state FROM file_transfer WHERE id = $1', [
          one.transferId,
        ])
      )[0]?.state;
    await expect.poll(state, { timeout: 5_000 }).toBe('failure');
  });
});
