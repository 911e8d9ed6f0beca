// The fifth call, a file of a message; and its counterpart, the upload, which the five calls lack.
import { z } from 'zod';
import { signedUrl } from '../../commands/file-links.ts';
import { downloadOf, maxFileBytes, receiveFile } from '../../commands/files.ts';
import { AppError, assert } from '../../errors.ts';
import { route } from '../../http/route.ts';
import { type FileRow, findMessageFile } from '../../store/files.ts';
import { perAddress } from './limits.ts';
import { attachment } from './shapes.ts';
import { conversationOf } from './texts.ts';

const docs = { tag: 'Chat' };
const token = z.string().describe('The visitor’s token, or the one of the conversation.');

/** Anything else is nobody's id. */
function idOf(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw missing();
  return Number(text);
}

function missing(): AppError {
  return new AppError('not_found', 'File not found');
}

export function showAttachment(app: Parameters<typeof signedUrl>[0], row: FileRow): z.input<typeof attachment> {
  const disposition = row.is_inline_safe === 1 ? 'inline' : 'attachment';
  return { id: row.public_id, name: row.name, type: row.type, size: row.size, kind: row.kind, url: signedUrl(app, row, { disposition }) };
}

export const fileRoutes = [
  route({
    method: 'GET',
    path: '/conversations/{visitor_token}/files/{activity_id}/{id}',
    access: 'site',
    params: z.object({
      visitor_token: token,
      activity_id: z.string().describe('The id of the message, an integer.'),
      id: z.string().describe('The id of the file, an integer.'),
    }),
    query: z.object({
      disposition: z
        .any()
        .optional()
        .describe('`inline` shows a picture, sound, video, text or PDF in the page; anything else, and anything else’s type, is `attachment`.'),
    }),
    limits: [perAddress('file', 60, 600)],
    docs: { ...docs, id: 'readFile', summary: 'Read a file of a message' },
    download: async ({ app, caller, params, query }) => {
      const row = await findMessageFile(app.db, conversationOf(caller).id, idOf(params.activity_id), idOf(params.id));
      if (!row) throw missing();
      return downloadOf(app, row, { disposition: query.disposition, maxAgeS: 900 });
    },
    run: async () => undefined,
  }),
  route({
    method: 'POST',
    path: '/conversations/{visitor_token}/files',
    access: 'site',
    params: z.object({ visitor_token: token }),
    upload: { field: 'file', maxBytes: maxFileBytes },
    reply: attachment,
    status: 201,
    errors: ['storage_full'],
    limits: [perAddress('upload', 60, 60)],
    docs: {
      ...docs,
      id: 'uploadFile',
      summary: 'Upload a file',
      description: 'At most 10 MB, ten a minute and 100 MB a day for each visitor. It goes along with a message within a day, or is removed.',
    },
    run: async ({ app, caller, count, file }) => {
      assert(file, 'the route takes a file');
      const conversation = conversationOf(caller);
      await count({ name: 'widget-upload-one', max: 10, windowMs: 60_000 }, `subscriber:${conversation.subscriber_id}`);
      const { workspace_id: workspaceId, bot_id: botId, subscriber_id: id } = conversation;
      return receiveFile(app, { workspaceId, botId, conversation, by: { kind: 'subscriber', id }, ...file }, (row) => showAttachment(app, row));
    },
  }),
];
