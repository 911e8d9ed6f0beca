// Where other systems call in: no credential but the address itself. Messaging platforms will, with their own signatures.
import { z } from 'zod';
import type { Door } from '../../http/route.ts';
import { waitRoutes } from './wait.ts';

export const hooksDoor: Door = {
  name: 'hooks',
  title: 'Webhooks',
  description: 'Addresses that flows give out. Whoever has one may call it, once.',
  prefix: '/hooks',
  routes: waitRoutes,
  document: { path: '/hooks/openapi.json', securitySchemes: {} },
  authenticate: async () => ({ kind: 'anyone' }),
  hints: () => ({ botId: null, workspaceId: null, botHeader: '', workspaceHeader: '' }),
  quota: () => null,
  limitHeaders(state, now): Record<string, string> {
    if (!state) return {};
    return {
      'ratelimit-limit': String(state.limit),
      'ratelimit-remaining': String(Math.max(0, state.remaining)),
      'ratelimit-reset': String(Math.max(0, Math.ceil((state.resetAt - now) / 1000))),
    };
  },
  errorReply: (error) => ({ contentType: 'application/json; charset=utf-8', body: { error: error.message } }),
  errorSchema: z.object({ error: z.string() }).meta({ id: 'Error' }),
};
