// How a conversation stays live: one tab of the browser holds the stream and tells the others (Web Locks and
// BroadcastChannel); a stream that does not come is replaced by asking every few seconds.
import { type Api, attempt } from '../api.ts';
import { eventReader, type StreamEvent } from './events.ts';

const firstWordMs = 10_000;
const silenceMs = 45_000;
const hiddenMs = 5 * 60_000;
const pollMs = 5_000;
const longestMs = 30_000;

export type Connection = { close(): void; isLeader(): boolean };

type Options = {
  api: Api;
  talk: string;
  /** The last number that is here; null when nothing is. */
  cursor(): number | null;
  take(event: StreamEvent): void;
  /** Asks for what came after the cursor; false when nobody answered. */
  catchUp(): Promise<boolean>;
  onReachable(state: { isReachable: boolean }): void;
};

/** A wait of 1 s to 30 s, drawn so that a thousand browsers do not come back at once. */
export function backOff(tries: number): number {
  return 1000 + Math.random() * Math.min(longestMs - 1000, 1000 * 2 ** tries);
}

export function connect(options: Options): Connection {
  const name = `chat:${options.talk}`;
  let running: AbortController | null = null;
  let isLeader = false;
  let hiddenTimer: ReturnType<typeof setTimeout> | undefined;
  let wake = (): void => {};

  const pause = (ms: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      wake = resolve;
      setTimeout(resolve, ms);
      signal.onabort = () => resolve();
    });

  /** One stream, until it ends; how long to wait was said by the server, or null. */
  async function readOnce(tell: (event: StreamEvent) => void, signal: AbortSignal): Promise<{ heard: boolean; afterMs: number | null }> {
    const one = new AbortController();
    const stop = (): void => one.abort();
    signal.addEventListener('abort', stop);
    let heard = false;
    let afterMs: number | null = null;
    let watchdog = setTimeout(stop, firstWordMs);
    const read = eventReader((event) => {
      if (event.name === 'reconnect') {
        afterMs = (event.data as { after_ms: number }).after_ms;
        stop();
      } else tell(event);
    });
    const cursor = options.cursor();
    const onText = (text: string): void => {
      if (!heard) options.onReachable({ isReachable: true });
      heard = true;
      clearTimeout(watchdog);
      watchdog = setTimeout(stop, silenceMs);
      read(text);
    };
    await options.api.stream(`/conversations/${options.talk}/stream`, cursor === null ? null : String(cursor), onText, one.signal);
    clearTimeout(watchdog);
    signal.removeEventListener('abort', stop);
    return { heard, afterMs };
  }

  async function lead(channel: BroadcastChannel | null, signal: AbortSignal): Promise<void> {
    isLeader = true;
    const tell = (event: StreamEvent): void => {
      const from = options.cursor();
      options.take(event);
      channel?.postMessage({ from, event });
    };
    for (let tries = 0; !signal.aborted; ) {
      const { heard, afterMs } = await readOnce(tell, signal);
      if (signal.aborted) break;
      tries = heard ? 0 : tries + 1;
      // A stream that cannot be had is no reason to hear nothing: the same calls, asked for.
      const isReachable = heard || (await options.catchUp());
      options.onReachable({ isReachable });
      await pause(afterMs ?? (isReachable && tries > 0 ? pollMs : backOff(tries)), signal);
    }
    isLeader = false;
  }

  async function follow(channel: BroadcastChannel, signal: AbortSignal): Promise<void> {
    await options.catchUp();
    channel.onmessage = ({ data: { from, event } }: MessageEvent<{ from: number | null; event: StreamEvent }>) => {
      if (signal.aborted) return;
      options.onReachable({ isReachable: true });
      // What is told once has no number; what was missed is asked for.
      if (event.id === null || from === options.cursor()) options.take(event);
      else if (event.id > (options.cursor() ?? 0)) void options.catchUp();
    };
  }

  async function run(signal: AbortSignal): Promise<void> {
    const { locks } = navigator;
    if (!locks || typeof BroadcastChannel === 'undefined') return lead(null, signal);
    const channel = new BroadcastChannel(name);
    const isFirst = await locks.request(name, { ifAvailable: true }, async (lock) => {
      if (lock) await lead(channel, signal);
      return lock !== null;
    });
    if (!isFirst && !signal.aborted) {
      await follow(channel, signal);
      await attempt(
        () =>
          locks.request(name, { signal }, async () => {
            channel.onmessage = null;
            await lead(channel, signal);
          }),
        () => undefined,
      );
    }
    channel.close();
  }

  const start = (): void => {
    if (running) return;
    running = new AbortController();
    void run(running.signal);
  };
  const stop = (): void => {
    running?.abort();
    running = null;
  };
  const onVisible = (): void => {
    clearTimeout(hiddenTimer);
    if (document.hidden) hiddenTimer = setTimeout(stop, hiddenMs);
    else {
      start();
      wake();
    }
  };
  const onShow = ({ persisted }: PageTransitionEvent): void => (persisted ? start() : undefined);
  const watched: [EventTarget, string, EventListener][] = [
    [document, 'visibilitychange', onVisible],
    [window, 'online', onVisible],
    // A page that is kept for the way back must hold neither a lock nor a connection.
    [window, 'pagehide', stop],
    [window, 'pageshow', onShow as EventListener],
  ];
  for (const [target, event, listener] of watched) target.addEventListener(event, listener);
  start();
  return {
    isLeader: () => isLeader,
    close() {
      stop();
      clearTimeout(hiddenTimer);
      for (const [target, event, listener] of watched) target.removeEventListener(event, listener);
    },
  };
}
