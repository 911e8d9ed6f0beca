// Our own API: what the console, the SDK, the command line and others are built on.

import { parseBotNs } from '@parley/engine/ids.ts';
import { z } from 'zod';
import { type AuthContext, type Caller, callerByKey, callerBySignIn, csrfToken, signInCookie } from '../../auth.ts';
import { AppError } from '../../errors.ts';
import { type Door, type Headers, headerText, type RequestInfo, readCookie } from '../../http/route.ts';
import { equalSecrets } from '../../secrets.ts';
import { auditRoutes } from './audit.ts';
import { botRoutes } from './bots.ts';
import { brandRoutes } from './brand.ts';
import { cannedReplyRoutes } from './canned-replies.ts';
import { chatMessageRoutes } from './chat-messages.ts';
import { chatRunRoutes } from './chat-runs.ts';
import { chatSocketRoutes } from './chat-socket.ts';
import { chatRoutes } from './chats.ts';
import { conversationActRoutes } from './conversation-acts.ts';
import { conversationRoutes } from './conversations.ts';
import { customEventRoutes } from './custom-events.ts';
import { eventSocketRoutes } from './event-socket.ts';
import { eventRoutes } from './events.ts';
import { fieldRoutes } from './fields.ts';
import { fileRoutes } from './files.ts';
import { flowHookRoutes } from './flow-hooks.ts';
import { flowStartRoutes } from './flow-starts.ts';
import { flowRoutes } from './flows.ts';
import { inviteRoutes } from './invites.ts';
import { keyRoutes } from './keys.ts';
import { labelRoutes } from './labels.ts';
import { meRoutes } from './me.ts';
import { memberRoutes } from './members.ts';
import { operatorRoutes } from './operator.ts';
import { operatorJobRoutes } from './operator-jobs.ts';
import { settingsRoutes } from './settings.ts';
import { setupRoutes } from './setup.ts';
import { signInRoutes } from './sign-in.ts';
import { siteRoutes } from './sites.ts';
import { subscriberRoutes } from './subscribers.ts';
import { tagRoutes } from './tags.ts';
import { usageRoutes } from './usage.ts';
import { webhookSecretRoutes } from './webhook-secret.ts';
import { workspaceRoutes } from './workspaces.ts';

export const nativeDoor: Door = {
  name: 'native',
  title: 'Native API',
  description: 'Everything the console does is a call of this API. Errors are problem documents; lists carry a cursor.',
  prefix: '/v1',
  roots: ['/chats', '/f'],
  routes: [
    ...setupRoutes,
    ...signInRoutes,
    ...meRoutes,
    ...keyRoutes,
    ...workspaceRoutes,
    ...botRoutes,
    ...siteRoutes,
    ...flowRoutes,
    ...flowStartRoutes,
    ...flowHookRoutes,
    ...fileRoutes,
    ...chatRoutes,
    ...chatMessageRoutes,
    ...chatRunRoutes,
    ...chatSocketRoutes,
    ...usageRoutes,
    ...subscriberRoutes,
    ...tagRoutes,
    ...labelRoutes,
    ...fieldRoutes,
    ...customEventRoutes,
    ...conversationRoutes,
    ...conversationActRoutes,
    ...cannedReplyRoutes,
    ...memberRoutes,
    ...inviteRoutes,
    ...settingsRoutes,
    ...webhookSecretRoutes,
    ...brandRoutes,
    ...auditRoutes,
    ...eventRoutes,
    ...eventSocketRoutes,
    ...operatorRoutes,
    ...operatorJobRoutes,
  ],
  document: {
    path: '/openapi.json',
    securitySchemes: {
      API_KEY: { type: 'http', scheme: 'bearer', description: 'An API key, or an OAuth2 token.' },
      'X-API-KEY': { type: 'apiKey', in: 'header', name: 'X-API-KEY', description: 'The same key, in a header of its own.' },
      session: { type: 'apiKey', in: 'cookie', name: 'sid', description: 'A person, signed in. Writes also carry the cookie csrf in X-CSRF-Token.' },
      'X-Bot': { type: 'apiKey', in: 'header', name: 'X-Bot', description: 'The bot a workspace-wide key or a person acts on, such as f1.' },
      'X-Workspace': { type: 'apiKey', in: 'header', name: 'X-Workspace', description: 'The workspace a person acts on; their first when absent.' },
    },
  },
  authenticate,
  hints(headers) {
    const bot = headerText(headers, 'x-bot');
    const workspace = headerText(headers, 'x-workspace');
    return {
      botId: bot === '' ? null : (parseBotNs(bot) ?? (/^\d{1,15}$/.test(bot) ? Number(bot) : 0)),
      workspaceId: workspace === '' ? null : /^\d{1,15}$/.test(workspace) ? Number(workspace) : 0,
      botHeader: 'X-Bot',
      workspaceHeader: 'X-Workspace',
    };
  },
  quota(caller) {
    if (caller.kind === 'operator') return null;
    if (caller.kind === 'anyone') return { name: 'native-anyone', per: 'address', max: 300, windowMs: 60_000 };
    const own = caller.kind === 'key' ? caller.key.rate_per_minute : null;
    if (own === null && caller.kind === 'key' && caller.key.quota_per_hour === 0) return null;
    return { name: 'native', per: 'caller', max: own ?? 1200, windowMs: 60_000 };
  },
  limitHeaders(state, now): Record<string, string> {
    if (!state) return {};
    const seconds = Math.max(0, Math.ceil((state.resetAt - now) / 1000));
    return {
      'ratelimit-policy': `"default";q=${state.limit};w=${Math.round(state.windowMs / 1000)}`,
      ratelimit: `"default";r=${Math.max(0, state.remaining)};t=${seconds}`,
    };
  },
  errorReply(error, request) {
    return {
      contentType: 'application/problem+json; charset=utf-8',
      body: {
        type: 'about:blank',
        title: titles[error.status] ?? 'Error',
        status: error.status,
        detail: detailOf(error, request),
        code: error.code,
        request_id: request.id,
        errors: error.fields.map((field) => ({ type: field.kind, loc: field.path, msg: field.message, input: field.input ?? null })),
        // Older clients of these two calls look for it.
        ...(/^(\/v1)?\/chats\/[^/]+\/(input|abort)\/?$/.test(request.url.split('?')[0] ?? '') ? { error: error.message } : {}),
        ...(error.problems.length > 0 ? { problems: error.problems } : {}),
      },
    };
  },
  errorSchema: z
    .object({
      type: z.string(),
      title: z.string(),
      status: z.int(),
      detail: z.string(),
      code: z.string(),
      request_id: z.string(),
      errors: z.array(z.object({ type: z.string(), loc: z.array(z.union([z.string(), z.number()])), msg: z.string(), input: z.unknown() })),
      error: z.string().optional(),
      problems: z.array(z.object({ code: z.string(), at: z.string(), message: z.string() })).optional(),
    })
    .meta({ id: 'Problem' }),
};

const isChatCall = ({ url }: RequestInfo): boolean => /^(\/v1)?\/chats([/?]|$)/.test(url);

/** In the words that clients of the Chats API look for. */
function detailOf(error: AppError, request: RequestInfo): string {
  return error.code === 'unauthorized' && isChatCall(request) ? wrongCredential : error.message;
}

const wrongCredential = 'Could not validate credentials';

const titles: Record<number, string> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  409: 'Conflict',
  410: 'Gone',
  413: 'Payload Too Large',
  415: 'Unsupported Media Type',
  416: 'Range Not Satisfiable',
  422: 'Unprocessable Content',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
  507: 'Insufficient Storage',
};

// A credential that is presented and wrong is always refused, even where none is needed.
async function authenticate(context: AuthContext, headers: Headers, method: string): Promise<Caller> {
  const bearer = /^Bearer\s+(\S+)$/i.exec(headerText(headers, 'authorization'))?.[1] ?? '';
  const header = headerText(headers, 'x-api-key');
  if (bearer !== '' && header !== '' && bearer !== header) throw unauthenticated();
  const secret = bearer === '' ? header : bearer;
  if (secret !== '') {
    if (context.operatorToken !== null && equalSecrets(secret, context.operatorToken)) return { kind: 'operator' };
    const caller = await callerByKey(context, secret);
    if (!caller) throw unauthenticated();
    return caller;
  }
  const cookie = readCookie(headers, signInCookie);
  const caller = cookie === null ? null : await callerBySignIn(context, cookie);
  if (!caller) return { kind: 'anyone' };
  const isWrite = method !== 'GET' && method !== 'HEAD';
  if (isWrite && caller.kind === 'account' && !equalSecrets(headerText(headers, 'x-csrf-token'), csrfToken(context, caller.signIn))) {
    throw new AppError('forbidden', 'The X-CSRF-Token header is missing or wrong. Reload the page.');
  }
  return caller;
}

function unauthenticated(): AppError {
  return new AppError('unauthorized', wrongCredential, { headers: { 'www-authenticate': 'Bearer' } });
}
