// Readers of streams, as a client would write them: server-sent events by fetch, frames by a WebSocket.
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export type Seen = { id: number | null; event: string; data: { message?: { content: string } } & Record<string, unknown> };

/** Blocks of a stream, from its text as it arrives. */
export function blocksOf(): (chunk: Uint8Array) => Seen[] {
  const decoder = new TextDecoder();
  let text = '';
  return (chunk) => {
    text += decoder.decode(chunk, { stream: true });
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    return blocks.flatMap((block) => {
      const field = (name: string) =>
        block
          .split('\n')
          .find((line) => line.startsWith(`${name}: `))
          ?.slice(name.length + 2);
      const event = field('event');
      const id = field('id');
      return event ? [{ id: id === undefined ? null : Number(id), event, data: JSON.parse(field('data') ?? '{}') }] : [];
    });
  };
}

/** Reads until `enough`, then leaves; what was seen when the stream ended by itself, too. */
export async function readStream(url: string, headers: Record<string, string>, enough: (seen: Seen[]) => boolean): Promise<Seen[]> {
  const leave = new AbortController();
  const reply = await fetch(url, { headers, signal: leave.signal });
  if (reply.status !== 200 || reply.headers.get('content-type') !== 'text/event-stream; charset=utf-8') throw new Error(`no stream: ${reply.status}`);
  const seen: Seen[] = [];
  const blocks = blocksOf();
  for await (const chunk of reply.body ?? []) {
    seen.push(...blocks(chunk));
    if (enough(seen)) break;
  }
  leave.abort();
  return seen;
}

/** All that comes within a time. */
export async function readFor(ms: number, url: string, headers: Record<string, string>): Promise<Seen[]> {
  const seen: Seen[] = [];
  const blocks = blocksOf();
  const reply = await fetch(url, { headers, signal: AbortSignal.timeout(ms) });
  const reader = reply.body?.getReader();
  for (;;) {
    const part = await reader?.read().catch(() => undefined);
    if (!part?.value) return seen;
    seen.push(...blocks(part.value));
  }
}

export type Frame = { id?: unknown; result?: never; error?: { code: string; message: string }; event?: string; seq?: number | null; data?: Seen['data'] };

export type SocketClient = {
  ws: WebSocket;
  frames: Frame[];
  closed: Promise<{ code: number; reason: string }>;
  ask(method: string, params?: object): Promise<Frame>;
  until(enough: (frames: Frame[]) => boolean): Promise<void>;
};

/** Node's own WebSocket, which takes headers besides protocols as undici does. */
export async function openWebSocket(url: string, headers: Record<string, string> = {}): Promise<SocketClient> {
  const ws = new WebSocket(url, { protocols: 'chats.v1', headers } as never);
  const frames: Frame[] = [];
  let last = 0;
  ws.onmessage = ({ data }) => void frames.push(JSON.parse(String(data)) as Frame);
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    ws.onclose = ({ code, reason }) => resolve({ code, reason });
  });
  await Promise.race([new Promise((resolve) => ws.addEventListener('open', resolve)), closed]);
  const until = async (enough: (frames: Frame[]) => boolean): Promise<void> => {
    const begun = performance.now();
    while (!enough(frames)) {
      if (performance.now() - begun > 8_000) throw new Error(`not seen: ${JSON.stringify(frames).slice(0, 2000)}`);
      await sleep(5);
    }
  };
  return {
    ws,
    frames,
    closed,
    until,
    ask: async (method, params) => {
      last += 1;
      const id = last;
      ws.send(JSON.stringify({ id, method, params }));
      await until(() => frames.some((one) => one.id === id));
      return frames.find((one) => one.id === id) as Frame;
    },
  };
}

/** What the next connection holds at most in the server, and how long it stands still before it ends. */
export function watchNext(server: Server): Promise<{ mostBytes: number; stillMs: number }> {
  return new Promise((resolve) => {
    server.once('connection', (socket: Socket) => {
      let mostBytes = 0;
      let given = 0;
      let movedAt = performance.now();
      const watching = setInterval(() => {
        mostBytes = Math.max(mostBytes, socket.writableLength);
        if (socket.bytesWritten === given) return;
        given = socket.bytesWritten;
        movedAt = performance.now();
      }, 10);
      socket.once('close', () => {
        clearInterval(watching);
        resolve({ mostBytes, stillMs: performance.now() - movedAt });
      });
    });
  });
}
