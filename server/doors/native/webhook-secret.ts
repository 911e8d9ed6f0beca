// /v1/webhook-secret: what callers sign with, where a flow that waits for them asks for it.
import { z } from 'zod';
import { readWebhookSecret, replaceWebhookSecret, signatureHeaders } from '../../commands/webhook-signatures.ts';
import { route } from '../../http/route.ts';

const secret = z
  .object({
    secret: z.string(),
    headers: z.array(z.string()).describe('Either carries the signature: `sha256=` and the HMAC-SHA256 of the body’s bytes, as they are sent, in hexadecimal.'),
  })
  .meta({ id: 'WebhookSecret' });

const show = (one: string): z.input<typeof secret> => ({ secret: one, headers: [...signatureHeaders] });

const docs = { tag: 'Settings' };

export const webhookSecretRoutes = [
  route({
    method: 'GET',
    path: '/webhook-secret',
    access: 'team_manage',
    reply: secret,
    secret: true,
    docs: {
      ...docs,
      id: 'getWebhookSecret',
      summary: 'Get what callers of waiting flows sign with',
      description: 'A `wait_webhook` block with `signed` goes on only for calls that carry a signature made with it.',
    },
    run: async ({ app, tenant }) => show(await readWebhookSecret(app, app.db, tenant.workspaceId)),
  }),
  route({
    method: 'POST',
    path: '/webhook-secret/replace',
    access: 'team_manage',
    reply: secret,
    secret: true,
    docs: { ...docs, id: 'replaceWebhookSecret', summary: 'Replace it', description: 'The one before is worth nothing from then on.' },
    run: ({ app, tenant }) => app.transact(async (tx) => show(await replaceWebhookSecret(app, tx, tenant.workspaceId))),
  }),
];
