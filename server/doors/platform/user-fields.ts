// Flow User Field: five operations. What a subscriber's fields hold is set on the subscriber, not here.
import { displayTypes, fieldTypes } from '@parley/engine/field.ts';
import { ns, parseNs } from '@parley/engine/ids.ts';
import { z } from 'zod';
import { changeField, createField, removeField } from '../../commands/fields.ts';
import { route } from '../../http/route.ts';
import { type Field, pageFields } from '../../store/fields.ts';
import { anyNs, dataOf, dataReply, fieldInput, listOf, listQuery, listReply, name, nameFilter, ok, okReply, optional, pageAsk } from './shapes.ts';

const userField = z
  .object({
    name: z.string().meta({ examples: ['city'] }),
    var_ns: z.string().meta({ examples: ['f1v1'] }),
    var_type: z.enum(fieldTypes),
    description: z.string(),
    value: z.string().describe('What a subscriber has who was given no value of their own.'),
    display_type: z.enum(displayTypes),
  })
  .meta({ id: 'UserField' });

function show(botId: number, row: Field): z.input<typeof userField> {
  const { name, var_type, description, value, display_type } = row;
  return { name, var_ns: ns('field', botId, row.id), var_type, description, value, display_type };
}

const docs = { tag: 'Flow User Field' };

export const userFieldRoutes = [
  route({
    method: 'GET',
    path: '/flow/user-fields',
    access: 'bot_read',
    query: listQuery(nameFilter),
    reply: listOf(userField),
    docs: { ...docs, id: 'listUserFields', summary: 'List user fields', description: 'The fields every subscriber of the bot has, oldest first.' },
    run: async (context) => {
      const ask = pageAsk(context.query);
      const { botId } = context.tenant;
      return listReply(context, ask, await pageFields(context.app.db, botId, 'user', context.query, ask), (row) => show(botId, row));
    },
  }),
  route({
    method: 'POST',
    path: '/flow/create-user-field',
    access: 'bot_manage',
    body: z.object({ ...fieldInput, display_type: optional(z.enum(displayTypes)) }).meta({ id: 'CreateUserField' }),
    reply: dataOf(userField),
    errors: ['conflict'],
    docs: {
      ...docs,
      id: 'createUserField',
      summary: 'Create a user field',
      description: 'Names are unique among the user fields of the bot, whatever their case. `value` is required and may be empty; it must fit `var_type`.',
      example: { name: 'city', var_type: 'text', description: 'Where they live', value: '' },
    },
    run: ({ app, tenant, body }) =>
      app.transact(async (tx) => {
        const { name, value, var_type: type, description = '', display_type: display = 'default' } = body;
        return dataReply(show(tenant.botId, await createField(app, tx, tenant, { owner: 'user', name, type, description, display, value, isTemplate: false })));
      }),
  }),
  route({
    method: 'POST',
    path: '/flow/update-user-field',
    access: 'bot_manage',
    body: z.object({ var_ns: anyNs, name: optional(name), display_type: optional(z.enum(displayTypes)) }).meta({ id: 'UpdateUserField' }),
    reply: ok,
    errors: ['not_found', 'conflict'],
    docs: {
      ...docs,
      id: 'updateUserField',
      summary: 'Rename a user field or change how it is displayed',
      description: 'What is left out stays. `pin` shows the field first beside a conversation, `hidden` nowhere.',
      example: { var_ns: 'f1v1', name: 'town', display_type: 'pin' },
    },
    run: ({ app, tenant, body: { var_ns, ...change } }) =>
      app.transact(async (tx) => {
        await changeField(app, tx, tenant, 'user', parseNs('field', tenant.botId, var_ns) ?? 0, change);
        return okReply;
      }),
  }),
  route({
    method: 'DELETE',
    path: '/flow/delete-user-field',
    access: 'bot_manage',
    body: z.object({ var_ns: anyNs }).meta({ id: 'DeleteUserField' }),
    reply: ok,
    errors: ['not_found'],
    docs: {
      ...docs,
      id: 'deleteUserField',
      summary: 'Delete a user field',
      description: 'With the values it has on subscribers.',
      example: { var_ns: 'f1v1' },
    },
    run: ({ app, tenant, body }) =>
      app.transact(async (tx) => {
        await removeField(app, tx, tenant, 'user', { id: parseNs('field', tenant.botId, body.var_ns) ?? 0 });
        return okReply;
      }),
  }),
  route({
    method: 'DELETE',
    path: '/flow/delete-user-field-by-name',
    access: 'bot_manage',
    body: z.object({ name }).meta({ id: 'DeleteUserFieldByName' }),
    reply: ok,
    errors: ['not_found'],
    docs: {
      ...docs,
      id: 'deleteUserFieldByName',
      summary: 'Delete a user field by its name',
      description: 'The name is matched whole and whatever its case. The values on subscribers go with it.',
      example: { name: 'city' },
    },
    run: ({ app, tenant, body }) =>
      app.transact(async (tx) => {
        await removeField(app, tx, tenant, 'user', { name: body.name });
        return okReply;
      }),
  }),
];
