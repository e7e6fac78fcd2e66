/** setPassword(): a new password for a user; all sessions of that user end. */
import type { Caller } from '../../../access/caller.js';
import { setCredential } from '../../../access/login.js';
import { passwordProblem } from '../../../access/passwords.js';
import { ApiError } from '../../../errors.js';
import { id18, isId } from '../../../store/ids.js';
import { callerOf } from '../session-header.js';
import type { SoapCall, SoapDeps } from '../soap-call.js';
import { textOf } from '../xml-tree.js';

/** Everybody may set their own; others' with the permission to manage users. */
export const setPassword: SoapCall = async (context) => {
  const caller = await callerOf(context);
  const { call } = context.request;
  const sent = textOf(call, 'userId')?.trim() ?? '';
  if (!isId(sent)) throw new ApiError('INVALID_ID_FIELD', `bad id ${sent.slice(0, 255)}`);
  const userId = id18(sent);
  if (userId !== caller.userId && !mayManageUsers(caller)) {
    throw new ApiError('INSUFFICIENT_ACCESS', 'insufficient access rights on object id');
  }
  if (!(await isUser(context.deps, userId))) throw new ApiError('INVALID_ID_FIELD', 'invalid user id');
  const password = textOf(call, 'password') ?? '';
  const problem = passwordProblem(password);
  if (problem !== undefined) throw new ApiError('INVALID_NEW_PASSWORD', problem);
  await setCredential(context.deps.db, userId, password);
  return '<setPasswordResponse><result/></setPasswordResponse>';
};

function mayManageUsers({ access }: Caller): boolean {
  return access.permits('ManageUsers') || access.permits('ResetPasswords');
}

async function isUser({ db }: SoapDeps, userId: string): Promise<boolean> {
  const rows = await db.query('SELECT id FROM so_user WHERE id = $1', [userId], 'soap.set-password.user');
  return rows.length > 0;
}
