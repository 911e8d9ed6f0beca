// How a conversation stays live: one tab of the browser holds the stream and tells the others (Web Locks and
// BroadcastChannel); a stream that does not come is replaced by asking every few seconds.
import { type Api, attempt } from '../api.ts';
import { eventReader, type StreamEvent } from './events.ts';

const firstWordMs = 10_000;
const silenceMs = 45_000;
const hiddenMs = 5 * 60_000;
const pollMs = 5_000;
const longestMs = 30_000;

type Options = {
  api: Api;
  talk: string;
  /** The last number that is here; null when nothing is. */
  cursor(): number | null;
  take(event: StreamEvent): void;
  /** Asks for what came after the cursor; false when nobody answered. */
  catchUp(): Promise<boolean>;
  onReachable(state: { isReachable: boolean }): void;
  /** Somebody is to answer: then it is heard however long nobody looks. */
  isAwaiting(): boolean;
};

/** A wait of 1 s to 30 s, drawn so that a thousand browsers do not come back at once. */
export function backOff(tries: number): number {
  return 1000 + Math.random() * Math.min(longestMs - 1000, 1000 * 2 ** tries);
}

export class Connection {
  isLeader = false;
  readonly #options: Options;
  readonly #name: string;
  #running: AbortController | null = null;
  #hiddenTimer: ReturnType<typeof setTimeout> | undefined;
  #wake = (): void => {};

  constructor(options: Options) {
    this.#options = options;
    this.#name = `chat:${options.talk}`;
    for (const [target, event, listener] of this.#watched) target.addEventListener(event, listener);
    this.#start();
  }

  close(): void {
    this.#stop();
    clearTimeout(this.#hiddenTimer);
    for (const [target, event, listener] of this.#watched) target.removeEventListener(event, listener);
  }

  readonly #start = (): void => {
    if (this.#running) return;
    this.#running = new AbortController();
    void this.#run(this.#running.signal);
  };
  readonly #stop = (): void => {
    this.#running?.abort();
    this.#running = null;
  };
  readonly #onVisible = (): void => {
    clearTimeout(this.#hiddenTimer);
    if (document.hidden) this.#hiddenTimer = setTimeout(() => (this.#options.isAwaiting() ? this.#onVisible() : this.#stop()), hiddenMs);
    else {
      this.#start();
      this.#wake();
    }
  };
  readonly #watched: [EventTarget, string, EventListener][] = [
    [document, 'visibilitychange', this.#onVisible],
    [window, 'online', this.#onVisible],
    // A page that is kept for the way back must hold neither a lock nor a connection.
    [window, 'pagehide', this.#stop],
    [window, 'pageshow', this.#start],
  ];

  async #run(signal: AbortSignal): Promise<void> {
    const { locks } = navigator;
    if (!locks || typeof BroadcastChannel === 'undefined') return this.#lead(null, signal);
    const channel = new BroadcastChannel(this.#name);
    const isFirst = await locks.request(this.#name, { ifAvailable: true }, async (lock) => {
      if (lock) await this.#lead(channel, signal);
      return lock !== null;
    });
    if (!isFirst && !signal.aborted) {
      await this.#follow(channel, signal);
      const lead = (): Promise<void> => {
        channel.onmessage = null;
        return this.#lead(channel, signal);
      };
      await attempt(
        () => locks.request(this.#name, { signal }, lead),
        () => undefined,
      );
    }
    channel.close();
  }

  async #lead(channel: BroadcastChannel | null, signal: AbortSignal): Promise<void> {
    const { cursor, take, catchUp, onReachable } = this.#options;
    this.isLeader = true;
    const tell = (event: StreamEvent): void => {
      const from = cursor();
      take(event);
      channel?.postMessage({ from, event });
    };
    for (let tries = 0; !signal.aborted; ) {
      const { heard, afterMs } = await this.#readOnce(tell, signal);
      if (signal.aborted) break;
      tries = heard ? 0 : tries + 1;
      // A stream that cannot be had is no reason to hear nothing: the same calls, asked for.
      const isReachable = heard || (await catchUp());
      onReachable({ isReachable });
      await this.#pause(afterMs ?? (isReachable && tries > 0 ? pollMs : backOff(tries)), signal);
    }
    this.isLeader = false;
  }

  async #follow(channel: BroadcastChannel, signal: AbortSignal): Promise<void> {
    const { cursor, take, catchUp, onReachable } = this.#options;
    channel.onmessage = ({ data: { from, event } }: MessageEvent<{ from: number | null; event: StreamEvent }>) => {
      if (signal.aborted) return;
      onReachable({ isReachable: true });
      // What is told once has no number; what was missed is asked for.
      if (event.id === null || from === cursor()) take(event);
      else if (event.id > (cursor() ?? 0)) void catchUp();
    };
    await catchUp();
  }

  /** One stream, until it ends; how long to wait was said by the server, or null. */
  async #readOnce(tell: (event: StreamEvent) => void, signal: AbortSignal): Promise<{ heard: boolean; afterMs: number | null }> {
    const { api, talk, cursor, onReachable } = this.#options;
    const one = new AbortController();
    const stop = (): void => one.abort();
    signal.addEventListener('abort', stop);
    let heard = false;
    let afterMs: number | null = null;
    let watchdog = setTimeout(stop, firstWordMs);
    const read = eventReader((event) => {
      if (event.name !== 'reconnect') return tell(event);
      afterMs = (event.data as { after_ms: number }).after_ms;
      stop();
    });
    const last = cursor();
    const onText = (text: string): void => {
      if (!heard) onReachable({ isReachable: true });
      heard = true;
      clearTimeout(watchdog);
      watchdog = setTimeout(stop, silenceMs);
      read(text);
    };
    await api.stream(`/conversations/${talk}/stream`, last === null ? null : String(last), onText, one.signal);
    clearTimeout(watchdog);
    signal.removeEventListener('abort', stop);
    return { heard, afterMs };
  }

  #pause(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
      setTimeout(resolve, ms);
      signal.onabort = () => resolve();
    });
  }
}
