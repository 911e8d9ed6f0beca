// Who is calling, how often, and may they: what a request passes before a byte of its body is read.
// It is counted before it is refused for its scope, so that a 403 shows the numbers too; refused it is in the order all
// doors promise: 401, 403, 429.
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { App } from '../app.ts';
import { type Access, authorise, type Caller, callerName, digestOf, dueNote, type Tenant } from '../auth.ts';
import { AppError } from '../errors.ts';
import { addressOf, describe } from './errors.ts';
import { maxBodyBytes } from './json.ts';
import { networkOf, overLimit, tighter } from './limits.ts';
import { credentialIn, type Door, type Headers, headerText, type Limit, type LimitState, type Pass, type Route } from './route.ts';
import type { Machine, Served } from './serve.ts';

export type Admitted = { caller: Caller; tenant: Tenant; name: string; counted: Counted[] };
/** What a request was counted against. */
type Counted = { limit: Limit; who: string };

// Guesses at credentials are counted per address, whatever door they try. A right one is never held up by others' wrong ones.
const failedAuth: Limit = { name: 'failed-auth', per: 'address', max: 60, windowMs: 60_000 };

export async function admit(machine: Machine, served: Served, request: FastifyRequest, reply: FastifyReply, pass?: Pass): Promise<Admitted> {
  const { app } = machine;
  const { door, route } = served;
  if (door.cors) reply.headers(door.cors.headers(request.headers));
  const known = await authenticate(machine, door, request, reply, pass);
  const name = known.kind === 'anyone' ? nameOfNetwork(request) : callerName(known, '');
  const limits = (app.config.rateLimits ? [...(route.limits ?? []), route.countsAlone ? null : door.quota(known)] : []).filter((one) => one !== null);
  const counted = limits.map((limit) => ({ limit: limitFor(known, limit), who: whoOf(limit, name, request) }));
  let state: LimitState | null = null;
  for (const { limit, who } of counted) state = tighter(state, await machine.limits.hit(limit, who));
  const now = app.clock.now();
  reply.headers(door.limitHeaders(state, now));
  if (known.kind === 'account' && (!served.isRead || route.socket) && !pass?.isTicket) refuseForeignPages(app, request.headers);
  const tenant = await authorise(app.db, known, route.access as Access, pass?.hints ?? door.hints(request.headers));
  if (state && state.remaining < 0) throw overLimit(state, now);
  const caller = door.enter ? await door.enter(app, known, { headers: request.headers, params: request.params as Record<string, string> }) : known;
  if (request.headers.expect !== undefined && Number(request.headers['content-length'] ?? 0) <= mostOf(route)) inviteBody(request, reply);
  return { caller, tenant, name, counted };
}

/** A body that will be refused for its length is not invited. */
function mostOf({ upload }: Route): number {
  return maxBodyBytes + (upload?.maxBytes ?? 0);
}

async function authenticate(machine: Machine, door: Door, request: FastifyRequest, reply: FastifyReply, pass: Pass | undefined): Promise<Caller> {
  const { app } = machine;
  const context = { db: app.db, now: app.clock.now(), mac: app.secrets.mac, operatorToken: app.operatorToken };
  const refused = async (error: unknown): Promise<never> => {
    if (!app.config.rateLimits || !(error instanceof AppError) || error.code !== 'unauthorized') throw error;
    const state = await machine.limits.hit(failedAuth, nameOfNetwork(request));
    reply.headers(door.limitHeaders(state, context.now));
    throw state.remaining < 0 ? overLimit(state, context.now) : error;
  };
  const ask = pass?.isTicket ? pass.caller() : door.authenticate(context, request.headers, request.method, request.url);
  return ask.then((caller) => caller ?? Promise.reject(new AppError('unauthorized', 'This ticket is used up or over.'))).then(null, refused);
}

function limitFor(caller: Caller, limit: Limit): Limit {
  return limit.sharedMax !== undefined && caller.kind === 'site' && caller.site.shared_network === 1 ? { ...limit, max: limit.sharedMax } : limit;
}

function whoOf({ per }: Limit, name: string, request: FastifyRequest): string {
  if (per === 'caller') return name;
  if (per === 'visitor') return `${name} ${digestOf(visitorIn(request))}`;
  return per === 'address' ? nameOfNetwork(request) : `${name} ${nameOfNetwork(request)}`;
}

/** Whose repeat of a call it may be: all visitors of a site hold the same key, and an Idempotency-Key is each one's own. */
export function repeaterOf({ caller, name }: Admitted, request: FastifyRequest): string {
  return caller.kind === 'site' ? `${name} ${digestOf(visitorIn(request) || networkOf(addressOf(request)))}` : name;
}

/** Whose token the request carries, in its path or as its credential; counted before anyone has looked whether it opens anything. */
function visitorIn({ params, headers }: FastifyRequest): string {
  return (params as { visitor_token?: string }).visitor_token ?? credentialIn(headers, 'Visitor');
}

function nameOfNetwork(request: FastifyRequest): string {
  return callerName({ kind: 'anyone' }, networkOf(addressOf(request)));
}

/** Who has it already costs nothing, and is not counted. */
export async function forgive(machine: Machine, door: Door, { counted }: Admitted, reply: FastifyReply): Promise<void> {
  let state: LimitState | null = null;
  for (const { limit, who } of counted) state = tighter(state, await machine.limits.forgive(limit, who));
  reply.headers(door.limitHeaders(state, machine.app.clock.now()));
}

/** Counts one more against a limit whose subject only the route knows; its numbers are shown when it refuses. */
export async function countFor(machine: Machine, door: Door, reply: FastifyReply, limit: Omit<Limit, 'per'>, who: string): Promise<void> {
  if (!machine.app.config.rateLimits) return;
  const state = await machine.limits.hit(limit, who);
  if (state.remaining >= 0) return;
  reply.headers(door.limitHeaders(state, machine.app.clock.now()));
  throw overLimit(state, machine.app.clock.now());
}

// A cookie goes along with what other pages make a browser send. The CSRF token already stops them; this does even
// where the token has leaked.
function refuseForeignPages(app: App, headers: Headers): void {
  const site = headerText(headers, 'sec-fetch-site');
  const origin = headerText(headers, 'origin');
  const isOurs = site !== '' ? site === 'same-origin' || site === 'none' : origin === '' || isOwnOrigin(app, origin, headerText(headers, 'host'));
  if (!isOurs) throw new AppError('forbidden', 'Another site may not do this in your name. Open the console itself.');
}

function isOwnOrigin(app: App, origin: string, host: string): boolean {
  return URL.canParse(origin) && (new URL(origin).host === host || new URL(origin).origin === new URL(app.config.publicUrl).origin);
}

/** `Expect: 100-continue`: the caller waits to hear that the body is worth sending. Other expectations are ignored. */
export function inviteBody(request: FastifyRequest, reply: FastifyReply): void {
  if (/^100-continue$/i.test(request.headers.expect ?? '')) reply.raw.writeContinue();
}

/** Notes when a credential was last used, after the reply so that nobody waits for it; a burst of requests is written once. */
export function makeNoteUse(app: App): (caller: Caller) => void {
  const writing = new Set<string>();
  return (caller) => {
    const note = dueNote(caller, app.clock.now());
    if (!note || writing.has(note.who)) return;
    writing.add(note.who);
    app
      .transact(note.write)
      .then(null, (error: unknown) => app.log.warn({ err: describe(error) }, 'the last use of a credential was not noted'))
      .finally(() => writing.delete(note.who));
  };
}
