// What brings no file has less time to arrive than Node is told to give to all. Looked at every now and then, as Node
// does: a timer for each request would cost more than it finds.
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

export type Haste = {
  /** Only of sockets that are forgotten when they close. */
  hurry(request: IncomingMessage): void;
  forget(socket: Socket): void;
  /** Those whose request has not come whole in time, each once. */
  takeLate(): Socket[];
};

export function makeHaste(requestMs: number): Haste {
  const arriving = new Map<Socket, { request: IncomingMessage; since: number }>();
  return {
    hurry: (request) => {
      const { 'content-length': length = '0', 'transfer-encoding': encoding } = request.headers;
      if (length !== '0' || encoding !== undefined) arriving.set(request.socket, { request, since: performance.now() });
    },
    forget: (socket) => void arriving.delete(socket),
    takeLate: () => {
      const late: Socket[] = [];
      for (const [socket, { request, since }] of arriving) {
        const isLate = performance.now() - since >= requestMs;
        if (isLate && !request.complete) late.push(socket);
        if (isLate || request.complete) arriving.delete(socket);
      }
      return late;
    },
  };
}
