// Words between the nodes that share a Postgres, over one connection a process that listens and sends outside every
// transaction. When it breaks it is made again, and whoever listens is told that words may have been missed. Nothing
// here is needed for data to be right.
import { randomBytes } from 'node:crypto';

/** What is used of pg's client. */
export type NoticeClient = {
  connect(): Promise<unknown>;
  query(text: string, values?: unknown[]): Promise<unknown>;
  on(event: 'notification', listener: (one: { payload?: string | undefined }) => void): unknown;
  on(event: 'error' | 'end', listener: () => void): unknown;
  end(): Promise<void>;
};

/** Null: something may have been missed. */
export type Hear = (text: string | null) => void;

export type Notices = {
  /** Whether it went out, or never can. At most 7,900 bytes. */
  send(text: string): Promise<boolean>;
  /** To what other nodes send, from now on. */
  listen(hear: Hear): void;
  close(): Promise<void>;
};

const channel = 'live';
const firstPauseMs = 50;
const longestPauseMs = 5_000;
/** One that hangs is as silent as one on which nothing happens, so it is asked now and then. */
const probeMs = 5_000;

export function makeNotices(dial: () => Promise<NoticeClient>): Notices {
  // A word comes back to who sent it, too.
  const own = randomBytes(6).toString('base64url');
  let client: NoticeClient | null = null;
  let opening: Promise<void> | null = null;
  let hear: Hear = () => {};
  let isClosed = false;
  let probing: NodeJS.Timeout | undefined;

  const lose = (lost: NoticeClient): void => {
    void lost.end().catch(() => {});
    if (client !== lost) return;
    client = null;
    void open();
  };
  const ask = async (one: NoticeClient, text: string, values: unknown[] = []): Promise<boolean> => {
    const isDone = await settled(one.query(text, values));
    if (!isDone) lose(one);
    return isDone;
  };
  const connect = async (): Promise<void> => {
    const made = await dial();
    made.on('error', () => lose(made));
    made.on('end', () => lose(made));
    made.on('notification', ({ payload = '' }) => {
      if (!payload.startsWith(own)) hear(payload.slice(own.length));
    });
    const isReady = (await settled(made.connect())) && (await ask(made, `listen ${channel}`));
    if (isReady && !isClosed) client = made;
    else lose(made);
  };
  const open = (): Promise<void> => {
    probing ??= setInterval(() => client && void ask(client, 'select 1'), probeMs).unref();
    opening ??= keepConnecting().finally(() => {
      opening = null;
    });
    return opening;
  };
  const keepConnecting = async (): Promise<void> => {
    for (let pauseMs = firstPauseMs; !isClosed && !client; pauseMs = Math.min(longestPauseMs, pauseMs * 2)) {
      await connect();
      if (client) hear(null);
      else await sleep(pauseMs * (0.5 + Math.random() / 2));
    }
  };
  return {
    send: async (text) => {
      if (!client) await open();
      // Once it is closed there is nobody left to tell.
      if (isClosed) return true;
      return client !== null && ask(client, 'select pg_notify($1, $2)', [channel, own + text]);
    },
    listen: (listener) => {
      hear = listener;
      if (!client) void open();
    },
    close: async () => {
      isClosed = true;
      clearInterval(probing);
      const last = client;
      client = null;
      await last?.end().catch(() => {});
    },
  };
}

/** Whether it did what it should; why it did not makes no difference here. */
function settled(work: Promise<unknown>): Promise<boolean> {
  return work.then(
    () => true,
    () => false,
  );
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
