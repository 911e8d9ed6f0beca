// /v1/files: a file is uploaded ahead of the message that takes it along. /f/{id}: whoever has the link may read it.
import { z } from 'zod';
import type { Caller } from '../../auth.ts';
import { fileOfLink, signedUrl } from '../../commands/file-links.ts';
import { downloadOf, maxFileBytes, receiveFile } from '../../commands/files.ts';
import { AppError, assert } from '../../errors.ts';
import { route } from '../../http/route.ts';
import type { Uploader } from '../../store/files.ts';

const docs = { tag: 'Files' };

export function uploaderOf(caller: Caller): Uploader {
  assert(caller.kind === 'account' || caller.kind === 'key', 'only people of the team and keys upload here');
  return caller.kind === 'account' ? { kind: 'account', id: caller.account.id } : { kind: 'key', id: caller.key.id };
}

const part = z.string().max(200).optional();

export const fileRoutes = [
  route({
    method: 'POST',
    path: '/files',
    access: 'bot_send',
    upload: { field: 'file', maxBytes: maxFileBytes },
    reply: z
      .object({
        id: z.string().describe('What a message names it by, among its attachments.'),
        url: z.string().describe('A link that anyone may read it with, for 15 minutes.'),
        type: z.string().describe('What its bytes are; `application/octet-stream` for what is not clearly one harmless thing.'),
        size: z.int(),
      })
      .meta({ id: 'File' }),
    status: 201,
    errors: ['storage_full'],
    docs: {
      ...docs,
      id: 'uploadFile',
      summary: 'Upload a file',
      description: 'At most 10 MB. It goes along with a message of this bot within a day, or is removed.',
    },
    run: ({ app, caller, tenant: { workspaceId, botId }, file }) => {
      assert(file, 'the route takes a file');
      return receiveFile(app, { workspaceId, botId, conversation: null, by: uploaderOf(caller), ...file }, (row) => ({
        id: row.public_id,
        url: signedUrl(app, row),
        type: row.type,
        size: row.size,
      }));
    },
  }),
  route({
    method: 'GET',
    path: '/f/{id}',
    access: 'anyone',
    params: z.object({ id: z.string().max(100) }),
    query: z.object({ exp: part, sig: part, d: part }),
    errors: ['gone'],
    // A page of pictures is one look at it, and many look from one address.
    limits: [{ name: 'file-link', per: 'address', max: 3_000, windowMs: 60_000 }],
    countsAlone: true,
    docs: {
      ...docs,
      id: 'readFile',
      summary: 'Read a file by its link',
      description: 'Links are made by whatever shows the file, and are good for 15 minutes.',
    },
    download: async ({ app, params, query: { exp = '', sig = '', d } }) => {
      const found = await fileOfLink(app, params.id, { exp, sig, disposition: d === 'inline' ? 'inline' : 'attachment' });
      if (!found) throw new AppError('not_found', 'File not found');
      return downloadOf(app, found.file, { disposition: d, maxAgeS: Math.floor(found.leftMs / 1000) });
    },
    run: async () => undefined,
  }),
];
