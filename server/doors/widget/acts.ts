// What a visitor does in a conversation besides writing: fills in a form, types, has read, ends it, takes it along.

import { readAnswer } from '@parley/engine/block/answer.ts';
import { textOf, type Value } from '@parley/engine/expression/value.ts';
import type { FormField, InputSpec } from '@parley/engine/message.ts';
import { z } from 'zod';
import type { App } from '../../app.ts';
import { digestOf } from '../../auth.ts';
import { closeConversation, noteSubscriberRead, showTyping } from '../../commands/site-conversations.ts';
import { AppError, invalidField } from '../../errors.ts';
import { type Context, type Download, route } from '../../http/route.ts';
import type { Conversation } from '../../store/conversations.ts';
import { type FileRow, findLoose } from '../../store/files.ts';
import { findByClientId, findMessage, listMessages } from '../../store/messages.ts';
import { params, take } from './full-calls.ts';
import { perAddress, perVisitor } from './limits.ts';
import * as shapes from './shapes.ts';
import { conversationOf, siteOf } from './texts.ts';
import { inputOf, labelOf, viewOf } from './view.ts';

const docs = { tag: 'Chat' };
const path = '/conversations/{visitor_token}' as const;
const maxTranscript = 5_000;

type Values = z.output<typeof shapes.formAnswer>['values'];

/** The values by field, and as people read them; a field for a file holds the id of an upload. */
function filledIn(fields: readonly FormField[], values: Values, uploads: readonly FileRow[]): { text: string; values: { [field: string]: Value } } {
  const given: { [field: string]: Value } = {};
  const lines = fields.flatMap((field) => {
    const said = values[field.id];
    const file = field.kind === 'file' ? uploads.find((one) => one.public_id === said) : undefined;
    const value = file ? file.public_id : answerTo(field, said);
    if (value === null) return [];
    given[field.id] = value;
    const words = file ? file.name : Array.isArray(value) ? value.map(textOf).join(', ') : textOf(value);
    return [field.label === '' ? words : `${field.label}: ${words}`];
  });
  return { text: lines.join('\n'), values: given };
}

/** What is uploaded already for the fields that ask for a file. */
function uploadsIn(
  app: App,
  { bot_id: botId, id, subscriber_id: subscriberId }: Conversation,
  fields: readonly FormField[],
  values: Values,
): Promise<FileRow[]> {
  const ids = fields.flatMap((field) => (field.kind === 'file' && typeof values[field.id] === 'string' ? [String(values[field.id])] : []));
  return findLoose(app.db, botId, id, { kind: 'subscriber', id: subscriberId }, ids);
}

/** What can be filled in at once: a form, several choices, how somebody is reached. Null for what is answered in words. */
function fieldsOf(input: InputSpec | null): readonly FormField[] | null {
  switch (input?.kind) {
    case 'form':
      return input.fields;
    case 'multi':
      return [{ id: 'choices', kind: 'multi', label: '', required: !input.canSkip, choices: input.choices }];
    case 'contact':
      return (['name', 'email', 'phone'] as const).map((id) => ({
        ...{ id, kind: id === 'name' ? 'text' : id, label: `${id[0]?.toUpperCase()}${id.slice(1)}`, required: id === 'email', choices: [] },
      }));
    default:
      return null;
  }
}

function answerTo({ id, kind, label, required, choices }: FormField, given: Values[string] | undefined): Value {
  const all = [given ?? []].flat().map((one) => labelIn(choices, typeof one === 'string' ? one.trim() : String(one)));
  const said = all.filter((one) => one !== '');
  if (said.length === 0) {
    if (required) throw invalidField(id, `${label || 'An answer'} is required`, 'required');
    return null;
  }
  const text = said.join(', ');
  const reply = { text, ...(Array.isArray(given) ? { values: { choices: said } } : {}) };
  const question = { kind, choices: choices.map((one) => ({ ...one, value: one.label })), trim: true, judge: () => true };
  if (!readAnswer(question, reply).ok) throw invalidField(id, `${label || 'An answer'} is not valid`);
  return Array.isArray(given) ? said : text;
}

/** A choice may be named by its id, by what it carries, or by its words. */
function labelIn(choices: FormField['choices'], said: string): string {
  return choices.find((one) => one.id === said || one.payload === said)?.label ?? said;
}

async function transcriptOf({ app, caller }: Pick<Context<unknown, unknown, unknown>, 'app' | 'caller'>): Promise<Download> {
  const site = siteOf(caller);
  const rows = await listMessages(app.db, conversationOf(caller).id, { order: 'desc', limit: maxTranscript, notes: 'without' });
  const lines = rows
    .toReversed()
    .map((row) => `[${new Date(row.at).toISOString().slice(0, 19).replace('T', ' ')}] ${labelOf(site, row) || 'Visitor'}: ${row.text}`);
  const bytes = Buffer.from(`${site.name}\n\n${lines.join('\n')}\n`);
  return {
    type: 'text/plain',
    size: bytes.length,
    etag: digestOf(bytes.toString()),
    disposition: 'attachment; filename="transcript.txt"',
    maxAgeS: 0,
    read: async (range) => (range ? bytes.subarray(range.from, range.to + 1) : bytes),
  };
}

export const actRoutes = [
  route({
    method: 'POST',
    path: `${path}/forms`,
    access: 'site',
    params,
    body: shapes.formAnswer,
    reply: shapes.message,
    status: 201,
    errors: ['conflict'],
    limits: [perAddress('reply', 20, 200), perVisitor('reply', 20)],
    docs: {
      ...docs,
      id: 'answerForm',
      summary: 'Fill in a form',
      description:
        'Also for a question with several choices (`choices`) and for contact details (`name`, `email`, `phone`). A field for a file takes the id of an upload. What is missing or wrong is told by field; the message it became is the answer.',
      example: { client_id: 'b3d1', message_id: 17, values: { city: 'Lisbon', nights: 3 } },
    },
    run: async ({ app, caller, body }) => {
      const conversation = conversationOf(caller);
      const view = await viewOf(app.db, siteOf(caller), conversation);
      const row = await findMessage(app.db, conversation.id, body.message_id);
      const fields = fieldsOf(row?.direction === 'out' ? inputOf(row) : null);
      if (!fields) throw new AppError('not_found', 'Form not found');
      const isRepeat = (await findByClientId(app.db, conversation.id, body.client_id)) !== null;
      if (view.asking !== body.message_id && !isRepeat) throw new AppError('conflict', 'This form is no longer asked for');
      if (isRepeat) return take({ app, caller }, { text: '' }, body);
      const uploads = await uploadsIn(app, conversation, fields, body.values);
      const attachments = uploads.map((one) => one.public_id);
      return take({ app, caller }, filledIn(fields, body.values, uploads), { ...body, attachments });
    },
  }),
  route({
    method: 'POST',
    path: `${path}/typing`,
    access: 'site',
    params,
    body: z.object({ on: z.boolean() }),
    limits: [perAddress('typing', 60, 600), perVisitor('typing', 60)],
    docs: { ...docs, id: 'setTyping', summary: 'Somebody is typing', description: 'At most once in three seconds; it holds for eight.', example: { on: true } },
    run: async ({ app, caller, body }) => {
      await showTyping(app, conversationOf(caller), { isOn: body.on });
      return undefined;
    },
  }),
  route({
    method: 'POST',
    path: `${path}/read`,
    access: 'site',
    params,
    body: z.object({ up_to: z.int().min(0).describe('The `seq` of the last message on the screen.') }),
    limits: [perAddress('read', 60, 600), perVisitor('read', 60)],
    docs: { ...docs, id: 'markRead', summary: 'Everything up to here was seen', example: { up_to: 12 } },
    run: async ({ app, caller, body }) => {
      await app.transact((tx) => noteSubscriberRead(tx, conversationOf(caller), body.up_to));
      return undefined;
    },
  }),
  route({
    method: 'POST',
    path: `${path}/close`,
    access: 'site',
    params,
    limits: [perAddress('close', 20, 200), perVisitor('close', 20)],
    docs: {
      ...docs,
      id: 'closeConversation',
      summary: 'End the conversation',
      description: 'What runs in it ends. A later message opens it again, where the site allows that.',
    },
    run: async ({ app, caller }) => {
      await app.transact((tx) => closeConversation(app, tx, conversationOf(caller)));
      return undefined;
    },
  }),
  route({
    method: 'GET',
    path: `${path}/transcript`,
    access: 'site',
    params,
    limits: [perAddress('transcript', 20, 60)],
    docs: { ...docs, id: 'getTranscript', summary: 'The conversation as a text', description: `The last ${maxTranscript} messages, times in UTC.` },
    run: async () => undefined,
    download: transcriptOf,
  }),
];
