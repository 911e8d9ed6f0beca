// What the widget and the server say to each other beyond the five calls, as schemas: widget/wire.ts has the same as
// types, and shapes.test.ts holds both together.
import { z } from 'zod';

const time = z.int().describe('Milliseconds since 1970, UTC.');

export const author = z.object({ kind: z.enum(['visitor', 'bot', 'agent']), name: z.string(), avatar: z.string().nullable() }).meta({ id: 'Author' });

const mediaKinds = z.enum(['image', 'video', 'audio', 'file']);
export const attachment = z
  .object({ id: z.string(), name: z.string(), type: z.string(), size: z.int(), kind: mediaKinds, url: z.string() })
  .meta({ id: 'Attachment' });

const choice = z.object({ id: z.string(), label: z.string(), payload: z.string() }).meta({ id: 'Choice' });
const button = z
  .object({ id: z.string(), label: z.string(), payload: z.string(), url: z.string().nullable(), phone: z.string().nullable() })
  .meta({ id: 'Button' });
const card = z.object({ id: z.string(), title: z.string(), text: z.string(), image: z.string().nullable(), buttons: z.array(button) }).meta({ id: 'Card' });

const askKind = z.enum(['text', 'number', 'email', 'phone', 'url', 'date', 'time', 'choice', 'multi', 'file', 'location', 'rating', 'confirm', 'contact']);
const field = z.object({ id: z.string(), kind: askKind, label: z.string(), required: z.boolean(), choices: z.array(choice) }).meta({ id: 'FormField' });

const input = z
  .object({
    kind: z.union([askKind, z.literal('form')]),
    open: z.boolean().describe('An answer to it is still awaited.'),
    choices: z.array(choice),
    fields: z.array(field),
    placeholder: z.string().nullable(),
    accept: z.array(z.string()),
    max_bytes: z.int().nullable(),
    min: z.number().nullable(),
    max: z.number().nullable(),
    can_skip: z.boolean(),
    skip_label: z.string().nullable(),
  })
  .meta({ id: 'Input' });

export const message = z
  .object({
    id: z.int(),
    seq: z.int().describe('Its number among the events of the conversation; rises, with gaps.'),
    client_id: z.string().nullable(),
    direction: z.enum(['inbound', 'outbound']),
    type: z.enum(['text', 'media', 'cards', 'location']),
    body: z.string().describe('Of an outbound one with a small markup: links, bold, italics, code.'),
    author,
    timestamp: time,
    attachments: z.array(attachment),
    buttons: z.array(button),
    cards: z.array(card),
    input: input.nullable().describe('What it asks for.'),
    location: z.object({ lat: z.number(), lng: z.number(), name: z.string(), address: z.string() }).nullable(),
    status: z.enum(['sent', 'read']).describe('Of an inbound one: `read` once an agent has looked.'),
  })
  .meta({ id: 'FullMessage' });

export const status = z
  .object({ state: z.enum(['open', 'closed']), handled_by: z.enum(['bot', 'queue', 'agent']), agent: author.nullable() })
  .meta({ id: 'Status' });

export const messages = z
  .object({
    data: z.array(message),
    next_cursor: z.int().describe('Go on with `cursor`.'),
    prev_cursor: z.int().nullable().describe('Go back with `before`; null at the beginning.'),
    status,
  })
  .meta({ id: 'Messages' });

const need = z.enum(['hidden', 'optional', 'required']);

export const config = z
  .object({
    greeting: z.string(),
    name: z.string(),
    powered_by: z.object({ name: z.string(), url: z.string().nullable() }).nullable(),
    online: z.boolean(),
    author: z.object({ name: z.string(), avatar: z.string().nullable() }),
    theme: z.object({
      color: z.string(),
      scheme: z.enum(['auto', 'light', 'dark']),
      side: z.enum(['start', 'end']),
      radius: z.int(),
      launcher: z.string().nullable(),
    }),
    pre_chat: z.object({ name: need, email: need, consent: z.string().nullable() }),
    starters: z.array(z.string()),
    sound: z.boolean(),
    identity: z.enum(['off', 'optional', 'enforced']),
    limits: z.object({ message: z.int(), files: z.int(), file_bytes: z.int(), file_types: z.array(z.string()) }),
    nonce: z.string().describe('Goes with the first message: good for an hour, and once.'),
  })
  .meta({ id: 'Config' });

/** Of what a browser makes up itself. */
export const clientId = z
  .string()
  .min(1)
  .max(100)
  .describe('Of the widget’s own making: sent again under it, the call has no further effect and the same answer.');
const code = z.string().max(2_000);
export const attributes = z
  .record(z.string().min(1).max(100), z.union([z.string().max(500), z.number(), z.boolean(), z.null()]))
  .refine((all) => Object.keys(all).length <= 50, 'At most 50 attributes.')
  .describe('What the page knows of them: fields of the bot by name, the rest is shown to people. A visitor can set whatever their page can.');

export const opening = z
  .object({
    visitor_token: z.string().describe('32 random bytes, base64url, of the browser’s own making.'),
    client_id: clientId,
    message: z.string().optional(),
    payload: code.optional().describe('Of a pressed starter.'),
    name: z.string().optional(),
    email: z.string().optional(),
    consent: z.boolean().optional(),
    nonce: z.string().max(200).optional(),
    website: z.string().max(2_000).optional().describe('A field that no person sees; whoever fills it in is marked.'),
    context: z
      .object({
        url: code.optional(),
        title: z.string().max(500).optional(),
        referrer: code.optional(),
        locale: z.string().max(35).optional(),
        tz: z.string().max(64).optional(),
        ref: z.string().max(200).optional().describe('What led them here, for flows that wait for it; else `?ref=` of `url`.'),
      })
      .optional(),
    attributes: attributes.optional(),
    flow: z.string().min(1).max(255).optional(),
    another: z.boolean().optional(),
  })
  .meta({ id: 'Opening' });

export const opened = z.object({ conversation_token: z.string(), cursor: z.int(), data: z.array(message), status }).meta({ id: 'Opened' });

export const sending = z
  .object({
    client_id: clientId,
    message: z.string().optional(),
    payload: code.optional().describe('Of a pressed button or choice; `message` is then its label.'),
    attachments: z.array(z.string().min(1).max(100)).max(5).optional(),
    location: z.object({ lat: z.number().min(-90).max(90), lng: z.number().min(-180).max(180) }).optional(),
  })
  .meta({ id: 'Sending' });

export const formAnswer = z
  .object({
    client_id: clientId,
    message_id: z.int().min(1),
    values: z
      .record(z.string().max(100), z.union([z.string().max(10_000), z.array(z.string().max(2_000)).max(100), z.number(), z.boolean()]))
      .refine((all) => Object.keys(all).length <= 50, 'At most 50 values.'),
  })
  .meta({ id: 'FormAnswer' });

export const conversations = z
  .object({
    data: z.array(
      z
        .object({ id: z.string().describe('The token that opens it.'), status, last: z.string(), last_at: time, unread: z.int() })
        .meta({ id: 'ConversationSummary' }),
    ),
  })
  .meta({ id: 'Conversations' });

export const identify = z
  .object({
    visitor_token: z.string(),
    user_id: z.string().trim().min(1).max(200),
    signature: z.string().max(200).optional().describe('HMAC-SHA256 of `user_id` under the secret of the site, hex.'),
    name: z.string().optional(),
    email: z.string().optional(),
    attributes: attributes.optional(),
  })
  .meta({ id: 'Identify' });

export const identified = z.object({ visitor_token: z.string(), verified: z.boolean(), cursor: z.int() }).meta({ id: 'Identified' });

export const refusal = z
  .object({
    error: z.string(),
    code: z.string().optional().describe('With `?v=2`, as the rest.'),
    field: z.string().nullable().optional(),
    request_id: z.string().optional(),
  })
  .meta({ id: 'Error' });
