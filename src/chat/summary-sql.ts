/** Parts of chats as SQL gives them, for all who read them in a statement of their own: `c` is a chat, `e` an engagement. */

/** Of chat `c`, what a summary is made of (`Summarised` in summary.ts). */
export const SUMMARISED = `jsonb_build_object('id', c.id, 'chatKey', c.chat_key, 'deploymentId', c.deployment_id,
  'buttonId', c.button_id, 'request', c.request, 'requestedAt', epoch_ms(c.requested_at))`;

/** Keys and values of engagement `e`, as a supervisor sees it (`BoardEngagement` in board-state.ts). */
export const ENGAGEMENT = `'loginId', e.login_id::text, 'userId', e.user_id, 'name', e.name,
  'conference', e.kind = 'conference', 'since', epoch_ms(e.started_at),
  'flag', CASE WHEN e.flag_raised_at IS NOT NULL THEN jsonb_build_object(
    'message', coalesce(e.flag_message, ''), 'raisedAt', epoch_ms(e.flag_raised_at)) END`;
