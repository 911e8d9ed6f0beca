// A ticket lets a page open a WebSocket, where a browser can send no header: good once, for a moment, for one thing (a
// chat, the events of a bot), and worth no more than the key or sign-in it was made with, which is looked at again for as
// long as it is used.

import type { App } from '../app.ts';
import { type AuthContext, type Caller, type CredentialHash, callerByHash } from '../auth.ts';
import { assert } from '../errors.ts';
import { equalSecrets } from '../secrets.ts';
import { noteInbound } from '../store/inbound.ts';

const ticketMs = 30_000;

/** What it opens, as of which tenant; a bot of 0 is the whole workspace. */
type Place = { about: string; botId: number; workspaceId: number };
type Ticket = CredentialHash & Place & { expiresAt: number; once: string };

export function makeTicket(app: App, caller: Caller, place: Place): { ticket: string; expiresAt: number } {
  assert(caller.kind === 'key' || caller.kind === 'account', 'tickets are for keys and people');
  const expiresAt = app.clock.now() + ticketMs;
  const by: CredentialHash = caller.kind === 'key' ? { by: 'key', hash: caller.key.hash } : { by: 'sign-in', hash: caller.signIn.hash };
  const ticket: Ticket = { ...by, ...place, expiresAt, once: app.random.token(12) };
  const text = Buffer.from(JSON.stringify(ticket)).toString('base64url');
  return { ticket: `${text}.${app.secrets.mac('ticket', text)}`, expiresAt };
}

/** Null when it is not ours, over, about something else, or was used before. Asking uses it up. */
export async function redeemTicket(app: App, about: string, ticket: string): Promise<(Place & { caller(): Promise<Caller | null> }) | null> {
  const [text = '', mac = ''] = ticket.split('.');
  if (!equalSecrets(mac, app.secrets.mac('ticket', text))) return null;
  const { about: opens, botId, workspaceId, expiresAt, once, ...one } = JSON.parse(Buffer.from(text, 'base64url').toString()) as Ticket;
  const now = app.clock.now();
  if (opens !== about || expiresAt <= now || !(await app.transact((tx) => noteInbound(tx, 'ticket', once, now)))) return null;
  const context = (): Pick<AuthContext, 'db' | 'now'> => ({ db: app.db, now: app.clock.now() });
  return { about, botId, workspaceId, caller: () => callerByHash(context(), one) };
}
