// The part of a stop that no caller may notice: not ready at once, and for a moment everyone is still served while the
// replies tell them to come back elsewhere. What is left then, serve.ts ends as the server closes.
import { Server as NetServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';

/** How long clients with open connections have to learn that theirs ends; and new ones to send what they came for. */
const graceMs = 300;

export type Drain = {
  plugin(server: FastifyInstance): void;
  isDraining(): boolean;
  /** After it nobody new is let in. Over at once where nobody is connected. */
  run(server: FastifyInstance): Promise<void>;
};

export function makeDrain(): Drain {
  let isDraining = false;
  return {
    plugin: (server) => {
      server.addHook('onSend', (_request, reply, payload, done) => {
        if (isDraining) reply.header('connection', 'close');
        done(null, payload);
      });
    },
    isDraining: () => isDraining,
    run: async (server) => {
      isDraining = true;
      if ((await openConnections(server)) === 0) return;
      await sleep(graceMs);
      // Right after the loop has let in who was waiting: whoever still waits when the socket closes is reset.
      await new Promise((resolve) => setImmediate(resolve));
      NetServer.prototype.close.call(server.server);
      await sleep(graceMs);
    },
  };
}

function openConnections(server: FastifyInstance): Promise<number> {
  return new Promise((resolve) => server.server.getConnections((_error, count) => resolve(count ?? 0)));
}
