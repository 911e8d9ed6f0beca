// The widget API: what a website's visitors may do, by the public key of the site. Its five calls are fixed to the byte.
import { conversationFor } from '../../commands/site-conversations.ts';
import { settingsOf } from '../../commands/site-settings.ts';
import { isOriginAllowed } from '../../commands/sites.ts';
import { AppError, assert, type ErrorCode } from '../../errors.ts';
import { credentialIn, type Door, type Headers, headerText, type RequestInfo } from '../../http/route.ts';
import { findSiteByKey } from '../../store/sites.ts';
import { actRoutes } from './acts.ts';
import { conversationRoutes } from './conversations.ts';
import { fileRoutes } from './files.ts';
import { pageRoutes } from './page.ts';
import { refusal } from './shapes.ts';
import { streamRoutes } from './stream.ts';
import { visitorRoutes } from './visitors.ts';

/** Said in these words whatever happened. */
const fixed: Partial<Record<ErrorCode, string>> = {
  unauthorized: 'Invalid API key',
  forbidden: 'Origin not allowed',
  rate_limited: 'Rate limit exceeded',
  invalid_json: 'Invalid JSON',
  internal: 'Internal server error',
};

export const widgetDoor: Door = {
  name: 'widget',
  title: 'Widget API',
  description: 'The calls of the chat widget. The key of a site is public: it names the site, and opens nothing without a visitor’s token.',
  prefix: '/api/v1/chat',
  routes: [...conversationRoutes, ...actRoutes, ...streamRoutes, ...fileRoutes, ...visitorRoutes, ...pageRoutes],
  document: {
    path: '/api/v1/chat/openapi.json',
    securitySchemes: {
      'X-Api-Key': { type: 'apiKey', in: 'header', name: 'X-Api-Key', description: 'The public key of the site.' },
      bearer: { type: 'http', scheme: 'bearer', description: 'The same key.' },
      key: { type: 'apiKey', in: 'query', name: 'key', description: 'The same key, where no header can be sent.' },
    },
  },
  async authenticate(context, headers, _method, url) {
    const site = await findSiteByKey(context.db, keyOf(headers, url));
    if (!site) throw new AppError('unauthorized', 'Invalid API key');
    return { kind: 'site', site, conversation: null };
  },
  async enter(app, caller, { headers, params }) {
    assert(caller.kind === 'site', 'this door lets only visitors in');
    const { site } = caller;
    if (!isOriginAllowed(site, headerText(headers, 'origin'))) throw new AppError('forbidden', 'Origin not allowed');
    if (!settingsOf(site).enabled) throw new AppError('not_found', 'Resource not found');
    const token = params.visitor_token;
    if (token === undefined) return caller;
    const conversation = await conversationFor(app, app.db, site, token);
    if (!conversation) throw new AppError('not_found', 'Conversation not found');
    return { ...caller, conversation };
  },
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
  asksNewer: asksInFull,
  errorReply: (error, request) => {
    const said = { error: fixed[error.code] ?? error.message };
    const more = { code: error.code, field: error.fields[0]?.path.join('.') ?? null, request_id: request.id };
    return { contentType: 'application/json; charset=utf-8', body: asksInFull(request) ? { ...said, ...more } : said };
  },
  errorSchema: refusal,
  cors: {
    headers: (asked) => ({
      ...readableBy(asked),
      'access-control-expose-headers': 'Retry-After, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, Content-Disposition, ETag',
      'cross-origin-resource-policy': 'cross-origin',
    }),
    // It carries no key, so it cannot tell which site is meant: the call itself is judged by its origin.
    preflight: (asked) => ({
      ...readableBy(asked),
      'access-control-allow-methods': 'GET, HEAD, POST, DELETE, OPTIONS',
      'access-control-allow-headers': 'X-Api-Key, Authorization, Content-Type, Last-Event-ID, Idempotency-Key',
      'access-control-max-age': '7200',
    }),
  },
  mendsTexts: true,
};

/** The five calls as they were first written down; every other path is of the second kind. */
const fiveCalls = /^\/api\/v1\/chat\/(config|conversations|conversations\/[^/?]*\/(messages|files\/[^/?]*\/[^/?]*))\/?(\?|$)/;

function asksInFull({ headers, url }: Pick<RequestInfo, 'headers' | 'url'>): boolean {
  const version = url.includes('?') ? new URLSearchParams(url.slice(url.indexOf('?'))).get('v') : null;
  return version === '2' || /\bapplication\/vnd\.chat\.v2\+json\b/i.test(headerText(headers ?? {}, 'accept')) || !fiveCalls.test(url);
}

function keyOf(headers: Headers, url: string): string {
  const header = headerText(headers, 'x-api-key');
  const bearer = credentialIn(headers, 'Bearer');
  const query = url.includes('?') ? new URLSearchParams(url.slice(url.indexOf('?'))).get('key') : null;
  return header || bearer || query || '';
}

/** What a browser sends as Origin; anything else is not repeated to anyone. */
const isOrigin = /^(null|[a-z][a-z0-9+.-]{0,40}:\/\/[A-Za-z0-9._~:[\]-]{1,260})$/;

// A refusal too must be readable, or the page could not tell its visitor why.
function readableBy(asked: Headers): Record<string, string> {
  const origin = headerText(asked, 'origin');
  return { vary: 'Origin', ...(isOrigin.test(origin) ? { 'access-control-allow-origin': origin } : {}) };
}
