// A WebSocket: the same events under the same numbers as the stream of server-sent events, and methods that are asked
// and answered by frames. A browser sees no status of a refused upgrade, so what it must know is told by a close code.
import type { Socket } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../../errors.ts';
import { admit } from '../admit.ts';
import { contextOf, paramsOf } from '../answer.ts';
import type { Pass, SocketSpec } from '../route.ts';
import type { Machine, Served } from '../serve.ts';
import { passOf, standingOf } from './standing.ts';
import type { Ending } from './stream.ts';
import { closeWith, Talker } from './talker.ts';
import { upgrade } from './upgrade.ts';

/** Refusals with a close code of their own; any other is answered as the request it still is. */
const endings: Partial<Record<string, Ending>> = { unauthorized: 'refused', not_found: 'gone', rate_limited: 'flooding' };

export async function openSocket(machine: Machine, served: Served, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { streams } = machine;
  const spec = served.route.socket as SocketSpec<unknown, unknown>;
  const enter = async () => {
    const pass = await passFor(machine, served, spec, request);
    const admitted = await admit(machine, served, request, reply, pass);
    request.admitted = admitted;
    const talk = await spec.open(contextOf(machine, served, request, reply));
    return { admitted, talk, pass, standing: standingOf(machine, served, pass, admitted) };
  };
  let entered: Awaited<ReturnType<typeof enter>> | null = null;
  let refused: AppError | null = null;
  try {
    entered = await enter();
  } catch (error) {
    if (!(error instanceof AppError) || !endings[error.code]) throw error;
    refused = error;
  }
  const taken = await upgrade(request.raw);
  if (taken instanceof AppError) throw refused ?? taken;
  reply.hijack();
  reply.raw.statusCode = 101;
  if (!taken) return reply;
  const { ws, socket } = taken;
  const refusal = refused && endings[refused.code];
  if (refusal) closeWith(ws, refusal);
  if (!entered) return reply;
  const alike = `${entered.standing.name} ${request.url.split('?')[0]}`;
  const talker = new Talker({ machine, served, ...entered, alike, ws, socket: socket as Socket });
  streams.add(talker);
  ws.on('close', () => {
    talker.stop();
    streams.remove(talker);
  });
  return reply;
}

/** A ticket counts before what the browser adds by itself; a wrong one is a wrong credential. */
async function passFor(machine: Machine, served: Served, spec: SocketSpec<unknown, unknown>, request: FastifyRequest): Promise<Pass> {
  const { ticket } = request.query as { ticket?: unknown };
  if (typeof ticket !== 'string') return passOf(machine, served, request);
  const pass = await spec.redeem(machine.app, ticket, paramsOf(served, request.params));
  return pass ?? { ...passOf(machine, served, request), isTicket: true, caller: async () => null };
}
