// What can be asked of a chat, whether by a request or by a frame of a WebSocket.
import { z } from 'zod';
import type { App } from '../../app.ts';
import type { Caller, Tenant } from '../../auth.ts';
import { abortChat, answerInput, chatStatuses, messageChat } from '../../commands/chats.ts';
import { AppError, assert } from '../../errors.ts';
import type { ChatOwner } from '../../store/chats.ts';
import { type chatMessage, type MessagePlace, message, showMessage } from './chat-shapes.ts';

/** A person or a key stands for its member; what one of a member's keys began, the others see too. */
export function ownerOf({ caller, tenant }: { caller: Caller; tenant: Tenant }): ChatOwner {
  assert(caller.kind === 'key' || caller.kind === 'account', 'chats are for keys and people');
  return { botId: tenant.botId, ownerId: caller.kind === 'key' ? caller.key.account_id : caller.account.id };
}

export const chatParams = z.object({ id: z.string().regex(/^[a-z0-9]{1,40}$/) });

/** `message` is the contract, `content` what older clients send; with both, `message` wins. Other keys are ignored. */
const said = {
  message: z.string().max(64_000).optional(),
  content: z.string().max(64_000).optional(),
};

function textOf(body: { message?: string | undefined; content?: string | undefined }): string {
  const text = body.message ?? body.content;
  if (text !== undefined) return text;
  throw new AppError('invalid_request', 'The message field is required.', {
    fields: [{ kind: 'required', path: ['message'], message: 'The message field is required.' }],
  });
}

export const sendBody = z.object({ ...said, on_busy: z.enum(['enqueue', 'reject', 'interrupt']).optional() }).meta({ id: 'ChatSend' });
export const sent = message.extend({ status: z.enum(chatStatuses), messages: z.array(message).describe('What the flow answered.') });

export function sendMessage(app: App, owner: ChatOwner, id: string, body: z.output<typeof sendBody>): Promise<z.input<typeof sent>> {
  const text = textOf(body);
  return app.transact(async (tx) => {
    const answer = await messageChat(app, tx, owner, id, text, body.on_busy ?? 'enqueue');
    const [mine, ...answers] = answer.messages.map((row) => showMessage(answer, row));
    return { ...(mine ?? queued(answer, text)), status: answer.status, messages: answers };
  });
}

export const inputBody = z.object({ ...said, input_id: z.string().max(100).optional() }).meta({ id: 'ChatInput' });
export const answered = z.object({
  detail: z.string(),
  run_id: z.string(),
  input_id: z.string(),
  status: z.enum(chatStatuses),
  message: message.nullable(),
  messages: z.array(message),
});

export function respond(app: App, owner: ChatOwner, id: string, body: z.output<typeof inputBody>): Promise<z.input<typeof answered>> {
  const text = textOf(body);
  return app.transact(async (tx) => {
    const { answer, inputId, runId } = await answerInput(app, tx, owner, id, { text, inputId: body.input_id ?? null });
    const [mine, ...answers] = answer.messages.map((row) => showMessage(answer, row));
    const what = { detail: 'Input sent to assistant.', run_id: `run_${runId}`, input_id: inputId };
    return { ...what, status: answer.status, message: mine ?? null, messages: answers };
  });
}

export const aborted = z.object({ detail: z.string(), status: z.enum(chatStatuses), run: z.unknown().nullable() });

export function abort(app: App, owner: ChatOwner, id: string): Promise<z.input<typeof aborted>> {
  return app.transact(async (tx) => {
    const { status, aborted: run } = await abortChat(app, tx, owner, id);
    if (run === null) return { detail: 'No active run.', status, run: null };
    return { detail: `Assistant for chat ${id} terminated.`, status, run: { id: `run_${run}`, chat: id, state: 'cancelled', stop_reason: 'cancelled' } };
  });
}

/** A message that waits its turn has no number yet. */
function queued(place: MessagePlace, text: string): z.input<typeof chatMessage> {
  const row = {
    id: 0,
    conversation_id: place.conversation.id,
    seq: place.conversation.seq,
    direction: 'in' as const,
    author_kind: 'subscriber' as const,
    author_id: null,
    author_name: '',
    body: '{}',
    text,
    at: place.chat.updated_at,
    public_at: 0,
    client_id: null,
  };
  return { ...showMessage(place, row), id: '', state: 'queued' };
}
