// A client that sends exactly the bytes it is told, when it is told, and reads as much as it is told: what no HTTP library
// will do. Used for malformed, slow and pipelined requests.
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export type RawReply = { status: number; headers: Record<string, string>; body: string };

export type RawClient = {
  socket: Socket;
  send(bytes: string | Buffer): void;
  /** One byte at a time, until the other end has enough. */
  drip(bytes: string, everyMs: number): Promise<void>;
  /** Everything received so far, as replies one after the other. */
  replies(): RawReply[];
  /** The first `count` replies, or what there is when the connection closes. */
  waitFor(count: number): Promise<RawReply[]>;
  /** When the other end closed, in ms since the connection was made. */
  closed: Promise<number>;
  end(): void;
};

export async function rawClient(port: number, options: { readsNothing?: boolean } = {}): Promise<RawClient> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: false });
  const begun = performance.now();
  let received = '';
  let tell = (): void => {};
  const closed = new Promise<number>((resolve) => socket.once('close', () => resolve(performance.now() - begun)));
  // A reset is one of the ways in which the other end closes.
  socket.on('error', () => {});
  await Promise.race([new Promise((resolve) => socket.once('connect', resolve)), closed]);
  if (!options.readsNothing) {
    socket.on('data', (bytes) => {
      received += bytes.toString('latin1');
      tell();
    });
  }
  return {
    socket,
    closed,
    send: (bytes) => void socket.write(bytes),
    drip: async (bytes, everyMs) => {
      for (const byte of bytes) {
        if (socket.destroyed) return;
        socket.write(byte);
        await sleep(everyMs);
      }
    },
    replies: () => parseReplies(received),
    waitFor: async (count) => {
      const enough = new Promise<void>((resolve) => {
        tell = () => {
          if (parseReplies(received).length >= count) resolve();
        };
        tell();
      });
      await Promise.race([enough, closed]);
      return parseReplies(received);
    },
    end: () => socket.destroy(),
  };
}

/** Sends, waits until the other end closes or has answered `count` times, and hangs up. */
export async function sendRaw(port: number, bytes: string | Buffer, count = 1): Promise<RawReply[]> {
  const client = await rawClient(port);
  client.send(bytes);
  const replies = await client.waitFor(count);
  client.end();
  return replies;
}

function parseReplies(text: string): RawReply[] {
  const replies: RawReply[] = [];
  for (let at = 0; ; ) {
    const end = text.indexOf('\r\n\r\n', at);
    if (end === -1) return replies;
    const [first = '', ...lines] = text.slice(at, end).split('\r\n');
    const headers = Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]));
    const length = Number(headers['content-length'] ?? 0);
    if (text.length < end + 4 + length) return replies;
    replies.push({ status: Number(first.split(' ')[1]), headers, body: Buffer.from(text.slice(end + 4, end + 4 + length), 'latin1').toString('utf8') });
    at = end + 4 + length;
  }
}
