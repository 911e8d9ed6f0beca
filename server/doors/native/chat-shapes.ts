// What a chat, its messages and its runs look like to a program: the historical keys first.
import type { Message } from '@parley/engine/message.ts';
import { z } from 'zod';
import { type ChatView, chatStatuses, inputName, pendingWait } from '../../commands/chats.ts';
import type { OpenChat } from '../../store/chats.ts';
import type { MessageRow } from '../../store/messages.ts';

const iso = z.string().describe('RFC 3339, milliseconds, UTC.');

const usage = z.object({ input_tokens: z.int(), output_tokens: z.int(), total_tokens: z.int() });
export const noUsage = { input_tokens: 0, output_tokens: 0, total_tokens: 0 };

const input = z
  .object({
    id: z.string(),
    run_id: z.string(),
    reason: z.string(),
    agent: z.string().nullable(),
    prompt: z.string(),
    choices: z.array(z.string()),
    response_schema: z.unknown(),
    tool_call: z.null(),
    expires_at: iso.nullable(),
    on_timeout: z.string(),
    created: iso,
  })
  .meta({ id: 'ChatPendingInput' });

export const chat = z
  .object({
    id: z.string(),
    object: z.literal('chat'),
    name: z.string(),
    from_type: z.string(),
    from_flow: z.string(),
    from_template: z.string().nullable(),
    flow_version: z.int().nullable(),
    owner: z.string(),
    status: z.enum(chatStatuses),
    created: iso,
    updated: iso,
    active_run_id: z.string().nullable(),
    last_run_id: z.string().nullable(),
    stop_reason: z.string().nullable(),
    last_error: z.string().nullable(),
    pending_inputs: z.array(input),
    last_seq: z.int(),
    message_count: z.int(),
    usage,
    metadata: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'Chat' });

export const message = z
  .object({
    id: z.string(),
    chat: z.string(),
    owner: z.string(),
    type: z.enum(['assistant', 'user']),
    sender: z.string(),
    receiver: z.string(),
    content: z.string(),
    created: iso,
    object: z.literal('message'),
    run_id: z.string().nullable(),
    parent_run_id: z.null(),
    turn: z.int().nullable(),
    seq: z.int(),
    state: z.string(),
    role: z.enum(['assistant', 'user']),
    node_id: z.string().nullable(),
    visibility: z.literal('public'),
    parts: z.array(z.unknown()),
    meta: z.object({ tool_info: z.null() }),
    model: z.null(),
    finish_reason: z.null(),
    usage: usage.nullable(),
    client_message_id: z.string().nullable(),
  })
  .meta({ id: 'ChatMessage' });

export { message as chatMessage };

export const isoOf = (ms: number): string => new Date(ms).toISOString();
export const runName = (id: number): string => `run_${id}`;

export function showChat(view: ChatView): z.input<typeof chat> {
  const { chat: row, conversation, session } = view;
  const isActive = view.status === 'running' || view.status === 'wait_for_human_input';
  const pending = inputOf(view);
  return {
    id: conversation.public_id ?? '',
    object: 'chat',
    name: row.name,
    from_type: row.from_type,
    from_flow: row.from_flow,
    from_template: row.from_type === 'template' ? row.from_flow : null,
    flow_version: session?.version ?? null,
    owner: String(row.owner_id),
    status: view.status,
    created: isoOf(row.created_at),
    updated: isoOf(Math.max(row.updated_at, session?.updated_at ?? 0)),
    active_run_id: session && isActive ? runName(session.id) : null,
    last_run_id: session ? runName(session.id) : null,
    stop_reason: isActive ? null : row.stop_reason,
    last_error: row.last_error,
    pending_inputs: pending ? [pending] : [],
    last_seq: conversation.seq,
    message_count: conversation.messages,
    usage: noUsage,
    metadata: JSON.parse(row.metadata) as Record<string, unknown>,
  };
}

/** What the chat waits for a person to say. */
export function inputOf(view: ChatView): z.input<typeof input> | null {
  const wait = pendingWait(view);
  if (wait === null || view.session === null) return null;
  const choices = wait.choices.map((one) => one.label);
  return showInput({ sessionId: view.session.id, wait, prompt: view.prompt, choices, expiresAt: wait.expires_at, at: view.session.updated_at });
}

type Asked = { sessionId: number; wait: { id: string }; prompt: string; choices: string[]; expiresAt: number | null; at: number };

/** The same wherever it is read: of the chat, or of the event that tells of it. */
export function showInput({ sessionId, wait, prompt, choices, expiresAt, at }: Asked): z.input<typeof input> {
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

export function runOf(view: ChatView) {
  const { session, state } = view;
  if (session === null || state === null) return null;
  const states = { running: 'running', waiting: 'waiting', handed_off: 'waiting', ended: 'succeeded', failed: 'failed' } as const;
  const isOver = state.status === 'ended' || state.status === 'failed';
  return {
    id: runName(session.id),
    chat: view.conversation.public_id,
    state: states[state.status],
    stop_reason: isOver ? view.chat.stop_reason : null,
    error: view.chat.last_error === null ? null : { code: 'flow_failed', message: view.chat.last_error, retryable: false, node_id: null },
    attempt: 1,
    flow_version: session.version,
    started: isoOf(session.started_at),
    finished: isOver ? isoOf(session.updated_at) : null,
    turns: state.turn,
    usage: noUsage,
    parent_run_id: null,
  };
}

/** Where a message stands, as far as it is shown with each. */
export type MessagePlace = OpenChat & { runId: number | null; block?: string | null };

export function showMessage(place: MessagePlace, row: MessageRow): z.input<typeof message> {
  const isUser = row.direction === 'in';
  const role = isUser ? 'user' : 'assistant';
  const content = isUser ? row.text : contentOf(row);
  return {
    id: String(row.id),
    chat: place.conversation.public_id ?? '',
    owner: String(place.chat.owner_id),
    type: role,
    sender: isUser ? 'user' : place.botName,
    receiver: isUser ? place.botName : 'user',
    content,
    created: isoOf(row.at),
    object: 'message',
    run_id: place.runId === null ? null : runName(place.runId),
    parent_run_id: null,
    turn: null,
    seq: row.seq,
    state: 'complete',
    role,
    node_id: place.block ?? null,
    visibility: 'public',
    parts: [{ type: 'text', text: content }],
    meta: { tool_info: null },
    model: null,
    finish_reason: null,
    usage: null,
    client_message_id: null,
  };
}

// The text itself, without the numbered choices: those are in the pending input.
function contentOf(row: MessageRow): string {
  const body = JSON.parse(row.body) as Message;
  return body.kind === 'text' ? body.text : row.text;
}
