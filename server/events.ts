// Facts: a closed union, written in the transaction of what they record. `audited` ones are chained by a keyed hash,
// so that an edited or removed row shows; `parley doctor` checks the chain.
import type { App } from './app.ts';
import { announce } from './live.ts';
import type { Db } from './store/database.ts';
import { type EventRow, insertEvent, lockChainHead, setChainHead } from './store/events.ts';

/** Who did it. `system` is the process itself; `operator` someone with the data directory. */
export type Actor = {
  kind: 'account' | 'key' | 'operator' | 'system';
  id: number | null;
  name: string;
  ip: string | null;
  requestId: string | null;
};

type Facts = {
  'setup.completed': { workspace: number };
  'account.signed_in': Record<never, never>;
  'account.signed_out': Record<never, never>;
  'account.sign_ins_ended': { ended: number };
  'account.sign_in_failed': { email: string };
  'account.updated': { changed: string[] };
  'account.password_changed': { by: 'self' | 'operator' };
  'workspace.created': { name: string };
  'workspace.updated': { changed: string[] };
  'workspace.deleted': { name: string };
  'bot.created': { name: string };
  'bot.updated': { changed: string[] };
  'bot.deleted': { name: string };
  'member.invited': { email: string; role: string };
  'member.invite_revoked': { email: string };
  'member.joined': { role: string };
  'member.role_changed': { from: string; to: string };
  'member.removed': { role: string };
  'key.created': { name: string; prefix: string; scopes: string[] };
  'key.updated': { name: string; changed: string[] };
  'key.revoked': { name: string; prefix: string };
  'site.created': { name: string };
  'site.updated': { changed: string[] };
  'site.key_rotated': { name: string };
  'site.identity_rotated': { secrets: number };
  'site.deleted': { name: string };
  'settings.updated': { changed: string[] };
  'brand.updated': { changed: string[] };
  'flow.created': { slug: string };
  'flow.updated': { slug: string; rev: number };
  'flow.published': { slug: string; version: number; policy: string };
  'flow.restored': { slug: string; version: number };
  'flow.deleted': { slug: string };
  'flow.start_set': { door: string; slug: string | null };
  'subscriber.created': { channel: string };
  'subscriber.updated': { changed: string[] };
  'subscriber.deleted': { channel: string };
  'subscriber.merged': { from: number; channel: string };
  'subscriber.paused': { until: number };
  'subscriber.resumed': Record<never, never>;
  'tag.created': { name: string };
  'tag.updated': { name: string };
  'tag.deleted': { name: string };
  'label.created': { name: string };
  'label.updated': { name: string };
  'label.deleted': { name: string };
  'custom_event.created': { name: string };
  'custom_event.updated': { name: string };
  'custom_event.deleted': { name: string };
  'field.created': { name: string; owner: string };
  'field.updated': { name: string; owner: string; changed: string[] };
  'field.deleted': { name: string; owner: string };
  'bot_field.set': { name: string };
  'canned_reply.created': { shortcut: string };
  'canned_reply.updated': { shortcut: string; changed: string[] };
  'canned_reply.deleted': { shortcut: string };
  'job.replayed': { name: string };
  'job.dropped': { name: string };
};

export type EventKind = keyof Facts;

/** Data of daily work, too frequent and too harmless for the audit log. */
const unaudited: ReadonlySet<EventKind> = new Set<EventKind>([
  'flow.created',
  'flow.updated',
  'flow.published',
  'flow.restored',
  'flow.deleted',
  'flow.start_set',
  'subscriber.created',
  'subscriber.updated',
  'subscriber.deleted',
  'subscriber.paused',
  'subscriber.resumed',
  'tag.created',
  'tag.updated',
  'tag.deleted',
  'label.created',
  'label.updated',
  'label.deleted',
  'custom_event.created',
  'custom_event.updated',
  'custom_event.deleted',
  'field.created',
  'field.updated',
  'field.deleted',
  'bot_field.set',
  'canned_reply.created',
  'canned_reply.updated',
  'canned_reply.deleted',
]);

export type Event = {
  [K in EventKind]: {
    kind: K;
    workspaceId: number;
    botId?: number | null;
    /** What it happened to, as `kind:id`. */
    subject: string;
    data: Facts[K];
    /** When it is not the request's own actor (a sign-in names who signed in). */
    actor?: Actor;
  };
}[EventKind];

export async function record(app: App, tx: Db, event: Event): Promise<void> {
  const actor = event.actor ?? app.actor;
  const row: Omit<EventRow, 'id'> = {
    workspace_id: event.workspaceId,
    bot_id: event.botId ?? null,
    kind: event.kind,
    at: app.clock.now(),
    actor_kind: actor.kind,
    actor_id: actor.id,
    actor_name: actor.name,
    subject: event.subject,
    data: JSON.stringify(event.data),
    ip: actor.ip,
    request_id: actor.requestId,
    chain: null,
  };
  if (!unaudited.has(event.kind)) {
    row.chain = linkOf(app, await lockChainHead(tx, event.workspaceId), row);
    await setChainHead(tx, event.workspaceId, row.chain);
  }
  await insertEvent(tx, row);
  announce(tx, { workspaceId: row.workspace_id, botId: row.bot_id, conversationId: null, seq: 0, dueAt: null });
}

/** The link an audited event must carry, given the one before it. */
export function linkOf(app: Pick<App, 'secrets'>, previous: string, row: Omit<EventRow, 'id'>): string {
  const said = [
    previous,
    row.workspace_id,
    row.bot_id,
    row.kind,
    row.at,
    row.actor_kind,
    row.actor_id,
    row.actor_name,
    row.subject,
    row.data,
    row.ip,
    row.request_id,
  ];
  return app.secrets.mac('audit-chain', JSON.stringify(said));
}
