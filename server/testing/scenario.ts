// One request against the real app, and everything that may follow from it: status, body, headers, and the events
// that fired and no others.
import { isDeepStrictEqual } from 'node:util';
import { expect } from 'vitest';
import { eventsAfter } from '../store/events.ts';
import type { World } from './factories.ts';
import type { TestApp } from './test-app.ts';

export type Request = {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD' | 'OPTIONS';
  path: string;
  key?: string;
  headers?: Record<string, string>;
  body?: unknown;
};

export type Reply = { status: number; headers: Record<string, string | string[] | number | undefined>; text: string; json: never };

export type Expected = {
  status: number;
  /** Compared whole when an object is given; a function looks for itself. */
  body?: object | ((body: never) => void);
  headers?: Record<string, string | RegExp>;
  /** The kinds of events, in order; absent = none may fire. */
  events?: string[];
};

export async function call(test: TestApp, request: Request): Promise<Reply> {
  const headers: Record<string, string> = { ...request.headers };
  if (request.key) headers.authorization = `Bearer ${request.key}`;
  const hasBody = request.body !== undefined;
  if (hasBody && headers['content-type'] === undefined) headers['content-type'] = 'application/json';
  const payload = typeof request.body === 'string' || request.body instanceof Buffer ? request.body : hasBody ? JSON.stringify(request.body) : undefined;
  const reply = await test.server.inject({ method: request.method, url: request.path, headers, ...(payload === undefined ? {} : { payload }) });
  const isJson = String(reply.headers['content-type'] ?? '').includes('json') && reply.body !== '';
  return { status: reply.statusCode, headers: reply.headers, text: reply.body, json: (isJson ? JSON.parse(reply.body) : null) as never };
}

export async function scenario(test: TestApp, request: Request, expected: Expected): Promise<Reply> {
  const before = await lastEventId(test);
  const reply = await call(test, request);
  const what = `${request.method} ${request.path}: ${reply.text.slice(0, 500)}`;
  expect(reply.status, what).toBe(expected.status);
  if (typeof expected.body === 'function') expected.body(reply.json);
  else if (expected.body && !isDeepStrictEqual(reply.json, expected.body)) expect(reply.json, what).toEqual(expected.body);
  for (const [name, value] of Object.entries(expected.headers ?? {})) expect(String(reply.headers[name]), `${what} header ${name}`).toMatch(value);
  const fired = (await eventsAfter(test.app.db, before, 1000)).map((event) => event.kind);
  expect(fired, `${what} events`).toEqual(expected.events ?? []);
  return reply;
}

/** Whoever writes on the site of this world meets the flow. */
export async function meetOnSite(test: TestApp, { key, site }: Pick<World, 'key' | 'site'>, document: { id: string }): Promise<void> {
  await scenario(
    test,
    { method: 'POST', path: '/v1/flows', key, body: { document, publish: true } },
    { status: 201, events: ['flow.created', 'flow.published'] },
  );
  await scenario(
    test,
    { method: 'PATCH', path: `/v1/sites/${site.id}`, key, body: { flow: document.id, rev: site.rev } },
    { status: 200, events: ['site.updated'] },
  );
}

/** The cookies a reply sets, as a browser would send them back. */
export function cookiesOf(reply: Reply | undefined): string {
  const set = reply?.headers['set-cookie'];
  return [set ?? []]
    .flat()
    .map((one) => String(one).split(';')[0])
    .join('; ');
}

/** A thing of another tenant must answer exactly like one that never was, and nothing may follow. */
export async function sameAsUnknown<Id extends number | string>(test: TestApp, request: (id: Id) => Request, foreignId: Id): Promise<void> {
  const ask = (id: Id) => ({ ...request(id), headers: { ...request(id).headers, 'x-request-id': 'same' } });
  const unknown = await scenario(test, ask(987_654_321 as Id), { status: 404 });
  const foreign = await scenario(test, ask(foreignId), { status: 404 });
  // As a word: a thing may be the fourth, and the status is 404.
  expect(foreign.text.replaceAll(new RegExp(`\\b${foreignId}\\b`, 'g'), 'id')).toBe(unknown.text.replaceAll('987654321', 'id'));
}

async function lastEventId(test: TestApp): Promise<number> {
  const row = await test.app.db.selectFrom('event').select('id').orderBy('id', 'desc').limit(1).executeTakeFirst();
  return row?.id ?? 0;
}
