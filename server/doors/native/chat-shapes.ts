// The schemas of what a chat, its messages and its runs look like to a program, and how a chat and a run are shown.
import { z } from 'zod';
import { type RunState, stateOfRun } from '../../commands/chat-runs.ts';
import { shownHook } from '../../commands/chat-webhooks.ts';
import { eventNames, isoOf, noUsage, runName, showInput, shownStatuses, showStatus, type Vocabulary } from '../../commands/chat-wire.ts';
import { type ChatView, pendingWait } from '../../commands/chats.ts';
import type { RunRow } from '../../store/chat-runs.ts';

const iso = z.string().describe('RFC 3339, milliseconds, UTC.');

const usage = z
  .object({
    input_tokens: z.int(),
    output_tokens: z.int(),
    total_tokens: z.int(),
    cached_input_tokens: z.int(),
    reasoning_tokens: z.int(),
    model_calls: z.int(),
    tool_calls: z.int(),
    cost: z.object({ amount: z.string(), currency: z.string(), estimated: z.boolean() }),
    by_model: z.array(z.object({ model: z.string(), total_tokens: z.int() })),
    by_agent: z.array(z.object({ agent: z.string(), total_tokens: z.int() })),
  })
  .meta({ id: 'ChatUsage', description: 'What models were asked for. A scripted flow asks none.' });

export const limits = z
  .strictObject({
    max_turns: z.int().min(1).max(100_000).optional().describe('Turns of one run; after so many it is stopped, `max_turns`.'),
    max_duration_ms: z
      .int()
      .min(1)
      .max(2_592_000_000)
      .optional()
      .describe('How long one run may last, waits included; then it is stopped, `duration_exceeded`.'),
    max_cost: z
      .string()
      .regex(/^\d{1,9}(\.\d{1,6})?$/, 'A decimal number as text, such as "0.50".')
      .optional()
      .describe('Takes effect with model calls, of which a scripted flow makes none.'),
    max_total_tokens: z.int().min(1).max(1_000_000_000).optional().describe('Takes effect with model calls.'),
    max_tool_calls: z.int().min(1).max(1_000_000).optional().describe('Takes effect with model calls.'),
    on_exceed: z.enum(['stop']).optional().describe('`stop`, which is also what happens without it.'),
  })
  .meta({ id: 'ChatLimits' });

const hookUrl = z
  .url({ protocol: /^https?$/, error: 'A webhook is an http or https address.' })
  .max(2_000)
  .refine((text) => new URL(text).username === '' && new URL(text).password === '', 'The address holds a name or a password. The signature says who calls.');

const secret = z
  .string()
  .min(16)
  .max(200)
  .refine((text) => !text.startsWith('whsec_') || /^whsec_[A-Za-z0-9+/]{32,}={0,2}$/.test(text), 'After whsec_ come at least 24 bytes in base64.')
  .describe('What calls are signed with: `whsec_` and base64, or any text. It is never shown again.');

export const webhookAsk = z
  .strictObject({
    url: hookUrl,
    events: z
      .array(z.enum(eventNames as [string, ...string[]]))
      .max(eventNames.length)
      .default([])
      .describe('Which events; none named = all.'),
    secret,
  })
  .meta({ id: 'ChatWebhookAsk' });

export const input = z
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
    status: z.enum(shownStatuses),
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
    limits,
    metadata: z.record(z.string(), z.unknown()),
    webhook: z.object({ url: z.string(), events: z.array(z.string()) }).nullable(),
    expires_at: iso.nullable(),
  })
  .meta({ id: 'Chat' });

const part = z.union([
  z.object({ type: z.literal('text'), text: z.string() }),
  z.object({ type: z.enum(['image', 'file']), url: z.string(), name: z.string().nullable() }),
  z.object({ type: z.literal('data'), schema: z.string(), value: z.unknown() }),
]);

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
    state: z.enum(['complete', 'queued']),
    role: z.enum(['assistant', 'user']),
    node_id: z.string().nullable(),
    visibility: z.enum(['public', 'control']),
    parts: z.array(part),
    meta: z.object({ tool_info: z.null() }),
    model: z.null(),
    finish_reason: z.null(),
    usage: usage.nullable(),
    client_message_id: z.string().nullable(),
  })
  .meta({ id: 'ChatMessage' });

export const run = z
  .object({
    id: z.string(),
    chat: z.string(),
    state: z.enum(['running', 'waiting', 'succeeded', 'failed', 'cancelled', 'stopped'] as const satisfies RunState[]),
    stop_reason: z.string().nullable(),
    error: z.object({ code: z.string(), message: z.string(), retryable: z.boolean(), node_id: z.string().nullable() }).nullable(),
    attempt: z.int(),
    trigger: z.object({ type: z.string(), message_id: z.string().nullable() }),
    retry_of: z.string().nullable(),
    cancel_reason: z.string().nullable(),
    flow_version: z.int(),
    started: iso,
    finished: iso.nullable(),
    turns: z.int(),
    usage,
    limits,
    checkpoint_id: z.string().nullable().describe('The turn it can be gone on with from: `{"from": …}` of retryChatRun.'),
    parent_run_id: z.null(),
    trace_id: z.string(),
    lease_epoch: z.int(),
  })
  .meta({ id: 'ChatRun' });

export function showChat(view: ChatView, words: Vocabulary): z.input<typeof chat> {
  const { chat: row, conversation, session } = view;
  const isActive = view.status === 'running' || view.status === 'wait_for_human_input';
  const pending = inputOf(view);
  const stopReason = isActive ? null : row.stop_reason;
  return {
    id: conversation.public_id ?? '',
    object: 'chat',
    name: row.name,
    from_type: row.from_type,
    from_flow: row.from_flow,
    from_template: row.from_type === 'template' ? row.from_flow : null,
    flow_version: session?.version ?? null,
    owner: String(row.owner_id),
    status: showStatus(words, view.status, stopReason),
    created: isoOf(row.created_at),
    updated: isoOf(Math.max(row.updated_at, session?.updated_at ?? 0)),
    active_run_id: session && isActive ? runName(session.id) : null,
    last_run_id: session ? runName(session.id) : null,
    stop_reason: stopReason,
    last_error: row.last_error,
    pending_inputs: pending ? [pending] : [],
    last_seq: conversation.seq,
    message_count: conversation.messages,
    usage: noUsage,
    limits: limitsShown(row.limits),
    metadata: JSON.parse(row.metadata) as Record<string, unknown>,
    webhook: shownHook(row),
    expires_at: row.expires_at === null ? null : isoOf(row.expires_at),
  };
}

function limitsShown(text: string): z.input<typeof limits> {
  return { ...(JSON.parse(text) as z.input<typeof limits>), on_exceed: 'stop' };
}

/** What the chat waits for a person to say. */
export function inputOf(view: ChatView): z.input<typeof input> | null {
  const wait = pendingWait(view);
  if (wait === null || view.session === null) return null;
  const choices = wait.choices.map((one) => one.label);
  return showInput({ sessionId: view.session.id, wait, prompt: view.prompt, choices, expiresAt: wait.expires_at, at: view.session.updated_at });
}

export function showRun({ conversation, chat: { limits } }: Pick<ChatView, 'chat' | 'conversation'>, row: RunRow): z.input<typeof run> {
  const isFailed = row.status === 'failed';
  const { turn } = JSON.parse(row.state) as { turn: number };
  return {
    id: runName(row.session_id),
    chat: conversation.public_id ?? '',
    state: stateOfRun(row),
    stop_reason: row.stop_reason,
    error: isFailed ? { code: 'flow_failed', message: row.error ?? '', retryable: true, node_id: row.error_block } : null,
    attempt: row.attempt,
    trigger: { type: row.trigger, message_id: row.message_id === null ? null : String(row.message_id) },
    retry_of: row.retry_of === null ? null : runName(row.retry_of),
    cancel_reason: row.cancel_reason,
    flow_version: row.version,
    started: isoOf(row.started_at),
    finished: row.finished_at === null ? null : isoOf(row.finished_at),
    turns: turn,
    usage: noUsage,
    limits: limitsShown(limits),
    checkpoint_id: turn === 0 ? null : `turn:${turn}`,
    parent_run_id: null,
    trace_id: traceId(conversation.id, row.session_id),
    // Every turn holds its conversation: there is never a second writer to keep out.
    lease_epoch: row.attempt,
  };
}

/** 16 bytes, as OpenTelemetry has them, always the same for a run. */
export function traceId(conversationId: number, runId: number): string {
  return `${conversationId.toString(16).padStart(16, '0')}${runId.toString(16).padStart(16, '0')}`;
}

export function spanId(index: number): string {
  return (index + 1).toString(16).padStart(16, '0');
}
