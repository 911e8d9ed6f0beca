// What the browser remembers of a visitor: nothing until they open the chat, write or are identified.
import { attemptNow } from './api.ts';
import type { FormAnswer, Message, Opening, Sending } from './wire.ts';

/** Something written here that the server has not confirmed yet. `talk` is null when it opens a conversation. */
export type Pending = {
  clientId: string;
  talk: string | null;
  at: number;
  text: string;
  /** What is shown of it meanwhile. */
  attachments: Message['attachments'];
  opening?: Opening;
  sending?: Sending;
  form?: FormAnswer;
  error?: string;
};

export type Memory = {
  token: string | null;
  /** The conversation that is open, by the token that opens it. */
  talk: string | null;
  /** Up to which number each has been read; the last few. */
  seen: { [talk: string]: number };
  outbox: Pending[];
  name: string;
  email: string;
  consent: boolean;
  isMuted: boolean;
  draft: string;
};

export type Remembered = {
  now: Memory;
  /** Changes it here and, once there is anything to remember, in the browser. */
  keep(change: Partial<Memory> | ((now: Memory) => Partial<Memory>)): void;
  refresh(): void;
  forget(): void;
  /** The visitor has done something: from now on it may be stored. */
  begin(): void;
};

const fresh = (): Memory => ({
  ...{ token: null, talk: null, seen: {}, outbox: [], name: '', email: '', consent: false, isMuted: false, draft: '' },
});
const mostSeen = 20;

export function remember(siteKey: string): Remembered {
  const key = `chat:${siteKey}`;
  const read = (): Partial<Memory> | null => attemptNow(() => JSON.parse(localStorage.getItem(key) ?? 'null') as Partial<Memory> | null, null);
  let mayStore = read() !== null;
  let isStored = mayStore;
  const memory: Remembered = {
    now: fresh(),
    // Other tabs write too: what they know holds here as well.
    refresh() {
      const there = read();
      // Somebody signed out in another tab: this one must not bring back who they were.
      if (!there && isStored) memory.forget();
      memory.now = { ...memory.now, ...there };
    },
    keep(change) {
      memory.refresh();
      const now = { ...memory.now, ...(typeof change === 'function' ? change(memory.now) : change) };
      memory.now = { ...now, seen: Object.fromEntries(Object.entries(now.seen).slice(-mostSeen)) };
      if (mayStore) attemptNow(() => localStorage.setItem(key, JSON.stringify(memory.now)), undefined);
      isStored = mayStore && read() !== null;
    },
    forget() {
      memory.now = fresh();
      mayStore = isStored = false;
      attemptNow(() => localStorage.removeItem(key), undefined);
    },
    begin() {
      if (mayStore) return;
      mayStore = true;
      memory.keep({});
    },
  };
  memory.refresh();
  return memory;
}

/** 32 random bytes: a stranger cannot guess what opens a conversation. */
export function randomToken(bytes = 32): string {
  const drawn = crypto.getRandomValues(new Uint8Array(bytes));
  return btoa(String.fromCharCode(...drawn))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}
