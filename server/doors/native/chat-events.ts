// What happens in a chat as its programs see it: every event of the conversation is one event here, with its number, so
// that numbers have no gap; and it is the same whenever it is read.
import type { Message } from '@parley/engine/message.ts';
import type { App } from '../../app.ts';
import { inputName, needChat } from '../../commands/chats.ts';
import { type ConversationEvent, eventsOf } from '../../commands/save-step.ts';
import { AppError } from '../../errors.ts';
import type { LiveEvent, LiveSource } from '../../http/route.ts';
import { type ChatOwner, findChat } from '../../store/chats.ts';
import { type MessageRow, messagesAmong } from '../../store/messages.ts';
import { stepsAfter } from '../../store/sessions.ts';
import { isoOf, type MessagePlace, noUsage, runName, showChat, showInput, showMessage } from './chat-shapes.ts';

export async function chatStream(app: App, owner: ChatOwner, publicId: string): Promise<LiveSource> {
  const need = async () => {
    const open = await findChat(app.db, owner, publicId);
    if (!open) throw new AppError('not_found', 'Chat not found');
    return open;
  };
  const { id } = (await need()).conversation;
  return {
    name: `chat ${id}`,
    about: { conversation: id },
    isGapless: true,
    settleMs: 0,
    lastSeq: async () => (await need()).conversation.seq,
    snapshot: async () => {
      const view = await needChat(app.db, owner, publicId);
      const { seq } = view.conversation;
      return { seq, event: 'chat.snapshot', data: { seq, ts: isoOf(app.clock.now()), chat: showChat(view) } };
    },
    read: async (after, limit) => {
      const steps = await stepsAfter(app.db, id, after, limit);
      const chat = await need();
      const happened = steps.map((step) => ({ runId: step.session_id, events: eventsOf(step) }));
      // Of the whole of each step: a question stands in a message before it.
      const ids = happened.flatMap(({ events }) => events.flatMap((event) => (event.kind === 'message' ? [event.id] : [])));
      const rows = new Map((await messagesAmong(app.db, id, ids)).map((row) => [row.id, row]));
      return happened.flatMap(({ runId, events }) => {
        const said = events.flatMap((event) => (event.kind === 'message' ? (rows.get(event.id) ?? []) : []));
        return events.filter((event) => event.seq > after).map((event) => shown({ ...chat, runId }, event, said));
      });
    },
  };
}

/** `said` in the step of the event. */
function shown(place: MessagePlace, event: ConversationEvent, said: readonly MessageRow[]): LiveEvent {
  const { seq, at } = event;
  const run = place.runId === null ? null : runName(place.runId);
  const envelope = { seq, ts: isoOf(at), chat: place.conversation.public_id, run_id: run };
  const { name, data } = named(place, event, said);
  return { seq, event: name, data: { ...envelope, ...data } };
}

function named(place: MessagePlace, event: ConversationEvent, said: readonly MessageRow[]): { name: string; data: object } {
  switch (event.kind) {
    case 'message': {
      const row = said.find((one) => one.id === event.id);
      // What agents tell each other has a number here and no text.
      if (event.direction === 'note') return { name: 'custom', data: { name: 'note', value: null } };
      return { name: 'message.completed', data: { message: row ? showMessage({ ...place, block: event.block }, row) : { id: String(event.id) } } };
    }
    case 'session':
      return runEvent(event);
    case 'input':
      return inputEvent(event, said);
    case 'log':
      return { name: 'log', data: { level: event.level, value: event.text, node_id: event.block } };
    case 'failed':
      return { name: 'log', data: { level: 'error', value: event.reason, node_id: event.block } };
    case 'conversation':
      return { name: 'custom', data: { name: 'conversation', value: { status: event.status, assignee: event.assignee } } };
    case 'change':
      return { name: 'custom', data: { name: 'change', value: event.change, node_id: event.block } };
  }
}

function runEvent({ id, status, by, began, wait }: Extract<ConversationEvent, { kind: 'session' }>): { name: string; data: object } {
  const run_id = runName(id);
  if (began) return { name: 'run.started', data: { run_id, trigger: { type: 'message' } } };
  if (status === 'ended') {
    const how = by ? { outcome: 'cancelled', stop_reason: by } : { outcome: 'succeeded', stop_reason: 'graph_complete' };
    return { name: 'run.finished', data: { run_id, ...how, usage: noUsage } };
  }
  if (status === 'failed') return { name: 'run.failed', data: { run_id, error: { code: 'flow_failed' }, usage: noUsage } };
  return { name: 'chat.status', data: { run_id, from: 'running', to: wait === 'reply' ? 'wait_for_human_input' : 'running' } };
}

function inputEvent(event: Extract<ConversationEvent, { kind: 'input' }>, said: readonly MessageRow[]): { name: string; data: object } {
  const { id, status, block, session } = event;
  const named = { sessionId: session ?? 0, wait: { id } };
  if (status !== 'requested')
    return {
      name: `input.${status}`,
      data: {
        input: { id: inputName(named.sessionId, named.wait), run_id: runName(named.sessionId), node_id: block },
        ...(status === 'resolved' ? { action: 'reply' } : {}),
      },
    };
  const asked = said.map((row) => JSON.parse(row.body) as Message).findLast((one) => 'input' in one && one.input?.block === block);
  const choices = asked && 'input' in asked && asked.input && 'choices' in asked.input ? asked.input.choices.map((one) => one.label) : [];
  const prompt = asked && 'text' in asked ? asked.text : '';
  return {
    name: 'input.requested',
    data: { input: { ...showInput({ ...named, prompt, choices, expiresAt: event.expires_at ?? null, at: event.at }), node_id: block } },
  };
}
