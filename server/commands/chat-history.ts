// What a chat's past holds besides what was said: the marks that older clients find their status by, and what people were
// asked, with what became of it. Both are read from the events, so nothing is kept twice.
import type { OpenChat } from '../store/chats.ts';
import type { Db } from '../store/database.ts';
import { messagesAmong } from '../store/messages.ts';
import { latestSteps, stepsAmong } from '../store/sessions.ts';
import { type EventName, inputName, nameOf, runName, runOfEvent, showEvent } from './chat-wire.ts';
import { eventsOf } from './save-step.ts';

const marks: Partial<Record<EventName, string>> = {
  'run.started': '__STATUS_RUNNING__',
  'input.requested': '__STATUS_WAIT_FOR_HUMAN_INPUT__',
  'input.resolved': '__STATUS_RECEIVED_HUMAN_INPUT__',
  'run.finished': '__STATUS_COMPLETED__',
  'run.failed': '__STATUS_ERROR__',
};

export type Mark = { seq: number; at: number; runId: number | null; text: string };

/** Of the events from `first` to `last`, in order. */
export async function marksAmong(db: Db, { conversation }: OpenChat, { first, last }: { first: number; last: number }): Promise<Mark[]> {
  const steps = await stepsAmong(db, conversation.id, first, last);
  return steps.flatMap((step) =>
    eventsOf(step).flatMap((event): Mark[] => {
      const text = marks[nameOf(event)];
      if (text === undefined || event.seq < first || event.seq > last) return [];
      return [{ seq: event.seq, at: event.at, runId: runOfEvent(event, step.session_id), text }];
    }),
  );
}

/** Turns that are looked through for what was asked. */
const maxSteps = 500;

export type AskedInput = {
  input: Record<string, unknown>;
  status: 'pending' | 'resolved' | 'expired';
  closedAt: number | null;
  /** What was answered. */
  messageId: number | null;
};

/** What people were asked, the latest first. */
export async function listInputs(db: Db, open: OpenChat, limit: number): Promise<AskedInput[]> {
  const { id } = open.conversation;
  const steps = await latestSteps(db, id, maxSteps);
  const over = new Map<string, { status: 'resolved' | 'expired'; at: number; messageId: number | null }>();
  const asked: AskedInput[] = [];
  for (const step of steps) {
    const events = eventsOf(step);
    for (const event of events.toReversed()) {
      if (event.kind !== 'input') continue;
      const name = inputName(event.session ?? 0, event);
      if (event.status !== 'requested') {
        const answer = event.status === 'resolved' ? events.find((one) => one.kind === 'message' && one.direction === 'in') : undefined;
        over.set(name, { status: event.status, at: event.at, messageId: answer?.kind === 'message' ? answer.id : null });
        continue;
      }
      const ids = events.flatMap((one) => (one.kind === 'message' ? [one.id] : []));
      const { data } = showEvent({ ...open, runId: step.session_id }, event, await messagesAmong(db, id, ids));
      const end = over.get(name);
      const input = { ...(data.input as Record<string, unknown>), run_id: runName(event.session ?? 0) };
      asked.push({ input, status: end?.status ?? 'pending', closedAt: end?.at ?? null, messageId: end?.messageId ?? null });
      if (asked.length === limit) return asked;
    }
  }
  return asked;
}
