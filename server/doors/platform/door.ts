// The platform API: the dialect of the GoChat / konversation family. Its names stop here; everything behind the door
// speaks our own words.

import { parseBotNs } from '@parley/engine/ids.ts';
import { z } from 'zod';
import { callerByKey } from '../../auth.ts';
import { AppError, type FieldError } from '../../errors.ts';
import { type Door, headerText } from '../../http/route.ts';
import { botFieldRoutes } from './bot-fields.ts';
import { chatMessageRoutes } from './chat-messages.ts';
import { customEventRoutes } from './custom-events.ts';
import { meRoutes } from './me.ts';
import { sendingRoutes } from './sending.ts';
import { subFlowRoutes } from './sub-flows.ts';
import { subscriberRoutes } from './subscribers.ts';
import { tagRoutes } from './tags.ts';
import { teamRoutes } from './team.ts';
import { userFieldRoutes } from './user-fields.ts';

export const platformDoor: Door = {
  name: 'platform',
  title: 'Platform API',
  description: 'The REST API of the GoChat / konversation family. Authorize with an API key; a workspace-wide key also names its bot.',
  prefix: '/api',
  routes: [
    ...subFlowRoutes,
    ...tagRoutes,
    ...userFieldRoutes,
    ...botFieldRoutes,
    ...subscriberRoutes,
    ...customEventRoutes,
    ...chatMessageRoutes,
    ...sendingRoutes,
    ...teamRoutes,
    ...meRoutes,
  ],
  document: {
    path: '/api/openapi.json',
    securitySchemes: {
      API_KEY: { type: 'http', scheme: 'bearer', description: 'API Key (http, Bearer)' },
      'x-client-workspace-id': {
        type: 'apiKey',
        in: 'header',
        name: 'x-client-workspace-id',
        description: 'Only for a workspace-wide key: the workspace it acts on.',
      },
      'x-client-flow-ns': {
        type: 'apiKey',
        in: 'header',
        name: 'x-client-flow-ns',
        description: 'Only for a workspace-wide key: the bot it acts on, such as f1.',
      },
    },
  },
  allowsMethodOverride: true,
  bodyTakesQuery: true,
  async authenticate(context, headers) {
    const bearer = /^Bearer\s+(\S+)$/i.exec(headerText(headers, 'authorization'))?.[1];
    const header = headerText(headers, 'x-api-key');
    const secret = bearer ?? header;
    if (bearer && header && bearer !== header) throw unauthenticated();
    const caller = secret === '' ? null : await callerByKey(context, secret);
    if (!caller) throw unauthenticated();
    return caller;
  },
  hints(headers) {
    const bot = headerText(headers, 'x-client-flow-ns');
    const workspace = headerText(headers, 'x-client-workspace-id');
    return {
      // A value that is not an id names nothing: 0 matches no bot and no workspace.
      botId: bot === '' ? null : (parseBotNs(bot) ?? 0),
      workspaceId: workspace === '' ? null : /^\d{1,15}$/.test(workspace) ? Number(workspace) : 0,
      botHeader: 'x-client-flow-ns',
      workspaceHeader: 'x-client-workspace-id',
    };
  },
  quota(caller) {
    if (caller.kind !== 'key' || caller.key.quota_per_hour === 0) return null;
    return { name: 'quota', per: 'caller', max: caller.key.quota_per_hour, windowMs: 3_600_000 };
  },
  limitHeaders(state) {
    // All 0 when nothing is limited, as the family does it.
    return {
      'x-ratelimit-limit': String(state?.limit ?? 0),
      'x-ratelimit-remaining': String(state ? Math.max(0, state.remaining) : 0),
      'x-ratelimit-reset': String(state ? Math.ceil(state.resetAt / 1000) : 0),
    };
  },
  errorReply(error, request) {
    const more = error.status === 422 && error.fields.length > 0 ? { errors: fieldTexts(error.fields) } : {};
    const id = error.status >= 500 ? { request_id: request.id } : {};
    return { contentType: 'application/json; charset=utf-8', body: { message: error.message, ...more, ...id } };
  },
  errorSchema: z
    .object({ message: z.string(), errors: z.record(z.string(), z.array(z.string())).optional(), request_id: z.string().optional() })
    .meta({ id: 'ResponseError' }),
};

function unauthenticated(): AppError {
  return new AppError('unauthorized', 'Unauthenticated.', { headers: { 'www-authenticate': 'Bearer' } });
}

function fieldTexts(fields: FieldError[]): Record<string, string[]> {
  const texts: Record<string, string[]> = {};
  for (const field of fields) {
    const name = field.path.join('.') || 'body';
    texts[name] = [...(texts[name] ?? []), field.message];
  }
  return texts;
}
