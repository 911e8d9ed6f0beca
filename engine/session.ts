// One run of a flow: plain JSON, small, waiting for at most one thing. Everything needed to go on after a restart is
// in here, and nothing else (no flow, no secret, no clock).
import type { Value } from './expression/value.ts';
import type { WaitingChoice } from './message.ts';

export type Wait =
  | {
      kind: 'reply';
      id: string;
      block: string;
      attempt: number;
      choices: WaitingChoice[];
      /** The person came late and was asked whether to go on: the two answers to that. */
      late?: WaitingChoice[];
      /** What has been written to it so far, where several messages are one answer. */
      gathered?: { since: number; texts: string[] };
      /** Of a form that asks one by one. */
      field?: string;
      expires_at: number | null;
    }
  | { kind: 'timer'; id: string; block: string; at: number }
  | { kind: 'webhook'; id: string; block: string; token: string; expires_at: number | null /** Only whoever signs is heard. */; signed?: true }
  | { kind: 'effect'; id: string; block: string }
  | { kind: 'human'; id: string; block: string; expires_at: number | null };

/** Someone of the team is there: nobody's time runs out any more. */
export function attended(session: Session): Session {
  const { wait } = session;
  return wait?.kind === 'human' && wait.expires_at !== null ? { ...session, wait: { ...wait, expires_at: null } } : session;
}

/** Its clock has stood still for `ms`: what is left to wait is what was left. */
export function delayed(session: Session, ms: number): Session {
  const { wait } = session;
  if (wait === null || wait.kind === 'effect') return session;
  if (wait.kind === 'timer') return { ...session, wait: { ...wait, at: wait.at + ms } };
  return wait.expires_at === null ? session : { ...session, wait: { ...wait, expires_at: wait.expires_at + ms } };
}

/** Whatever it waits for, it waits without an end; what only waits for time is due. */
export function untimed(session: Session, now: number): Session {
  const { wait } = session;
  if (wait === null || wait.kind === 'effect') return session;
  if (wait.kind === 'timer') return { ...session, wait: { ...wait, at: now } };
  return wait.expires_at === null ? session : { ...session, wait: { ...wait, expires_at: null } };
}

export type Vars = { [name: string]: Value };

/** A caller waiting for its sub-flow to return, in the version it began with. */
export type Frame = { flow: string; version_id: number; return_to: string; vars: Vars; loops: Loop[]; params: Vars };

export type Loop = { block: string; i: number; items: Value[] | null; as: string | null };

export type Cursor = { flow: string; block: string };

export type SessionStatus = 'running' | 'waiting' | 'ended' | 'handed_off' | 'failed';

export type Session = {
  v: 1;
  /** Of the flow of the cursor. */
  version_id: number;
  status: SessionStatus;
  cursor: Cursor;
  stack: Frame[];
  loops: Loop[];
  vars: Vars;
  params: Vars;
  wait: Wait | null;
  /** The last api result, without its body: `last.status` and the like. */
  last: Vars;
  turn: number;
  seed: number;
  /** Addresses for webhooks given out so far. */
  tokens: number;
  counters: { blocks: number; visits: { [block: string]: number }; spent: Spent };
};

/** What the turn under way has used: it ends when the session waits for something else than an effect it asked for. */
export type Spent = { blocks: number; asks: number; isFailing: boolean };

export const nothingSpent: Spent = { blocks: 0, asks: 0, isFailing: false };

export function newSession(flow: string, versionId: number, seed: number): Session {
  return {
    v: 1,
    version_id: versionId,
    status: 'running',
    cursor: { flow, block: '' },
    stack: [],
    loops: [],
    vars: {},
    params: {},
    wait: null,
    last: {},
    turn: 0,
    seed,
    tokens: 0,
    counters: { blocks: 0, visits: {}, spent: nothingSpent },
  };
}

/** mulberry32: the turn's random numbers, from the session's seed and the turn's number, the same at every replay. */
export function randomOf(seed: number, turn: number): () => number {
  let state = (seed ^ Math.imul(turn + 1, 0x9e3779b1)) | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A stable number in [0, 1) from texts: what makes a split sticky by subscriber. */
export function fractionOf(...texts: string[]): number {
  let hash = 0x811c9dc5;
  for (const text of texts) for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return randomOf(hash, texts.length)();
}
