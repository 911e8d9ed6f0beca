// A reply came in: from any door, for any channel. It answers what waits, or is a global command, or sets off a trigger,
// or begins the start flow of a new conversation, or waits for people. The door answers after the commit.
import { commandIn } from '@parley/engine/advance/commands.ts';
import { parsePayload } from '@parley/engine/block.ts';
import { definitionOf } from '@parley/engine/blocks.ts';
import { type Flow, indexOf } from '@parley/engine/flow.ts';
import type { Reply } from '@parley/engine/message.ts';
import type { App } from '../app.ts';
import type { Db } from '../store/database.ts';
import { noteInbound } from '../store/inbound.ts';
import { type LateReply, lateReplyAfter, usualLateQuestion } from './channel-settings.ts';
import { liveFlows } from './flow-set.ts';
import { gathered } from './gathering.ts';
import { beginSession, isResting, type OpenTurn, openTurn, restart, setAside, walk } from './open-turn.ts';
import { type SavedStep, saveStep } from './save-step.ts';
import { startFlowOf } from './start-flow.ts';
import { beginTriggered, fallbackOf, triggersFor } from './triggers.ts';

export type Received = { botId: number; conversationId: number; reply: Reply };

export async function receiveReply(app: App, tx: Db, { botId, conversationId, reply }: Received): Promise<SavedStep> {
  return takeReply(app, tx, await openTurn(app, tx, botId, conversationId), reply);
}

/** As a provider sends it: worked on once however often it comes, and null the other times. `source` is the channel. */
export async function receiveEvent(app: App, tx: Db, { source, event }: { source: string; event: string }, one: Received): Promise<SavedStep | null> {
  return (await noteInbound(tx, source, event, app.clock.now())) ? receiveReply(app, tx, one) : null;
}

/** For whoever has opened the turn already. */
export async function takeReply(app: App, tx: Db, turn: OpenTurn, reply: Reply): Promise<SavedStep> {
  turn.reply = reply;
  turn.context.conv.last_reply_at = turn.context.now;
  // A word that means the same everywhere, and what comes late, wait for nothing more.
  const isAtOnce = () => commandIn(turn.context.commands, reply.text) !== null || lateness(turn, reply) !== 'resume';
  const due = isResting(turn) ? null : await gathered(app, tx, turn, { reply, isAtOnce });
  if (due) await answer(app, tx, turn, due);
  return saveStep(app, tx, turn);
}

/** What a reply is answered with, whenever it was stored. */
export async function answer(app: App, tx: Db, turn: OpenTurn, reply: Reply): Promise<void> {
  const triggers = await triggersFor(tx, turn, reply);
  const isWaiting = turn.session !== null && !turn.isLost;
  const interrupting = triggers.find((one) => one.interrupts === 'always' || (one.interrupts === 'when_waiting' && isWaiting));
  turn.context = { ...turn.context, interrupts: () => interrupting !== undefined };
  if (isWaiting) {
    const late = lateness(turn, reply);
    if (late !== 'resume' && interrupting) return beginTriggered(app, tx, turn, interrupting, { reply });
    if (late === 'restart' && turn.session) return restart(app, tx, turn, turn.session, { reply });
    if (late === 'ask') {
      await walk(app, tx, turn, { kind: 'late', words: turn.settings.late_question ?? usualLateQuestion });
      return;
    }
    const brought = await walk(app, tx, turn, { kind: 'reply', reply });
    const command = brought.find((one) => one.kind === 'command');
    if (command?.kind === 'command') return obey(app, tx, turn, command.name, reply);
    if (brought.some((one) => one.kind === 'interrupted') && interrupting) return beginTriggered(app, tx, turn, interrupting, { reply });
    // `unanswered`: it waits for something else than a reply (time, a webhook), and nothing is taken from it.
    return;
  }
  const pressed = await pressedIn(tx, turn, reply);
  if (pressed) return beginSession(app, tx, turn, pressed.flow, { pressed: pressed.button, reply });
  const command = commandIn(turn.context.commands, reply.text);
  if (command !== null) return obey(app, tx, turn, command, reply);
  const first = triggers[0];
  if (first) return beginTriggered(app, tx, turn, first, { reply });
  if (turn.session) return restart(app, tx, turn, turn.session, { reply });
  if (turn.conversation.messages === 0 && (await beginStart(app, tx, turn, reply))) return;
  const fallback = await fallbackOf(tx, turn);
  if (fallback) await beginTriggered(app, tx, turn, fallback, { reply });
}

// A press of what was asked, or a word that means the same everywhere, is plain enough however late it comes.
function lateness(turn: OpenTurn, reply: Reply): LateReply {
  const { session, settings, conversation, context } = turn;
  const wait = session?.state.wait;
  if (!session || wait?.kind !== 'reply') return 'resume';
  const late = lateReplyAfter(settings, conversation.channel, context.now - session.updatedAt);
  const isPlain = late !== 'resume' && (wait.choices.some((one) => one.payload === reply.payload) || commandIn(turn.context.commands, reply.text) !== null);
  return isPlain ? 'resume' : late;
}

/** A button of a flow that runs no more: of the one that ran last, else of the only live one that has it. */
async function pressedIn(tx: Db, turn: OpenTurn, { payload }: Reply): Promise<{ flow: { id: number; n: number }; button: { at: string; id: string } } | null> {
  const pressed = payload === undefined ? null : parsePayload(payload);
  if (pressed?.kind !== 'btn') return null;
  const having = (await liveFlows(tx, turn.conversation.bot_id, turn.revisions.flows)).filter(({ flow }) => hasButton(flow, pressed));
  const flow = having.find((one) => one.slug === turn.last?.cursor.flow) ?? (having.length === 1 ? having[0] : undefined);
  return flow ? { flow: { id: flow.id, n: flow.n }, button: pressed } : null;
}

function hasButton(flow: Flow, { at, id }: { at: string; id: string }): boolean {
  const block = indexOf(flow).blocks.get(at)?.block;
  return (
    block !== undefined &&
    definitionOf(block)
      .ports(block as never)
      .some((port) => port.name === `btn:${id}`)
  );
}

async function beginStart(app: App, tx: Db, turn: OpenTurn, reply: Reply): Promise<boolean> {
  const flow = await startFlowOf(tx, turn.conversation);
  if (!flow) return false;
  await beginSession(app, tx, turn, flow, { reply });
  return true;
}

async function obey(app: App, tx: Db, turn: OpenTurn, command: string, reply: Reply): Promise<void> {
  switch (command) {
    case 'restart':
      if (turn.session) return restart(app, tx, turn, turn.session, { reply });
      await beginStart(app, tx, turn, reply);
      return;
    case 'menu':
      await beginStart(app, tx, turn, reply);
      return;
    case 'stop':
      turn.outputs.push({ kind: 'change', block: '', change: { do: 'subscribe', on: false } });
      setAside(turn);
      return;
    case 'agent':
      turn.conversation = { ...turn.conversation, status: 'open' };
      setAside(turn);
      return;
  }
}
