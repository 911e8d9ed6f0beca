// A turn in the making: everything it reads is loaded, the engine is walked until only the outside is left to ask, and
// what came of it waits to be saved. One turn, one transaction; nothing is written here.

import { type Context, limits, type Output } from '@parley/engine/advance/turn.ts';
import { advance, type Flows, type Input, onlyVersions } from '@parley/engine/advance.ts';
import { insideAsks } from '@parley/engine/effect.ts';
import type { FileRef, Message, Reply } from '@parley/engine/message.ts';
import { moved } from '@parley/engine/move.ts';
import { newSession, type Session, type Vars } from '@parley/engine/session.ts';
import type { App } from '../app.ts';
import { assert, notFound } from '../errors.ts';
import { type Conversation, lockConversation } from '../store/conversations.ts';
import type { Db } from '../store/database.ts';
import type { Field } from '../store/fields.ts';
import { startFlow } from '../store/flows.ts';
import type { MessageRow } from '../store/messages.ts';
import { type Revisions, readRevisions } from '../store/revisions.ts';
import { type FoundSession, findSession } from '../store/sessions.ts';
import type { TurnSettings } from '../store/settings.ts';
import { openSubscriber, type Subscriber } from '../store/subscribers.ts';
import { flowsFor, liveFlows, loadVersion, movesFrom, type Place, versionOf } from './flow-set.ts';
import { answerInside } from './inside-answers.ts';
import { parseState } from './session-states.ts';
import { usualFallbackText } from './settings.ts';
import { startFlowOf } from './start-flow.ts';
import { turnWorld } from './turn-context.ts';

/** Why a session was put aside before its end; a limit of its chat may be why. */
export type AsideBy = 'cancelled' | 'superseded' | 'max_turns' | 'duration_exceeded' | 'input_timeout';

/** The session the turn works on; `id` null until it is saved for the first time, `found` the state as long as nothing has moved. */
export type OpenSession = {
  id: number | null;
  rev: number;
  flowId: number;
  version: number;
  state: Session;
  found: Session | null;
  startedAt: number;
  updatedAt: number;
  asideBy?: AsideBy;
};

export type Author = { kind: 'bot' | 'agent'; id: number | null; name: string };

/**
 * What no block says: a person of the team, or a program, speaks. `text` is what they wrote, letter by letter; `files` are
 * those that attachFiles has let through.
 */
export type Spoken = {
  message: Message;
  text: string;
  author: Author;
  files?: FileRef[];
  /** Among the team: the person never sees it. */
  isNote?: true;
};

export type OpenTurn = {
  conversation: Conversation;
  /** As it was when the turn was opened. */
  found: Conversation;
  /** What people did with the flow. */
  act: 'taken' | 'handed_back' | null;
  /** Who of the team did what the turn does to the conversation; null = nobody: the flow or the person did. */
  by: Author | null;
  subscriber: Subscriber;
  fields: readonly Field[];
  context: Context;
  revisions: Revisions;
  settings: TurnSettings;
  /** As it was found, also when it has ended. */
  last: Session | null;
  session: OpenSession | null;
  /** A session that this turn put aside for another. */
  replaced: OpenSession | null;
  flows: Flows;
  /** The place it waits at is gone from the version that took over: only a reply, which starts it again, moves it. */
  isLost: boolean;
  reply: Reply | null;
  /** What the one who replied calls the reply. */
  clientId: string | null;
  spoken: Spoken | null;
  /** What was said before in the conversation that this one goes on with; said here first, and once. */
  earlier: readonly Earlier[];
  outputs: Output[];
};

export type Earlier = Pick<MessageRow, 'direction' | 'author_kind' | 'author_id' | 'author_name' | 'body' | 'text'> & { block: string | null };

/** A conversation that the caller already holds is not read again. */
export async function openTurn(app: App, tx: Db, botId: number, held: number | Conversation): Promise<OpenTurn> {
  const conversation = typeof held === 'number' ? await lockConversation(tx, botId, held) : held;
  if (!conversation) throw notFound('Conversation');
  // Asked together: on Postgres that is one way to the database and back.
  const [person, row, revisions] = await Promise.all([
    openSubscriber(tx, botId, conversation.subscriber_id),
    conversation.session_id === null ? null : findSession(tx, conversation.id, conversation.session_id),
    readRevisions(tx, botId, conversation.workspace_id),
  ]);
  assert(person, 'a conversation has a subscriber');
  const last = row ? parseState(row.id, row.state) : null;
  const world = await turnWorld(app, tx, conversation, person, revisions);
  const nothingYet = {
    act: null,
    by: null,
    session: null,
    replaced: null,
    flows: onlyVersions({}),
    isLost: false,
    reply: null,
    clientId: null,
    spoken: null,
    earlier: [],
    outputs: [],
  };
  const turn: OpenTurn = { conversation, found: conversation, subscriber: person.subscriber, revisions, ...world, last, ...nothingYet };
  if (row && last && (last.status === 'waiting' || last.status === 'handed_off')) Object.assign(turn, await openSession(tx, botId, row, last, revisions.flows));
  return turn;
}

/** In the versions it began with, or in those that were published to take over. */
async function openSession(
  tx: Db,
  botId: number,
  { id, rev, flow_id: flowId, version, digest, started_at: startedAt, updated_at: updatedAt }: FoundSession,
  last: Session,
  revision: number,
): Promise<Pick<OpenTurn, 'session'> & Partial<Pick<OpenTurn, 'flows' | 'isLost' | 'last'>>> {
  const opened = { id, rev, flowId, startedAt, updatedAt };
  // Of a flow that was deleted nothing is left; the engine says so, and the session fails.
  if (digest === null) return { session: { ...opened, version, state: last, found: last } };
  const main = await versionOf(tx, botId, { id: flowId, n: version, digest });
  // What a turn has asked of the outside, it is answered in the version that asked.
  const moveOf = last.wait?.kind === 'effect' ? null : await movesFrom(tx, botId, placesOf(last), revision);
  const state = moveOf === null ? last : moved(last, moveOf);
  const move = (state !== null && moveOf?.(main.id, version)) || { version, to: main };
  const now = state ?? last;
  const flows = await flowsFor(tx, botId, { slug: main.id, n: move.version, flow: move.to }, placesOf(now), revision);
  return { session: { ...opened, version: move.version, state: now, found: now }, flows, isLost: state === null, last: now };
}

function placesOf({ cursor, version_id, stack }: Session): Place[] {
  return [{ slug: cursor.flow, n: version_id }, ...stack.map((frame) => ({ slug: frame.flow, n: frame.version_id }))];
}

/** People have stopped the flow here: one of them has taken over, or it is muted. */
export function isStopped({ taken_at, muted_at }: Pick<Conversation, 'taken_at' | 'muted_at'>): boolean {
  return taken_at !== null || muted_at !== null;
}

/** Automation rests while it is paused for this person, or while people have the conversation. */
export function isResting(turn: OpenTurn): boolean {
  const { paused_until: pausedUntil } = turn.subscriber;
  const isPaused = pausedUntil !== null && pausedUntil > turn.context.now;
  return isPaused || isStopped(turn.conversation) || turn.session?.state.status === 'handed_off';
}

/** Begins a flow anew; a session that was waiting is put aside. */
export async function beginSession(
  app: App,
  tx: Db,
  turn: OpenTurn,
  flow: { id: number; n: number },
  start: { at?: string; pressed?: { at: string; id: string }; reply?: Reply; values?: Vars; params?: Vars },
): Promise<void> {
  const main = await loadVersion(tx, turn.conversation.bot_id, flow.id, flow.n);
  assert(main, 'a published version is there');
  // One that this very turn began, and that failed, was never saved; who waited before it must still be put aside.
  if (turn.session !== null && turn.session.id !== null) turn.replaced = turn.session;
  turn.flows = await flowsFor(tx, turn.conversation.bot_id, { slug: main.id, n: flow.n, flow: main }, [], turn.revisions.flows);
  const seed = Number.parseInt(app.random.uuid().slice(0, 8), 16);
  const state = newSession(main.id, flow.n, seed);
  turn.session = { id: null, rev: 0, flowId: flow.id, version: flow.n, state, found: null, startedAt: app.clock.now(), updatedAt: app.clock.now() };
  turn.isLost = false;
  const { at, pressed, reply, values, params } = start;
  const given = values === undefined ? (params === undefined ? {} : { params }) : { params: values, vars: values };
  await walk(app, tx, turn, {
    kind: 'start',
    ...(at === undefined ? {} : { at }),
    ...(pressed === undefined ? {} : { pressed }),
    ...(reply === undefined ? {} : { reply }),
    ...given,
  });
}

/** Begins the flow of the session anew, as it is live by now; where it was deleted, what its conversation begins with. */
export async function restart(app: App, tx: Db, turn: OpenTurn, { flowId }: OpenSession, start: { reply?: Reply }): Promise<void> {
  const live = (await liveFlows(tx, turn.conversation.bot_id, turn.revisions.flows)).find((one) => one.id === flowId);
  const flow = live ?? (await startFlowOf(tx, turn.conversation));
  if (flow) await beginSession(app, tx, turn, { id: flow.id, n: flow.n }, start);
  else setAside(turn);
}

/** Goes on, as a session of its own, from where another of this flow stood. */
export async function resumeSession(app: App, tx: Db, turn: OpenTurn, flow: { id: number; n: number }, state: Session): Promise<void> {
  const { bot_id: botId } = turn.conversation;
  const main = await loadVersion(tx, botId, flow.id, flow.n);
  if (!main) throw notFound('Flow');
  turn.flows = await flowsFor(tx, botId, { slug: main.id, n: flow.n, flow: main }, placesOf(state), turn.revisions.flows);
  turn.session = { id: null, rev: 0, flowId: flow.id, version: flow.n, state, found: null, startedAt: app.clock.now(), updatedAt: app.clock.now() };
}

/** The flow ends here: what waited waits no longer. */
export function setAside(turn: OpenTurn, by?: AsideBy): void {
  turn.replaced = turn.session && by ? { ...turn.session, asideBy: by } : turn.session;
  turn.session = null;
}

/** Walks the engine until it rests or only the outside is left to ask. Returns what this input brought. */
export async function walk(app: App, tx: Db, turn: OpenTurn, input: Input): Promise<Output[]> {
  const brought: Output[] = [];
  let next: Input | null = turn.isLost ? null : input;
  for (let round = 0; next !== null && round < limits.roundsPerTurn; round += 1) {
    assert(turn.session, 'a walk needs a session');
    const step = advance(turn.flows, turn.session.state, next, turn.context);
    turn.session.state = step.session;
    brought.push(...step.outputs);
    applyToContext(turn, step.outputs);
    next = await answerFromInside(tx, turn, step.outputs);
  }
  turn.outputs.push(...brought);
  const failed = brought.find((one) => one.kind === 'failed');
  if (failed?.kind === 'failed' && !(await beginErrorFlow(app, tx, turn, failed))) apologise(turn);
  return brought;
}

/** What the bot does when a flow fails and has no error way of its own; false where it does nothing, or that is what failed. */
async function beginErrorFlow(app: App, tx: Db, turn: OpenTurn, { block, reason }: { block: string; reason: string }): Promise<boolean> {
  const flow = await startFlow(tx, turn.conversation.bot_id, ['error']);
  if (flow?.published == null || flow.id === turn.session?.flowId) return false;
  const values = { error: reason, flow: turn.session?.state.cursor.flow ?? null, block };
  const { reply } = turn;
  await beginSession(app, tx, turn, { id: flow.id, n: flow.published }, { values, ...(reply === null ? {} : { reply }) });
  return true;
}

// The author's mistake is not the person's: they are told, and the conversation is there for people to take.
function apologise(turn: OpenTurn): void {
  turn.outputs.push({ kind: 'say', block: '', message: { kind: 'text', text: turn.settings.fallback_text ?? usualFallbackText } });
  turn.conversation = { ...turn.conversation, status: 'open', closed_at: null };
}

// What the turn changed is seen by what follows in the same turn.
function applyToContext(turn: OpenTurn, outputs: readonly Output[]): void {
  for (const output of outputs) {
    if (output.kind !== 'change' || output.change.do !== 'set_field') continue;
    const { of, name, value } = output.change;
    turn.context = { ...turn.context, [of]: { ...turn.context[of], [name]: value } };
  }
}

async function answerFromInside(tx: Db, turn: OpenTurn, outputs: readonly Output[]): Promise<Input | null> {
  const asked = outputs.find((one) => one.kind === 'ask' && insideAsks.has(one.ask.ask));
  return asked?.kind === 'ask' ? { kind: 'answer', id: asked.id, ...(await answerInside(tx, turn, asked.ask)) } : null;
}
