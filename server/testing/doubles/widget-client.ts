// A visitor of a website, for tests: a site of their own choosing, and the calls a widget makes, in full.
import type { Conversations, Message, Messages, Opened, Opening, Sending } from '../../../widget/wire.ts';
import { insertSite, type Site, type SiteValues } from '../../store/sites.ts';
import type { World } from '../factories.ts';
import { call, type Reply, type Request } from '../scenario.ts';
import type { TestApp } from '../test-app.ts';

let count = 0;

export function makeSite(t: TestApp, world: World, values: Partial<SiteValues> = {}): Promise<Site> {
  count += 1;
  const { workspace_id: workspaceId, bot_id: botId, greeting, auto_reply, origins, author_label, shared_network, anonymous, flow } = world.site;
  const all = { greeting, auto_reply, origins, author_label, shared_network, anonymous, flow, name: `Site ${count}`, ...values };
  return t.app.transact((tx) => insertSite(tx, { ...all, workspaceId, botId, siteKey: `site_${count}_${botId}`, at: t.clock.now() }));
}

export function newToken(): string {
  count += 1;
  return `visitor-${count}`.padEnd(43, 'x');
}

export type Visitor = ReturnType<typeof visitorOf>;

/** `token`: of their browser's own making. */
export function visitorOf(t: TestApp, site: Pick<Site, 'site_key'>, token = newToken()) {
  const ask = (method: Request['method'], path: string, body?: unknown, headers: Record<string, string> = {}): Request => ({
    method,
    path: `/api/v1/chat${path}${path.includes('?') ? '&' : '?'}v=2`,
    headers: { 'x-api-key': site.site_key, ...headers },
    ...(body === undefined ? {} : { body }),
  });
  const need = async <T>(request: Request, status: number): Promise<T> => {
    const reply = await call(t, request);
    if (reply.status !== status) throw new Error(`${request.method} ${request.path}: ${reply.status} ${reply.text}`);
    return reply.json;
  };
  let sent = 0;
  const clientId = (): string => {
    sent += 1;
    return `${token}-${sent}`;
  };
  const path = `/conversations/${token}`;
  return {
    token,
    path,
    ask,
    credential: { authorization: `Visitor ${token}` },
    open: (more: Partial<Opening> = {}): Promise<Opened> => need(ask('POST', '/conversations', { visitor_token: token, client_id: clientId(), ...more }), 201),
    send: (more: Partial<Sending> | string): Promise<Message> =>
      need(ask('POST', `${path}/messages`, { client_id: clientId(), ...(typeof more === 'string' ? { message: more } : more) }), 201),
    read: (query = ''): Promise<Messages> => need(ask('GET', `${path}/messages${query}`), 200),
    list: (): Promise<Conversations> => need(ask('GET', '/conversations', undefined, { authorization: `Visitor ${token}` }), 200),
    call: (method: Request['method'], rest: string, body?: unknown): Promise<Reply> => call(t, ask(method, `${path}${rest}`, body)),
  };
}
