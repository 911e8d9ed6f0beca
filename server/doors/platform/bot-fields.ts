// Flow Bot Field: eight operations. A bot field has one value for the whole bot.
import { fieldTypes } from '@parley/engine/field.ts';
import { ns, parseNs } from '@parley/engine/ids.ts';
import { z } from 'zod';
import { type BotFieldSet, createField, removeField, setBotFields } from '../../commands/fields.ts';
import { assert } from '../../errors.ts';
import { type Context, route } from '../../http/route.ts';
import { type Field, type FieldBy, pageFields } from '../../store/fields.ts';
import {
  anyNs,
  bulk,
  dataOf,
  dataReply,
  fieldInput,
  fieldValue,
  flag,
  listOf,
  listQuery,
  listReply,
  name,
  nameFilter,
  ok,
  okReply,
  oneOf,
  oneReply,
  optional,
  pageAsk,
} from './shapes.ts';

const botField = z
  .object({
    name: z.string().meta({ examples: ['opening_hours'] }),
    var_ns: z.string().meta({ examples: ['f1v2'] }),
    var_type: z.enum(fieldTypes),
    description: z.string(),
    value: z.string(),
    is_template_field: z.boolean().describe('Marked as a field of a template.'),
  })
  .meta({ id: 'BotField' });

function show(botId: number, row: Field): z.input<typeof botField> {
  const { name, var_type, description, value, is_template_field } = row;
  return { name, var_ns: ns('field', botId, row.id), var_type, description, value, is_template_field: is_template_field === 1 };
}

type Asker = Pick<Context<unknown, unknown, unknown>, 'app' | 'tenant'>;

function setOne({ app, tenant }: Asker, by: FieldBy, value: unknown) {
  return app.transact(async (tx) => {
    const [field] = await setBotFields(app, tx, tenant, [{ by, value, path: ['value'] }]);
    assert(field, 'what was set is returned');
    return oneReply(show(tenant.botId, field));
  });
}

function setMany({ app, tenant }: Asker, rows: { by: FieldBy; value: unknown }[]) {
  return app.transact(async (tx) => {
    const sets: BotFieldSet[] = rows.map((row, index) => ({ ...row, path: ['data', index, 'value'] }));
    await setBotFields(app, tx, tenant, sets);
    return okReply;
  });
}

function removeOne({ app, tenant }: Asker, by: FieldBy) {
  return app.transact(async (tx) => {
    await removeField(app, tx, tenant, 'bot', by);
    return okReply;
  });
}

function byNs({ tenant }: Asker, varNs: string): FieldBy {
  return { id: parseNs('field', tenant.botId, varNs) ?? 0 };
}

const docs = { tag: 'Flow Bot Field' };
const fits = 'The value is sent as text, number, truth value or list and must fit the type of the field; an empty text clears it.';

export const botFieldRoutes = [
  route({
    method: 'GET',
    path: '/flow/bot-fields',
    access: 'bot_read',
    query: listQuery(nameFilter),
    reply: listOf(botField),
    docs: { ...docs, id: 'listBotFields', summary: 'List bot fields', description: 'The fields of the bot with their values, oldest first.' },
    run: async (context) => {
      const ask = pageAsk(context.query);
      const { botId } = context.tenant;
      return listReply(context, ask, await pageFields(context.app.db, botId, 'bot', context.query, ask), (row) => show(botId, row));
    },
  }),
  route({
    method: 'POST',
    path: '/flow/create-bot-field',
    access: 'bot_manage',
    body: z.object({ ...fieldInput, is_template_field: optional(flag) }).meta({ id: 'CreateBotField' }),
    reply: dataOf(botField),
    errors: ['conflict'],
    docs: {
      ...docs,
      id: 'createBotField',
      summary: 'Create a bot field',
      description: 'Names are unique among the bot fields of the bot, whatever their case. `value` is required and may be empty; it must fit `var_type`.',
      example: { name: 'opening_hours', var_type: 'text', description: 'Told when someone asks', value: '9 to 5' },
    },
    run: ({ app, tenant, body }) =>
      app.transact(async (tx) => {
        const { name, value, var_type: type, description = '', is_template_field: isTemplate = false } = body;
        return dataReply(
          show(tenant.botId, await createField(app, tx, tenant, { owner: 'bot', name, type, description, display: 'default', value, isTemplate })),
        );
      }),
  }),
  route({
    method: 'PUT',
    path: '/flow/set-bot-field',
    access: 'bot_manage',
    body: z.object({ var_ns: anyNs, value: fieldValue }).meta({ id: 'SetBotField' }),
    reply: oneOf(botField),
    errors: ['not_found'],
    docs: { ...docs, id: 'setBotField', summary: 'Set a bot field', description: fits, example: { var_ns: 'f1v2', value: '8 to 6' } },
    run: (context) => setOne(context, byNs(context, context.body.var_ns), context.body.value),
  }),
  route({
    method: 'PUT',
    path: '/flow/set-bot-field-by-name',
    access: 'bot_manage',
    body: z.object({ name, value: fieldValue }).meta({ id: 'SetBotFieldByName' }),
    reply: oneOf(botField),
    errors: ['not_found'],
    docs: { ...docs, id: 'setBotFieldByName', summary: 'Set a bot field by its name', description: fits, example: { name: 'opening_hours', value: '8 to 6' } },
    run: (context) => setOne(context, { name: context.body.name }, context.body.value),
  }),
  route({
    method: 'PUT',
    path: '/flow/set-bot-fields',
    access: 'bot_manage',
    body: z.object({ data: bulk(z.object({ var_ns: anyNs, value: fieldValue })) }).meta({ id: 'SetBotFields' }),
    reply: ok,
    errors: ['not_found'],
    docs: {
      ...docs,
      id: 'setBotFields',
      summary: 'Set several bot fields',
      description: `Up to 20, all or none. ${fits}`,
      example: {
        data: [
          { var_ns: 'f1v2', value: '8 to 6' },
          { var_ns: 'f1v3', value: 12 },
        ],
      },
    },
    run: (context) =>
      setMany(
        context,
        context.body.data.map(({ var_ns, value }) => ({ by: byNs(context, var_ns), value })),
      ),
  }),
  route({
    method: 'PUT',
    path: '/flow/set-bot-fields-by-name',
    access: 'bot_manage',
    body: z.object({ data: bulk(z.object({ name, value: fieldValue })) }).meta({ id: 'SetBotFieldsByName' }),
    reply: ok,
    errors: ['not_found'],
    docs: {
      ...docs,
      id: 'setBotFieldsByName',
      summary: 'Set several bot fields by their names',
      description: `Up to 20, all or none. ${fits}`,
      example: {
        data: [
          { name: 'opening_hours', value: '8 to 6' },
          { name: 'tables', value: 12 },
        ],
      },
    },
    run: (context) =>
      setMany(
        context,
        context.body.data.map(({ name, value }) => ({ by: { name }, value })),
      ),
  }),
  route({
    method: 'DELETE',
    path: '/flow/delete-bot-field',
    access: 'bot_manage',
    body: z.object({ var_ns: anyNs }).meta({ id: 'DeleteBotField' }),
    reply: ok,
    errors: ['not_found'],
    docs: { ...docs, id: 'deleteBotField', summary: 'Delete a bot field', description: 'With its value.', example: { var_ns: 'f1v2' } },
    run: (context) => removeOne(context, byNs(context, context.body.var_ns)),
  }),
  route({
    method: 'DELETE',
    path: '/flow/delete-bot-field-by-name',
    access: 'bot_manage',
    body: z.object({ name }).meta({ id: 'DeleteBotFieldByName' }),
    reply: ok,
    errors: ['not_found'],
    docs: {
      ...docs,
      id: 'deleteBotFieldByName',
      summary: 'Delete a bot field by its name',
      description: 'The name is matched whole and whatever its case.',
      example: { name: 'opening_hours' },
    },
    run: (context) => removeOne(context, { name: context.body.name }),
  }),
];
