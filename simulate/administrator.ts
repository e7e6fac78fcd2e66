/** The administrator: changes how many chats agents may have, over REST, while they are at work. */
import type { Day } from './day.js';

export async function runAdministrator(day: Day): Promise<void> {
  const random = day.random.fork('administrator');
  const { pace, over, organization } = day;
  const token = await day.tokenOf(organization.administratorId);
  for (;;) {
    await pace.sleep(random.between(10_000, 25_000), over);
    if (over.aborted) return;
    const { id } = random.pick(organization.configurations);
    const Capacity = random.whole(0, 5);
    const answer = await fetch(
      `${random.pick(day.urls)}/services/data/v60.0/sobjects/LiveChatUserConfig/${id}`,
      {
        method: 'PATCH',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ Capacity }),
      },
    ).catch(() => undefined);
    if (answer?.ok || (day.isRough && (answer === undefined || answer.status === 503))) continue;
    day.problem(`the administrator was answered ${answer?.status} ${await answer?.text()}`);
  }
}
