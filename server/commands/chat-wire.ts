// What a chat, its messages, its inputs and what happens in it look like to a program, wherever it reads them: in a reply,
// in a stream, in a webhook. The historical keys come first. The same words, not the same reader: `legacy` is a key's wish.
import type { Message } from '@parley/engine/message.ts';
import type { Wait } from '@parley/engine/session.ts';
import type { OpenChat } from '../store/chats.ts';
import type { MessageRow } from '../store/messages.ts';
import type { ConversationEvent } from './save-step.ts';

export const chatStatuses = ['ready', 'running', 'wait_for_human_input', 'completed', 'error'] as const;
export type ChatStatus = (typeof chatStatuses)[number];

export const vocabularies = ['usual', 'legacy'] as const;
/** `legacy`: clients that know `aborted` and `failed` for what was cancelled and what failed. */
export type Vocabulary = (typeof vocabularies)[number];
export const shownStatuses = [...chatStatuses, 'aborted', 'failed'] as const;
export type ShownStatus = (typeof shownStatuses)[number];

export function showStatus(words: Vocabulary, status: ChatStatus, stopReason: string | null): ShownStatus {
  if (words === 'usual') return status;
  if (status === 'error') return 'failed';
  return status === 'completed' && stopReason === 'cancelled' ? 'aborted' : status;
}

export const isoOf = (ms: number): string => new Date(ms).toISOString();
export const runName = (id: number): string => `run_${id}`;
export const runPattern = /^run_\d{1,15}$/;

export function inputName(runId: number, wait: { id: string }): string {
  return `inp_${runId}_${wait.id.replace(':', '_')}`;
}

/** Of a scripted run: no model is asked. */
export const noUsage = {
  input_tokens: 0,
  output_tokens: 0,
  total_tokens: 0,
  cached_input_tokens: 0,
  reasoning_tokens: 0,
  model_calls: 0,
  tool_calls: 0,
  cost: { amount: '0.000000', currency: 'USD', estimated: false },
  by_model: [],
  by_agent: [],
};

/** How a run that is over ended, by why it did. */
export function outcomeOf(stopReason: string | null): 'succeeded' | 'stopped' | 'cancelled' {
  if (stopReason === 'cancelled' || stopReason === 'superseded') return 'cancelled';
  return stopReason === null || stopReason === 'graph_complete' ? 'succeeded' : 'stopped';
}

/** Where a message stands, as far as it is shown with each. */
export type MessagePlace = OpenChat & { runId: number | null; block?: string | null; turn?: number | null };

export function showMessage(place: MessagePlace, row: MessageRow) {
  const isUser = row.direction === 'in';
  const role = isUser ? ('user' as const) : ('assistant' as const);
  const content = isUser ? row.text : contentOf(row);
  const them = row.author_kind === 'agent' ? row.author_name : place.botName;
  return {
    id: String(row.id),
    chat: place.conversation.public_id ?? '',
    owner: String(place.chat.owner_id),
    type: role,
    sender: isUser ? 'user' : them,
    receiver: isUser ? place.botName : 'user',
    content,
    created: isoOf(row.at),
    object: 'message' as const,
    run_id: place.runId === null ? null : runName(place.runId),
    parent_run_id: null,
    turn: place.turn ?? null,
    seq: row.seq,
    state: 'complete' as const,
    role,
    node_id: place.block ?? null,
    visibility: 'public' as const,
    parts: partsOf(row, content),
    meta: { tool_info: null },
    model: null,
    finish_reason: null,
    usage: null,
    client_message_id: row.client_id,
  };
}

// The text itself, without the numbered choices: those are in the pending input.
function contentOf(row: MessageRow): string {
  const body = JSON.parse(row.body) as Message;
  return body.kind === 'text' ? body.text : row.text;
}

type Part = { type: 'text'; text: string } | { type: 'image' | 'file'; url: string; name: string | null } | { type: 'data'; schema: string; value: unknown };

function partsOf(row: MessageRow, content: string): Part[] {
  const body = JSON.parse(row.body) as Message | { kind?: undefined };
  const text: Part[] = [{ type: 'text', text: content }];
  if (body.kind === undefined || (body.kind === 'text' && !body.buttons)) return text;
  if (body.kind !== 'media') return [...text, { type: 'data', schema: `message.${body.kind}`, value: body }];
  const { media, url, alt, caption } = body;
  const said: Part[] = caption ? [{ type: 'text', text: caption }] : [];
  return [...said, { type: media === 'image' ? 'image' : 'file', url, name: alt ?? null }];
}

export type Asked = { sessionId: number; wait: Pick<Wait, 'id'>; prompt: string; choices: string[]; expiresAt: number | null; at: number };

/** The same wherever it is read: of the chat, or of the event that tells of it. */
export function showInput({ sessionId, wait, prompt, choices, expiresAt, at }: Asked) {
  return {
    id: inputName(sessionId, wait),
    run_id: runName(sessionId),
    reason: 'ask',
    agent: null,
    prompt,
    choices,
    response_schema: { type: 'string' },
    tool_call: null,
    expires_at: expiresAt === null ? null : isoOf(expiresAt),
    on_timeout: expiresAt === null ? 'wait' : 'edge',
    created: isoOf(at),
  };
}

/** What is told of, and by which of a stream's channels. */
export const eventChannels = {
  'message.completed': 'messages',
  'message.discarded': 'messages',
  'run.started': 'lifecycle',
  'run.finished': 'lifecycle',
  'run.failed': 'lifecycle',
  'chat.status': 'lifecycle',
  'input.requested': 'lifecycle',
  'input.resolved': 'lifecycle',
  'input.expired': 'lifecycle',
  log: 'trace',
  custom: 'trace',
} as const;
export type EventName = keyof typeof eventChannels;
export const eventNames = Object.keys(eventChannels) as EventName[];

/** Every event of the conversation is one here, so that numbers have no gap. */
export function nameOf(event: ConversationEvent): EventName {
  switch (event.kind) {
    case 'message':
      return event.direction === 'note' ? 'custom' : 'message.completed';
    case 'session':
      if (event.began) return 'run.started';
      return event.status === 'ended' ? 'run.finished' : event.status === 'failed' ? 'run.failed' : 'chat.status';
    case 'input':
      return `input.${event.status}`;
    case 'log':
    case 'failed':
      return 'log';
    case 'conversation':
    case 'change':
      return 'custom';
  }
}

/** Whose it is; of what another run put an end to, that of the one that ended. */
export function runOfEvent(event: ConversationEvent, stepRunId: number | null): number | null {
  if (event.kind === 'session') return event.id;
  return event.kind === 'input' ? (event.session ?? stepRunId) : stepRunId;
}

export type ShownEvent = { seq: number; event: EventName; runId: number | null; isEnd: boolean; data: Record<string, unknown> };

/** `said` in the step of the event: a question stands in a message before it. `place.runId` is the step's. */
export function showEvent(place: MessagePlace, event: ConversationEvent, said: readonly MessageRow[]): ShownEvent {
  const runId = runOfEvent(event, place.runId);
  const row = event.kind === 'message' ? said.find((one) => one.id === event.id) : undefined;
  const name = nameOf(event);
  // A message that is there no more was discarded, or the history cleared.
  const shown = name === 'message.completed' && !row ? 'message.discarded' : name;
  const envelope = { seq: event.seq, ts: isoOf(event.at), chat: place.conversation.public_id, run_id: runId === null ? null : runName(runId) };
  const where = { ...envelope, agent: null, node_id: 'block' in event ? event.block : null, path: [] };
  return {
    seq: event.seq,
    event: shown,
    runId,
    isEnd: name === 'run.finished' || name === 'run.failed',
    data: { ...where, ...dataOf(place, event, said, row) },
  };
}

function dataOf(place: MessagePlace, event: ConversationEvent, said: readonly MessageRow[], row: MessageRow | undefined): Record<string, unknown> {
  switch (event.kind) {
    case 'message':
      // What agents tell each other has a number here and no text.
      if (event.direction === 'note') return { name: 'note', value: null };
      return { message: row ? showMessage({ ...place, block: event.block }, row) : { id: String(event.id) } };
    case 'session':
      return runData(event, said);
    case 'input':
      return inputData(event, said);
    case 'log':
      return { level: event.level, value: event.text };
    case 'failed':
      return { level: 'error', value: event.reason };
    case 'conversation':
      return { name: 'conversation', value: { status: event.status, assignee: event.assignee } };
    case 'change':
      return { name: 'change', value: event.change };
  }
}

function runData(
  { status, by, began, wait, version, turn }: Extract<ConversationEvent, { kind: 'session' }>,
  said: readonly MessageRow[],
): Record<string, unknown> {
  const message = said.find((one) => one.direction === 'in');
  if (began) return { trigger: message ? { type: 'message', message_id: String(message.id) } : { type: 'retry', message_id: null }, flow_version: version };
  if (status === 'ended') {
    const stopReason = by ?? 'graph_complete';
    return { outcome: outcomeOf(stopReason), stop_reason: stopReason, usage: noUsage };
  }
  if (status === 'failed') return { error: { code: 'flow_failed' }, stop_reason: 'error', usage: noUsage };
  return { from: 'running', to: wait === 'reply' ? 'wait_for_human_input' : 'running', turn: turn ?? null };
}

function inputData(event: Extract<ConversationEvent, { kind: 'input' }>, said: readonly MessageRow[]): Record<string, unknown> {
  const { id, status, block, session } = event;
  const named = { sessionId: session ?? 0, wait: { id } };
  if (status !== 'requested') {
    const input = { id: inputName(named.sessionId, named.wait), run_id: runName(named.sessionId), node_id: block };
    return { input, ...(status === 'resolved' ? { action: 'reply' } : {}) };
  }
  const asked = said.map((row) => JSON.parse(row.body) as Message).findLast((one) => 'input' in one && one.input?.block === block);
  const choices = asked && 'input' in asked && asked.input && 'choices' in asked.input ? asked.input.choices.map((one) => one.label) : [];
  const prompt = asked && 'text' in asked ? asked.text : '';
  return { input: { ...showInput({ ...named, prompt, choices, expiresAt: event.expires_at ?? null, at: event.at }), node_id: block } };
}
