// What a block asks of the world. `inside` asks concern our own data and are answered in the turn's own transaction;
// `outside` asks leave the process as jobs. An ask without `await` needs no answer; the block has gone on already.
import type { Value } from './expression/value.ts';

export type HttpRequest = {
  method: string;
  url: string;
  query: { [name: string]: Value };
  headers: { [name: string]: string };
  body:
    | { kind: 'none' }
    | { kind: 'json'; json: Value }
    | { kind: 'form'; form: { [name: string]: Value } }
    | { kind: 'raw'; text: string; content_type: string };
  auth?: Value;
};

export type Retry = { max: number; on: string[]; base_ms: number; cap_ms: number };

/** Applied by the step that is saved; the turn already sees the change. */
export type Change =
  | { do: 'set_field'; of: 'subscriber' | 'bot'; name: string; value: Value }
  | { do: 'tags'; add: string[]; remove: string[] }
  | { do: 'labels'; add: string[]; remove: string[] }
  | { do: 'consent'; opt_in: string[]; opt_out: string[] }
  | { do: 'subscribe'; on: boolean }
  | { do: 'goal'; name: string; value: Value }
  | { do: 'note'; text: string }
  | { do: 'emit'; event: string; data: Value }
  | { do: 'unassign' };

/** Answered by our own data, in the same transaction. */
export type InsideAsk =
  | { ask: 'handoff'; agent: string | null; group: string | null; text: string; summary: string; timeout_ms: number | null }
  /** Which of these there are not: answered by `tags` and `labels`, the unknown of each. */
  | { ask: 'unknown_marks'; tags: string[]; labels: string[] };

/** Answered from outside, later. */
export type OutsideAsk =
  | { ask: 'api'; api: string | null; request: HttpRequest | null; with: { [name: string]: Value }; timeout_ms: number; retry: Retry | null }
  | { ask: 'code'; code: string; with: { [name: string]: Value }; timeout_ms: number }
  | { ask: 'email'; to: string; subject: string; text: string; html: string | null };

export type Ask = InsideAsk | OutsideAsk;

export type AskName = Ask['ask'];

export const insideAsks: ReadonlySet<AskName> = new Set<AskName>(['handoff', 'unknown_marks']);

/** How an `api` ask ended: an HTTP reply of any status, or why there was none. */
export const failureKinds = ['network', 'timeout', 'parse', 'too_large', 'blocked', 'rate', 'auth', 'schema', 'unknown_outcome'] as const;
export type FailureKind = (typeof failureKinds)[number];

export type ApiResult = {
  kind: 'status' | FailureKind;
  status: number | null;
  headers: { [name: string]: string };
  body: Value;
  ms: number;
  attempt: number;
  error: string | null;
};
