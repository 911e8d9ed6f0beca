// Watches every TCP connection this process tries to make, by Node's own channel: what counts is what was dialled, not
// what was meant.
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';

export type Connects = {
  /** As `address:port`, in order. */
  tried: string[];
  /** Tries that are not in this list. */
  outside(allowed: string[]): string[];
  stop(): void;
};

const channel = 'net.client.socket';

export function watchConnects(): Connects {
  const tried: string[] = [];
  const see = (message: unknown): void => {
    (message as { socket: Socket }).socket.on('connectionAttempt', (address: string, port: number) => tried.push(`${address}:${port}`));
  };
  subscribe(channel, see);
  return { tried, outside: (allowed) => tried.filter((one) => !allowed.includes(one)), stop: () => unsubscribe(channel, see) };
}
