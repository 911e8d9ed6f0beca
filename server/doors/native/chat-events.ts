// What happens in a chat as its programs see it: every event of the conversation is one event here, with its number, so
// that numbers have no gap; and it is the same whenever it is read.
import type { App } from '../../app.ts';
import { needChat } from '../../commands/chats.ts';
import { type ConversationEvent, eventsOf } from '../../commands/save-step.ts';
import { AppError } from '../../errors.ts';
import type { LiveEvent, LiveSource } from '../../http/route.ts';
import { type ChatOwner, findChat } from '../../store/chats.ts';
import { type MessageRow, messagesAmong } from '../../store/messages.ts';
import { stepsAfter } from '../../store/sessions.ts';
import { type MessagePlace, showChat, showMessage } from './chat-shapes.ts';

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
      return { seq, event: 'chat.snapshot', data: { seq, ts: new Date(app.clock.now()).toISOString(), chat: showChat(view) } };
    },
    read: async (after, limit) => {
      const steps = await stepsAfter(app.db, id, after, limit);
      const chat = await need();
      const events = steps.flatMap((step) =>
        eventsOf(step)
          .filter((one) => one.seq > after)
          .map((event) => ({ event, runId: step.session_id })),
      );
      const ids = events.flatMap(({ event }) => (event.kind === 'message' ? [event.id] : []));
      const rows = new Map((await messagesAmong(app.db, id, ids)).map((row) => [row.id, row]));
      return events.map(({ event, runId }) => shown({ ...chat, runId }, event, rows));
    },
  };
}

function shown(place: MessagePlace, event: ConversationEvent, rows: Map<number, MessageRow>): LiveEvent {
  const { seq, at } = event;
  const run = place.runId === null ? null : `run_${place.runId}`;
  const envelope = { seq, ts: new Date(at).toISOString(), chat: place.conversation.public_id, run_id: run };
  const { name, data } = named(place, event, rows);
  return { seq, event: name, data: { ...envelope, ...data } };
}

function named(place: MessagePlace, event: ConversationEvent, rows: Map<number, MessageRow>): { name: string; data: object } {
  switch (event.kind) {
    case 'message': {
      const row = rows.get(event.id);
      // What agents tell each other has a number here and no text.
      if (event.direction === 'note') return { name: 'custom', data: { name: 'note', value: null } };
      return { name: 'message.completed', data: { message: row ? showMessage(place, row) : { id: String(event.id) } } };
    }
    case 'session':
      if (event.status === 'ended') return { name: 'run.finished', data: { run_id: `run_${event.id}`, outcome: 'succeeded', stop_reason: 'graph_complete' } };
      if (event.status === 'failed') return { name: 'run.failed', data: { run_id: `run_${event.id}`, error: { code: 'flow_failed' } } };
      return { name: 'chat.status', data: { run_id: `run_${event.id}`, to: event.status } };
    case 'input':
      return { name: event.status === 'requested' ? 'input.requested' : 'input.resolved', data: { input: { id: event.id, node_id: event.block } } };
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
