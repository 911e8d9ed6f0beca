// /v1/settings: what holds for one workspace.
import { z } from 'zod';
import { changeSettings, checkTimeZone, isCurrency, readSettings } from '../../commands/settings.ts';
import { route } from '../../http/route.ts';
import { image, language, name } from './shapes.ts';

const settings = z
  .object({
    name: z.string(),
    image: z.string().nullable(),
    timezone: z.string(),
    language: z.string(),
    currency: z.string(),
    code_enabled: z.boolean(),
    fallback_text: z.string(),
    file_quota_mb: z.int(),
  })
  .meta({ id: 'Settings' });

const docs = { tag: 'Settings' };

export const settingsRoutes = [
  route({
    method: 'GET',
    path: '/settings',
    access: 'team_any',
    reply: settings,
    docs: { ...docs, id: 'getSettings', summary: 'Get the workspace’s settings' },
    run: ({ app, tenant }) => readSettings(app.db, tenant.workspaceId),
  }),
  route({
    method: 'PATCH',
    path: '/settings',
    access: 'team_manage',
    body: z
      .object({
        name: name.optional(),
        image: image.optional(),
        timezone: z.string().max(100).optional().describe('An IANA time zone, such as Europe/Berlin.'),
        language: language.optional(),
        currency: z.string().refine(isCurrency, 'The currency field must be an ISO 4217 code, such as EUR.').optional().describe('ISO 4217, such as EUR.'),
        code_enabled: z.boolean().optional().describe('Whether code blocks run; off at first.'),
        fallback_text: z.string().trim().min(1).max(2_000).optional().describe('What people read when a flow has failed and has no error way of its own.'),
        file_quota_mb: z.int().min(0).max(10_000_000).optional().describe('How many megabytes uploaded files may take; 10240 at first.'),
      })
      .meta({ id: 'UpdateSettings' }),
    reply: settings,
    docs: {
      ...docs,
      id: 'updateSettings',
      summary: 'Change the workspace’s settings',
      example: { timezone: 'Europe/Berlin', language: 'de', currency: 'EUR' },
    },
    run: async ({ app, tenant, body }) => {
      if (body.timezone !== undefined) await checkTimeZone(body.timezone);
      return app.transact((tx) => changeSettings(app, tx, tenant.workspaceId, body));
    },
  }),
];
