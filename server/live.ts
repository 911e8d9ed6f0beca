// What has just happened, for whoever is looking: conversations whose events grew and workspaces of which there is a new
// fact, told after the commit that holds them, here and on every node that shares the database. It carries ids and
// numbers only; readers fetch what they may see. Losing it costs latency, never data. What people do at this moment
// (they type, they look on) goes the same way, is kept nowhere and never told again.
import type { Db, Notices } from './store/database.ts';

export type Announcement = {
  workspaceId: number;
  botId: number | null;
  /** Null for a fact of the workspace. */
  conversationId: number | null;
  /** The number of the conversation's last event. */
  seq: number;
  /** When there is work to do because of it: a timer, or a job at once; null = none. */
  dueAt: number | null;
  /** Absent where events are told of. */
  sign?: Sign;
};

/** What somebody is doing at this moment; `read` also stands in the store. */
export type Sign = { who: { kind: 'agent' | 'subscriber'; id: number | null; name: string } } & (
  | { kind: 'typing' | 'viewing'; isOn: boolean }
  | { kind: 'read'; upTo: number }
  // Somebody is there: it holds for 30 s. The page only when it is another, or somebody looks.
  | { kind: 'present'; page: Page | null }
);

/** Where a visitor is, in at most as many letters as go along with others in one notice. */
export type Page = { url: string; title: string };
export const maxPage = { url: 500, title: 120 };

export type About = 'everything' | { workspace: number } | { bot: number } | { conversation: number };

/** Null: announcements may have been lost, look for yourself. */
export type Listener = (one: Announcement | null) => void;

export type Live = {
  /** What this process has committed. */
  publish(many: Announcement[]): void;
  /** Returns how to stop listening. */
  listen(about: About, listener: Listener): () => void;
};

const announced = new WeakMap<Db, Announcement[]>();

/** Called inside a transaction; told only if it commits. */
export function announce(tx: Db, one: Announcement): void {
  const known = announced.get(tx);
  if (known) known.push(one);
  else announced.set(tx, [one]);
}

/** Tells of a sign at once, outside any transaction: there is nothing to commit. */
export function giveSign(live: Live, one: Pick<Announcement, 'workspaceId' | 'botId' | 'conversationId'>, sign: Sign): void {
  const who = { ...sign.who, name: sign.who.name.slice(0, maxSignName) };
  live.publish([{ ...one, seq: 0, dueAt: null, sign: { ...sign, who } }]);
}

/** `notices` join the nodes that share a database; null where there is only this one. */
export function makeLive(notices: Notices | null = null): Live {
  // By what they are about, so that an announcement costs the same however many listen to something else.
  const listeners = new Map<string, Set<Listener>>();
  const tell = (one: Announcement): void => {
    const { workspaceId, botId, conversationId } = one;
    for (const name of ['*', `w${workspaceId}`, `b${botId}`, `c${conversationId}`]) for (const listener of listeners.get(name) ?? []) listener(one);
  };
  const hear = (text: string | null): void => {
    const many = text === null ? null : decoded(text);
    if (many) for (const one of many) tell(one);
    else for (const group of listeners.values()) for (const listener of group) listener(null);
  };
  const pass = notices === null ? () => {} : relay(notices);
  let isJoined = false;
  return {
    publish: (many) => {
      for (const one of many) tell(one);
      pass(many);
    },
    listen: (about, listener) => {
      if (!isJoined) notices?.listen(hear);
      isJoined = true;
      const name = nameOf(about);
      const group = listeners.get(name) ?? new Set();
      listeners.set(name, group.add(listener));
      return () => {
        group.delete(listener);
        if (group.size === 0 && listeners.get(name) === group) listeners.delete(name);
      };
    },
  };
}

function nameOf(about: About): string {
  if (about === 'everything') return '*';
  if ('workspace' in about) return `w${about.workspace}`;
  return 'bot' in about ? `b${about.bot}` : `c${about.conversation}`;
}

/** Of conversations that wait to be told of; past it the others are told to look at everything. */
const maxWaiting = 2_000;
/** As many as surely fit into one notice; one with a name in it takes the place of eight. */
const perNotice = 80;
const signWeight = 8;
const pageWeight = 24;
/** Enough of a name to be known by. */
const maxSignName = 60;
const retryMs = 250;
const lookAtAll = '[]';

/** One notice at a time; what is announced meanwhile goes with the next, the newest of each conversation only. */
function relay(notices: Notices): (many: Announcement[]) => void {
  const waiting = new Map<string, Announcement>();
  let isSending = false;
  const keep = (one: Announcement): void => {
    const { sign } = one;
    const name = `${one.workspaceId} ${one.botId} ${one.conversationId} ${sign ? `${sign.kind} ${sign.who.kind} ${sign.who.id}` : ''}`;
    const known = sign ? undefined : waiting.get(name);
    if (known) waiting.set(name, { ...one, seq: Math.max(known.seq, one.seq), dueAt: earlier(known.dueAt, one.dueAt) });
    else if (waiting.size <= maxWaiting) waiting.set(name, one);
  };
  const send = async (): Promise<void> => {
    // What was committed in one turn of the loop goes together.
    await new Promise((resolve) => setImmediate(resolve));
    while (waiting.size > 0) {
      const isTooMany = waiting.size > maxWaiting;
      const batch = isTooMany ? [...waiting] : firstOf(waiting);
      for (const [name] of batch) waiting.delete(name);
      if (await notices.send(isTooMany ? lookAtAll : encoded(batch.map(([, one]) => one)))) continue;
      // What somebody was doing is no longer true by then.
      for (const [, one] of batch) if (!one.sign) keep(one);
      await new Promise((resolve) => setTimeout(resolve, retryMs).unref());
    }
    isSending = false;
  };
  return (many) => {
    for (const one of many) keep(one);
    if (isSending) return;
    isSending = true;
    void send();
  };
}

function firstOf(waiting: ReadonlyMap<string, Announcement>): [string, Announcement][] {
  const batch: [string, Announcement][] = [];
  let weight = 0;
  for (const [name, one] of waiting) {
    weight += weightOf(one);
    if (weight > perNotice) break;
    batch.push([name, one]);
  }
  return batch;
}

function weightOf({ sign }: Announcement): number {
  return !sign ? 1 : sign.kind === 'present' && sign.page ? pageWeight : signWeight;
}

function earlier(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.min(a, b);
}

function encoded(batch: Announcement[]): string {
  return JSON.stringify(
    batch.map(({ workspaceId, botId, conversationId, seq, dueAt, sign }) =>
      sign ? [workspaceId, botId, conversationId, seq, dueAt, sign] : [workspaceId, botId, conversationId, seq, dueAt],
    ),
  );
}

/** Null: look at everything. */
function decoded(text: string): Announcement[] | null {
  if (text === lookAtAll) return null;
  const rows = JSON.parse(text) as [number, number | null, number | null, number, number | null, Sign?][];
  return rows.map(([workspaceId, botId, conversationId, seq, dueAt, sign]) => ({ workspaceId, botId, conversationId, seq, dueAt, ...(sign ? { sign } : {}) }));
}

type Transact = <T>(body: (tx: Db) => Promise<T>) => Promise<T>;

/** A `transact` that publishes what its body announced, once that is committed. */
export function publishing(transact: Transact, live: Live): Transact {
  return async (body) => {
    let told: Announcement[] = [];
    const value = await transact(async (tx) => {
      const result = await body(tx);
      told = announced.get(tx) ?? [];
      return result;
    });
    if (told.length > 0) live.publish(told);
    return value;
  };
}
