// Where other systems call in: no credential but the address itself. Messaging platforms will, with their own signatures.
import { z } from 'zod';
import type { Door } from '../../http/route.ts';
import { flowRoutes } from './flow.ts';
import { waitRoutes } from './wait.ts';

export const hooksDoor: Door = {
  name: 'hooks',
  title: 'Webhooks',
  description: 'Addresses of flows: those they give out, good for one call, and those that set them off. Whoever has one may call it.',
  prefix: '/hooks',
  routes: [...waitRoutes, ...flowRoutes],
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
