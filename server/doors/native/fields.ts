// /v1/fields: what a bot knows of each of its subscribers (`user`), and what it knows itself (`bot`).
import { displayTypes, fieldTypes } from '@parley/engine/field.ts';
import { ns } from '@parley/engine/ids.ts';
import { z } from 'zod';
import { changeAnyField, createField, removeAnyField } from '../../commands/fields.ts';
import { notFound } from '../../errors.ts';
import { route } from '../../http/route.ts';
import { type Field, findAnyField, listFields } from '../../store/fields.ts';
import { cursorAsk, listOf, listQuery, listReply, name, search, sortBy, thingId, thingParams, time } from './shapes.ts';

const owner = z.enum(['user', 'bot']).describe('`user`: every subscriber has a value of their own. `bot`: one value for all.');
const display = z.enum(displayTypes).describe('`pin` shows it first beside a conversation, `hidden` nowhere.');
const description = z.string().trim().max(1_000);
const value = z
  .union([z.string().max(65_536), z.number(), z.boolean(), z.array(z.unknown()), z.record(z.string(), z.unknown()), z.null()])
  .describe('Of a bot field its value, of a user field what people have who were given none; must fit `type`, empty clears it.');

const field = z
  .object({
    id: z.int(),
    var_ns: z.string().describe('Its other name: `f1v7` is field 7 of bot 1.'),
    owner,
    name: z.string(),
    type: z.enum(fieldTypes),
    description: z.string(),
    display,
    value: z.string().describe('As text, whatever its type.'),
    created_at: time,
    updated_at: time,
  })
  .meta({ id: 'Field' });

function show({ id, bot_id, owner, name, var_type, description, display_type, value, created_at, updated_at }: Field): z.input<typeof field> {
  return { id, var_ns: ns('field', bot_id, id), owner, name, type: var_type, description, display: display_type, value, created_at, updated_at };
}

const docs = { tag: 'Fields' };

export const fieldRoutes = [
  route({
    method: 'GET',
    path: '/fields',
    access: 'bot_read',
    query: listQuery({ ...search, owner: owner.optional(), ...sortBy('newest', 'oldest', 'name') }),
    reply: listOf(field),
    docs: { ...docs, id: 'listFields', summary: 'List fields', description: 'Those of the bot, of either owner unless one is asked for.' },
    run: async ({ app, tenant, query }) => listReply(await listFields(app.db, tenant.botId, { name: query.q, owner: query.owner }, cursorAsk(query)), show),
  }),
  route({
    method: 'POST',
    path: '/fields',
    access: 'bot_manage',
    body: z
      .object({
        owner,
        name,
        type: z.enum(fieldTypes).default('text'),
        description: description.default(''),
        display: display.default('default'),
        value: value.default(''),
      })
      .meta({ id: 'CreateField' }),
    reply: field,
    status: 201,
    errors: ['conflict'],
    docs: {
      ...docs,
      id: 'createField',
      summary: 'Create a field',
      description: 'Names are unique among the fields of the same owner, whatever their case. The type stays what it is.',
      example: { owner: 'user', name: 'city', type: 'text' },
    },
    run: ({ app, tenant, body }) => app.transact(async (tx) => show(await createField(app, tx, tenant, { ...body, isTemplate: false }))),
  }),
  route({
    method: 'GET',
    path: '/fields/{id}',
    access: 'bot_read',
    params: thingParams,
    reply: field,
    docs: { ...docs, id: 'getField', summary: 'Get a field', description: 'By number or as `f1v1`.' },
    run: async ({ app, tenant, params }) => {
      const row = await findAnyField(app.db, tenant.botId, thingId('field', tenant, params.id));
      if (!row) throw notFound('Field');
      return show(row);
    },
  }),
  route({
    method: 'PATCH',
    path: '/fields/{id}',
    access: 'bot_manage',
    params: thingParams,
    body: z
      .object({ name: name.optional(), description: description.optional(), display: display.optional(), value: value.optional() })
      .meta({ id: 'UpdateField' }),
    reply: field,
    errors: ['conflict'],
    docs: {
      ...docs,
      id: 'updateField',
      summary: 'Change a field',
      description: 'What is left out stays. Flows go by its name: those that use the old one no longer find it.',
      example: { value: '9 to 5' },
    },
    run: ({ app, tenant, params, body: { display, ...rest } }) =>
      app.transact(async (tx) => show(await changeAnyField(app, tx, tenant, thingId('field', tenant, params.id), { ...rest, display_type: display }))),
  }),
  route({
    method: 'DELETE',
    path: '/fields/{id}',
    access: 'bot_manage',
    params: thingParams,
    docs: { ...docs, id: 'deleteField', summary: 'Delete a field', description: 'With its value, and of a user field the values that subscribers have.' },
    run: async ({ app, tenant, params }) => {
      await app.transact((tx) => removeAnyField(app, tx, tenant, thingId('field', tenant, params.id)));
      return undefined;
    },
  }),
];
