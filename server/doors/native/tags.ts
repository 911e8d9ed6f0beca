// /v1/tags: what a bot calls its subscribers. Flows, broadcasts and triggers name them.
import { ns } from '@parley/engine/ids.ts';
import { z } from 'zod';
import { createTag, removeTag, renameTag } from '../../commands/tags.ts';
import { notFound } from '../../errors.ts';
import { route } from '../../http/route.ts';
import type { Db } from '../../store/database.ts';
import { countTagged, findTag, listTags, type Tag } from '../../store/tags.ts';
import { cursorAsk, listOf, listQuery, listReply, maxHolders, name, search, sortBy, thingId, thingParams, time } from './shapes.ts';

const tag = z
  .object({
    id: z.int(),
    tag_ns: z.string().describe('Its other name: `f1t7` is tag 7 of bot 1.'),
    name: z.string(),
    subscribers: z.int().describe(`Who have it, counted up to ${maxHolders}.`),
    created_at: time,
  })
  .meta({ id: 'Tag' });

async function show(db: Db, botId: number, rows: readonly Tag[]): Promise<z.input<typeof tag>[]> {
  const ids = rows.map((row) => row.id);
  const holders = await countTagged(db, botId, ids, maxHolders);
  return rows.map(({ id, name, created_at }) => ({ id, tag_ns: ns('tag', botId, id), name, subscribers: holders.get(id) ?? 0, created_at }));
}

async function showOne(db: Db, row: Tag): Promise<z.input<typeof tag>> {
  const [shown] = await show(db, row.bot_id, [row]);
  return shown as z.input<typeof tag>;
}

const docs = { tag: 'Tags' };

export const tagRoutes = [
  route({
    method: 'GET',
    path: '/tags',
    access: 'bot_read',
    query: listQuery({ ...search, ...sortBy('newest', 'oldest', 'name') }),
    reply: listOf(tag),
    docs: { ...docs, id: 'listTags', summary: 'List tags', description: 'Those of the bot.' },
    run: async ({ app, tenant: { botId }, query }) => {
      const page = await listTags(app.db, botId, { name: query.q }, cursorAsk(query));
      return listReply({ rows: await show(app.db, botId, page.rows), next: page.next }, (shown) => shown);
    },
  }),
  route({
    method: 'POST',
    path: '/tags',
    access: 'bot_manage',
    body: z.object({ name }).meta({ id: 'CreateTag' }),
    reply: tag,
    status: 201,
    errors: ['conflict'],
    docs: { ...docs, id: 'createTag', summary: 'Create a tag', description: 'Names are unique in the bot whatever their case.', example: { name: 'vip' } },
    run: ({ app, tenant, body }) => app.transact(async (tx) => showOne(tx, await createTag(app, tx, tenant, body.name))),
  }),
  route({
    method: 'GET',
    path: '/tags/{id}',
    access: 'bot_read',
    params: thingParams,
    reply: tag,
    docs: { ...docs, id: 'getTag', summary: 'Get a tag', description: 'By number or as `f1t1`.' },
    run: async ({ app, tenant, params }) => {
      const row = await findTag(app.db, tenant.botId, thingId('tag', tenant, params.id));
      if (!row) throw notFound('Tag');
      return showOne(app.db, row);
    },
  }),
  route({
    method: 'PATCH',
    path: '/tags/{id}',
    access: 'bot_manage',
    params: thingParams,
    body: z.object({ name }).meta({ id: 'UpdateTag' }),
    reply: tag,
    errors: ['conflict'],
    docs: {
      ...docs,
      id: 'updateTag',
      summary: 'Rename a tag',
      description: 'Whoever has it keeps it. Flows go by its name: those that use the old one no longer find it.',
      example: { name: 'regular' },
    },
    run: ({ app, tenant, params, body }) =>
      app.transact(async (tx) => showOne(tx, await renameTag(app, tx, tenant, thingId('tag', tenant, params.id), body.name))),
  }),
  route({
    method: 'DELETE',
    path: '/tags/{id}',
    access: 'bot_manage',
    params: thingParams,
    docs: { ...docs, id: 'deleteTag', summary: 'Delete a tag', description: 'Takes it off every subscriber who has it.' },
    run: async ({ app, tenant, params }) => {
      await app.transact((tx) => removeTag(app, tx, tenant, { id: thingId('tag', tenant, params.id) }));
      return undefined;
    },
  }),
];
