// Flow Tag: four operations.
import { ns, parseNs } from '@parley/engine/ids.ts';
import { z } from 'zod';
import { createTag, removeTag } from '../../commands/tags.ts';
import { route } from '../../http/route.ts';
import { pageTags, type Tag } from '../../store/tags.ts';
import { anyNs, listOf, listQuery, listReply, name, nameFilter, ok, okReply, oneOf, oneReply, pageAsk } from './shapes.ts';

const tag = z
  .object({
    name: z.string().meta({ examples: ['vip'] }),
    tag_ns: z.string().meta({ examples: ['f1t1'] }),
  })
  .meta({ id: 'Tag' });

function show(botId: number, row: Tag) {
  return { name: row.name, tag_ns: ns('tag', botId, row.id) };
}

const docs = { tag: 'Flow Tag' };

export const tagRoutes = [
  route({
    method: 'GET',
    path: '/flow/tags',
    access: 'bot_read',
    query: listQuery(nameFilter),
    reply: listOf(tag),
    docs: { ...docs, id: 'listTags', summary: 'List tags', description: 'The tags of the bot, oldest first.' },
    run: async (context) => {
      const ask = pageAsk(context.query);
      const { botId } = context.tenant;
      return listReply(context, ask, await pageTags(context.app.db, botId, context.query, ask), (row) => show(botId, row));
    },
  }),
  route({
    method: 'POST',
    path: '/flow/create-tag',
    access: 'bot_manage',
    body: z.object({ name }).meta({ id: 'CreateTag' }),
    reply: oneOf(tag),
    errors: ['conflict'],
    docs: {
      ...docs,
      id: 'createTag',
      summary: 'Create a tag',
      description: 'Names are unique in the bot whatever their case: `VIP` after `vip` is a conflict.',
      example: { name: 'vip' },
    },
    run: ({ app, tenant, body }) => app.transact(async (tx) => oneReply(show(tenant.botId, await createTag(app, tx, tenant, body.name)))),
  }),
  route({
    method: 'DELETE',
    path: '/flow/delete-tag',
    access: 'bot_manage',
    body: z.object({ tag_ns: anyNs }).meta({ id: 'DeleteTag' }),
    reply: ok,
    errors: ['not_found'],
    docs: { ...docs, id: 'deleteTag', summary: 'Delete a tag', description: 'Takes it off every subscriber who has it.', example: { tag_ns: 'f1t1' } },
    run: ({ app, tenant, body }) =>
      app.transact(async (tx) => {
        await removeTag(app, tx, tenant, { id: parseNs('tag', tenant.botId, body.tag_ns) ?? 0 });
        return okReply;
      }),
  }),
  route({
    method: 'DELETE',
    path: '/flow/delete-tag-by-name',
    access: 'bot_manage',
    body: z.object({ name }).meta({ id: 'DeleteTagByName' }),
    reply: ok,
    errors: ['not_found'],
    docs: {
      ...docs,
      id: 'deleteTagByName',
      summary: 'Delete a tag by its name',
      description: 'The name is matched whole and whatever its case. The tag is taken off every subscriber who has it.',
      example: { name: 'vip' },
    },
    run: ({ app, tenant, body }) =>
      app.transact(async (tx) => {
        await removeTag(app, tx, tenant, { name: body.name });
        return okReply;
      }),
  }),
];
