// The runs of a chat: how each stands, what its blocks did, and how one is gone on with from where it stood before, in the
// same chat (retry) or in another that begins with the same past (fork).
import type { Session } from '@parley/engine/session.ts';
import type { App } from '../app.ts';
import { AppError, notFound } from '../errors.ts';
import { findRun, type RunRow } from '../store/chat-runs.ts';
import type { ChatOwner, OpenChat } from '../store/chats.ts';
import type { Db } from '../store/database.ts';
import { findMessage, listMessages } from '../store/messages.ts';
import { stateAfter, statesOfSession, stepsAmong, stepsOfSession } from '../store/sessions.ts';
import { beginRun, settleChat } from './chat-turns.ts';
import { chatBusy, holdChat, insertChatOf, needOngoing, needOpen, placed, statusOf, turnIn } from './chats.ts';
import { type Earlier, isStopped, type OpenTurn, openTurn, resumeSession, walk } from './open-turn.ts';
import { eventsOf, saveStep, type Traced } from './save-step.ts';

export async function needRun(db: Db, owner: ChatOwner, publicId: string, runId: number): Promise<{ open: OpenChat; run: RunRow }> {
  const open = await needOpen(db, owner, publicId);
  const run = await findRun(db, open.conversation.id, runId);
  if (!run) throw notFound('Run');
  return { open, run };
}

export type RunState = 'running' | 'waiting' | 'succeeded' | 'failed' | 'cancelled' | 'stopped';

export function stateOfRun({ status, state, stop_reason: stopReason }: RunRow): RunState {
  if (status === 'failed') return 'failed';
  if (status !== 'ended') return (JSON.parse(state) as Session).wait?.kind === 'reply' ? 'waiting' : 'running';
  if (stopReason === 'cancelled' || stopReason === 'superseded') return 'cancelled';
  return stopReason === null || stopReason === 'graph_complete' ? 'succeeded' : 'stopped';
}

/** Where to go on from: the first message, after a turn, or (null) where it came to its end. */
export type From = 'start' | { turn: number } | null;

/** As a run of its own. Returns its number. */
export async function retryRun(app: App, tx: Db, owner: ChatOwner, publicId: string, runId: number, from: From): Promise<number> {
  const { open, run } = await needRun(tx, owner, publicId, runId);
  const { chat, conversation } = await holdChat(tx, owner, publicId);
  needOngoing(app, chat);
  const turn = await openTurn(app, tx, chat.bot_id, conversation);
  const status = statusOf(chat, turn.last);
  if (status === 'running' || status === 'wait_for_human_input' || isStopped(conversation)) throw chatBusy();
  if (from === 'start') await beginRun(app, tx, turn, chat, await firstText(tx, open, run));
  else await goOn(app, tx, turn, run, from === null ? await lastState(tx, run) : await stateOfTurn(tx, run, from.turn));
  const step = await saveStep(app, tx, turn);
  await settleChat(app, tx, chat, step, { trigger: 'retry', retryOf: run.session_id, attempt: run.attempt + 1, messageId: run.message_id });
  return step.sessionId ?? run.session_id;
}

async function firstText(tx: Db, { conversation }: OpenChat, { message_id: id }: RunRow): Promise<string> {
  return (id === null ? null : await findMessage(tx, conversation.id, id))?.text ?? '';
}

const maxTurns = 500;

/** Where it waited last; of one that failed, the block that did. */
async function lastState(tx: Db, run: RunRow): Promise<Session> {
  if (run.status === 'failed') return JSON.parse(run.state) as Session;
  const states = await statesOfSession(tx, run.conversation_id, run.session_id, maxTurns);
  const last = states.map(({ state }) => state && (JSON.parse(state) as Session)).find((state) => state && state.status === 'waiting');
  // Not from an earlier place: what it did since then it would do again.
  if (!last || !mayGoOn(last)) throw noCheckpoint();
  return last;
}

async function stateOfTurn(tx: Db, run: RunRow, turn: number): Promise<Session> {
  const states = await statesOfSession(tx, run.conversation_id, run.session_id, maxTurns);
  const found = states.map(({ state }) => state && (JSON.parse(state) as Session)).find((state) => state && state.turn === turn);
  if (!found || !mayGoOn(found)) throw noCheckpoint();
  return found;
}

/** Whose answer cannot come twice is not asked again: only what waits for a person or for time goes on. */
function mayGoOn({ status, wait }: Session): boolean {
  return status === 'waiting' && (wait?.kind === 'reply' || wait?.kind === 'timer');
}

function noCheckpoint(): AppError {
  return new AppError('invalid_request', 'This run cannot go on from there: it waited for another system, or nothing was kept. Use {"from": "start"}.', {
    fields: [{ kind: 'invalid', path: ['from'], message: 'There is nothing to go on from.' }],
  });
}

async function goOn(app: App, tx: Db, turn: OpenTurn, run: RunRow, state: Session): Promise<void> {
  if (state.status !== 'failed') return resumeSession(app, tx, turn, { id: run.flow_id, n: run.version }, state);
  await resumeSession(app, tx, turn, { id: run.flow_id, n: run.version }, { ...state, status: 'waiting', wait: null });
  await walk(app, tx, turn, { kind: 'jump', at: state.cursor.block });
  if (turn.session?.state.turn === state.turn) throw noCheckpoint();
}

/** Everything up to and with the turn in which a message was said, or a turn of a run; without either, all there is. */
export type ForkPoint = { messageId: number } | { runId: number | null; turn: number } | null;

const maxCopied = 1_000;

/** Returns the public id of the new chat. */
export async function forkChat(app: App, tx: Db, owner: ChatOwner, publicId: string, ask: { at: ForkPoint; name: string | null }): Promise<string> {
  const open = await holdChat(tx, owner, publicId);
  const { chat, conversation } = open;
  const cut = await cutAt(tx, open, ask.at);
  const step = await stateAfter(tx, conversation.id, cut);
  const state = step?.state ? (JSON.parse(step.state) as Session) : null;
  const run = step?.session_id == null ? null : await findRun(tx, conversation.id, step.session_id);
  const isActive = step !== null && run !== null && (await wasActive(tx, run, step.last_seq));
  if (isActive && (state === null || !mayGoOn(state)))
    throw new AppError('conflict', 'There it waits for another system, or too much was known to be kept. Fork it from another message.');
  const range = { limit: maxCopied + 1, order: 'asc' as const, notes: 'without' as const };
  const rows = await listMessages(tx, conversation.id, { ...range, among: { first: 0, last: step?.last_seq ?? 0 } });
  if (rows.length > maxCopied) throw new AppError('payload_too_large', `At most ${maxCopied} messages can be taken along.`);
  const { metadata, variables, limits, from_type, from_flow, key_id, stop_reason } = chat;
  const ended = isActive ? null : (run?.stop_reason ?? stop_reason);
  const name = ask.name ?? chat.name;
  const given = { name, metadata, variables, limits, from_type, from_flow, key_id, webhook: null, expires_at: null, stop_reason: ended };
  const made = await insertChatOf(app, tx, owner, { id: chat.flow_id, bot_id: chat.bot_id }, given);
  const fork = await needOpen(tx, { ...owner, flows: null }, made);
  const turn = await openTurn(app, tx, chat.bot_id, fork.conversation);
  turn.earlier = (await placed(tx, conversation.id, rows)).map(asEarlier);
  if (isActive && state !== null) await resumeSession(app, tx, turn, { id: run.flow_id, n: run.version }, state);
  await settleChat(app, tx, fork.chat, await saveStep(app, tx, turn), { trigger: 'fork' });
  return made;
}

/** Whether a run was still on after a step; one that was no turn of it leaves it as it was. */
async function wasActive(tx: Db, run: RunRow, seq: number): Promise<boolean> {
  const [step] = await stepsAmong(tx, run.conversation_id, seq, seq);
  const last = step && eventsOf(step).findLast((event) => event.kind === 'session');
  if (last?.kind === 'session') return last.status !== 'ended' && last.status !== 'failed';
  return run.finished_at === null;
}

function asEarlier({ direction, author_kind, author_id, author_name, body, text, block }: Earlier): Earlier {
  return { direction, author_kind, author_id, author_name, body, text, block };
}

async function cutAt(tx: Db, { conversation }: OpenChat, at: ForkPoint): Promise<number> {
  if (at === null) return conversation.seq;
  if ('messageId' in at) {
    const message = await findMessage(tx, conversation.id, at.messageId);
    if (!message) throw notFound('Message');
    return message.seq;
  }
  const runId = at.runId ?? conversation.session_id;
  const states = runId === null ? [] : await statesOfSession(tx, conversation.id, runId, maxTurns);
  const found = states.find(({ state }) => state !== null && (JSON.parse(state) as Session).turn === at.turn);
  if (!found) throw notFound('Turn');
  return found.last_seq;
}

const maxSpans = 2_000;

export type Span = { name: string; parent: number | null; at: number; turn: number | null; attributes: Record<string, string | string[] | number> };

/** What a run did, as a tree: the run, its turns, and in each the blocks that ran. Parents stand before their children. */
export async function traceOf(db: Db, run: RunRow): Promise<{ spans: Span[]; isWhole: boolean }> {
  const steps = (await stepsOfSession(db, run.conversation_id, run.session_id, maxTurns)).reverse();
  const spans: Span[] = [{ name: 'invoke_workflow', parent: null, at: run.started_at, turn: null, attributes: { 'flow.version': run.version } }];
  for (const step of steps) {
    const turn = turnIn(eventsOf(step));
    const ran = JSON.parse(step.trace) as Traced[];
    // What put an end to the run was no turn of it.
    if (turn === null && ran.length === 0) continue;
    const parent = spans.push({ name: 'turn', parent: 0, at: step.at, turn, attributes: { seq: step.last_seq } }) - 1;
    for (const { block, port, set, reason } of ran) {
      if (spans.length >= maxSpans) return { spans, isWhole: false };
      const attributes = {
        'block.id': block,
        'block.port': port,
        ...(set ? { 'block.set': Object.keys(set) } : {}),
        ...(reason ? { 'error.message': reason } : {}),
      };
      spans.push({ name: 'block', parent, at: step.at, turn, attributes });
    }
  }
  return { spans, isWhole: steps.length < maxTurns };
}
