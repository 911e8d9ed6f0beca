// The first thing every request meets, a door's or not: the headers of every reply, and the refusals that need no look
// at what is asked. And the last: one log line when it is over, with nothing in it that was sent.
import type { IncomingMessage } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { App } from '../../app.ts';
import { AppError, type ErrorCode } from '../../errors.ts';
import { inviteBody, makeNoteUse } from '../admit.ts';
import type { Machine } from '../serve.ts';

type Greet = (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void) => void;

export function greet(machine: Machine, headers: Record<string, string>): Greet {
  const { app, sockets } = machine;
  const noteUse = makeNoteUse(app);
  return (request, reply, done) => {
    const begun = performance.now();
    reply.headers(headers).header('x-request-id', request.id);
    sockets.note(reply);
    if (!request.routeOptions.config.isUpload) sockets.hurry(request.raw);
    reply.raw.once('close', () => {
      logRequest(app, request, reply, performance.now() - begun);
      if (request.admitted) noteUse(request.admitted.caller);
    });
    const refusal = refusalAtOnce(machine, request.raw);
    // A body for what is not a door's is invited at once; a door's is when its request has been admitted.
    if (!refusal && request.headers.expect !== undefined && !request.routeOptions.config.isDoors) inviteBody(request, reply);
    if (refusal) done(refusal);
    else done();
  };
}

function refusalAtOnce({ isDraining, busy, bounds, sockets }: Machine, request: IncomingMessage): AppError | null {
  if (isDraining) return refuse('draining', 'The server is stopping. Try again in a moment.', { 'retry-after': '2', connection: 'close' });
  if (sockets.isFull()) return refuse('unavailable', 'Too many connections. Try again in a moment.', { 'retry-after': '5', connection: 'close' });
  if (busy >= bounds.maxBusy) return refuse('unavailable', 'Too much is being worked on. Try again in a moment.', { 'retry-after': '1' });
  return hasOneHost(request) ? null : refuse('bad_request', 'Send one Host header.', { connection: 'close' });
}

function refuse(code: ErrorCode, message: string, headers: Record<string, string>): AppError {
  return new AppError(code, message, { headers });
}

// Two hosts, or none, are how a request is made to mean one thing to a proxy and another behind it.
function hasOneHost({ rawHeaders, httpVersion }: IncomingMessage): boolean {
  let hosts = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) if (rawHeaders[at]?.length === 4 && rawHeaders[at]?.toLowerCase() === 'host') hosts += 1;
  return hosts === 1 || (hosts === 0 && httpVersion === '1.0');
}

function logRequest(app: App, request: FastifyRequest, reply: FastifyReply, ms: number): void {
  const { served, admitted } = request;
  const fields = {
    request: request.id,
    method: request.method,
    route: served?.url ?? request.routeOptions.url ?? 'unknown',
    status: reply.statusCode,
    ms: Math.round(ms * 10) / 10,
    workspace: admitted?.tenant.workspaceId || undefined,
    caller: admitted?.caller.kind,
    // The client went away before there was a reply.
    cut: reply.raw.writableEnded ? undefined : true,
  };
  // What asks every few seconds would drown what people do.
  if (request.routeOptions.config.isProbe) app.log.debug(fields, 'request');
  else app.log.info(fields, 'request');
}
