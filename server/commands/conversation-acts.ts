// What people of the team do in a conversation: answer, note, assign, close and reopen, stop the flow and let it go on.
// Each is a turn like any other, so that it is numbered among the conversation's events.
import type { Input } from '@parley/engine/advance.ts';
import { blockAt } from '@parley/engine/flow.ts';
import { attended, delayed, untimed } from '@parley/engine/session.ts';
import { dueAt } from '@parley/engine/talk.ts';
import type { App } from '../app.ts';
import { AppError, invalidField } from '../errors.ts';
import { setCircumstances } from '../store/conversations.ts';
import type { Db } from '../store/database.ts';
import type { Uploader } from '../store/files.ts';
import { findFlow } from '../store/flows.ts';
import { findSession, setTimer } from '../store/sessions.ts';
import { saveTurn } from './chat-turns.ts';
import { attachFiles } from './files.ts';
import { loadVersion } from './flow-set.ts';
import { isAnswering } from './inside-answers.ts';
import { mute } from './mute.ts';
import { type Author, beginSession, type OpenTurn, openTurn, restart, type Spoken, setAside, walk } from './open-turn.ts';
import { reopened, type SavedStep } from './save-step.ts';

/** Who does it, in which conversation. */
export type Act = { botId: number; conversationId: number; by: Author & { id: number } };

async function open(app: App, tx: Db, { botId, conversationId, by }: Act): Promise<OpenTurn> {
  const turn = await openTurn(app, tx, botId, conversationId);
  turn.by = by;
  return turn;
}

/** Somebody has come: whose turn to wait is over, and whose conversation nobody has is theirs. */
function attend(turn: OpenTurn, by: Act['by']): void {
  if (turn.session) turn.session.state = attended(turn.session.state);
  if (turn.conversation.assignee_id === null) turn.conversation = { ...turn.conversation, assignee_id: by.id };
}

/** `attachments` are ids of files of that uploader. */
export type Answer = Pick<Spoken, 'message' | 'text' | 'isNote'> & { attachments: readonly string[]; uploader: Uploader };

/** Says something to the person, or among the team. In a conversation that people have, whoever answers first has it. */
export async function answerConversation(app: App, tx: Db, act: Act, { attachments, uploader, ...said }: Answer): Promise<SavedStep> {
  const turn = await open(app, tx, act);
  const files = await attachFiles(app, tx, turn.conversation, attachments, uploader);
  turn.spoken = { ...said, files, author: { kind: 'agent', id: act.by.id, name: act.by.name } };
  if (said.isNote) return saveTurn(app, tx, turn);
  if (turn.conversation.status === 'done') turn.conversation = { ...turn.conversation, ...reopened(app.clock.now()) };
  if (turn.conversation.handler === 'people') attend(turn, act.by);
  return saveTurn(app, tx, turn);
}

/** Null takes it from whoever had it. */
export async function assignConversation(app: App, tx: Db, act: Act, assigneeId: number | null): Promise<SavedStep> {
  const turn = await open(app, tx, act);
  if (assigneeId !== null) {
    if (!(await isAnswering(tx, turn.conversation.workspace_id, assigneeId)))
      throw invalidField('assignee', 'Nobody with this number answers people in this workspace.');
  }
  turn.conversation = { ...turn.conversation, assignee_id: assigneeId };
  return saveTurn(app, tx, turn);
}

/** A flow that handed over goes on by `resolved`; one that people had stopped ends here. */
export async function closeConversation(app: App, tx: Db, act: Act): Promise<SavedStep> {
  const turn = await open(app, tx, act);
  if (turn.conversation.status === 'done') return saveTurn(app, tx, turn);
  const { taken_at: takenAt } = turn.conversation;
  turn.conversation = { ...turn.conversation, status: 'done', closed_at: app.clock.now(), taken_at: null, parked: null };
  if (turn.isLost) setAside(turn);
  else if (turn.conversation.muted_at !== null) setAside(turn);
  else if (turn.session?.state.status === 'handed_off') await walk(app, tx, turn, { kind: 'human', outcome: 'resolved' });
  else if (takenAt !== null && turn.session) setAside(turn);
  // A flow that failed on its way out opened it for people again, and so it stays.
  return saveTurn(app, tx, turn);
}

export async function reopenConversation(app: App, tx: Db, act: Act): Promise<SavedStep> {
  const turn = await open(app, tx, act);
  if (turn.conversation.status === 'done') turn.conversation = { ...turn.conversation, ...reopened(app.clock.now()), handler: 'people' };
  return saveTurn(app, tx, turn);
}

/** From now on the bot is silent: replies are kept and nothing answers them, and what waits for time waits. */
export async function takeOver(app: App, tx: Db, act: Act): Promise<SavedStep> {
  const turn = await open(app, tx, act);
  const now = app.clock.now();
  if (turn.conversation.status === 'done') turn.conversation = { ...turn.conversation, ...reopened(now) };
  if (turn.conversation.taken_at === null) turn.act = 'taken';
  if (turn.session) turn.session.state = attended(turn.session.state);
  turn.conversation = { ...turn.conversation, taken_at: turn.conversation.taken_at ?? now, assignee_id: act.by.id };
  const step = await saveTurn(app, tx, turn);
  if (turn.session?.id != null) await setTimer(tx, turn.session.id, null);
  return step;
}

/** It calls nobody from now on: what is written is kept, no flow speaks, and nobody is told that somebody waits. */
export async function muteConversation(app: App, tx: Db, act: Act): Promise<SavedStep> {
  const turn = await open(app, tx, act);
  await mute(app, tx, turn);
  const step = await saveTurn(app, tx, turn);
  if (turn.session?.id != null) await setTimer(tx, turn.session.id, null);
  return step;
}

/** The flow goes on where it waits, unless somebody has taken over; where none does, whoever wrote is for people. */
export async function unmuteConversation(app: App, tx: Db, act: Act): Promise<SavedStep> {
  const turn = await open(app, tx, act);
  const { muted_at: mutedAt, taken_at: takenAt, parked } = turn.conversation;
  if (mutedAt === null) return saveTurn(app, tx, turn);
  await setCircumstances(tx, act.botId, act.conversationId, { muted_at: null });
  turn.conversation = { ...turn.conversation, muted_at: null };
  if (turn.session === null) turn.conversation = { ...turn.conversation, handler: 'people' };
  if (takenAt !== null) return saveTurn(app, tx, turn);
  turn.conversation = { ...turn.conversation, parked: null };
  if (!turn.isLost) goOnCounting(turn, mutedAt);
  if (parked !== null && turn.session && !turn.isLost) await walk(app, tx, turn, JSON.parse(parked) as Input);
  const step = await saveTurn(app, tx, turn);
  await startClock(tx, turn);
  return step;
}

/** The flow goes on at a block, or else where it waits; whatever came for it meanwhile reaches it now. */
export async function handBack(app: App, tx: Db, act: Act, block: string | null): Promise<SavedStep> {
  const turn = await open(app, tx, act);
  const { taken_at: takenAt, parked, status } = turn.conversation;
  if (status === 'done') throw new AppError('conflict', 'The conversation is closed. Reopen it first.');
  if (turn.conversation.muted_at !== null) throw new AppError('conflict', 'The conversation is muted. Unmute it first.');
  if (takenAt === null && turn.session?.state.status !== 'handed_off' && block === null)
    throw new AppError('conflict', 'The flow has this conversation already.');
  turn.act = 'handed_back';
  turn.conversation = { ...turn.conversation, taken_at: null, parked: null, assignee_id: null };
  if (takenAt !== null && !turn.isLost) goOnCounting(turn, takenAt);
  if (block !== null) await goTo(app, tx, turn, block);
  else if (turn.isLost && turn.session) await restart(app, tx, turn, turn.session, {});
  else if (turn.session?.state.wait?.kind === 'human') await walk(app, tx, turn, { kind: 'human', outcome: 'resolved' });
  else if (parked !== null && turn.session) await walk(app, tx, turn, JSON.parse(parked) as Input);
  const step = await saveTurn(app, tx, turn);
  await startClock(tx, turn);
  return step;
}

/** What it waited for by the clock when people took it. */
function goOnCounting({ session, settings, context }: OpenTurn, takenAt: number): void {
  if (session === null) return;
  const { state } = session;
  session.state = settings.handoff_timers === 'cancel' ? untimed(state, context.now) : delayed(state, context.now - takenAt);
}

/** In the flow that runs, else in the one that ran last, as it is published. */
async function goTo(app: App, tx: Db, turn: OpenTurn, block: string): Promise<void> {
  if (turn.session && !turn.isLost) {
    const before = turn.session.state;
    await walk(app, tx, turn, { kind: 'jump', at: block });
    if (turn.session.state === before) throw invalidField('block', `The flow has no block ${block}.`);
    return;
  }
  const { id, bot_id: botId, session_id: sessionId } = turn.conversation;
  const last = sessionId === null ? null : await findSession(tx, id, sessionId);
  const flow = last && (await findFlow(tx, botId, { id: last.flow_id }));
  if (!flow || flow.published === null) throw new AppError('conflict', 'No flow has run in this conversation that could go on.');
  const live = await loadVersion(tx, botId, flow.id, flow.published);
  if (live && blockAt(live, block) === null) throw invalidField('block', `The flow has no block ${block}.`);
  await beginSession(app, tx, turn, { id: flow.id, n: flow.published }, { at: block });
}

/** A session that has not moved still has no timer: it was taken away when the flow was stopped. */
async function startClock(tx: Db, { session }: OpenTurn): Promise<void> {
  if (session?.id == null) return;
  const { wait } = session.state;
  const due = dueAt(session.state);
  if (wait !== null && due !== null) await setTimer(tx, session.id, { wait: wait.id, dueAt: due });
}
