// Rate limits: fixed windows that start with their first request, counted atomically: in memory on one node, in the
// database where nodes share one. The numbers they report let an obedient client finish without a single 429.
import type { App } from '../app.ts';
import { AppError } from '../errors.ts';
import type { Db } from '../store/database.ts';
import { countHit } from '../store/rate-limits.ts';
import type { Limit, LimitState } from './route.ts';

type Window = { hits: number; resetAt: number };
type Ask = { limit: Omit<Limit, 'per'>; who: string; now: number; hits: 1 | -1 };
type Counter = (ask: Ask) => Window | Promise<Window>;

/** Of one limit. Past it the window that started first is forgotten, which only ever errs in its caller's favour. */
const maxWindows = 50_000;
/** How long a node counts alone after the shared database failed it, instead of waiting for it at every request. */
const aloneMs = 5_000;

export type Limits = {
  /** `remaining` below zero says by how much it is too many. */
  hit(limit: Omit<Limit, 'per'>, who: string): Promise<LimitState>;
  /** Takes one hit back: what cost nothing does not count. */
  forgive(limit: Omit<Limit, 'per'>, who: string): Promise<LimitState>;
};

export function makeLimits(app: App): Limits {
  const inMemory = countInMemory();
  const count = app.database.isShared ? countShared(app.db, inMemory) : inMemory;
  const stateOf = (limit: Omit<Limit, 'per'>, { hits, resetAt }: Window): LimitState => ({
    limit: limit.max,
    remaining: limit.max - hits,
    resetAt,
    windowMs: limit.windowMs,
  });
  return {
    hit: async (limit, who) => stateOf(limit, await count({ limit, who, now: app.clock.now(), hits: 1 })),
    forgive: async (limit, who) => stateOf(limit, await count({ limit, who, now: app.clock.now(), hits: -1 })),
  };
}

/** One map a limit: its windows are all equally long, so they end in the order they were made. */
function countInMemory(): Counter {
  const byLimit = new Map<string, Map<string, Window>>();
  return ({ limit, who, now, hits }) => {
    const windows = byLimit.get(limit.name) ?? new Map<string, Window>();
    byLimit.set(limit.name, windows);
    const open = windows.get(who);
    if (open && open.resetAt > now) {
      open.hits += hits;
      return { ...open };
    }
    windows.delete(who);
    for (const [name, { resetAt }] of windows) {
      if (resetAt > now && windows.size < maxWindows) break;
      windows.delete(name);
    }
    const fresh = { hits, resetAt: now + limit.windowMs };
    windows.set(who, fresh);
    return { ...fresh };
  };
}

/**
 * One statement at a time for a window: what is asked while one is on its way shares the next, so that a busy caller
 * costs a round trip and not a queue of writers at one row.
 */
function countShared(db: Db, alone: Counter): Counter {
  type Waiting = { ask: Ask; resolve: (window: Window | Promise<Window>) => void };
  const onTheWay = new Map<string, Waiting[]>();
  let aloneUntil = 0;

  const send = async (name: string, first: Waiting): Promise<void> => {
    for (let batch = [first]; batch.length > 0; batch = onTheWay.get(name)?.splice(0) ?? []) {
      const { limit, now } = (batch[0] as Waiting).ask;
      const all = batch.reduce((sum, { ask }) => sum + ask.hits, 0);
      const counted = await countHit(db, name, limit.windowMs, now, all).then(null, () => null);
      if (!counted) aloneUntil = performance.now() + aloneMs;
      let hits = counted ? counted.hits - all : 0;
      for (const { ask, resolve } of batch) {
        hits += ask.hits;
        resolve(counted ? { ...counted, hits } : alone(ask));
      }
    }
    onTheWay.delete(name);
  };

  return (ask) => {
    if (performance.now() < aloneUntil) return alone(ask);
    const name = `${ask.limit.name} ${ask.who}`;
    return new Promise((resolve) => {
      const waiting = onTheWay.get(name);
      if (waiting) return void waiting.push({ ask, resolve });
      onTheWay.set(name, []);
      void send(name, { ask, resolve });
    });
  };
}

/**
 * A limit counts an IPv4 address, or the /64 that is one IPv6 subscriber's: within it they have more addresses than
 * could ever be counted.
 */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const missing = Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0');
  const parts = tail === undefined ? left : [...left, ...missing, ...right];
  return `${parts
    .slice(0, 4)
    .map((part) => Number.parseInt(part, 16).toString(16))
    .join(':')}::/64`;
}

/** Of two limits, the one that will refuse first; its numbers are the ones to show. */
export function tighter(a: LimitState | null, b: LimitState): LimitState {
  if (!a || b.remaining < a.remaining) return b;
  return b.remaining === a.remaining && b.resetAt > a.resetAt ? b : a;
}

/** Seconds until the window ends, rounded up: waiting this long is always enough. */
export function secondsLeft(state: LimitState, now: number): number {
  return Math.max(1, Math.ceil((state.resetAt - now) / 1000));
}

export function overLimit(state: LimitState, now: number): AppError {
  const seconds = secondsLeft(state, now);
  return new AppError('rate_limited', `Too many requests: ${state.limit} are allowed in ${Math.round(state.windowMs / 1000)} s. Try again in ${seconds} s.`, {
    headers: { 'retry-after': String(seconds) },
  });
}
