// Idempotency-Key on every write: the outcome is kept in the transaction that did the work, so the same key with the
// same body has one effect and one answer, whatever was lost in between. What a repeat may change (401, 403, 408, 429
// and every fault of ours) is not kept. Reasons in docs/decisions/0010-frozen-refusals.md.
import type { App } from '../app.ts';
import { AppError, assert, type ErrorCode } from '../errors.ts';
import type { Db } from '../store/database.ts';
import { findReply, finishReply, type KeptReply, keepReply } from '../store/idempotency.ts';

export type Outcome = { status: number; text: string; headers: Record<string, string>; isReplay: boolean };

export type Ask = {
  /** Who asks for what: credential, tenant, method and path. */
  scope: string;
  key: string;
  fingerprint: string;
  status: number;
  isSecret: boolean;
  /** Filled by the route while it runs; kept with the reply. */
  headers: Record<string, string>;
};

export type Idempotency = {
  once(app: App, ask: Ask, run: (app: App) => Promise<unknown>): Promise<Outcome>;
};

export function readIdempotencyKey(header: string | string[] | undefined): string | null {
  if (header === undefined) return null;
  const key = Array.isArray(header) ? '' : header;
  if (!/^[\x21-\x7e][\x20-\x7e]{0,254}$/.test(key)) throw new AppError('bad_request', 'Idempotency-Key must be 1 to 255 printable characters.');
  return key;
}

/** Keyed, for a body may hold a password, and what is stored must not let anyone try passwords against it. */
export function fingerprintOf({ secrets }: Pick<App, 'secrets'>, url: string, body: unknown): string {
  return secrets.mac('idempotency', `${url}\n${canonical(body)}`);
}

/** JSON with sorted keys: the same body in another key order is the same body. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, one]) => `${JSON.stringify(key)}:${canonical(one)}`).join(',')}}`;
  }
  return JSON.stringify(value) ?? 'null';
}

/** `checkReplies`: in tests, that a route returns what its transaction returned, for that is what was kept. */
export function makeIdempotency({ checkReplies }: { checkReplies: boolean }): Idempotency {
  // Requests of this process that are being worked on; another node's collide at the row.
  const inFlight = new Set<string>();
  return {
    async once(app, ask, run) {
      const flight = `${ask.scope} ${ask.key}`;
      if (inFlight.has(flight)) throw inProgress();
      inFlight.add(flight);
      try {
        const kept = await findReply(app.db, ask.scope, ask.key);
        return kept ? replay(kept, ask) : await runAndKeep(app, ask, run, checkReplies);
      } finally {
        inFlight.delete(flight);
      }
    },
  };
}

async function runAndKeep(app: App, ask: Ask, run: (app: App) => Promise<unknown>, checkReplies: boolean): Promise<Outcome> {
  let kept: string | null = null;
  const keeping: App = {
    ...app,
    transact: async (body) => {
      let text: string | null = null;
      const value = await app.transact(async (tx) => {
        if (kept !== null) return body(tx);
        // The key is claimed before the work: another node with the same key then waits here, and not half-way through.
        await claim(app, tx, ask, ask.status, null);
        const done = await body(tx);
        text = textOf(done);
        await finishReply(tx, ask.scope, ask.key, { headers: JSON.stringify(ask.headers), body: ask.isSecret ? null : text });
        return done;
      });
      kept ??= text;
      return value;
    },
  };
  const value = await run(keeping).then(null, (error: unknown) => refuse(app, ask, error, kept !== null));
  // A write that wrote nothing: its answer is kept all the same.
  if (kept === null) await keeping.transact(async () => value);
  const text: string = kept ?? '';
  if (checkReplies) assert(text === textOf(value), `${ask.scope}: what run returns is not what app.transact returned, which is what a repeat would get`);
  return { status: ask.status, text, headers: ask.headers, isReplay: false };
}

function textOf(value: unknown): string {
  return value === undefined ? '' : JSON.stringify(value);
}

async function claim(app: App, tx: Db, ask: Ask, status: number, body: string | null): Promise<void> {
  const row: KeptReply = { scope: ask.scope, name: ask.key, fingerprint: ask.fingerprint, status, headers: '{}', body, created_at: app.clock.now() };
  if (!(await keepReply(tx, row))) throw inProgress();
}

/** The work was refused and rolled back. A refusal that a repeat would meet again is an outcome too. */
async function refuse(app: App, ask: Ask, error: unknown, isDone: boolean): Promise<never> {
  if (!isDone && error instanceof AppError && isFinal(error)) {
    const { code, message, fields, headers } = error;
    await app.transact((tx) => claim(app, tx, ask, error.status, JSON.stringify({ code, message, fields, headers })));
  }
  throw error;
}

function isFinal({ status, code }: AppError): boolean {
  const isPassing = status >= 500 || [401, 403, 408, 429].includes(status);
  return !isPassing && code !== 'idempotency_in_progress' && code !== 'secret_already_shown';
}

function replay(kept: KeptReply, ask: Ask): Outcome {
  if (kept.fingerprint !== ask.fingerprint) {
    throw new AppError('idempotency_key_reused', 'This Idempotency-Key was used for another request. Use a new key for a new request.');
  }
  if (kept.body === null) throw new AppError('secret_already_shown', 'already created; the secret is shown once');
  if (kept.status >= 400) {
    const { code, message, fields, headers } = JSON.parse(kept.body) as Pick<AppError, 'message' | 'fields' | 'headers'> & { code: ErrorCode };
    throw new AppError(code, message, { fields, headers: { ...headers, 'idempotent-replayed': 'true' } });
  }
  return { status: kept.status, text: kept.body, headers: JSON.parse(kept.headers) as Record<string, string>, isReplay: true };
}

function inProgress(): AppError {
  return new AppError('idempotency_in_progress', 'A request with this Idempotency-Key is still being worked on.', { headers: { 'retry-after': '1' } });
}
