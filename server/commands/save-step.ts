// The only writer of steps: messages, session, timer, jobs, what changed about the subscriber, and the events that tell
// of it, numbered without a gap, all in the transaction of the turn.
import type { Output } from '@parley/engine/advance/turn.ts';
import { insideAsks } from '@parley/engine/effect.ts';
import { type Message, plainText } from '@parley/engine/message.ts';
import type { Session, Wait } from '@parley/engine/session.ts';
import { dueAt } from '@parley/engine/talk.ts';
import type { App } from '../app.ts';
import { assert, invalidField } from '../errors.ts';
import { announce } from '../live.ts';
import { type Conversation, saveConversation } from '../store/conversations.ts';
import type { Db } from '../store/database.ts';
import { keepFiles } from '../store/files.ts';
import { insertMessages, type MessageRow } from '../store/messages.ts';
import { insertSession, insertStep, type StepRow, saveSession, setTimer } from '../store/sessions.ts';
import { attentionAfter } from './attention.ts';
import { tellFromTurn } from './occurrences.ts';
import type { AsideBy, Author, OpenSession, OpenTurn } from './open-turn.ts';
import { printState } from './session-states.ts';
import { applyChanges } from './subscriber-changes.ts';

/** What happened in a conversation, a closed union; `seq` numbers it, `at` says when. */
export type ConversationEvent = { seq: number; at: number } & (
  | { kind: 'message'; id: number; direction: 'in' | 'out' | 'note'; block: string | null }
  | {
      kind: 'session';
      id: number;
      status: string;
      flow: number;
      version: number;
      /** How one that ended came to its end: put aside by somebody, by the next one, or by a limit. */
      by?: AsideBy;
      /** It is the first of its session. */
      began?: true;
      /** What it waits for now. */
      wait?: Wait['kind'];
      /** Of a chat: which of its turns this was. */
      turn?: number;
    }
  | { kind: 'input'; id: string; status: 'requested' | 'resolved' | 'expired'; block: string; session?: number; expires_at?: number }
  | {
      kind: 'conversation';
      act: 'taken' | 'handed_back' | 'opened' | 'closed' | 'assigned' | 'muted' | 'unmuted';
      status: string;
      assignee: number | null;
      /** Null = the flow did it, or a setting. */
      by: { kind: 'subscriber' | Author['kind']; id: number | null; name: string } | null;
    }
  | { kind: 'change'; block: string; change: unknown }
  | { kind: 'log'; block: string; level: string; text: string }
  | { kind: 'failed'; block: string; reason: string }
);

export type SavedStep = {
  conversationId: number;
  sessionId: number | null;
  events: ConversationEvent[];
  messages: MessageRow[];
  seq: number;
  /** As both are now. */
  conversation: Conversation;
  state: Session | null;
};

type Unnumbered = ConversationEvent extends infer E ? (E extends ConversationEvent ? Omit<E, 'seq' | 'at'> : never) : never;

type Said = Omit<MessageRow, 'id' | 'seq' | 'conversation_id' | 'at' | 'public_at'> & { block: string | null };

export async function saveStep(app: App, tx: Db, turn: OpenTurn): Promise<SavedStep> {
  const now = app.clock.now();
  const said = messagesOf(turn);
  if (turn.reply !== null && turn.conversation.status === 'done') turn.conversation = { ...turn.conversation, ...reopened(now) };
  const { conversation } = turn;
  const sessionId = await sessionIdOf(tx, turn, now);
  const numbered = numberAll(turn, said, now, sessionId);
  const { messages, events, publicAt } = numbered;
  const seq = events.at(-1)?.seq ?? conversation.seq;
  const after: Conversation = {
    ...conversation,
    seq,
    // What has ended stays the last that ran, until there is another.
    session_id: sessionId ?? turn.replaced?.id ?? conversation.session_id,
    public_at: publicAt,
    messages: conversation.messages + messages.length,
    ...(messages.length > 0 ? { last_message_at: now } : {}),
    ...attentionAfter(turn, stateAfter(turn), said, now),
  };
  // Written together: on Postgres that is one way to the database and back, and a second for what needs the messages' ids.
  const [isSaved, hasJobs, isTold] = await Promise.all([
    saveConversation(tx, after, conversation.seq),
    writeJobs(app, tx, turn, sessionId),
    applyChanges(app, tx, turn, messages).then((changes) => tellFromTurn(app, tx, turn, changes, seq)),
    writeMessages(tx, turn, numbered, { sessionId, now }),
    writeSessions(tx, turn, sessionId, now),
  ]);
  assert(isSaved, 'a conversation changed under a turn that held it');
  const workAt = hasJobs || isTold ? now : turn.session === null ? null : dueAt(turn.session.state);
  const place = { workspaceId: conversation.workspace_id, botId: conversation.bot_id, conversationId: conversation.id };
  if (events.length > 0) announce(tx, { ...place, seq, dueAt: workAt });
  return { conversationId: conversation.id, sessionId, events, messages, seq, conversation: after, state: stateAfter(turn) };
}

type Numbered = { messages: MessageRow[]; events: ConversationEvent[]; told: { id: number }[]; publicAt: number };

/** The messages, and the step that tells of them under the ids they got. */
async function writeMessages(tx: Db, turn: OpenTurn, { messages, events, told }: Numbered, at: { sessionId: number | null; now: number }): Promise<void> {
  (await insertMessages(tx, messages)).forEach((id, place) => {
    for (const one of [messages[place], told[place]]) if (one) one.id = id;
  });
  await tieFiles(tx, turn, messages);
  const last = events.at(-1);
  if (last === undefined) return;
  const printed = { events: JSON.stringify(events.map(unnumbered)), trace: JSON.stringify(traceOf(turn)) };
  await insertStep(tx, {
    conversation_id: turn.conversation.id,
    last_seq: last.seq,
    session_id: at.sessionId ?? turn.replaced?.id ?? null,
    at: at.now,
    ...printed,
    state: stateToKeep(turn),
  });
}

/** The only conversations whose turns can be gone on with. */
function isChat({ conversation }: OpenTurn): boolean {
  return conversation.channel === 'api';
}

/** A chat can be gone on with from here, unless what it knows is so much that keeping it at every turn would be too much. */
function stateToKeep(turn: OpenTurn): string | null {
  const text = isChat(turn) && turn.session ? printState(null, turn.session.state) : null;
  return text !== null && text.length <= maxKeptUnits ? text : null;
}

const maxKeptUnits = 32 * 1024;

// Every turn writes these, so what its row says already (the last number, the time) is not said again for each.
function unnumbered({ seq: _seq, at: _at, ...event }: ConversationEvent): Unnumbered {
  return event;
}

/** What happened in a step, with its numbers: the last is the step's own, and there is no gap. */
export function eventsOf({ last_seq: last, at, events }: Pick<StepRow, 'last_seq' | 'at' | 'events'>): ConversationEvent[] {
  const said = JSON.parse(events) as Unnumbered[];
  return said.map((event, index) => ({ seq: last - said.length + 1 + index, at, ...event }) as ConversationEvent);
}

/** A block that ran: the port it was left by, what it set as it may be shown, and why what it asked for failed. */
export type Traced = { block: string; port: string; set?: { [name: string]: string }; reason?: string };

function traceOf({ outputs }: OpenTurn): Traced[] {
  const trace: Traced[] = [];
  for (const one of outputs) {
    if (one.kind !== 'trace') continue;
    const { block, port, set, reason } = one;
    trace.push({ block, port, ...(Object.keys(set).length > 0 ? { set } : {}), ...(reason === undefined ? {} : { reason }) });
  }
  return trace;
}

/** What came along with the reply, or what a person of the team sends, belongs to its message from now on. */
async function tieFiles(tx: Db, { conversation, reply, spoken }: OpenTurn, [first]: readonly MessageRow[]): Promise<void> {
  const ids = (reply?.files ?? spoken?.files ?? []).map((file) => file.id);
  if (ids.length === 0) return;
  assert(first, 'what carries files is the first message of its turn');
  // Two messages may reach for the same file at once; the other one was quicker.
  if ((await keepFiles(tx, conversation.id, first.id, ids)) < ids.length) throw invalidField('attachments', 'A file is in a message already. Upload it again.');
}

function stateAfter({ session, replaced, last }: OpenTurn): Session | null {
  return session ? session.state : replaced ? endedState(replaced) : last;
}

function endedState({ state }: OpenSession): Session {
  return { ...state, status: state.status === 'failed' ? 'failed' : 'ended', wait: null };
}

function messagesOf(turn: OpenTurn): Said[] {
  const said: Said[] = turn.earlier.map((one) => ({ ...one, client_id: null }));
  if (turn.reply !== null) {
    const name = turn.subscriber.name;
    said.push({
      direction: 'in',
      author_kind: 'subscriber',
      author_id: turn.subscriber.id,
      author_name: name,
      body: JSON.stringify(turn.reply),
      text: turn.reply.text,
      client_id: turn.clientId,
      block: null,
    });
  }
  if (turn.spoken !== null) {
    const { message, text, author, isNote } = turn.spoken;
    said.push({
      direction: isNote ? 'note' : 'out',
      author_kind: author.kind,
      author_id: author.id,
      author_name: author.name,
      body: JSON.stringify(message),
      text,
      client_id: null,
      block: null,
    });
  }
  for (const output of turn.outputs) {
    const written = messageOf(output);
    if (written) said.push({ ...written, author_kind: 'bot', author_id: null, author_name: 'bot', client_id: null });
  }
  return said;
}

function messageOf(output: Output): Pick<Said, 'direction' | 'body' | 'text' | 'block'> | null {
  if (output.kind === 'say' && output.message.kind !== 'typing')
    return { direction: 'out', body: JSON.stringify(output.message), text: plainText(output.message), block: output.block };
  if (output.kind !== 'change' || output.change.do !== 'note') return null;
  const note: Message = { kind: 'text', text: output.change.text };
  return { direction: 'note', body: JSON.stringify(note), text: output.change.text, block: output.block };
}

// Numbers and public times in one pass. Messages, and the events that tell of them, have no ids until they are written.
function numberAll(turn: OpenTurn, said: Said[], now: number, sessionId: number | null): Numbered {
  const { conversation } = turn;
  const events: ConversationEvent[] = [];
  const told: { id: number }[] = [];
  let { seq, public_at: publicAt } = conversation;
  const add = (event: Unnumbered): void => {
    seq += 1;
    events.push({ seq, at: now, ...event } as ConversationEvent);
  };
  const { session, replaced } = turn;
  const over = answeredIn(turn);
  if (over) add(over);
  if (replaced?.id != null) {
    const { status } = endedState(replaced);
    const by = status === 'failed' ? {} : { by: replaced.asideBy ?? (session === null ? ('cancelled' as const) : ('superseded' as const)) };
    add({ kind: 'session', id: replaced.id, status, flow: replaced.flowId, version: replaced.version, ...by });
  }
  if (session?.id === null && sessionId !== null)
    add({ kind: 'session', id: sessionId, status: 'running', flow: session.flowId, version: session.version, began: true });
  const messages = said.map(({ direction, author_kind, author_id, author_name, body, text, client_id, block }): MessageRow => {
    if (direction !== 'note') publicAt = Math.max(Math.floor(now / 1000), publicAt + 1);
    seq += 1;
    const event = { seq, at: now, kind: 'message' as const, id: 0, direction, block };
    events.push(event);
    told.push(event);
    const place = { id: 0, conversation_id: conversation.id, seq, at: now, public_at: publicAt };
    return { ...place, direction, author_kind, author_id, author_name, body, text, client_id };
  });
  for (const act of actsOf(turn)) add(act);
  for (const output of turn.outputs) {
    if (output.kind === 'log') add({ kind: 'log', block: output.block, level: output.level, text: output.text });
    if (output.kind === 'failed') add({ kind: 'failed', block: output.block, reason: output.reason });
    if (output.kind === 'change' && output.change.do !== 'note') add({ kind: 'change', block: output.block, change: output.change });
  }
  if (session && sessionId !== null && hasMoved(session) && !isGathering(session)) {
    const { wait, status, turn: n } = session.state;
    const more = { ...(wait === null ? {} : { wait: wait.kind }), ...(isChat(turn) ? { turn: n } : {}) };
    add({ kind: 'session', id: sessionId, status, flow: session.flowId, version: session.version, ...more });
    if (wait?.kind === 'reply') {
      const expires = wait.expires_at === null ? {} : { expires_at: wait.expires_at };
      add({ kind: 'input', id: wait.id, status: 'requested', block: wait.block, session: sessionId, ...expires });
    }
  }
  return { messages, events, told, publicAt };
}

/** The question that waits no longer: answered, or over before anyone did. */
function answeredIn({ session, replaced, reply }: OpenTurn): Unnumbered | null {
  const asked = replaced ?? session;
  const wait = asked?.found?.wait;
  if (wait?.kind !== 'reply' || !asked || asked.id === null) return null;
  if (replaced === null && (!hasMoved(asked) || asked.state.wait?.id === wait.id)) return null;
  return {
    kind: 'input',
    id: wait.id,
    status: hasMoved(asked) && (reply !== null || wait.gathered) ? 'resolved' : 'expired',
    block: wait.block,
    session: asked.id,
  };
}

function actsOf(turn: OpenTurn): Extract<Unnumbered, { kind: 'conversation' }>[] {
  const { conversation, found, act, by, reply, subscriber } = turn;
  const { status, assignee_id: assignee } = conversation;
  const acts: Extract<Unnumbered, { kind: 'conversation' }>['act'][] = [];
  if (status !== found.status) acts.push(status === 'done' ? 'closed' : 'opened');
  if (act !== null) acts.push(act);
  else if (assignee !== found.assignee_id) acts.push('assigned');
  if ((conversation.muted_at === null) !== (found.muted_at === null)) acts.push(conversation.muted_at === null ? 'unmuted' : 'muted');
  const person = reply === null ? null : { kind: 'subscriber' as const, id: subscriber.id, name: subscriber.name };
  return acts.map((one) => ({ kind: 'conversation', act: one, status, assignee, by: by ?? (one === 'opened' ? person : null) }));
}

/** An open conversation from now on. */
export function reopened(now: number): Pick<Conversation, 'status' | 'opened_at' | 'closed_at'> {
  return { status: 'open', opened_at: now, closed_at: null };
}

/** Of the session the turn works on; a new one is written first, for its events tell its number. */
async function sessionIdOf(tx: Db, { session, conversation }: OpenTurn, now: number): Promise<number | null> {
  if (session === null || session.id !== null) return session?.id ?? null;
  const { status } = session.state;
  const began = { conversation_id: conversation.id, flow_id: session.flowId, version: session.version, started_at: session.startedAt };
  return insertSession(tx, { ...began, status, state: printState(null, session.state), updated_at: now });
}

async function writeSessions(tx: Db, turn: OpenTurn, id: number | null, now: number): Promise<void> {
  if (turn.replaced?.id != null) await endSession(tx, turn, turn.replaced, turn.replaced.id, now);
  const { session } = turn;
  if (session === null || id === null || !hasMoved(session)) return;
  if (session.id !== null) {
    const { status } = session.state;
    const change = { version: session.version, status, state: printState(id, session.state), updated_at: now };
    const saved = await saveSession(tx, turn.conversation.id, { id, rev: session.rev, ...change });
    assert(saved, 'a session changed under a turn that held its conversation');
  }
  const { wait } = session.state;
  const due = dueAt(session.state);
  if (wait !== null && due !== null) await setTimer(tx, id, { wait: wait.id, dueAt: due });
  else if (session.found !== null && dueAt(session.found) !== null) await setTimer(tx, id, null);
}

function hasMoved(session: OpenSession): boolean {
  return session.state !== session.found;
}

/** It only keeps what was written until the person has been quiet: nothing has come of it yet. */
function isGathering({ state, found }: OpenSession): boolean {
  return state.wait?.kind === 'reply' && state.wait.gathered !== undefined && state.turn === found?.turn;
}

async function endSession(tx: Db, turn: OpenTurn, session: OpenSession, id: number, now: number): Promise<void> {
  const state = endedState(session);
  const { rev, version } = session;
  await saveSession(tx, turn.conversation.id, { id, rev, version, status: state.status, state: JSON.stringify(state), updated_at: now });
  await setTimer(tx, id, null);
}

/** Outside asks become jobs; their key makes the same ask the same job, whatever is repeated. */
async function writeJobs(app: App, tx: Db, turn: OpenTurn, sessionId: number | null): Promise<boolean> {
  let hasJobs = false;
  for (const output of turn.outputs) {
    if (output.kind !== 'ask' || insideAsks.has(output.ask.ask) || sessionId === null) continue;
    const payload = { botId: turn.conversation.bot_id, conversationId: turn.conversation.id, sessionId, id: output.id, ask: output.ask };
    hasJobs = true;
    await app.queue.enqueue(tx, {
      kind: `ask:${output.ask.ask}`,
      workspace_id: turn.conversation.workspace_id,
      key: `${sessionId}:${output.id}`,
      payload: JSON.stringify(payload),
      // A session waits for the answer before it asks again.
      lane: null,
    });
  }
  return hasJobs;
}
