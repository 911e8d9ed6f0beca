// Runs the route for an admitted request: what came is validated, what the route returns is sent. What a route sets on
// its reply counts only when it succeeds; a refusal leaves no cookie behind.
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { App } from '../app.ts';
import type { Caller } from '../auth.ts';
import { AppError, assert } from '../errors.ts';
import type { Actor } from '../events.ts';
import { type Admitted, countFor, forgive, repeaterOf } from './admit.ts';
import { isKnown, sendDownload } from './answer/download.ts';
import { openUpload } from './answer/upload.ts';
import { validate } from './answer/validate.ts';
import { infoOf } from './errors.ts';
import { fingerprintOf, type Outcome, readIdempotencyKey } from './idempotency.ts';
import { checkedQuery, isText } from './json.ts';
import { passOf, type Standing, standingOf } from './live/standing.ts';
import { openStream } from './live.ts';
import { asksForEvents, type Context, type Door, headerText, type RequestInfo } from './route.ts';
import type { Machine, Served } from './serve.ts';

type AnyContext = Context<unknown, unknown, unknown>;

export async function answer(machine: Machine, served: Served, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { route } = served;
  const headers: Record<string, string> = {};
  const cookies: string[] = [];
  const context = contextOf(machine, served, request, reply, { headers, cookies });
  if (route.stream) {
    // It records nothing: an App of its own, with who asked, would only stay for as long as the stream does.
    const source = await route.stream({ ...context, app: machine.app });
    await openStream(machine, { source, standing: standingFor(machine, served, request), request, reply });
    return reply;
  }
  if (route.download) return sendDownload(request, reply, await route.download(context));
  if (route.upload) context.file = await openUpload(request.raw, route.upload);
  const outcome = await runOf(machine, served, request, context, headers);
  if (machine.checkReplies && !outcome.isReplay) assertReply(served, outcome.text);
  if (cookies.length > 0) reply.header('set-cookie', cookies);
  if (outcome.isReplay) reply.header('idempotent-replayed', 'true');
  reply.code(outcome.status).headers(outcome.headers);
  if (route.follow && asksForEvents(request.headers)) {
    const source = await route.follow({ ...context, app: machine.app }, JSON.parse(outcome.text));
    await openStream(machine, { source, standing: standingFor(machine, served, request), request, reply });
    return reply;
  }
  if (!route.reply) return reply.send();
  if (served.isRead && isKnown(headerText(request.headers, 'if-none-match'), outcome.headers.etag ?? '')) {
    await forgive(machine, served.door, request.admitted as Admitted, reply);
    return reply.code(304).send();
  }
  return reply.header('content-type', 'application/json; charset=utf-8').send(outcome.text);
}

function standingFor(machine: Machine, served: Served, request: FastifyRequest): Standing {
  return standingOf(machine, served, passOf(machine, served, request), request.admitted as Admitted);
}

/** What the route sets on its reply. */
type Said = { headers: Record<string, string>; cookies: string[] };

export function contextOf(
  machine: Machine,
  served: Served,
  request: FastifyRequest,
  reply: FastifyReply,
  { headers, cookies }: Said = { headers: {}, cookies: [] },
): AnyContext {
  const { admitted } = request;
  assert(admitted, 'a handler ran before its checks');
  const { app } = machine;
  const { door, route } = served;
  const info = infoOf(request);
  const query = checkedQuery(request.url, request.query);
  return {
    app: { ...app, actor: actorOf(admitted.caller, info) },
    caller: admitted.caller,
    tenant: admitted.tenant,
    query: route.query ? validate(route.query, query, 'query') : undefined,
    body: route.body ? validate(route.body, bodyOf(door, query, request.body), 'body') : undefined,
    params: paramsOf(served, request.params),
    file: null,
    bytes: request.bytes ?? null,
    request: info,
    count: (limit, who) => countFor(machine, door, reply, limit, who),
    reply: {
      header: (name, value) => {
        headers[name.toLowerCase()] = value;
      },
      cookie: (name, value, options) => void cookies.push(cookieText(app, name, value, options)),
    },
  };
}

async function runOf(machine: Machine, served: Served, request: FastifyRequest, context: AnyContext, headers: Record<string, string>): Promise<Outcome> {
  const { route, status } = served;
  const key = served.isRead ? null : readIdempotencyKey(request.headers['idempotency-key']);
  // Someone without a credential is only an address, which they may share with strangers: nothing is kept for them.
  if (key === null || context.caller.kind === 'anyone') {
    const value = await route.run(context);
    return { status, text: JSON.stringify(value), headers, isReplay: false };
  }
  const admitted = request.admitted as Admitted;
  const { tenant } = admitted;
  const ask = {
    scope: `${repeaterOf(admitted, request)} ${tenant.workspaceId}:${tenant.botId} ${served.name}`,
    key,
    fingerprint: fingerprintOf(context.app, request.url, sentOf(request, context)),
    status,
    isSecret: route.secret === true,
    headers,
  };
  return machine.idempotency.once(context.app, ask, (app) => route.run({ ...context, app }));
}

/** Of a file, what can be known of it before its bytes have come. */
function sentOf(request: FastifyRequest, { file }: AnyContext): unknown {
  return file === null ? request.body : { name: file.name, type: file.type, length: request.headers['content-length'] ?? null };
}

/** With what a write's body lacks from the query, at doors whose clients can send no body with DELETE. */
function bodyOf(door: Door, query: object, body: unknown): unknown {
  if (body === undefined) return door.bodyTakesQuery ? { ...query } : {};
  if (!door.bodyTakesQuery || body === null || typeof body !== 'object' || Array.isArray(body)) return body;
  return { ...query, ...body };
}

// A path that cannot be an id is a thing that does not exist, not a mistake in a form.
export function paramsOf({ route }: Served, params: unknown): unknown {
  if (!route.params) return undefined;
  const found = Object.values(params as Record<string, string>).every(isText) ? route.params.safeParse(params) : null;
  if (!found?.success) throw new AppError('not_found', 'Not found.');
  return found.data;
}

function assertReply({ route, name }: Served, text: string | undefined): void {
  const found = route.reply ? route.reply.safeParse(text === undefined ? undefined : JSON.parse(text)) : { success: true };
  assert(found.success, `the reply of ${name} is not what its schema says: ${found.success ? '' : JSON.stringify(found.error.issues)}`);
}

function actorOf(caller: Caller, info: RequestInfo): Actor {
  const where = { ip: info.address, requestId: info.id };
  if (caller.kind === 'account') return { kind: 'account', id: caller.account.id, name: caller.account.name, ...where };
  if (caller.kind === 'key') return { kind: 'key', id: caller.key.id, name: caller.key.name, ...where };
  if (caller.kind === 'operator') return { kind: 'operator', id: null, name: 'operator', ...where };
  return { kind: 'system', id: null, name: caller.kind === 'site' ? caller.site.name : 'anyone', ...where };
}

function cookieText(app: App, name: string, value: string, options: { maxAgeS: number; httpOnly: boolean }): string {
  const secure = app.config.publicUrl.startsWith('https:') ? '; Secure' : '';
  return `${name}=${value}; Path=/; SameSite=Lax; Max-Age=${options.maxAgeS}${options.httpOnly ? '; HttpOnly' : ''}${secure}`;
}
