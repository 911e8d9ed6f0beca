// Calls an external API and goes on by how it ended: exact code, range, class, kind of failure, `error`, `others`.
import { z } from 'zod';
import { applyMap, bare, mapped } from '../../block/mapping.ts';
import { defineBlock, json, slug, type Turn, template, variable } from '../../block.ts';
import { failureKinds, type HttpRequest } from '../../effect.ts';
import { numberOf, textOf, type Value } from '../../expression/value.ts';

const request = z.strictObject({
  method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS']).optional(),
  url: template.min(1),
  query: z.record(z.string().max(200), json).optional(),
  headers: z.record(z.string().max(200), template).optional(),
  body: z
    .union([
      z.strictObject({ kind: z.literal('none') }),
      z.strictObject({ kind: z.literal('json'), json }),
      z.strictObject({ kind: z.literal('form'), form: z.record(z.string().max(200), json) }),
      z.strictObject({ kind: z.literal('raw'), text: template, content_type: z.string().max(200) }),
    ])
    .optional(),
  auth: json.optional(),
});

const retry = z.strictObject({
  max: z.int().min(0).max(5),
  on: z.array(z.string().max(20)).max(20),
  base_ms: z.int().min(10).max(60_000),
  cap_ms: z.int().min(10).max(60_000),
});
const usualTimeoutMs = 10_000;

export const api = defineBlock({
  type: 'api',
  family: 'integrate',
  label: 'API call',
  summary: 'Calls another system and goes on by its answer.',
  names: ['status', 'headers', 'body', 'ok', 'ms', 'attempt', 'error'],
  reads: (block) => Object.values(block.map ?? {}).map(bare),
  settings: {
    api: z
      .string()
      .regex(/^[a-z][a-z0-9_]{0,63}\.[a-z][a-z0-9_]{0,63}$/, 'api.operation')
      .optional(),
    request: request.optional(),
    with: z.record(slug, json).optional(),
    map: z.record(variable, mapped).optional(),
    timeout_ms: z.int().min(100).max(40_000).optional(),
    retry: retry.optional(),
  },
  ports: (block) => {
    const connected = Object.keys(block.to ?? {}).filter((name) => /^\d{3}$|^\d{3}-\d{3}$|^[1-5]xx$/.test(name));
    const kinds = failureKinds.map((name) => ({ name, label: name, falls: ['error', 'others', 'next'] }));
    return [
      ...connected.map((name) => ({ name, label: name })),
      ...kinds,
      { name: 'error', label: 'Any failure', falls: ['others', 'next'] },
      { name: 'others', label: 'Others' },
    ];
  },
  // "Others" takes every answer that has no way of its own.
  leavesByItself: (block) => block.to?.others !== undefined,
  writes: (block) => Object.keys(block.map ?? {}),
  requires: (block) => (block.api ? { apis: [block.api.split('.')[0] ?? ''] } : {}),
  check: (block) => [
    ...((block.api === undefined) === (block.request === undefined)
      ? [{ code: 'E04', message: 'An API block names an API or holds a request, one of the two.' }]
      : []),
    ...(['error', 'others', 'timeout', 'network', '4xx', '5xx'].some((port) => block.to?.[port] !== undefined)
      ? []
      : [{ code: 'W02', message: 'Nothing follows when the call fails: connect "error" or "others".', path: 'to' }]),
  ],
  run: (block, turn) => {
    return turn.ask({
      ask: 'api',
      api: block.api ?? null,
      request: block.request === undefined ? null : built(block.request, turn),
      with: valuesOf(block.with, turn),
      timeout_ms: block.timeout_ms ?? usualTimeoutMs,
      retry: block.retry ?? null,
    });
  },
  wake: (block, turn, wake) => {
    if (wake.kind !== 'answer') return { go: 'error' };
    // The body may be large; what is needed of it is mapped.
    const { body: _body, ...rest } = wake.values;
    turn.setLast(rest);
    const kind = textOf(wake.values.kind ?? null);
    const status = numberOf(wake.values.status ?? null);
    if (kind === 'status') applyMap(turn, block.map, wake.values);
    const go = portOf(kind, status, block.to ?? {});
    return kind === 'status' ? { go } : { go, reason: kind };
  },
});

function valuesOf(sources: { [name: string]: Value } | undefined, turn: Turn): { [name: string]: Value } {
  return Object.fromEntries(Object.entries(sources ?? {}).map(([name, value]) => [name, turn.value(value)]));
}

/** Each part in its own encoding; nothing a visitor typed can become another part of the request. */
function built(source: z.output<typeof request>, turn: Turn): HttpRequest {
  const headers = Object.fromEntries(Object.entries(source.headers ?? {}).map(([name, value]) => [name, turn.text(value, 'header')]));
  const body = source.body ?? { kind: 'none' as const };
  return {
    method: source.method ?? 'GET',
    url: turn.text(source.url, 'url'),
    query: valuesOf(source.query, turn),
    headers,
    body:
      body.kind === 'json'
        ? { kind: 'json', json: turn.value(body.json) }
        : body.kind === 'form'
          ? { kind: 'form', form: valuesOf(body.form, turn) }
          : body.kind === 'raw'
            ? { kind: 'raw', text: turn.text(body.text), content_type: body.content_type }
            : { kind: 'none' },
    ...(source.auth === undefined ? {} : { auth: source.auth }),
  };
}

/** The first connected of: the code, its range, its class; or the kind; then `error`, `others`, `next`. */
function portOf(kind: string, status: number | null, to: { [port: string]: unknown }): string {
  const has = (port: string): boolean => to[port] !== undefined;
  if (kind !== 'status' || status === null) return [kind, 'error', 'others'].find(has) ?? 'next';
  const range = Object.keys(to).find((port) => {
    const found = /^(\d{3})-(\d{3})$/.exec(port);
    return found !== null && status >= Number(found[1]) && status <= Number(found[2]);
  });
  const ways = [String(status), range ?? '', `${Math.trunc(status / 100)}xx`, ...(status >= 400 ? ['error'] : []), 'others'];
  return ways.find((port) => port !== '' && has(port)) ?? 'next';
}
