// What can be asked of a chat, whether by a request or by a frame of a WebSocket.
import { z } from 'zod';
import type { App } from '../../app.ts';
import type { Caller, Tenant } from '../../auth.ts';
import { answerInput, busyModes, type ChatAnswer, cancelRun, messageChat } from '../../commands/chat-turns.ts';
import { type MessagePlace, showMessage, shownStatuses, showStatus, type Vocabulary } from '../../commands/chat-wire.ts';
import { flowsOfKey } from '../../commands/keys.ts';
import { AppError, assert } from '../../errors.ts';
import { findRun } from '../../store/chat-runs.ts';
import type { ChatOwner } from '../../store/chats.ts';
import { message, run, showRun } from './chat-shapes.ts';

/** Whose chats, and how their keys want them told. */
export type ChatCaller = ChatOwner & { vocabulary: Vocabulary; keyId: number | null };

/** A person or a key stands for its member; what one of a member's keys began, the others see too, as far as they reach. */
export function ownerOf({ caller, tenant }: { caller: Caller; tenant: Tenant }): ChatCaller {
  assert(caller.kind === 'key' || caller.kind === 'account', 'chats are for keys and people');
  const place = { workspaceId: tenant.workspaceId, botId: tenant.botId === 0 ? null : tenant.botId };
  if (caller.kind === 'account') return { ...place, ownerId: caller.account.id, flows: null, vocabulary: 'usual', keyId: null };
  const { key } = caller;
  return { ...place, ownerId: key.account_id, flows: flowsOfKey(key), vocabulary: key.status_vocabulary, keyId: key.id };
}

/** What cannot be an id is a chat that is not there. */
export const chatParams = z.object({ id: z.string().max(200) });

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

export const sendBody = z
  .object({
    ...said,
    on_busy: z
      .enum(busyModes)
      .optional()
      .describe('While it runs: wait for its turn (usual), be refused, end what runs and begin anew, or also take back what was said in it.'),
    client_message_id: z.string().min(1).max(100).optional().describe('Your own name for the message; sent again under it, it is the same message.'),
  })
  .meta({ id: 'ChatSend' });
export const sent = message.extend({ status: z.enum(shownStatuses), messages: z.array(message).describe('What the flow answered.') });

export function sendMessage(app: App, owner: ChatCaller, id: string, body: z.output<typeof sendBody>): Promise<z.input<typeof sent>> {
  const text = textOf(body);
  return app.transact(async (tx) => {
    const answer = await messageChat(app, tx, owner, id, { text, onBusy: body.on_busy ?? 'enqueue', clientId: body.client_message_id ?? null });
    const [mine, ...answers] = answer.messages.map((row) => showMessage({ ...answer, ...row }, row));
    return { ...(mine ?? queued(answer, text, answer.queuedAs ?? '')), status: statusShown(owner, answer), messages: answers };
  });
}

export function statusShown({ vocabulary }: ChatCaller, { status, chat }: Pick<ChatAnswer, 'status' | 'chat'>) {
  return showStatus(vocabulary, status, chat.stop_reason);
}

const response = z.object({
  ...said,
  input_id: z.string().max(100).optional(),
  action: z.enum(['reply', 'skip']).optional().describe('`skip` is an empty answer.'),
});

export const inputBody = response
  .extend({ responses: z.array(response).length(1, 'One input is pending at a time: send one response.').optional() })
  .meta({ id: 'ChatInput' });
export const answered = z.object({
  detail: z.string(),
  run_id: z.string(),
  input_id: z.string(),
  status: z.enum(shownStatuses),
  message: message.nullable(),
  messages: z.array(message),
});

export function respond(app: App, owner: ChatCaller, id: string, body: z.output<typeof inputBody>): Promise<z.input<typeof answered>> {
  const given = body.responses?.[0] ?? body;
  const text = given.action === 'skip' ? '' : textOf(given);
  return app.transact(async (tx) => {
    const { answer, inputId, runId } = await answerInput(app, tx, owner, id, { text, inputId: given.input_id ?? null });
    const [mine, ...answers] = answer.messages.map((row) => showMessage({ ...answer, ...row }, row));
    const what = { detail: 'Input sent to assistant.', run_id: `run_${runId}`, input_id: inputId };
    return { ...what, status: statusShown(owner, answer), message: mine ?? null, messages: answers };
  });
}

export const cancelBody = z
  .object({
    reason: z.string().max(500).optional().describe('Kept with the run, as `cancel_reason`.'),
    mode: z.enum(['graceful', 'immediate']).optional().describe('A scripted run waits or is over: it ends at once either way.'),
    wait_ms: z.int().min(0).max(60_000).optional().describe('How long the reply may wait for the end; a scripted run ends before it.'),
  })
  .meta({ id: 'ChatCancel' });
export const aborted = z.object({ detail: z.string(), status: z.enum(shownStatuses), run: run.nullable() });

/** Ends what runs; with `only`, if it is that run. */
export function abort(
  app: App,
  owner: ChatCaller,
  id: string,
  { only = null, reason }: { only?: number | null; reason?: string | undefined } = {},
): Promise<z.input<typeof aborted>> {
  return app.transact(async (tx) => {
    const after = await cancelRun(app, tx, owner, id, { only, reason: reason ?? null });
    const runId = after.cancelled ?? only;
    const row = runId === null ? null : await findRun(tx, after.conversation.id, runId);
    if (only !== null && !row) throw new AppError('not_found', 'Run not found.');
    const detail = after.cancelled === null ? 'No active run.' : `Assistant for chat ${id} terminated.`;
    return { detail, status: statusShown(owner, after), run: row && showRun(after, row) };
  });
}

/** A message that waits its turn has no number yet. */
function queued(place: ChatAnswer, text: string, queuedAs: string): z.input<typeof message> {
  const where: MessagePlace = { ...place, runId: null };
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
    client_id: queuedAs,
  };
  return { ...showMessage(where, row), id: '', state: 'queued' };
}
