// /v1/conversations, what people of the team do in them. What changes a conversation is numbered among its events; who
// types and who has read is told at once and not numbered.
import { z } from 'zod';
import type { Caller } from '../../auth.ts';
import {
  type Act,
  answerConversation,
  assignConversation,
  closeConversation,
  handBack,
  muteConversation,
  reopenConversation,
  takeOver,
  unmuteConversation,
} from '../../commands/conversation-acts.ts';
import { readConversation, showDoing } from '../../commands/presence.ts';
import type { SavedStep } from '../../commands/save-step.ts';
import { assert, invalidField } from '../../errors.ts';
import { type Context, route } from '../../http/route.ts';
import { findAccount } from '../../store/accounts.ts';
import type { Db } from '../../store/database.ts';
import { conversation, message, showConversations, showMessages } from './conversation-shapes.ts';
import { uploaderOf } from './files.ts';
import { idParams } from './shapes.ts';

/** A key acts for the person it belongs to. */
export async function actorOf(db: Db, caller: Caller): Promise<Act['by']> {
  if (caller.kind === 'account') return { kind: 'agent', id: caller.account.id, name: caller.account.name };
  assert(caller.kind === 'key', 'only keys and people act in conversations');
  const account = await findAccount(db, caller.key.account_id);
  assert(account, 'a key belongs to an account');
  return { kind: 'agent', id: account.id, name: account.name };
}

type Ask = Pick<Context<{ id: number }, unknown, unknown>, 'app' | 'caller' | 'tenant' | 'params'>;

async function actOf({ app, caller, tenant, params }: Ask): Promise<Act> {
  return { botId: tenant.botId, conversationId: params.id, by: await actorOf(app.db, caller) };
}

async function shownAfter(tx: Db, act: Act, step: SavedStep) {
  const [shown] = await showConversations(tx, act.botId, [step.conversation], act.by.id);
  return shown;
}

const docs = { tag: 'Conversations' };

const newMessage = z
  .object({
    text: z.string().max(10_000).optional().describe('May be absent where there are attachments.'),
    attachments: z.array(z.string().max(100)).max(5).optional().describe('Ids of files that you have uploaded.'),
    note: z.boolean().optional().describe('Among the team: the person never sees it.'),
  })
  .meta({ id: 'NewMessage' });

export const conversationActRoutes = [
  route({
    method: 'POST',
    path: '/conversations/{id}/messages',
    access: 'bot_send',
    params: idParams,
    body: newMessage,
    reply: message,
    status: 201,
    docs: {
      ...docs,
      id: 'createMessage',
      summary: 'Answer, or leave a note',
      description:
        'As the person who is signed in, or whom the key belongs to. Whoever answers in a conversation that nobody has, has it from then on; a closed one is open again.',
      example: { text: 'Your order is on its way.' },
    },
    run: async (context) => {
      const { app, body } = context;
      const { text = '', attachments = [], note } = body;
      if (text.trim() === '' && attachments.length === 0) throw invalidField('text', 'The text must not be empty.', 'required');
      const act = await actOf(context);
      const message = { kind: 'text' as const, text };
      const answer = { message, text, attachments, uploader: uploaderOf(context.caller), ...(note ? { isNote: true as const } : {}) };
      return app.transact(async (tx) => {
        const { messages, conversation } = await answerConversation(app, tx, act, answer);
        assert(messages[0], 'an answer is a message');
        const [shown] = await showMessages(app, tx, conversation, messages.slice(0, 1));
        return shown;
      });
    },
  }),
  route({
    method: 'POST',
    path: '/conversations/{id}/assign',
    access: 'bot_send',
    params: idParams,
    body: z.object({ assignee: z.int().nullable().describe('A member who answers people; null = nobody.') }).meta({ id: 'AssignConversation' }),
    reply: conversation,
    docs: { ...docs, id: 'assignConversation', summary: 'Assign it to somebody', example: { assignee: 1 } },
    run: async (context) => {
      const act = await actOf(context);
      return context.app.transact(async (tx) => shownAfter(tx, act, await assignConversation(context.app, tx, act, context.body.assignee)));
    },
  }),
  route({
    method: 'POST',
    path: '/conversations/{id}/status',
    access: 'bot_send',
    params: idParams,
    body: z.object({ status: z.enum(['open', 'done']) }).meta({ id: 'SetConversationStatus' }),
    reply: conversation,
    docs: {
      ...docs,
      id: 'setConversationStatus',
      summary: 'Close or reopen it',
      description: 'When it is closed, a flow that handed over goes on by `resolved`, and one that was taken over from ends. A reply opens it again.',
      example: { status: 'done' },
    },
    run: async (context) => {
      const act = await actOf(context);
      const change = context.body.status === 'done' ? closeConversation : reopenConversation;
      return context.app.transact(async (tx) => shownAfter(tx, act, await change(context.app, tx, act)));
    },
  }),
  route({
    method: 'POST',
    path: '/conversations/{id}/mute',
    access: 'bot_send',
    params: idParams,
    body: z.object({ on: z.boolean() }).meta({ id: 'MuteConversation' }),
    reply: conversation,
    docs: {
      ...docs,
      id: 'muteConversation',
      summary: 'Mute it, or let it be heard again',
      description:
        'What is written in a muted conversation is kept, and calls nobody: it waits for no one, is not among those that nobody has, and no flow speaks in it. The person is told nothing of it. Unmuted, the flow goes on where it waits.',
      example: { on: true },
    },
    run: async (context) => {
      const act = await actOf(context);
      const change = context.body.on ? muteConversation : unmuteConversation;
      return context.app.transact(async (tx) => shownAfter(tx, act, await change(context.app, tx, act)));
    },
  }),
  route({
    method: 'POST',
    path: '/conversations/{id}/take-over',
    access: 'bot_send',
    params: idParams,
    reply: conversation,
    docs: {
      ...docs,
      id: 'takeOverConversation',
      summary: 'Stop the flow and answer yourself',
      description: 'The bot is silent until it is handed back: replies are kept, timers wait, and what the flow asked for outside is kept for it.',
    },
    run: async (context) => {
      const act = await actOf(context);
      return context.app.transact(async (tx) => shownAfter(tx, act, await takeOver(context.app, tx, act)));
    },
  }),
  route({
    method: 'POST',
    path: '/conversations/{id}/hand-back',
    access: 'bot_send',
    params: idParams,
    body: z
      .object({ block: z.string().max(200).optional().describe('Where the flow goes on: `group.block`, or a group. Absent: at the block that waits.') })
      .meta({ id: 'HandBackConversation' }),
    reply: conversation,
    errors: ['conflict'],
    docs: { ...docs, id: 'handBackConversation', summary: 'Let the flow go on', example: {} },
    run: async (context) => {
      const act = await actOf(context);
      return context.app.transact(async (tx) => shownAfter(tx, act, await handBack(context.app, tx, act, context.body.block ?? null)));
    },
  }),
  route({
    method: 'POST',
    path: '/conversations/{id}/typing',
    access: 'bot_send',
    params: idParams,
    body: z.object({ on: z.boolean() }).meta({ id: 'Typing' }),
    docs: {
      ...docs,
      id: 'showTyping',
      summary: 'Show that you are typing',
      description: 'At most once in three seconds; after eight nobody believes it any more.',
      example: { on: true },
    },
    run: async (context) => {
      await showDoing(context.app, await actOf(context), { kind: 'typing', isOn: context.body.on });
      return undefined;
    },
  }),
  route({
    method: 'POST',
    path: '/conversations/{id}/read',
    access: 'bot_read',
    params: idParams,
    body: z.object({ up_to: z.int().min(0).optional().describe('The `seq` of the last message seen; absent: all.') }).meta({ id: 'ReadConversation' }),
    docs: { ...docs, id: 'readConversation', summary: 'Note how far you have read', example: {} },
    run: async (context) => {
      await readConversation(context.app, await actOf(context), context.body.up_to ?? null);
      return undefined;
    },
  }),
];
