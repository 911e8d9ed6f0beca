// Another system sets off a flow: the address of one of its `webhook` triggers, which whoever may change flows can read.
// Its secret is of the bot, the flow and the name of the hook: another name is another address, and the old one opens nothing.

import type { Value } from '@parley/engine/expression/value.ts';
import type { Flow } from '@parley/engine/flow.ts';
import { parseNs } from '@parley/engine/ids.ts';
import { readPhone } from '@parley/engine/phone.ts';
import { hookOf } from '@parley/engine/trigger.ts';
import type { App } from '../app.ts';
import { AppError, invalidField } from '../errors.ts';
import { equalSecrets } from '../secrets.ts';
import { workspaceOfBot } from '../store/bots.ts';
import type { Db } from '../store/database.ts';
import { type FlowRow, findFlow } from '../store/flows.ts';
import { noteInbound } from '../store/inbound.ts';
import { findSubscriber, type Subscriber } from '../store/subscribers.ts';
import { loadVersion } from './flow-set.ts';
import { readFlow } from './flows.ts';
import { checkData } from './occurrences.ts';
import { setOff } from './set-off.ts';
import { findPerson, type Person, upsertSubscriber } from './subscribers.ts';

export type HookAddress = { botId: number; flowId: number; token: string };
export type Hook = { trigger: string; hook: string; path: string; isLive: boolean };

/** The addresses of a draft; one that is not live yet is told from one that never was. */
export async function hooksOf(app: App, db: Db, row: FlowRow): Promise<Hook[]> {
  const live = row.published === null ? null : await loadVersion(db, row.bot_id, row.id, row.published);
  const lives = new Set(named(live).map(([, hook]) => hook));
  return named(readFlow(JSON.parse(row.document))).map(([trigger, hook]) => ({
    trigger,
    hook,
    path: `/hooks/flow/${row.bot_id}-${row.id}-${tokenOf(app, row, hook)}`,
    isLive: lives.has(hook),
  }));
}

function named(flow: Flow | null): [trigger: string, hook: string][] {
  return Object.entries(flow?.triggers ?? {}).flatMap(([id, trigger]) => (trigger.type === 'webhook' ? [[id, hookOf(id, trigger)]] : []));
}

function tokenOf({ secrets }: Pick<App, 'secrets'>, { bot_id, id }: Pick<FlowRow, 'bot_id' | 'id'>, hook: string): string {
  return secrets.mac('trigger-webhook', `${bot_id}:${id}:${hook}`).slice(0, 22);
}

/** 404 for an address that no flow has, 409 for one whose flow is not published with it. */
export async function findHook(app: App, db: Db, { botId, flowId, token }: HookAddress): Promise<{ row: FlowRow; trigger: string }> {
  const row = await findFlow(db, botId, { id: flowId });
  if (!row) throw unknown();
  const live = row.published === null ? null : await loadVersion(db, botId, flowId, row.published);
  const isIt = ([, hook]: [string, string]): boolean => equalSecrets(token, tokenOf(app, row, hook));
  const found = named(live).find(isIt);
  if (found) return { row, trigger: found[0] };
  if (named(readFlow(JSON.parse(row.document))).some(isIt)) throw new AppError('conflict', 'The flow of this address is not published with it yet.');
  throw unknown();
}

function unknown(): AppError {
  return new AppError('not_found', 'No flow has this address.');
}

/** What was sent before under the same id is worked on once; true when a flow has begun. */
export async function callHook(app: App, tx: Db, { row, trigger }: { row: FlowRow; trigger: string }, sent: { id: string; body: unknown }): Promise<boolean> {
  const { body } = sent;
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw new AppError('invalid_request', 'Send a JSON object.');
  checkData(body);
  if (sent.id !== '' && !(await noteInbound(tx, `hook:${row.id}:${trigger}`, sent.id, app.clock.now()))) return false;
  const workspaceId = await workspaceOfBot(tx, row.bot_id);
  if (workspaceId === null) throw unknown();
  const tenant = { workspaceId, botId: row.bot_id, role: 'builder' as const };
  const person = await personIn(app, tx, tenant, body as { [name: string]: unknown });
  const happening = { type: 'webhook' as const, name: trigger, data: body as Value, only: { flow: row.slug, trigger } };
  const step = await setOff(app, tx, { botId: row.bot_id, workspaceId, subscriberId: person.id, conversationId: null, happening, depth: 0 });
  return step !== null;
}

/** By `user_ns`, `user_id`, `phone` or `email`; who is known stays as they are, and whom nobody knows is made. */
async function personIn(app: App, tx: Db, tenant: Parameters<typeof upsertSubscriber>[2], body: { [name: string]: unknown }): Promise<Subscriber> {
  const textIn = (name: string): string | undefined => {
    const value = body[name];
    const text = typeof value === 'string' || typeof value === 'number' ? String(value).trim() : '';
    return text === '' ? undefined : text.slice(0, 255);
  };
  const userNs = textIn('user_ns');
  if (userNs !== undefined) {
    const id = parseNs('subscriber', tenant.botId, userNs);
    const found = id === null ? null : await findSubscriber(tx, tenant.botId, id);
    if (!found) throw invalidField('user_ns', 'There is no such subscriber.');
    return found;
  }
  const [userId, written, email] = [textIn('user_id'), textIn('phone'), textIn('email')];
  const phone = written === undefined ? undefined : readPhone(written);
  if (phone === null) throw invalidField('phone', 'A phone number has its country code: +49 30 901820.');
  if (email !== undefined && !/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(email)) throw invalidField('email', 'This is no e-mail address.');
  if (userId === undefined && phone === undefined && email === undefined)
    throw invalidField('user_id', 'One of user_ns, user_id, phone and email says whom it is about.', 'required');
  const said = { phone, email, name: textIn('name'), first_name: textIn('first_name'), last_name: textIn('last_name') };
  const person = Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined)) as Person;
  return (await findPerson(tx, tenant.botId, userId ?? null, person)) ?? upsertSubscriber(app, tx, tenant, userId ?? null, person);
}
