/** One supervisor: looks at the open logins, lowers flags, whispers, and now and then sends an agent Away or home. */
import type { Operation, Params, Result } from '../src/api/live/schema.js';
import { connectLive, LiveError } from '../src/live-client/client.js';
import type { Day } from './day.js';
import type { WhisperDiary } from './diary.js';
import { createNetworkLine } from './network-line.js';
import type { AgentSpec } from './organization.js';
import { spoken } from './secrets.js';

const EXCUSED = new Set(['INVALID_OPERATION', 'NOT_FOUND', 'SERVER_UNAVAILABLE', 'timeout', 'closed']);

/** Lives one supervisor's day. */
export async function runSupervisor(
  day: Day,
  spec: AgentSpec,
  number: number,
  whispered: WhisperDiary[],
): Promise<void> {
  const random = day.random.fork(spec.name);
  const { pace, over, organization } = day;
  const client = await connectLive({
    url: day.urls[number % day.urls.length] ?? '',
    token: await day.tokenOf(spec.userId),
    WebSocket: createNetworkLine().Socket,
    client: 'simulation',
    request_timeout_ms: 60_000,
    backoff_ms: { first: pace.real(500), most: pace.real(3_000) },
  });
  async function ask<O extends Operation>(op: O, params: Params<O>): Promise<Result<O> | undefined> {
    try {
      return await client.request(op, params);
    } catch (error) {
      if (!(error instanceof LiveError) || !EXCUSED.has(error.code)) {
        day.problem(`${spec.name}: ${op} was refused: ${(error as Error).message}`);
      }
      return undefined;
    }
  }
  if (random.chance(0.5)) {
    await client.watchBoard().catch((error: Error) => day.problem(`${spec.name}: ${error.message}`));
  }
  let whispers = 0;
  for (;;) {
    await pace.sleep(random.between(1_500, 5_000), over);
    if (over.aborted) break;
    switch (random.weighted({ lowers: 50, whispers: 25, looks: 15, sendsAway: 7, sendsHome: 3 })) {
      case 'lowers': {
        if (day.flags.size === 0) break;
        const [chatId = '', userId = ''] = random.pick([...day.flags]).split(' ');
        await ask('lowerFlagOf', { chatId, userId });
        break;
      }
      case 'whispers': {
        if (day.running.size === 0) break;
        const chatId = random.pick([...day.running]);
        whispers += 1;
        const { said, stored } = spoken(random, 'whisper', `${spec.name} whispers ${whispers}`);
        const answer = await ask('whisper', { chatId, text: said });
        if (answer) whispered.push({ chatId, sequence: answer.line.sequence, text: stored });
        break;
      }
      case 'looks':
        await ask('getOpenLogins', {});
        break;
      case 'sendsAway':
        await ask('setStatusOf', { userId: random.pick(organization.agents).userId, status: 'Away' });
        break;
      case 'sendsHome':
        await ask('setStatusOf', { userId: random.pick(organization.agents).userId, status: 'Offline' });
        break;
    }
  }
  client.close();
}
