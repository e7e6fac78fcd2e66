/** What a console or a supervisor's panel shows beside the chats: names for ids, what to ring for, files of a watched chat. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LiveClient } from '../../../src/live-client/client.js';
import { type ChatServer, chatServer } from '../../support/chat-server.js';

let server: ChatServer;
let ana: LiveClient;
let sue: LiveClient;
beforeAll(async () => {
  server = await chatServer();
  [ana, sue] = await Promise.all([server.agent('ana'), server.agent('supervisor')]);
});
afterAll(() => server?.close());

describe('the directory', () => {
  it('names what chats give ids of, for everybody, also without a login', async () => {
    const read = (table: string) =>
      server.db.query<{ id: string; label: string }>(
        `SELECT id, master_label AS label FROM ${table} WHERE NOT is_deleted ORDER BY master_label, id`,
      );
    const expected = {
      buttons: await read('so_live_chat_button'),
      skills: await read('so_skill'),
      deployments: await read('so_live_chat_deployment'),
    };
    expect(expected.buttons.map(({ id }) => id)).toContain(server.buttonId);
    expect(await ana.request('getDirectory', {})).toEqual(expected);
    expect(await sue.request('getDirectory', {})).toEqual(expected);
    await server.db.query('UPDATE so_skill SET is_deleted = true WHERE id = $1', [expected.skills[0]?.id]);
    expect((await ana.request('getDirectory', {})).skills).toEqual(expected.skills.slice(1));
    await server.db.query('UPDATE so_skill SET is_deleted = false WHERE id = $1', [expected.skills[0]?.id]);
  });
});

describe('sounds and notifications', () => {
  it('are as the configuration says, and change with it', async () => {
    const shown = () => {
      const { hasRequestSound, hasLogoutSound, hasNotifications } = ana.snapshot().settings;
      return [hasRequestSound, hasLogoutSound, hasNotifications];
    };
    const set = (on: boolean) =>
      server.changeAgent('ana', { HasRequestSound: on, HasLogoutSound: !on, HasNotifications: on });
    await set(false);
    await ana.request('setStatus', { status: 'Away' });
    expect(shown()).toEqual([false, true, false]);
    await set(true);
    await expect.poll(shown, { timeout: 3_000 }).toEqual([true, false, true]);
    await ana.request('logout', {});
  });
});

describe('a watched chat', () => {
  it('shows the files its visitor was asked for, and what became of them', async () => {
    await server.changeAgent('ana', { OptionsHasAgentFileTransfer: true });
    await ana.request('setStatus', { status: 'Online' });
    await ana.until(({ settings }) => settings.mayRequestFile);
    const visitor = server.visitor();
    await visitor.request();
    const { offerId } = await ana.until((s) => s.offers[0]);
    const { chatId } = (await ana.request('acceptOffer', { offerId })).chat.chat;
    expect((await sue.watchChat(chatId)).files).toEqual([]);
    const { file } = await ana.request('requestFile', { chatId });
    await expect.poll(() => sue.watched(chatId)?.files).toEqual([file]);
    await sue.unwatchChat(chatId);
    expect((await sue.watchChat(chatId)).files).toEqual([file]);
    await ana.request('cancelFile', { chatId });
    await expect.poll(() => sue.watched(chatId)?.files).toEqual([{ ...file, state: 'cancelled' }]);
    // a change about something else leaves them
    await sue.request('whisper', { chatId, text: 'try again' });
    await expect.poll(() => sue.watched(chatId)?.lines.length).toBe(1);
    expect(sue.watched(chatId)?.files).toHaveLength(1);
    await ana.request('endChat', { chatId });
    await ana.request('logout', {});
  });
});
