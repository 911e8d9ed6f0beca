// A network that fails on purpose: stands between a client and the server, and cuts, delays or splits what passes.
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export type Fault = {
  /** Reset both sides after this many bytes of the reply have reached the client. */
  cutReplyAt?: number;
  /** Reset both sides after this many bytes of the request have reached the server. */
  cutRequestAt?: number;
  /** Hold each packet for so long. */
  delayMs?: number;
  /** Pass on this many bytes at a time. */
  splitBytes?: number;
};

export type FaultProxy = { port: number; fault: Fault; close(): Promise<void> };

export async function faultProxy(target: number): Promise<FaultProxy> {
  const open = new Set<Socket>();
  const proxy = createServer((client) => {
    const { fault } = state;
    const server = connect(target, '127.0.0.1');
    const reset = (): void => {
      client.resetAndDestroy();
      server.resetAndDestroy();
    };
    for (const socket of [client, server]) {
      open.add(socket);
      socket.once('close', () => open.delete(socket));
      socket.on('error', reset);
    }
    pass(client, server, fault, fault.cutRequestAt, reset);
    pass(server, client, fault, fault.cutReplyAt, reset);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const state: FaultProxy = {
    port: (proxy.address() as AddressInfo).port,
    fault: {},
    close: () => {
      for (const socket of open) socket.destroy();
      return new Promise((resolve) => proxy.close(() => resolve()));
    },
  };
  return state;
}

function pass(from: Socket, to: Socket, { delayMs = 0, splitBytes = Number.POSITIVE_INFINITY }: Fault, cutAt: number | undefined, reset: () => void): void {
  let passed = 0;
  const send = (bytes: Buffer): void => {
    const allowed = cutAt === undefined ? bytes : bytes.subarray(0, Math.max(0, cutAt - passed));
    passed += allowed.length;
    for (let at = 0; at < allowed.length; at += splitBytes) to.write(allowed.subarray(at, at + splitBytes));
    // What was written before must arrive before the reset does.
    if (cutAt !== undefined && passed >= cutAt) setImmediate(reset);
  };
  from.on('data', (bytes: Buffer) => (delayMs > 0 ? void setTimeout(send, delayMs, bytes) : send(bytes)));
  from.on('end', () => to.end());
}
